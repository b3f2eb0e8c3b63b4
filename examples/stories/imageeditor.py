"""ImageEditor.

An image to be drawn upon and cropped, and an empty canvas.
"""

import millstream as gr
from stories import MEDIA


def story() -> None:
    with gr.Row():
        editor = gr.ImageEditor(str(MEDIA / "coffee.jpg"), label="Draw upon it", eraser=gr.Eraser(default_size=20))
        gr.Sketchpad(label="Empty", canvas_size=(400, 300), layers=gr.LayerOptions(allow_additional_layers=False))
    editor.apply(lambda: None)
