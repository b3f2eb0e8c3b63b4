from __future__ import annotations

import random
import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from millstream.errors import MediaError
from millstream.frames import Pixels
from millstream.media.image_file import contiguous, decode_image_file, read_orientation

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")


def saved(image: Image.Image, format: str, **options: object) -> bytes:
    file = BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def smooth(width: int = 40, height: int = 24) -> Pixels:
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x * 6, y * 10, (x + y) * 3], axis=2).astype(np.uint8)


@pytest.mark.parametrize("format", FORMATS)
def test_every_allowed_format_is_read(format: str) -> None:
    frame = decode_image_file(saved(Image.fromarray(smooth()), format))
    assert np.abs(frame.pixels.astype(int) - smooth()).mean() < 8
    assert frame.pixels.dtype == np.uint8
    assert frame.pixels.flags.writeable
    assert frame.pixels.flags.c_contiguous
    assert not frame.has_alpha


@pytest.mark.parametrize(
    ("image", "format", "pixel"),
    [
        (Image.new("1", (2, 2), 1), "PNG", [255, 255, 255]),
        (Image.new("L", (2, 2), 9), "PNG", [9, 9, 9]),
        (Image.new("LA", (2, 2), (9, 77)), "PNG", [9, 9, 9, 77]),
        (Image.new("RGBA", (2, 2), (1, 2, 3, 4)), "PNG", [1, 2, 3, 4]),
        (Image.new("RGB", (2, 2), (1, 2, 3)).quantize(2), "PNG", [1, 2, 3]),
        (Image.fromarray(np.full((2, 2), 0x4321, np.uint16)), "PNG", [0x43, 0x43, 0x43]),
        (Image.new("RGBA", (2, 2), (1, 2, 3, 0)), "GIF", [0, 0, 0, 0]),
        (Image.new("L", (2, 2), 9), "BMP", [9, 9, 9]),
        (Image.new("CMYK", (8, 8), (0, 0, 0, 255)), "JPEG", [0, 0, 0]),
    ],
)
def test_every_kind_of_pixel_becomes_rgb_or_rgba(image: Image.Image, format: str, pixel: list[int]) -> None:
    decoded = decode_image_file(saved(image, format)).pixels[0, 0].tolist()
    assert decoded[3:] == pixel[3:]
    if pixel[3:] != [0]:
        assert decoded == pixel


def test_a_transparent_colour_becomes_alpha() -> None:
    data = saved(Image.new("RGB", (2, 2), (1, 2, 3)), "PNG", transparency=(1, 2, 3))
    assert decode_image_file(data).pixels[0, 0].tolist() == [1, 2, 3, 0]


def test_of_an_animation_the_first_frame_is_taken() -> None:
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    for format_ in ("GIF", "PNG", "WEBP"):
        options: dict[str, object] = {"lossless": True} if format_ == "WEBP" else {}
        data = saved(frames[0], format_, save_all=True, append_images=frames[1:], **options)
        assert decode_image_file(data).pixels[0, 0, :3].tolist() == [255, 0, 0]


def exif_of(orientation: int, order: str = "<") -> bytes:
    magic = b"II*\0" if order == "<" else b"MM\0*"
    entries = struct.pack(order + "HHIHH", 0x0100, 3, 1, 5, 0) + struct.pack(
        order + "HHIHH", 0x0112, 3, 1, orientation, 0
    )
    return b"Exif\0\0" + magic + struct.pack(order + "IH", 8, 2) + entries + bytes(4)


UPRIGHT = {
    1: lambda p: p,
    2: lambda p: p[:, ::-1],
    3: lambda p: p[::-1, ::-1],
    4: lambda p: p[::-1],
    5: lambda p: p.transpose(1, 0, 2),
    6: lambda p: np.rot90(p, -1),
    7: lambda p: np.rot90(p, 2).transpose(1, 0, 2),
    8: np.rot90,
    99: lambda p: p,
}


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_images_are_turned_upright(format: str, orientation: int) -> None:
    options: dict[str, object] = {"lossless": True} if format == "WEBP" else {}
    data = saved(Image.fromarray(smooth()), format, exif=exif_of(orientation), **options)
    decoded, expected = decode_image_file(data).pixels, UPRIGHT[orientation](smooth())
    assert decoded.shape == expected.shape
    assert np.abs(decoded.astype(int) - expected).mean() < 6


