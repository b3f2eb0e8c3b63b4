"""Live interface.

One function, one line of interface: `live=True` turns the submit button into a stream.

Try: press Record and cover the camera with your hand; the result keeps its contrast as long as it can.
"""

import cv2
import numpy as np

import millstream as gr


def equalise(frame: np.ndarray) -> np.ndarray:
    """Spread the brightness over its full range, region by region, without changing the colours."""
    lightness, *colours = cv2.split(cv2.cvtColor(frame, cv2.COLOR_RGB2LAB))
    spread = cv2.createCLAHE(clipLimit=3.0, tileGridSize=(8, 8)).apply(lightness)
    return cv2.cvtColor(cv2.merge([spread, *colours]), cv2.COLOR_LAB2RGB)


demo = gr.Interface(
    equalise,
    gr.Image(sources=["webcam"], streaming=True),
    "image",
    live=True,
    title="Contrast",
    description="Shows detail in the dark and in bright windows.",
)

if __name__ == "__main__":
    demo.launch()
