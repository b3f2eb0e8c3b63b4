"""Detect objects.

Show things to your camera and see them named: 23 everyday objects, found on the CPU in about 30 ms a frame.

Try: hold up a cup, a book or a bottle, and move the slider to see how sure the model is.
"""

import numpy as np

import millstream as gr
from models import Detector, FetchError, draw_detections

CSS = """
.detector { max-width: 720px; margin-inline: auto; }
"""
detector = Detector()


def detect(frame: np.ndarray, confidence: float) -> np.ndarray:
    """Draw a box with a name around every object that the model is at least this sure of."""
    try:
        found = detector(frame, threshold=confidence)
    except FetchError as error:  # the weights (33 MB) are fetched once, with the first frame
        raise gr.Error(str(error)) from error
    return draw_detections(frame, found)


with gr.Blocks() as demo:
    gr.HTML("<h1 style='text-align: center'>What does your camera see?</h1>")
    with gr.Column(elem_classes=["detector"]), gr.Group(elem_classes=["detector-frame"]):
        camera = gr.Image(label="Camera", sources="webcam")
        confidence = gr.Slider(label="Confidence threshold", minimum=0.0, maximum=1.0, step=0.05, value=0.30)
    camera.stream(fn=detect, inputs=[camera, confidence], outputs=[camera], time_limit=10)

if __name__ == "__main__":
    demo.launch(css=CSS)
