"""Gallery.

Images with captions, one of which can be seen in full, and a gallery that the visitor fills.
"""

import millstream as gr
from stories import MEDIA

SHOWN = [(str(MEDIA / "coffee.jpg"), "Coffee"), (str(MEDIA / "astronaut.jpg"), "Astronaut"), str(MEDIA / "coffee.jpg")]


def story() -> None:
    with gr.Row():
        with gr.Column():
            shown = gr.Gallery(SHOWN, label="Shown", columns=3, interactive=False)
            state = gr.Markdown("All of them are shown.")
        gr.Gallery(label="Yours", sources=["upload", "clipboard", "webcam"], interactive=True)
    shown.preview_open(lambda: "One of them is shown in full.", None, state)
    shown.preview_close(lambda: "All of them are shown.", None, state)
