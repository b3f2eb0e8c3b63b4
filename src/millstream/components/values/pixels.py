"""From the images that handlers return to pixels, and back to those that they want to get."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeGuard

import numpy as np
from numpy.typing import NDArray

from millstream.frames import Frame, Pixels
from millstream.media.image_file import pixels_of

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

MAX_SIDE: Final = 16_383
"""Longest side, in pixels, that every codec here can encode."""

MAX_PIXELS: Final = 64_000_000
SLACK: Final = 1e-3
"""The distance by which a float image may leave 0..1: filters overshoot a little."""


class UnfitImage(ValueError):
    """An array is not an image; the message says why, and what to do."""


def to_pixels(array: NDArray[np.generic]) -> Pixels:
    """Make `(height, width, 3 or 4)` uint8 of an array of that shape, of `(height, width)` or of one channel.

    Takes uint8; bool; uint16 over its whole range; other whole numbers from 0 to 255; floats from 0 to 1.

    Raises:
        UnfitPicture: Shape, type or numbers do not fit.
    """
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        is_first = array.ndim == 3 and array.shape[0] in (1, 3, 4)
        hint = ": the channels come last here, as np.moveaxis(image, 0, -1) has them" if is_first else ""
        raise UnfitImage(f"the shape has to be (height, width), (height, width, 3) or (height, width, 4){hint}")
    height, width = array.shape[:2]
    if not (1 <= height <= MAX_SIDE and 1 <= width <= MAX_SIDE and height * width <= MAX_PIXELS):
        raise UnfitImage(f"each side has to be of 1 to {MAX_SIDE} pixels, and all of at most {MAX_PIXELS}")
    octets = array.astype(np.uint8, copy=False) if array.dtype == np.uint8 else _to_octets(array)
    if array.ndim == 3:
        return octets
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[:] = octets[:, :, None]
    return pixels


def _to_octets(array: NDArray[np.generic]) -> NDArray[np.uint8]:
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * 255
    if array.dtype.kind == "f":
        low, high = float(array.min()), float(array.max())
        if not np.isfinite((low, high)).all():
            found = "NaN" if np.isnan(low) else "infinite, as the logarithm of 0"
            raise UnfitImage(
                f"every number has to be between 0 and 1, but some are {found}: put something in their place, "
                "such as by np.nan_to_num"
            )
        if not (low >= -SLACK and high <= 1 + SLACK):
            found = f"these are between {low:.4g} and {high:.4g}"
            raise UnfitImage(f"floats have to be between 0 and 1, but {found}: {_remedy(low, high)}")
        return (array.astype(np.float32).clip(0, 1) * 255 + 0.5).astype(np.uint8)
    if array.dtype.newbyteorder("=") == np.uint16 and array.max() > 255:
        return (array.astype(np.uint16) >> 8).astype(np.uint8)  # 16 bits, as cameras and scanners give them
    if array.dtype.kind in "iu":
        low, high = int(array.min()), int(array.max())
        if low < 0 or high > 255:
            raise UnfitImage(f"whole numbers have to be between 0 and 255, but these are between {low} and {high}")
        return array.astype(np.uint8)
    raise UnfitImage("the type has to be uint8, or float with numbers between 0 and 1")


def _remedy(low: float, high: float) -> str:
    """Say how floats of another range become an image, by the range that models and filters use."""
    if -0.5 - SLACK <= low < -SLACK and high <= 0.5 + SLACK:
        return "add 0.5"
    if -1 - SLACK <= low < -SLACK and high <= 1 + SLACK:
        return "return (image + 1) / 2"
    return "divide by 255, or clip and return .astype(np.uint8)"


def is_picture(value: object) -> TypeGuard[Picture]:
    """Tell an image of Pillow's, without loading Pillow."""
    return hasattr(value, "has_transparency_data") and hasattr(value, "getbands")


def from_picture(picture: Picture) -> Pixels:
    """Give the pixels of a Pillow image, with an alpha channel if it knows transparency.

    Raises:
        UnfitPicture: It is empty or too large.
    """
    return to_pixels(pixels_of(picture))


def in_mode(frame: Frame, mode: str | None) -> NDArray[np.generic]:
    """Give the pixels in one of Pillow's modes, C-contiguous and writable.

    `RGB` is `(height, width, 3)`, `L` is `(height, width)`; `None` keeps the channels that there are.
    """
    if mode is None or mode == ("RGBA" if frame.has_alpha else "RGB"):
        return frame.pixels
    if mode == "RGB":
        return np.ascontiguousarray(frame.pixels[:, :, :3])
    if mode == "RGBA":
        pixels = np.full((frame.height, frame.width, 4), 255, np.uint8)
        pixels[:, :, :3] = frame.pixels
        return pixels
    return np.array(to_picture(frame, mode))


def to_picture(frame: Frame, mode: str | None) -> Picture:
    """Give a Pillow image in one of its modes; `None` keeps the channels that there are."""
    from PIL import Image, ImageCms

    picture = Image.fromarray(frame.pixels)
    if mode == "LAB":
        profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        converted = ImageCms.profileToProfile(picture.convert("RGB"), *profiles, outputMode="LAB")
        assert converted is not None  # it is `None` only if changed in place
        return converted
    if mode not in (None, "L", "RGB", "RGBA"):
        picture = picture.convert("RGB")
    return picture if mode in (None, picture.mode) else picture.convert(mode)
