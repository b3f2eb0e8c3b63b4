"""Radio.

One of a few.
"""

import millstream as gr


def story() -> None:
    gr.Radio(["fast", "accurate", "both"], value="fast", label="Mode")
