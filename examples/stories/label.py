"""Label.

The classes that a model has found, and how sure it is of each.
"""

import millstream as gr


def story() -> None:
    gr.Label({"tabby cat": 0.81, "tiger cat": 0.14, "lynx": 0.05}, label="Verdict")
