"""The forms, other than arrays and files, in which handlers return an image: Pillow's, tensors, marks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from millstream.components.values.pixels import from_picture, is_picture, to_pixels
from millstream.declare.arguments import describe
from millstream.declare.component import Component
from millstream.errors import InvalidValue
from millstream.frames import Pixels
from millstream.overlays.detections import overlay_of
from millstream.overlays.marks import Overlay


def returned_marks(component: Component, value: object, interpolates: bool) -> Overlay | None:
    """Read marks in any form that they come in; `None` if the value is something else.

    Raises:
        InvalidValue: They are broken.
    """
    try:
        marks = overlay_of(value)
    except InvalidValue as error:
        raise InvalidValue(f"{component.name} got {describe(value)}: {error}") from error
    return None if marks is None else Overlay(marks, interpolates=interpolates)


def returned_pixels(component: Component, value: object) -> Pixels:
    """Give the pixels of an image of Pillow's, or of what numpy makes an array of.

    Raises:
        InvalidValue: It is none.
        UnfitImage: Its shape or type is not that of an image.
    """
    if is_picture(value):
        return from_picture(value)
    if hasattr(value, "__array__"):
        return to_pixels(np.asarray(value))
    if isinstance(value, list | tuple):
        kind = type(value).__name__
        raise InvalidValue(f"{component.name} takes one image, but got a {kind}: {_from_several(value)}")
    raise component.invalid("an array, a Pillow image, a path or an http(s) address", value)


def _from_several(value: Sequence[object]) -> str:
    """Say how a list or tuple, of numbers or of values for several outputs, becomes an image."""
    is_of_images = any(hasattr(item, "shape") or is_picture(item) for item in value)
    if isinstance(value, tuple) or is_of_images:
        return "return the image alone, and name the components of further values in outputs="
    return "return np.array(…, dtype=np.uint8)"
