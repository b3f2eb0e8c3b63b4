from __future__ import annotations

import struct
import tracemalloc
import zlib
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tests.faults.timing import Entry, check_time, seconds

from millstream.errors import MediaError
from millstream.media.image_file import decode_image_file
from millstream.media.image_header import FORMATS, MAX_FRAMES, ImageHeader, check_budget, read_header


def file_of(format: str, width: int = 37, height: int = 21, **options: object) -> bytes:
    file = BytesIO()
    pixels = np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)
    Image.fromarray(pixels).save(file, format, **options)
    return file.getvalue()


def animation(format: str, frames: int) -> bytes:
    file = BytesIO()
    pictures = [Image.new("RGB", (4, 4), (number * 50, 0, 0)) for number in range(frames)]
    options = {"lossless": True} if format == "WEBP" else {}
    pictures[0].save(file, format, save_all=True, append_images=pictures[1:], **options)
    return file.getvalue()


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


PNG_START = b"\x89PNG\r\n\x1a\n"
WEBP_START = b"RIFF\xff\xff\0\0WEBP"
IHDR_30000 = png_chunk(b"IHDR", struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0))


@pytest.mark.parametrize(
    ("data", "header"),
    [
        (file_of("PNG"), ImageHeader("PNG", 37, 21)),
        (file_of("JPEG"), ImageHeader("JPEG", 37, 21)),
        (file_of("JPEG", progressive=True), ImageHeader("JPEG", 37, 21)),
        (file_of("JPEG", exif=bytes(60_000), comment=b"\xff\xd8"), ImageHeader("JPEG", 37, 21)),
        (file_of("GIF"), ImageHeader("GIF", 37, 21)),
        (file_of("BMP"), ImageHeader("BMP", 37, 21)),
        (file_of("WEBP"), ImageHeader("WEBP", 37, 21)),
        (file_of("WEBP", lossless=True), ImageHeader("WEBP", 37, 21)),
        (file_of("WEBP", exif=b"Exif\0\0"), ImageHeader("WEBP", 37, 21)),
        (file_of("WEBP", 16383, 2, exif=b"Exif\0\0"), ImageHeader("WEBP", 16383, 2)),
        (file_of("WEBP", 3, 16383, lossless=True), ImageHeader("WEBP", 3, 16383)),
        (animation("PNG", 3), ImageHeader("PNG", 4, 4, 3)),
        (animation("WEBP", 4), ImageHeader("WEBP", 4, 4, 4)),
        (animation("GIF", 5), ImageHeader("GIF", 4, 4, 4)),
        (b"BM" + bytes(12) + struct.pack("<IHH", 12, 300, 200), ImageHeader("BMP", 300, 200)),
        (b"BM" + bytes(12) + struct.pack("<Iii", 40, 300, -200), ImageHeader("BMP", 300, 200)),
        (b"\xff\xd8\xff\xff\xff\xe0\x00\x02\xff\xc0\x00\x11\x08\x00\x07\x00\x09\x03", ImageHeader("JPEG", 9, 7)),
    ],
)
def test_format_and_size_are_read(data: bytes, header: ImageHeader) -> None:
    assert read_header(data) == header
    assert read_header(memoryview(data)) == header
    assert check_budget(data) == header


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_a_header_that_is_cut_off_is_refused(format: str) -> None:
    data = file_of(format)
    for length in range(10 if format in ("GIF", "PPM") else 26):
        with pytest.raises(MediaError):
            read_header(data[:length])


WEBP_ANIMATION = WEBP_START + b"VP8X\x0a\0\0\0\x02\0\0\0\x09\0\0\x09\0\0"
BOMBS = {
    "png": PNG_START + IHDR_30000 + png_chunk(b"IDAT", zlib.compress(bytes(10_000_000))),
    "png with a comment first": PNG_START + IHDR_30000 + png_chunk(b"tEXt", bytes(1_000_000)),
    "png of endless parts": PNG_START + IHDR_30000 + png_chunk(b"tEXt", b"") * 200_000,
    "png animation": PNG_START
    + png_chunk(b"IHDR", struct.pack(">IIBBBBB", 10, 10, 8, 2, 0, 0, 0))
    + png_chunk(b"acTL", struct.pack(">II", 10_000, 0)),
    "jpeg": b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03" + bytes(600),
    "jpeg of endless parts": b"\xff\xd8" + b"\xff\xe1\x00\x02" * 500_000,
    "jpeg of endless passes": b"\xff\xd8\xff\xc2\x00\x11\x08\x00\xff\x00\xff\x03" + b"\xff\xda" * 1000,
    "webp lossy": WEBP_START + b"VP8 \0\0\0\0\0\0\0\x9d\x01\x2a\xff\x3f\xff\x3f",
    "webp lossless": WEBP_START + b"VP8L\0\0\0\0\x2f\xff\xff\xff\x0f",
    "webp extended": WEBP_START + b"VP8X\x0a\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff",
    "webp animation": WEBP_ANIMATION + b"ANMF\0\0\0\0" * 10_000,
    "webp animation of other parts": WEBP_START
    + b"VP8X\x0a\0\0\0\x02\0\0\0\x09\0\0\x09\0\0"
    + b"XXXX\0\0\0\0" * 100_000,
    "gif": b"GIF89a\xff\xff\xff\xff" + bytes(20),
    "gif animation": b"GIF89a\x0a\x00\x0a\x00" + b"\x00\x21\xf9\x04\x00\x00\x00\x00" * 10_000,
    "bmp": b"BM" + bytes(12) + struct.pack("<Iii", 40, 2**31 - 1, -(2**31)),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_at_once_and_cost_no_memory(name: str) -> None:
    entry = Entry(name, check_budget, lambda length: BOMBS[name], refuses=MediaError)
    check_time(name, seconds(entry, 1), 0.005)
    tracemalloc.start()
    with pytest.raises(MediaError):
        check_budget(BOMBS[name])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 500_000


def test_the_reason_is_told() -> None:
    with pytest.raises(MediaError, match="30000x30000 has more than the 16000000 pixels that are allowed"):
        check_budget(BOMBS["png"])
    with pytest.raises(MediaError, match="has more than the 1000 frames"):
        check_budget(BOMBS["gif animation"])
    with pytest.raises(MediaError, match="GIF image is not allowed here, only JPEG, PNG"):
        check_budget(file_of("GIF"), formats=("PNG", "JPEG"))


def test_the_budget_is_the_caller_s() -> None:
    assert check_budget(file_of("PNG", 10, 10), max_pixels=100).width == 10
    with pytest.raises(MediaError):
        check_budget(file_of("PNG", 101, 1), max_pixels=100)


def test_an_animation_of_as_many_frames_as_allowed_passes() -> None:
    data = b"GIF89a\x0a\x00\x0a\x00" + b"\x00\x21\xf9\x04" * MAX_FRAMES
    assert check_budget(data).frames == MAX_FRAMES
    with pytest.raises(MediaError):
        check_budget(data + b"\x00\x21\xf9\x04")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<!DOCTYPE html><html></html>",
        b"SIMPLE  =                    T",
        b"8BPS\x00\x01" + bytes(30),
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        b"%!PS-Adobe-3.0 EPSF-3.0",
        b"%PDF-1.7",
        b"RIFF\x00\x00\x00\x00WAVEfmt ",
        b"\x00\x00\x00\x18ftypheic\0\0\0\0mif1heic",
        b"P3 1 1 255 0 0 0",
    ],
    ids=["empty", "html", "fits", "psd", "svg", "eps", "pdf", "wav", "heic", "text ppm"],
)
def test_what_is_not_an_image_is_refused(data: bytes) -> None:
    with pytest.raises(MediaError, match=r"(known format \(|only )AVIF, BMP, GIF, ICO, JPEG, PNG, PPM, TIFF"):
        check_budget(data)


