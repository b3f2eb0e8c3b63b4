"""Format and size of an image, read from its first bytes: nothing is decoded and nothing is allocated.

Untrusted images go through `check_budget` before they are decoded, since a file of some hundred bytes may claim
billions of pixels.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection
from typing import Final, NamedTuple

from millstream.errors import MediaError
from millstream.media.netpbm import read_netpbm
from millstream.media.tiff import read_tiff

MAX_PIXELS: Final = 16_000_000
"""Of one frame of a stream; photos have a budget of the app's."""

MAX_PHOTO_PIXELS: Final = 64_000_000
"""Of an image file, where the app does not say otherwise: the photos of phone cameras fit."""

MAX_FRAMES: Final = 1000
"""An animation with more is refused, although only its first frame is ever decoded."""

MAX_SCANS: Final = 64
"""Scans of a progressive JPEG; real ones have about ten, and each costs the decoder as much as a whole image."""

SEQUENTIAL: Final = (0xC0, 0xC1)
"""Markers of JPEG frames that are decoded line by line, in one pass."""

MAX_PARTS: Final = 1000
"""Parts that may precede the header; so many are read in a millisecond."""

FORMATS: Final = frozenset({"JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "ICO", "PPM"})
"""What is decoded. The list is short on purpose: each further parser is one more that a visitor can feed."""

MIMES: Final = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "BMP": "image/bmp",
    "AVIF": "image/avif",
    "TIFF": "image/tiff",
    "ICO": "image/x-icon",
    "PPM": "image/x-portable-anymap",
}
"""The media type of each."""

WEB: Final = frozenset({"JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF"})
"""Those that browsers show."""

HEAD_BYTES: Final = 4096
"""The first bytes of a file, as many as `format_of` needs."""


class ImageHeader(NamedTuple):
    """Format, size and number of frames as an image declares them.

    `frames` is 1 unless it is an animation. Of a GIF only frames with a graphic control count.
    """

    format: str
    width: int
    height: int
    frames: int = 1


def check_budget(
    data: bytes | memoryview, max_pixels: int = MAX_PIXELS, formats: Collection[str] = FORMATS
) -> ImageHeader:
    """Read the header of an image and refuse it before a decoder sees it.

    Raises:
        TooLarge: Of more than `max_pixels`.
        MediaError: Broken, not one of `formats`, or an animation of too many frames.
    """
    header = read_header(data, formats)
    check_size(header.width, header.height, max_pixels)
    if header.frames > MAX_FRAMES:
        raise MediaError(f"the animation has more than the {MAX_FRAMES} frames that are allowed")
    return header


class TooLarge(MediaError):
    """An image has more pixels than the budget."""


def check_size(width: int, height: int, max_pixels: int) -> None:
    """Refuse what has too many pixels.

    Raises:
        TooLarge: It has.
    """
    if width * height > max_pixels:
        raise TooLarge(f"an image of {width}x{height} has more than the {max_pixels} pixels that are allowed")


def format_of(head: bytes) -> str | None:
    """Recognise the format of an image by its first bytes, even if it is not decoded; `None` if it is not an image.

    Args:
        head: The first `HEAD_BYTES` of the file, or all of it.
    """
    for name, matches, _ in _READERS:
        if matches(head):
            return name
    return next((name for name, matches in _REFUSED if matches(head)), None)


def read_header(data: bytes | memoryview, formats: Collection[str] = FORMATS) -> ImageHeader:
    """Read format and size of an image.

    Raises:
        MediaError: It is of none of the `formats`, or its header is broken.
    """
    whole = bytes(data)
    name = format_of(whole[:HEAD_BYTES])
    known = ", ".join(sorted(formats))
    if name is None:
        raise MediaError(f"not an image of a known format ({known})")
    if name not in formats:
        article = "an" if name[0] in "AEIOS" else "a"
        raise MediaError(f"{article} {name} image is not allowed here, only {known}")
    read = next(read for each, _, read in _READERS if each == name)
    try:
        header = read(whole)
    except (struct.error, IndexError) as error:
        raise MediaError("the header of the image is cut off") from error
    if min(header.width, header.height, header.frames) < 1:
        size = f"{header.width}x{header.height} pixels and {header.frames} frames"
        raise MediaError(f"a {header.format} image of {size} is empty")
    return header


def _read_png(data: bytes) -> ImageHeader:
    if data[12:16] != b"IHDR":
        raise MediaError("the PNG does not begin with its header")
    width, height = struct.unpack_from(">II", data, 16)
    at = 33
    for _ in range(MAX_PARTS):  # an animation says so before its first frame
        length, name = struct.unpack_from(">I4s", data, at)
        if name == b"acTL":
            return ImageHeader("PNG", width, height, *struct.unpack_from(">I", data, at + 8))
        if name == b"IDAT":
            break
        at += 12 + length
    return ImageHeader("PNG", width, height)


def is_sequential_jpeg(data: bytes | memoryview) -> bool:
    """True for a JPEG that is decoded line by line, without memory for all of it at once."""
    try:
        return jpeg_frame(data)[0] in SEQUENTIAL
    except MediaError:
        return False


def _read_jpeg(data: bytes) -> ImageHeader:
    marker, width, height = jpeg_frame(data)
    if marker not in SEQUENTIAL and data.count(b"\xff\xda") > MAX_SCANS:
        raise MediaError(f"the JPEG has more than {MAX_SCANS} passes")
    return ImageHeader("JPEG", width, height)


def jpeg_frame(data: bytes | memoryview) -> tuple[int, int, int]:
    """Walk from marker to marker up to the start of a JPEG's frame (B.1.1.2 and B.2.2 of ITU-T T.81); copies nothing.

    Returns:
        Its marker, which is one of `SEQUENTIAL` if it is decoded line by line, its width and its height.

    Raises:
        MediaError: There is none, or the data end before it.
    """
    at = 2
    try:
        for _ in range(MAX_PARTS if data[:3] == b"\xff\xd8\xff" else 0):
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
                return marker, width, height
            at += 1 + length
    except (struct.error, IndexError) as error:
        raise MediaError("the header of the image is cut off") from error
    raise MediaError("the JPEG has no header before its image")


def _read_webp(data: bytes) -> ImageHeader:
    kind = data[12:16]
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", data, 26)
        return ImageHeader("WEBP", width & 0x3FFF, height & 0x3FFF)
    if kind == b"VP8L" and data[20] == 0x2F:
        (bits,) = struct.unpack_from("<I", data, 21)
        return ImageHeader("WEBP", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if kind == b"VP8X":
        flags, low, middle, high = struct.unpack_from("<B3xHHH", data, 20)  # two numbers of 24 bits
        frames = _count_webp_frames(data) if flags & 2 else 1
        return ImageHeader("WEBP", (low | (middle & 0xFF) << 16) + 1, (middle >> 8 | high << 8) + 1, frames)
    raise MediaError("the WebP does not begin with an image")


def _count_webp_frames(data: bytes) -> int:
    frames, at = 0, 12
    for _ in range(2 * MAX_FRAMES):
        if at + 8 > len(data):
            return frames
        name, length = struct.unpack_from("<4sI", data, at)
        frames += name == b"ANMF"
        at += 8 + length + length % 2
    return MAX_FRAMES + 1


def _read_gif(data: bytes) -> ImageHeader:
    width, height = struct.unpack_from("<HH", data, 6)
    # Any frame may have a graphic control before it, and those that are shown for a time do. Its first three bytes
    # occur by chance once in 16 million positions.
    return ImageHeader("GIF", width, height, max(data.count(b"\x21\xf9\x04"), 1))


def _read_bmp(data: bytes) -> ImageHeader:
    (size,) = struct.unpack_from("<I", data, 14)
    width, height = struct.unpack_from("<HH" if size == 12 else "<ii", data, 18)
    return ImageHeader("BMP", width, abs(height))


def _read_tiff(data: bytes) -> ImageHeader:
    return ImageHeader("TIFF", *read_tiff(data))


def _read_avif(data: bytes) -> ImageHeader:
    """Find the largest of the sizes that are told of the file's items (`ispe`, 6.5.3 of ISO/IEC 23008-12)."""
    at, size = 0, 0
    for _ in range(MAX_PARTS):
        size, name = struct.unpack_from(">I4s", data, at)
        if name == b"meta" or size < 8:
            break
        at += size
    told = data[at : at + size]
    sizes, found = [(0, 0)], told.find(b"ispe")
    while found >= 0 and len(sizes) <= MAX_PARTS:
        sizes.append(struct.unpack_from(">II", told, found + 8))
        found = told.find(b"ispe", found + 4)
    return ImageHeader("AVIF", *max(sizes, key=lambda size: size[0] * size[1]))


def _read_ico(data: bytes) -> ImageHeader:
    """Read the largest of the icons in it: each is a PNG, or a BMP that is told to be twice as high as it is."""
    (count,) = struct.unpack_from("<H", data, 4)
    if count > MAX_ICONS:
        raise MediaError(f"the ICO has more than {MAX_ICONS} icons")
    sizes = [(0, 0)]
    for entry in range(6, 6 + 16 * count, 16):
        (at,) = struct.unpack_from("<I", data, entry + 12)
        if data[at : at + 8] == PNG:
            sizes.append(struct.unpack_from(">II", data, at + 16))
        else:
            width, height = struct.unpack_from("<ii", data, at + 4)
            sizes.append((abs(width), abs(height) // 2))
    return ImageHeader("ICO", *max(sizes, key=lambda size: size[0] * size[1]))


def _read_ppm(data: bytes) -> ImageHeader:
    header = read_netpbm(data)
    return ImageHeader("PPM", header.width, header.height)


def _is_bmff(*brands: bytes) -> Callable[[bytes], bool]:
    """Tell files in boxes (ISO/IEC 14496-12) by the brands that they name: the major one, or any compatible one."""

    def matches(head: bytes) -> bool:
        if head[4:8] != b"ftyp":
            return False
        said = head[8 : min(int.from_bytes(head[:4], "big"), len(head))]
        return any(said[at : at + 4] in brands for at in (0, *range(8, len(said), 4)))

    return matches


PNG: Final = b"\x89PNG\r\n\x1a\n"
MAX_ICONS: Final = 64

_READERS: Final[tuple[tuple[str, Callable[[bytes], bool], Callable[[bytes], ImageHeader]], ...]] = (
    ("JPEG", lambda data: data.startswith(b"\xff\xd8\xff"), _read_jpeg),
    ("PNG", lambda data: data.startswith(PNG), _read_png),
    ("WEBP", lambda data: data.startswith(b"RIFF") and data[8:12] == b"WEBP", _read_webp),
    ("GIF", lambda data: data.startswith((b"GIF87a", b"GIF89a")), _read_gif),
    ("BMP", lambda data: data.startswith(b"BM"), _read_bmp),
    ("TIFF", lambda data: data.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")), _read_tiff),
    ("AVIF", _is_bmff(b"avif", b"avis"), _read_avif),
    ("ICO", lambda data: data.startswith(b"\0\0\1\0"), _read_ico),
    ("PPM", lambda data: data[:2] in (b"P4", b"P5", b"P6") and data[2:3].isspace(), _read_ppm),
)

_REFUSED: Final[tuple[tuple[str, Callable[[bytes], bool]], ...]] = (
    ("HEIC", _is_bmff(b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")),
    ("JPEG XL", lambda data: data.startswith((b"\xff\x0a", b"\0\0\0\x0cJXL "))),
    ("JPEG 2000", lambda data: data.startswith((b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  "))),
    ("PSD", lambda data: data.startswith(b"8BPS")),
    ("FITS", lambda data: data.startswith(b"SIMPLE  =")),
    ("EPS", lambda data: data.startswith((b"%!PS", b"\xc5\xd0\xd3\xc6"))),
    ("PDF", lambda data: data.startswith(b"%PDF")),
    ("SVG", lambda data: b"<svg" in data[:1024]),
    ("text PPM", lambda data: data[:2] in (b"P1", b"P2", b"P3") and data[2:3].isspace()),
    ("PFM", lambda data: data[:2] in (b"Pf", b"PF") and data[2:3].isspace()),
    ("CUR", lambda data: data.startswith(b"\0\0\2\0") and data[4:6] != b"\0\0"),
    ("QOI", lambda data: data.startswith(b"qoif")),
    ("DDS", lambda data: data.startswith(b"DDS ")),
    ("OpenEXR", lambda data: data.startswith(b"v/1\x01")),
    ("ICNS", lambda data: data.startswith(b"icns")),
    ("SGI", lambda data: data.startswith(b"\x01\xda")),
    ("PCX", lambda data: data[:1] == b"\x0a" and data[1:2] in (b"\0", b"\2", b"\3", b"\5") and data[2:3] == b"\1"),
)
"""What people have, is not decoded, and should be called by its name when it is refused."""
