"""A drawing: a background, the part of it that is seen, and layers of the same size on it."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from PIL import Image as Pillow

from millstream.frames import Frame
from millstream.media.image_file import contiguous

SIDE: Final = 4096
"""The longest side of a drawing, in pixels."""

MAX_DRAWN: Final = 5 * SIDE * SIDE
"""The most pixels that all layers of a drawing have together: each takes four bytes, and handlers get copies."""


class Extent(NamedTuple):
    """The size of a drawing, and the part of its background that it shows, in pixels of the background."""

    width: int
    height: int
    left: float = 0.0
    top: float = 0.0
    right: float = 0.0
    bottom: float = 0.0


def backdrop(frame: Frame | None, extent: Extent) -> Pillow.Image:
    """Give the background of a drawing, with transparency."""
    size = extent.width, extent.height
    if frame is None:
        return Pillow.new("RGBA", size)
    picture = picture_of(frame)
    box = (extent.left, extent.top, extent.right, extent.bottom)
    if picture.size == size and box in ((0, 0, 0, 0), (0, 0, *size)):
        return picture
    if box == (0, 0, 0, 0):
        box = (0, 0, *picture.size)
    matrix = ((box[2] - box[0]) / size[0], 0.0, box[0], 0.0, (box[3] - box[1]) / size[1], box[1])
    return picture.transform(size, Pillow.Transform.AFFINE, matrix, Pillow.Resampling.BILINEAR)


def layer_of(frame: Frame | None, extent: Extent) -> Pillow.Image:
    """Give one layer of a drawing; an empty one for `None`."""
    size = extent.width, extent.height
    if frame is None:
        return Pillow.new("RGBA", size)
    picture = picture_of(frame)
    return picture if picture.size == size else picture.resize(size)


def composed(background: Pillow.Image, layers: list[Pillow.Image]) -> Pillow.Image:
    """Give what is seen of them together."""
    whole = background.copy()
    for layer in layers:
        whole.alpha_composite(layer)
    return whole


def flat(picture: Pillow.Image) -> Pillow.Image:
    """Put an image with transparency on white."""
    ground = Pillow.new("RGBA", picture.size, "white")
    ground.alpha_composite(picture)
    return ground.convert("RGB")


def picture_of(frame: Frame) -> Pillow.Image:
    """Give an image with transparency."""
    return Pillow.fromarray(contiguous(np.asarray(frame.pixels))).convert("RGBA")
