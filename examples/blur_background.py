"""Blur the background.

You stay sharp, and your room does not: a portrait lens made of a quarter of a megabyte of weights.

Try: lean back and forth, hold up your hand, and open the aperture.
"""

import numpy as np

import millstream as gr
from models import FetchError, PeopleMask, blur_behind

find_people = PeopleMask()


def focus(frame: np.ndarray, aperture: float) -> np.ndarray:
    """Blur the background behind people."""
    try:
        mask = find_people(frame)
    except FetchError as error:  # the weights are fetched once, with the first frame
        raise gr.Error(str(error)) from error
    return blur_behind(frame, mask, strength=aperture)


with gr.Blocks() as demo:
    camera = gr.Image(sources=["webcam"], label="Camera")
    aperture = gr.Slider(label="Aperture", minimum=0.0, maximum=4.0, step=0.5, value=2.0)
    camera.stream(focus, [camera, aperture], camera, time_limit=30, stream_every=0.1)

if __name__ == "__main__":
    demo.launch()
