"""Image.

A camera that streams, a photo that is taken or chosen, a result, and a place for one that is still to come.
"""

import millstream as gr
from stories import MEDIA


def story() -> None:
    with gr.Row():
        camera = gr.Image(label="Camera", sources=["webcam"])
        result = gr.Image(label="Mirrored")
    with gr.Row():
        gr.Image(label="Photo", type="filepath")
        gr.Image(str(MEDIA / "coffee.jpg"), label="Coffee", interactive=False)
    camera.stream(lambda frame: frame[:, ::-1], camera, result, stream_every=0.1)