@pytest.mark.parametrize(
    "data",
    [
        PNG_START + png_chunk(b"IDAT", bytes(20)),
        PNG_START + png_chunk(b"IHDR", struct.pack(">IIBBBBB", 0, 5, 8, 2, 0, 0, 0)) + png_chunk(b"IDAT", b""),
        b"\xff\xd8\xff\xe0\x00\x02\x00",
        b"\xff\xd8\xff\xe0\x00\x01\xff",
        b"\xff\xd8\xff\xda\x00\x04\x00\x00",
        WEBP_START + b"VP8 \0\0\0\0\0\0\0\x9d\x01\x2b\xff\x3f\xff\x3f",
        WEBP_START + b"ANMF" + bytes(40),
        b"GIF89a" + bytes(20),
    ],
)
def test_a_broken_header_is_refused(data: bytes) -> None:
    with pytest.raises(MediaError):
        check_budget(data)


STARTS = st.sampled_from([b"\xff\xd8\xff", PNG_START, PNG_START + IHDR_30000, WEBP_START + b"VP8X", b"GIF89a", b"BM"])


@given(STARTS, st.binary(max_size=200))
def test_no_bytes_raise_anything_else(start: bytes, rest: bytes) -> None:
    try:
        header = read_header(start + rest)
    except MediaError:
        return
    assert header.width >= 1
    assert header.height >= 1


def tiff_of(*entries: tuple[int, int, int, int], rest: bytes = b"", order: str = "<") -> bytes:
    """A TIFF whose directory has these entries: tag, type, count and value."""
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HIH", 42, 8, len(entries))
    return head + b"".join(struct.pack(order + "HHII", *entry) for entry in entries) + bytes(4) + rest


SIZE = ((256, 4, 1, 30), (257, 4, 1, 20))


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_size_of_a_tiff(order: str) -> None:
    assert read_header(tiff_of(*SIZE, order=order)) == ImageHeader("TIFF", 30, 20)
    big = b"II" + struct.pack("<HHHQQ", 43, 8, 0, 16, 2)
    big += struct.pack("<HHQQ", 256, 16, 1, 30) + struct.pack("<HHQQ", 257, 3, 1, 20) + bytes(8)
    assert read_header(big) == ImageHeader("TIFF", 30, 20)


@pytest.mark.parametrize(
    "data",
    [
        tiff_of(*SIZE, (273, 4, 26_000_000, 8)),
        tiff_of(*SIZE, *[(50_000 + at, 7, 1_000_000, 8) for at in range(100)], rest=bytes(2_000_000)),
        tiff_of(*SIZE, (273, 4, 1_000_001, 8), rest=bytes(4_000_004)),
        tiff_of(*SIZE, (34665, 4, 1, 50), rest=tiff_of((1, 5, 3_000_000, 0))[8:]),
        tiff_of(*SIZE, *[(300 + at, 4, 1, 1) for at in range(1_200)]),
    ],
    ids=["more than there is", "one place for many", "too many numbers", "in the Exif", "too many entries"],
)
def test_a_tiff_that_would_fill_the_memory_is_refused(data: bytes) -> None:
    with pytest.raises(MediaError, match="says more of itself than there is"):
        read_header(data)


@given(st.sampled_from(sorted(FORMATS)), st.data())
def test_no_header_raises_anything_else(format: str, choose: st.DataObject) -> None:
    data = bytearray(file_of(format))
    for _ in range(choose.draw(st.integers(1, 8))):
        data[choose.draw(st.integers(0, min(len(data), 300) - 1))] = choose.draw(st.integers(0, 255))
    for read in (check_budget, decode_image_file):
        try:
            read(bytes(data))
        except MediaError:
            pass