@pytest.mark.parametrize("order", ["<", ">"])
def test_both_byte_orders_are_read(order: str) -> None:
    assert read_orientation(exif_of(6, order)) == 6
    assert read_orientation(exif_of(6, order).removeprefix(b"Exif\0\0")) == 6


def test_a_broken_exif_is_as_good_as_none() -> None:
    for length in range(len(exif_of(6)) - 6):
        assert read_orientation(exif_of(6)[:length]) == 1
    assert read_orientation(exif_of(6).replace(b"\x12\x01\x03\x00", b"\x12\x01\x09\x00")) == 1
    assert read_orientation(b"Exif\0\0II*\0\xff\xff\xff\xff") == 1
    without = exif_of(6).replace(b"\x12\x01", b"\x13\x01")
    assert read_orientation(without) == 1


@given(st.binary(max_size=80))
def test_no_exif_raises(rest: bytes) -> None:
    assert 1 <= read_orientation(b"II*\0" + rest) <= 8


def test_a_large_exif_is_read() -> None:
    data = saved(Image.fromarray(smooth()), "PNG", exif=exif_of(6) + bytes(10_000_000))
    assert decode_image_file(data).pixels.shape == (40, 24, 3)


@pytest.mark.parametrize("format", FORMATS)
def test_a_file_that_was_cut_off_is_refused(format: str) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (40, 60, 3), np.uint8)
    data = saved(Image.fromarray(noise), format)
    for cut in range(50):
        with pytest.raises(MediaError):
            decode_image_file(data[: len(data) * cut // 50])


@pytest.mark.parametrize("format", FORMATS)
def test_a_broken_file_raises_nothing_else(format: str) -> None:
    animation = [Image.fromarray(smooth()), Image.fromarray(smooth()[::-1])]
    both: dict[str, object] = {"save_all": True, "append_images": animation[1:]}
    options = both if format in ("GIF", "PNG", "WEBP") else {}
    data = saved(animation[0], format, **options)
    dice = random.Random(1)
    for _ in range(1500):
        broken = bytearray(data)
        for _ in range(dice.randint(1, 6)):
            broken[dice.randrange(8, min(len(broken), 400))] = dice.choice([0, 255, 127, dice.randrange(256)])
        try:
            frame = decode_image_file(bytes(broken), max_pixels=100_000)
        except MediaError:
            continue
        assert frame.width * frame.height <= 100_000


@pytest.mark.parametrize(("side", "message"), [(8_000, "8000x8000 has more"), (12_000, "broken"), (65_535, "broken")])
def test_a_gif_whose_first_image_is_larger_than_its_screen_is_refused(side: int, message: str) -> None:
    screen = b"GIF89a\x02\x00\x02\x00\x80\x00\x00" + bytes(6)
    data = screen + b"\x2c\x00\x00\x00\x00" + struct.pack("<HH", side, side) + b"\x00\x02\x02\x44\x01\x00\x3b"
    with pytest.raises(MediaError, match=message):
        decode_image_file(data)


def test_a_png_with_a_second_header_is_refused() -> None:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    def header(side: int) -> bytes:
        return chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))

    data = b"\x89PNG\r\n\x1a\n" + header(2) + header(40_000) + chunk(b"IDAT", zlib.compress(bytes(14)))
    with pytest.raises(MediaError):
        decode_image_file(data + chunk(b"IEND", b""))


def test_formats_and_pixels_are_bounded() -> None:
    data = saved(Image.fromarray(smooth()), "PNG")
    with pytest.raises(MediaError, match="not allowed here"):
        decode_image_file(data, formats=("JPEG",))
    with pytest.raises(MediaError, match="more than the 959 pixels"):
        decode_image_file(data, max_pixels=959)


@pytest.mark.parametrize("channels", [3, 4])
def test_contiguous_copies_only_what_it_must(channels: int) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (7, 9, channels), np.uint8)
    assert contiguous(pixels) is pixels
    for view in (pixels[:, ::-1], pixels[::-1], pixels[1:5, 2:8], pixels[::2, ::3], pixels[:, :, ::-1], pixels[:0]):
        copy = contiguous(view)
        assert copy.flags.c_contiguous
        assert copy.shape == view.shape
        assert (copy == view).all()
