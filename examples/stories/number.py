"""Number.

A number within its bounds.
"""

import millstream as gr


def story() -> None:
    with gr.Row():
        gr.Number(3, label="Count", minimum=0, maximum=10, precision=0, info="From 0 to 10.")
        gr.Number(0.25, label="Rate", interactive=False)
