"""Hide faces.

Every face turns into a smear of colour before the picture goes anywhere: privacy at the source.

Try: let a friend walk into the picture, and show a portrait on your phone.
"""

import numpy as np

import millstream as gr
from models import FaceFinder, FetchError, blur_box

find_faces = FaceFinder()


def hide(frame: np.ndarray, caution: float) -> np.ndarray:
    """Cover everything that might be a face; more caution covers more."""
    try:
        faces = find_faces(frame, threshold=1 - caution)
    except FetchError as error:  # the weights are fetched once, with the first frame
        raise gr.Error(str(error)) from error
    for face in faces:
        blur_box(frame, face)
    return frame


with gr.Blocks() as demo:
    picture = gr.Image(sources=["webcam"], label="Camera")
    caution = gr.Slider(label="Caution", minimum=0.1, maximum=0.9, step=0.1, value=0.6)
    picture.stream(hide, [picture, caution], picture, time_limit=30, stream_every=0.1)

if __name__ == "__main__":
    demo.launch()
