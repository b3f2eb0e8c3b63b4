"""Every codec of the library passes the suite, and so does one whose frames build on each other."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from importlib import import_module

import numpy as np
import pytest

from millstream import codecs
from millstream.codecs import h264, jpeg, pcm16, png, vp8, webp
from millstream.frames import Chunk, Frame
from millstream.testing import fake_delta
from millstream.testing.conformance.codecs import CodecSuite
from millstream.types import Media
from millstream.wire.limits import MAX_SAMPLES_BYTES
from millstream.wire.packet import CodecNumber
from millstream.wire.sound import PCM16_PREFIX
from millstream.wire.video import VIDEO_PREFIX


def frames(channels: int = 3) -> list[Media]:
    """Ten smooth frames that move."""
    y, x = np.mgrid[0:48, 0:64]
    pictures = []
    for step in range(10):
        planes = [(np.sin((x + step * 3) / (9 + c)) + np.cos((y - step) / (7 + c)) + 2) * 60 for c in range(channels)]
        pictures.append(Frame(np.stack(planes, axis=2).astype(np.uint8)))
    return list[Media](pictures)


def chunks() -> list[Media]:
    rng = np.random.default_rng(1)
    return [Chunk(rng.integers(-(2**15), 2**15, (160, 2), dtype=np.int16), 16_000, 160 * n) for n in range(10)]


class TestJpeg(CodecSuite):
    codec = jpeg
    media = frames()
    max_error = 3.0
    bombs = (b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03" + bytes(600),)


class TestJpegWithoutSimplejpeg(TestJpeg):
    @pytest.fixture(autouse=True)
    def no_simplejpeg(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(jpeg, "simplejpeg", None)


def png_of(width: int, height: int) -> bytes:
    """A PNG that claims a size."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header)) + bytes(800)


class TestPng(CodecSuite):
    codec = png
    media = frames()
    bombs = (png_of(30_000, 30_000),)


class TestPngWithAlpha(TestPng):
    media = frames(4)


class TestWebp(CodecSuite):
    codec = webp
    media = frames()
    max_error = 6.0
    bombs = (b"RIFF\xff\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\xfe\x3f\0\xfe\x3f\0" + bytes(200),)


class TestH264(CodecSuite):
    codec = h264
    media = frames()
    max_error = 4.0
    bombs = (
        VIDEO_PREFIX.pack(16_384, 16_384, 1) + bytes(100),
        VIDEO_PREFIX.pack(640, 480, 1) + bytes.fromhex("00000001 6742c033 da001000008019 00000001 65") + bytes(100),
    )


class TestVp8(CodecSuite):
    codec = vp8
    media = frames()
    max_error = 4.0
    is_cut_detected = False  # where its data end it takes zeros for the rest (RFC 6386, 7.3)
    bombs = (VIDEO_PREFIX.pack(640, 480, 1) + bytes.fromhex("100200 9d012a ff3f ff3f") + bytes(100),)


class TestPcm16(CodecSuite):
    codec = pcm16
    media = chunks()
    is_cut_detected = False
    bombs = (PCM16_PREFIX.pack(0, 16_000, 1, bytes(3)) + bytes(2 * MAX_SAMPLES_BYTES),)


class TestFakeDelta(CodecSuite):
    codec = fake_delta
    media = frames()
    bombs = (
        fake_delta.HEADER.pack(fake_delta.MAGIC, 1, 0, 60_000, 60_000),
        fake_delta.HEADER.pack(fake_delta.MAGIC, 1, 0, 8, 8) + zlib.compress(bytes(10_000_000)),
    )


def test_every_codec_of_the_wire_has_a_module_and_is_in_this_file() -> None:
    for number in set(CodecNumber) - {
        CodecNumber.FILE,
        CodecNumber.FMP4,
        CodecNumber.OPUS,
        CodecNumber.OVERLAY,
    }:  # which only the page decodes
        codec = codecs.load(number.name.lower())
        assert codec is import_module(f"millstream.codecs.{number.name.lower()}")
        assert codec is codecs.by_number(number)
        assert vars(codec)["NUMBER"] == number
        assert any(vars(suite).get("codec") is codec for suite in suites())


def suites() -> Sequence[type]:
    return [value for value in globals().values() if isinstance(value, type) and issubclass(value, CodecSuite)]
