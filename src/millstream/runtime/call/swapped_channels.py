"""Red and blue that a handler has exchanged: OpenCV's order is BGR, and nothing but the colours shows the mistake."""

from __future__ import annotations

import logging
from typing import Final

import numpy as np
from numpy.typing import NDArray

from millstream.frames import Pixels

logger = logging.getLogger("millstream.handler")

GRID: Final = 16
"""So many pixels a side are compared."""

COLOURFUL: Final = 12.0
"""The mean distance between red and blue, of 255, from which an exchange can be seen."""

ALIKE: Final = 8.0
"""The mean distance between two images that are the same but for lossy codecs and small marks."""


def sampled(pixels: Pixels) -> NDArray[np.int16]:
    """Give a grid of an image's pixels; the image may be written into afterwards."""
    height, width = pixels.shape[:2]
    rows, columns = (np.linspace(0, side - 1, GRID).astype(np.intp) for side in (height, width))
    return pixels[rows[:, None], columns[None, :], :3].astype(np.int16)


def are_swapped(before: NDArray[np.int16], after: NDArray[np.int16]) -> bool:
    """True if one image is the other with red and blue exchanged."""
    if float(np.abs(before[..., 0] - before[..., 2]).mean()) < COLOURFUL:
        return False  # grey: nobody could tell
    return float(np.abs(before[..., ::-1] - after).mean()) < ALIKE


def warn_if_swapped(before: NDArray[np.int16], pixels: Pixels, handler: str, output: str) -> None:
    """Warn if what a handler returned is its input with red and blue exchanged."""
    if are_swapped(before, sampled(pixels)):
        logger.warning(
            "%s() returned its frame to %s with red and blue exchanged: frames are RGB here, coming and going. Convert "
            "only for functions that want OpenCV's BGR, and back again, or not at all",
            handler,
            output,
        )
