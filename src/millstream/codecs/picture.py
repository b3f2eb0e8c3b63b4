"""Pictures of every allowed format, through Pillow: files that somebody uploaded, and what PNG and WebP share."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Collection
from io import BytesIO
from typing import Final

import numpy as np
from PIL import Image, ImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from millstream.codecs.headers import FORMATS, MAX_PIXELS, check_budget
from millstream.errors import MediaError
from millstream.frames import Frame, Pixels

# Readers are called by their class: `Image.open` would try others as well, and warn instead of raising.
_READERS: Final[dict[str, type[ImageFile.ImageFile]]] = {
    "JPEG": JpegImageFile,
    "PNG": PngImageFile,
    "WEBP": WebPImageFile,
    "GIF": GifImageFile,
    "BMP": BmpImageFile,
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
    data: bytes | memoryview, max_pixels: int = MAX_PIXELS, formats: Collection[str] = FORMATS
) -> Frame:
    """Decode a picture file upright, as its EXIF orientation says; of an animation the first frame.

    Returns:
        A frame of 3 channels, or of 4 if the file knows transparency.

    Raises:
        MediaError: Broken, cut off, of another format, or beyond the budget, which is checked before anything is
            allocated.
    """
    header = check_budget(data, max_pixels, formats)
    try:
        with _READERS[header.format](BytesIO(data)) as image:
            # Opening reads on to the first picture, where a GIF may enlarge itself and a PNG may have a second header.
            if image.width * image.height > max_pixels:
                raise MediaError(f"a picture of {image.width}x{image.height} has more than {max_pixels} pixels")
            image.load()
            turn = _TURNS.get(read_orientation(image.info.get("exif", b"")))
            return Frame(_pixels(image if turn is None else image.transpose(turn)))
    except MediaError:
        raise
    except _BROKEN as error:
        raise MediaError(f"the {header.format} picture is broken: {str(error)[:100]}") from error


def encode_image(pixels: Pixels, writer: str, **options: int) -> bytes:
    """Encode pixels of shape `(height, width, 3 or 4)` with one of Pillow's writers, such as `PNG`, and its options."""
    file = BytesIO()
    Image.fromarray(contiguous(pixels)).save(file, writer, **options)
    return file.getvalue()


def contiguous(pixels: Pixels) -> Pixels:
    """Give the same picture C-contiguous, without a copy if it is so already.

    A mirrored or cropped picture is copied by whole pixels, twice as fast as `numpy.ascontiguousarray` would.
    """
    if pixels.flags.c_contiguous or pixels.strides[2] != 1:
        return np.ascontiguousarray(pixels)
    whole = pixels.view(np.dtype((np.void, pixels.shape[2])))
    return np.ascontiguousarray(whole).view(np.uint8).reshape(pixels.shape)


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


def _pixels(image: Image.Image) -> Pixels:
    if image.mode.startswith("I;16"):
        # Pillow would clip 16 bits of grey to 8 instead of scaling them.
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    mode = "RGBA" if image.has_transparency_data else "RGB"
    return np.array(image if image.mode == mode else image.convert(mode), dtype=np.uint8, order="C")
