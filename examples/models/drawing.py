"""Draw detections: a box with a label, in a fixed colour for each kind."""

import zlib
from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from .objects import Detection

Colour = tuple[int, int, int]
# Bright enough to stand out on most images, all readable under near-black text.
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
    """Return a copy of the image with a box and a label such as "Coffee cup 87 %" around each detection.

    Lines and letters scale with the image, so images of a phone and of a desk camera look alike.
    """
    image = np.ascontiguousarray(rgb.copy())
    unit = max(1.0, min(image.shape[:2]) / 480)
    for detection in detections:
        colour = COLOURS[zlib.crc32(detection.label.encode()) % len(COLOURS)]
        left, top, right, bottom = detection.box
        cv2.rectangle(image, (left, top), (right, bottom), colour, round(2 * unit), cv2.LINE_AA)
        _draw_label(image, f"{detection.label} {detection.score:.0%}", (left, top), colour, unit)
    return image


def _draw_label(image: NDArray[np.uint8], text: str, corner: tuple[int, int], colour: Colour, unit: float) -> None:
    """Draw the text on a filled chip at the corner, moved inside where it would leave the image."""
    scale, weight, pad = 0.5 * unit, max(1, round(unit)), round(5 * unit)
    (width, height), _ = cv2.getTextSize(text, FONT, scale, weight)
    x = max(0, min(corner[0], image.shape[1] - width - 2 * pad))
    y = max(height + 2 * pad, corner[1])
    cv2.rectangle(image, (x, y - height - 2 * pad), (x + width + 2 * pad, y), colour, cv2.FILLED)
    cv2.putText(image, text, (x + pad, y - pad), FONT, scale, INK, weight, cv2.LINE_AA)
