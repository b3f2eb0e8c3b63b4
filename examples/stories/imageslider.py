"""ImageSlider.

Two images on top of each other, and a line between them.
"""

import numpy as np
from PIL import Image

import millstream as gr
from stories import MEDIA

COLOURED = np.asarray(Image.open(MEDIA / "coffee.jpg").convert("RGB"))
GREY = COLOURED.mean(axis=2).astype(np.uint8)


def story() -> None:
    with gr.Row():
        gr.ImageSlider((GREY, COLOURED), label="Without and with colour", interactive=False)
        gr.ImageSlider(label="Yours", interactive=True)
