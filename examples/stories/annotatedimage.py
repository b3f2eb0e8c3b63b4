"""AnnotatedImage.

An image with regions, and a legend that says what they are.
"""

import numpy as np

import millstream as gr
from stories import MEDIA

HELMET = np.zeros((512, 512), bool)
HELMET[290:470, 290:512] = True


def story() -> None:
    gr.AnnotatedImage((str(MEDIA / "astronaut.jpg"), [((150, 60, 300, 240), "face"), (HELMET, "helmet")]), label="Crew")
