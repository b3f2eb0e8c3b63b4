"""The header of an image of any format."""

from __future__ import annotations

from millstream.errors import MediaError
from millstream.media.image_header import MAX_FRAMES, check_budget, is_sequential_jpeg, read_header

MOST_PIXELS = 16_000_000


def fuzz(data: bytes) -> None:
    """Read the header, with and without a budget."""
    try:
        header = read_header(data)
    except MediaError:
        return
    assert header.width > 0
    assert header.height > 0
    if header.format == "JPEG":
        is_sequential_jpeg(data)
    try:
        check_budget(data, max_pixels=MOST_PIXELS)
    except MediaError:
        return
    assert header.width * header.height <= MOST_PIXELS
    assert header.frames <= MAX_FRAMES
