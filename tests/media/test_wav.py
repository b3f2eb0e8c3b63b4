from __future__ import annotations

import struct
import wave
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from millstream.errors import MediaError
from millstream.frames import Chunk
from millstream.media import wav


def wav_of(
    data: bytes, code: int = 1, bits: int = 16, channels: int = 1, sample_rate: int = 16_000, **other: int
) -> bytes:
    frame_bytes = other.get("frame_bytes", channels * bits // 8)
    layout = struct.pack("<HHIIHH", code, channels, sample_rate, sample_rate * frame_bytes, frame_bytes, bits)
    size = other.get("size", len(data))
    return (
        b"RIFF\0\0\0\0WAVE" + part(b"LIST", b"odd") + part(b"fmt ", layout) + b"data" + struct.pack("<I", size) + data
    )


def part(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


@given(
    st.integers(1, 8).flatmap(lambda channels: arrays(np.int16, st.tuples(st.integers(0, 50), st.just(channels)))),
    st.integers(1_000, 384_000),
)
def test_what_goes_in_comes_out(samples: np.ndarray, sample_rate: int) -> None:
    decoded = wav.decode(wav.encode(Chunk(samples, sample_rate)))
    assert decoded.sample_rate == sample_rate
    assert decoded.samples.shape == samples.shape
    assert (decoded.samples == samples).all()


def test_another_program_reads_what_we_write() -> None:
    with wave.open(BytesIO(wav.encode(Chunk(np.array([[1, 2], [3, -4]], np.int16), 44_100)))) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth(), file.getnframes()) == (2, 44_100, 2, 2)
        assert file.readframes(9) == struct.pack("<4h", 1, 2, 3, -4)


@pytest.mark.parametrize(
    ("data", "code", "bits", "expected"),
    [
        (bytes([0, 128, 255]), 1, 8, [-32768, 0, 32512]),
        (struct.pack("<3h", -32768, 0, 32767), 1, 16, [-32768, 0, 32767]),
        (b"\x00\x00\x80\xff\x00\x00\xff\xff\x7f", 1, 24, [-32768, 0, 32767]),
        (struct.pack("<3i", -(2**31), 65_535, 2**31 - 1), 1, 32, [-32768, 0, 32767]),
        (struct.pack("<3f", -1.0, 0.0, 1.0), 3, 32, [-32767, 0, 32767]),
        (struct.pack("<3d", -1.0, 0.5, 1.0), 3, 64, [-32767, 16384, 32767]),
        (
            struct.pack("<5f", -7.0, 7.0, float("nan"), float("inf"), float("-inf")),
            3,
            32,
            [-32767, 32767, 0, 32767, -32767],
        ),
    ],
)
def test_every_kind_of_sample_is_read(data: bytes, code: int, bits: int, expected: list[int]) -> None:
    chunk = wav.decode(memoryview(wav_of(data, code, bits)))
    assert chunk.samples.tolist() == [[value] for value in expected]
    assert chunk.samples.dtype == np.int16
    assert chunk.samples.flags.writeable
    assert chunk.samples.flags.c_contiguous


def test_channels_are_columns() -> None:
    assert wav.decode(wav_of(struct.pack("<4h", 1, 2, 3, 4), channels=2)).samples.tolist() == [[1, 2], [3, 4]]


def test_the_extensible_layout_is_read() -> None:
    layout = struct.pack("<HHIIHHHHIH14s", 0xFFFE, 1, 16_000, 64_000, 4, 32, 22, 32, 4, 3, bytes(14))
    data = b"RIFF\0\0\0\0WAVE" + part(b"fmt ", layout) + part(b"data", struct.pack("<f", 1.0))
    assert wav.decode(data).samples.tolist() == [[32767]]
    with pytest.raises(MediaError, match="cut off"):
        wav.decode(b"RIFF\0\0\0\0WAVE" + part(b"fmt ", layout[:20]) + part(b"data", bytes(4)))


@pytest.mark.parametrize("size", [0, 0xFFFF_FFFF, 0x7FFF_FFFF])
def test_an_unknown_length_reaches_to_the_end(size: int) -> None:
    assert len(wav.decode(wav_of(bytes(8), size=size)).samples) == 4


def test_what_follows_the_samples_is_ignored() -> None:
    assert len(wav.decode(wav_of(bytes(8), size=4)).samples) == 2


def test_floats_beyond_one_are_divided_by_the_largest() -> None:
    wave_ = np.array([0.0, 8_000, -16_000, 4_000], "<f4")
    assert wav.decode(wav_of(wave_.tobytes(), 3, 32)).samples[:, 0].tolist() == [0, 16384, -32767, 8192]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        # Of the bytes 0x00, 0x55, 0x80, 0xD5 and 0xFF, by the tables of ITU-T G.711.
        (6, [-5504, -8, 5504, 8, 848]),
        (7, [-32124, -716, 32124, 716, 0]),
    ],
)
def test_telephone_audio(code: int, expected: list[int]) -> None:
    assert wav.decode(wav_of(bytes([0x00, 0x55, 0x80, 0xD5, 0xFF]), code, 8)).samples[:, 0].tolist() == expected


