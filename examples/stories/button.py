"""Button.

What can be pressed: the main thing, another one, one that stops, and one that is off.
"""

import millstream as gr


def story() -> None:
    with gr.Row():
        gr.Button("Run", variant="primary")
        gr.Button("Preview")
        gr.Button("Stop", variant="stop")
        gr.Button("Nothing to undo", interactive=False)
