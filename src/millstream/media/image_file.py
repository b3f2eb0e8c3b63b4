"""Image files of every allowed format, through Pillow: uploads, and what PNG and WebP share."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Collection
from io import BytesIO
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.IcoImagePlugin import IcoImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from millstream.errors import MediaError
from millstream.frames import Frame, Pixels
from millstream.media.image_header import FORMATS, MAX_PIXELS, ImageHeader, check_budget, check_size, is_sequential_jpeg
from millstream.media.netpbm import decode_netpbm

# Readers are called by their class: `Image.open` would try others as well, and warn instead of raising.
_READERS: Final[dict[str, type[ImageFile.ImageFile]]] = {
    "JPEG": JpegImageFile,
    "PNG": PngImageFile,
    "WEBP": WebPImageFile,
    "GIF": GifImageFile,
    "BMP": BmpImageFile,
    "TIFF": TiffImageFile,
    "AVIF": AvifImageFile,
    "ICO": IcoImageFile,
}

# What Pillow raises for broken files, by reading its readers and by trying (tests/codecs/test_picture.py).
_BROKEN: Final = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Warning,  # where an app turns warnings into errors
)

REDUCIBLE: Final = 4
"""The multiple of the budget that a JPEG may claim if one of half its width and height is enough."""

ORIENTATION: Final = 0x0112
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def decode_image_file(
    data: bytes | memoryview,
    max_pixels: int = MAX_PIXELS,
    formats: Collection[str] = FORMATS,
    at_least: tuple[int, int] | None = None,
) -> Frame:
    """Decode an image file upright, as its EXIF orientation says; of an animation the first frame.

    Args:
        data: The file.
        max_pixels: The budget.
        formats: Which formats are decoded.
        at_least: A width and height that are enough if the whole has too many pixels: a JPEG that is decoded line by
            line may claim four times the budget then, and is decoded at half its width and height.

    Returns:
        A frame of 3 channels, or of 4 if the file knows transparency.

    Raises:
        MediaError: Broken, cut off, of another format, or beyond the budget, which is checked before anything is
            allocated.
    """
    header = check_image_file(data, max_pixels, formats, at_least)
    if header.format == "PPM":
        return Frame(decode_netpbm(bytes(data)))
    try:
        with _READERS[header.format](BytesIO(data)) as image:
            if at_least is not None and image.width * image.height > max_pixels:
                half = image.width // 2, image.height // 2
                image.draft(None, (max(half[0], at_least[0]), max(half[1], at_least[1])))
            # Opening reads on to the first frame, where a GIF may enlarge itself and a PNG may have a second header.
            check_size(image.width, image.height, max_pixels)
            image.load()
            check_size(image.width, image.height, max_pixels)
            turn = _TURNS.get(_orientation(image))
            return Frame(pixels_of(image if turn is None else image.transpose(turn)))
    except MediaError:
        raise
    except _BROKEN as error:
        raise MediaError(f"the {header.format} image is broken: {str(error)[:100]}") from error


def check_image_file(
    data: bytes | memoryview,
    max_pixels: int = MAX_PIXELS,
    formats: Collection[str] = FORMATS,
    at_least: tuple[int, int] | None = None,
) -> ImageHeader:
    """Check that `decode_image_file` would begin to decode a file.

    Raises:
        MediaError: It would not; see there.
    """
    is_reducible = at_least is not None and is_sequential_jpeg(data)
    return check_budget(data, max_pixels * (REDUCIBLE if is_reducible else 1), formats)


def encode_image(pixels: Pixels, writer: str, **options: int) -> bytes:
    """Encode pixels of shape `(height, width, 3 or 4)` with one of Pillow's writers, such as `PNG`, and its options."""
    file = BytesIO()
    Image.fromarray(contiguous(pixels)).save(file, writer, **options)
    return file.getvalue()


def reduced(pixels: Pixels, longest: int) -> Pixels:
    """Scale an image down, in proportion, until none of its sides is longer than `longest` pixels."""
    height, width = pixels.shape[:2]
    scale = min(1.0, longest / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    if size == (width, height):
        return pixels
    scaled = Image.fromarray(contiguous(pixels)).resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    return np.array(scaled)


def contiguous(pixels: Pixels) -> Pixels:
    """Give the same image C-contiguous, without a copy if it is so already.

    A mirrored or cropped image is copied by whole pixels, twice as fast as `numpy.ascontiguousarray` would.
    """
    if pixels.flags.c_contiguous or pixels.strides[2] != 1:
        return np.ascontiguousarray(pixels)
    whole = pixels.view(np.dtype((np.void, pixels.shape[2])))
    return np.ascontiguousarray(whole).view(np.uint8).reshape(pixels.shape)


def _orientation(image: ImageFile.ImageFile) -> int:
    """Say how the camera was held; what a TIFF says of it, and an AVIF, is done by its reader."""
    exif = image.info.get("exif", b"")
    return 1 if isinstance(image, TiffImageFile) else read_orientation(exif)


def read_orientation(exif: bytes) -> int:
    """Find how a camera was held in an EXIF block: 1 to 8, and 1 if it does not say or is broken."""
    tiff = exif.removeprefix(b"Exif\x00\x00")
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1
    try:
        (at,) = struct.unpack_from(order + "I", tiff, 4)
        (entries,) = struct.unpack_from(order + "H", tiff, at)
        for entry in range(at + 2, at + 2 + 12 * entries, 12):
            tag, kind, count, value = struct.unpack_from(order + "HHIH", tiff, entry)
            if tag == ORIENTATION:
                return value if (kind, count) == (3, 1) and 1 <= value <= 8 else 1
    except struct.error:
        pass  # cut off: as good as silent
    return 1


def pixels_of(image: Image.Image) -> Pixels:
    """Give the pixels of a Pillow image of any mode, with an alpha channel if it knows transparency.

    Pillow would clip what has more than 8 bits; here it is scaled down to them. Floats that are all between 0 and 1
    are brightness, others go up to 255.
    """
    if image.mode.startswith(("I", "F")):
        image = Image.fromarray(_to_8_bits(np.asarray(image)))
    if image.mode == "La":
        image = image.convert("LA")  # there is no other way from it
    mode = "RGBA" if image.has_transparency_data else "RGB"
    return np.array(image if image.mode == mode else image.convert(mode), dtype=np.uint8, order="C")


def _to_8_bits(array: NDArray[np.generic]) -> Pixels:
    if array.dtype.kind == "f":
        numbers = np.nan_to_num(array.astype(np.float32), nan=0.0, posinf=255.0, neginf=0.0)
        scale = 255.0 if numbers.max(initial=0.0) <= 1.0 else 1.0
        return (numbers * scale + 0.5).clip(0, 255).astype(np.uint8)
    if array.dtype == np.uint16 or array.dtype == ">u2":
        return (array.astype(np.uint16) >> 8).astype(np.uint8)
    largest = int(array.max(initial=0))
    shift = 0 if largest <= 255 else 8 if largest <= 65_535 else 23
    return (array.astype(np.int64) >> shift).clip(0, 255).astype(np.uint8)