def test_twenty_bits_lie_in_twenty_four() -> None:
    data = b"\x00\x00\x80\xf0\xff\x7f"
    assert wav.decode(wav_of(data, 1, 20, frame_bytes=3)).samples[:, 0].tolist() == [-32768, 32767]


@pytest.mark.parametrize(("code", "bits", "frame_bytes"), [(2, 4, 256), (17, 4, 1024), (85, 0, 1)])
def test_what_is_compressed_says_so(code: int, bits: int, frame_bytes: int) -> None:
    with pytest.raises(wav.Compressed, match=f"encoding {code} with {bits} bits"):
        wav.decode(wav_of(bytes(500), code, bits, frame_bytes=frame_bytes))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not a WAV file"),
        (b"RIFF\0\0\0\0AVI ", "not a WAV file"),
        (b"RIFF\0\0\0\0WAVE", "does not say its format"),
        (b"RIFF\0\0\0\0WAVE" + part(b"data", bytes(4)), "does not say its format"),
        (b"RIFF\0\0\0\0WAVE" + part(b"fmt ", bytes(16)), "has no samples"),
        (b"RIFF\0\0\0\0WAVE" + part(b"fmt ", bytes(3)) + part(b"data", bytes(4)), "cut off"),
        (wav_of(bytes(8), size=100), "cut off: 8 of 100 bytes"),
        (wav_of(bytes(3)), "whole samples"),
        (wav_of(bytes(8), frame_bytes=0), "whole samples"),
        (wav_of(bytes(8), bits=0), "whole samples"),
        (wav_of(bytes(8), bits=12, frame_bytes=1), "encoding 1 with 12 bits"),
        (wav_of(bytes(8), code=85), "encoding 85 with 16 bits, .*convert it"),
        (wav_of(bytes(8), channels=0), "0 channels"),
        (wav_of(bytes(18), channels=9), "9 channels, expected 1 to 8"),
        (wav_of(bytes(8), sample_rate=0), "at 0 Hz"),
        (wav_of(bytes(8), sample_rate=10_000_000), "10000000 Hz, expected 1000 to 384000"),
    ],
)
def test_a_broken_file_says_what_is_wrong(data: bytes, message: str) -> None:
    with pytest.raises(MediaError, match=message):
        wav.decode(data)


@given(st.binary(max_size=120))
def test_no_bytes_raise_anything_else(rest: bytes) -> None:
    for start in (b"RIFF\0\0\0\0WAVE", wav_of(b"")[:-4]):
        try:
            wav.decode(start + rest)
        except MediaError:
            pass


def test_more_than_a_wav_file_can_hold_is_refused() -> None:
    """A view that repeats one sample, so that the test needs no 4 GiB."""
    endless = np.broadcast_to(np.zeros((1, 1), np.int16), (2**31, 1))
    with pytest.raises(MediaError, match="268435 s of audio do not fit"):
        wav.encode(Chunk(endless, 8_000))
