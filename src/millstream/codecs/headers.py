"""Format and size of a picture, read from its first bytes: nothing is decoded and nothing is allocated.

Whoever decodes a picture from outside asks `check_budget` first, since a file of some hundred bytes may claim billions
of pixels.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection
from typing import Final, NamedTuple

from millstream.errors import MediaError

MAX_PIXELS: Final = 16_000_000
MAX_FRAMES: Final = 1000
"""An animation with more is refused, although only its first picture is ever decoded."""

MAX_SCANS: Final = 64
"""Passes over a progressive JPEG; real ones have about ten, and each costs the decoder as much as a whole picture."""

MAX_PARTS: Final = 1000
"""Pieces that may come before what is looked for; so many are read in a millisecond."""

FORMATS: Final = frozenset({"JPEG", "PNG", "WEBP", "GIF", "BMP"})


class Header(NamedTuple):
    """What a picture says of itself; `frames` is 1 unless it is an animation (of a GIF's, the first may not count)."""

    format: str
    width: int
    height: int
    frames: int = 1


def check_budget(data: bytes | memoryview, max_pixels: int = MAX_PIXELS, formats: Collection[str] = FORMATS) -> Header:
    """Read the header of a picture and refuse it before a decoder sees it.

    Raises:
        MediaError: Broken, not one of `formats`, of more than `max_pixels`, or an animation of too many frames.
    """
    header = read_header(data)
    if header.format not in formats:
        raise MediaError(f"a {header.format} picture is not allowed here, only {', '.join(sorted(formats))}")
    if header.width * header.height > max_pixels:
        raise MediaError(
            f"a picture of {header.width}x{header.height} has more than the {max_pixels} pixels that are allowed"
        )
    if header.frames > MAX_FRAMES:
        raise MediaError(f"the animation has more than the {MAX_FRAMES} frames that are allowed")
    return header


def read_header(data: bytes | memoryview) -> Header:
    """Read format and size of a JPEG, PNG, WebP, GIF or BMP.

    Raises:
        MediaError: It is none of these, or its header is broken.
    """
    whole = bytes(data)
    for matches, read in _READERS:
        if matches(whole):
            try:
                header = read(whole)
            except (struct.error, IndexError) as error:
                raise MediaError("the header of the picture is cut off") from error
            if min(header.width, header.height, header.frames) < 1:
                size = f"{header.width}x{header.height} pixels and {header.frames} frames"
                raise MediaError(f"a {header.format} picture of {size} is empty")
            return header
    raise MediaError(f"not a picture of a known format ({', '.join(sorted(FORMATS))})")


def _read_png(data: bytes) -> Header:
    if data[12:16] != b"IHDR":
        raise MediaError("the PNG does not begin with its header")
    width, height = struct.unpack_from(">II", data, 16)
    at = 33
    for _ in range(MAX_PARTS):  # an animation says so before its first picture
        length, name = struct.unpack_from(">I4s", data, at)
        if name == b"acTL":
            return Header("PNG", width, height, *struct.unpack_from(">I", data, at + 8))
        if name == b"IDAT":
            break
        at += 12 + length
    return Header("PNG", width, height)


def _read_jpeg(data: bytes) -> Header:
    """Walk from marker to marker up to the start of the frame (B.1.1.2 and B.2.2 of ITU-T T.81)."""
    at = 2
    for _ in range(MAX_PARTS):
        if data[at] != 0xFF:
            break
        while data[at] == 0xFF:
            at += 1
        marker = data[at]
        (length,) = struct.unpack_from(">H", data, at + 1)
        if length < 2 or marker in (0xD8, 0xD9, 0xDA):
            break
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", data, at + 4)
            if marker not in (0xC0, 0xC1) and data.count(b"\xff\xda") > MAX_SCANS:
                raise MediaError(f"the JPEG has more than {MAX_SCANS} passes")
            return Header("JPEG", width, height)
        at += 1 + length
    raise MediaError("the JPEG has no header before its picture")


def _read_webp(data: bytes) -> Header:
    kind = data[12:16]
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", data, 26)
        return Header("WEBP", width & 0x3FFF, height & 0x3FFF)
    if kind == b"VP8L" and data[20] == 0x2F:
        (bits,) = struct.unpack_from("<I", data, 21)
        return Header("WEBP", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if kind == b"VP8X":
        flags, low, middle, high = struct.unpack_from("<B3xHHH", data, 20)  # two numbers of 24 bits
        frames = _count_webp_frames(data) if flags & 2 else 1
        return Header("WEBP", (low | (middle & 0xFF) << 16) + 1, (middle >> 8 | high << 8) + 1, frames)
    raise MediaError("the WebP does not begin with a picture")


def _count_webp_frames(data: bytes) -> int:
    frames, at = 0, 12
    for _ in range(2 * MAX_FRAMES):
        if at + 8 > len(data):
            return frames
        name, length = struct.unpack_from("<4sI", data, at)
        frames += name == b"ANMF"
        at += 8 + length + length % 2
    return MAX_FRAMES + 1


def _read_gif(data: bytes) -> Header:
    width, height = struct.unpack_from("<HH", data, 6)
    # Each picture of an animation may have a "graphic control" before it; in practice all but the first do. By chance
    # its first bytes stand in one of 16 million places.
    return Header("GIF", width, height, max(data.count(b"\x21\xf9\x04"), 1))


def _read_bmp(data: bytes) -> Header:
    (size,) = struct.unpack_from("<I", data, 14)
    width, height = struct.unpack_from("<HH" if size == 12 else "<ii", data, 18)
    return Header("BMP", width, abs(height))


_READERS: Final[tuple[tuple[Callable[[bytes], bool], Callable[[bytes], Header]], ...]] = (
    (lambda data: data.startswith(b"\xff\xd8\xff"), _read_jpeg),
    (lambda data: data.startswith(b"\x89PNG\r\n\x1a\n"), _read_png),
    (lambda data: data.startswith(b"RIFF") and data[8:12] == b"WEBP", _read_webp),
    (lambda data: data.startswith((b"GIF87a", b"GIF89a")), _read_gif),
    (lambda data: data.startswith(b"BM"), _read_bmp),
)
