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

ALIKE: Final = 8.0
"""The mean distance between two images, of 255, that are the same but for lossy codecs and small marks."""

APART: Final = 1.5 * ALIKE
"""The mean distance between the values of red and of blue, both sorted, from which an exchange can be told.

If an image is like its own with red and blue exchanged after its pixels were only moved, by a flip for instance, it has
about the same reds as blues: of `ALIKE`, all of which may be in two of three channels, they are no farther apart.
"""


def sampled(pixels: Pixels) -> NDArray[np.int16]:
    """Give a grid of an image's pixels; the image may be written into afterwards."""
    height, width = pixels.shape[:2]
    rows, columns = (np.linspace(0, side - 1, GRID).astype(np.intp) for side in (height, width))
    return pixels[rows[:, None], columns[None, :], :3].astype(np.int16)


def are_swapped(before: NDArray[np.int16], after: NDArray[np.int16]) -> bool:
    """True if one image is the other with red and blue exchanged."""
    reds, blues = (np.sort(before[..., channel], axis=None) for channel in (0, 2))
    if float(np.abs(reds - blues).mean()) < APART:
        return False  # grey, or as red as it is blue: nobody could tell
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
