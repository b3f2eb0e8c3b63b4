"""Draw what a detector found: a box with a label, in one steady colour per kind."""

import zlib
from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from .objects import Detection

Colour = tuple[int, int, int]
# Bright enough to stand out on most pictures, all readable under near-black text.
COLOURS: tuple[Colour, ...] = (
    (255, 176, 59),
    (102, 217, 166),
    (112, 193, 255),
    (255, 143, 163),
    (201, 164, 255),
    (240, 226, 92),
)
INK: Colour = (20, 20, 24)
FONT = cv2.FONT_HERSHEY_SIMPLEX


def draw_detections(rgb: NDArray[np.uint8], detections: Iterable[Detection]) -> NDArray[np.uint8]:
    """Return a copy of the picture with a box and a label such as "Coffee cup 87 %" around each detection.

    Lines and letters grow with the picture, so a phone's picture and a desk camera's look alike.
    """
    picture = np.ascontiguousarray(rgb.copy())
    unit = max(1.0, min(picture.shape[:2]) / 480)
    for detection in detections:
        colour = COLOURS[zlib.crc32(detection.label.encode()) % len(COLOURS)]
        left, top, right, bottom = detection.box
        cv2.rectangle(picture, (left, top), (right, bottom), colour, round(2 * unit), cv2.LINE_AA)
        _draw_label(picture, f"{detection.label} {detection.score:.0%}", (left, top), colour, unit)
    return picture


def _draw_label(picture: NDArray[np.uint8], text: str, corner: tuple[int, int], colour: Colour, unit: float) -> None:
    """Draw the text on a filled chip that sits on the corner, moved inside when it would leave the picture."""
    scale, weight, pad = 0.5 * unit, max(1, round(unit)), round(5 * unit)
    (width, height), _ = cv2.getTextSize(text, FONT, scale, weight)
    x = max(0, min(corner[0], picture.shape[1] - width - 2 * pad))
    y = max(height + 2 * pad, corner[1])
    cv2.rectangle(picture, (x, y - height - 2 * pad), (x + width + 2 * pad, y), colour, cv2.FILLED)
    cv2.putText(picture, text, (x + pad, y - pad), FONT, scale, INK, weight, cv2.LINE_AA)
