"""ColorPicker.

A colour to choose: opaque, half transparent, and one that is only shown.
"""

import millstream as gr


def story() -> None:
    with gr.Row():
        gr.ColorPicker("#e69f00", label="Boxes", interactive=True)
        gr.ColorPicker("rgba(0, 114, 178, 0.5)", label="Masks", interactive=True)
        gr.ColorPicker("#009e73", label="Measured", interactive=False)
