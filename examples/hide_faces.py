"""Hide faces.

Every face becomes a smear of colour before the frame goes anywhere: privacy at the source.

Try: ask a friend to join you, and show a portrait on your phone.
"""

import numpy as np

import millstream as gr
from models import FaceFinder, FetchError, blur_box

find_faces = FaceFinder()


def hide(frame: np.ndarray, caution: float) -> np.ndarray:
    """Hide everything that might be a face; more caution hides more."""
    try:
        faces = find_faces(frame, threshold=1 - caution)
    except FetchError as error:  # the weights are fetched once, with the first frame
        raise gr.Error(str(error)) from error
    for face in faces:
        blur_box(frame, face)
    return frame


with gr.Blocks() as demo:
    camera = gr.Image(sources=["webcam"], label="Camera")
    caution = gr.Slider(label="Caution", minimum=0.1, maximum=0.9, step=0.1, value=0.6)
    camera.stream(hide, [camera, caution], camera, time_limit=30, stream_every=0.1)

if __name__ == "__main__":
    demo.launch()
