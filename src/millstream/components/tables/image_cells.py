"""Images in cells: addresses go to the page as they are, everything else as a thumbnail that is its own address."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from millstream.components.tables.reading import UnfitTable
from millstream.components.values.links import has_scheme, is_embedded_image, is_web_address
from millstream.wire.plain import brief

THUMBNAIL: Final = 256, 256
"""Largest width and height, in pixels, of an image in a cell."""

MAX_ADDRESS: Final = 256 * 1024
"""Longest `data:` address that is taken as it is, in characters."""


def image_address(value: object, open_file: Callable[[Path], bytes]) -> str | None:
    """Give the address of an image in a cell; `None` for an empty one.

    Raises:
        UnfitTable: It is no image, or one that may not be shown.
    """
    if value is None or (isinstance(value, str) and not value):
        return None
    if isinstance(value, str | Path):
        text = str(value)
        if is_shown_address(text):
            return text
        if has_scheme(text):
            raise UnfitTable(f"takes http(s) addresses, or short data: addresses of images, but got {text[:60]!r}")
        return _thumbnail(open_file(Path(text)))
    return _thumbnail(value)


def is_shown_address(cell: object) -> bool:
    """True if a cell is empty, or an address that the page shows as it is: what a page may say of an image."""
    if cell is None or cell == "":
        return True
    return isinstance(cell, str) and (is_web_address(cell) or (is_embedded_image(cell) and len(cell) <= MAX_ADDRESS))


def _thumbnail(source: object) -> str:
    from PIL import Image, ImageOps

    try:
        image = _opened(source)
        small = ImageOps.exif_transpose(image)
        small.thumbnail(THUMBNAIL)
        target = io.BytesIO()
        small.convert("RGBA" if small.has_transparency_data else "RGB").save(target, "webp", quality=80)
    except (OSError, AttributeError, TypeError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        what = f"{len(source)} bytes" if isinstance(source, bytes) else brief(source)
        raise UnfitTable(f"takes images in a column of images, but got {what}: {error}") from error
    return f"data:image/webp;base64,{base64.b64encode(target.getvalue()).decode()}"


def _opened(source: Any) -> Any:
    """Open the content of a file, or take an array or an image of Pillow."""
    from PIL import Image

    if isinstance(source, bytes):
        return Image.open(io.BytesIO(source))
    return source.copy() if isinstance(source, Image.Image) else Image.fromarray(source)
