from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from millstream.codecs import pcm16
from millstream.errors import MediaError
from millstream.frames import Chunk


@given(
    st.integers(1, 8).flatmap(lambda channels: arrays(np.int16, st.tuples(st.integers(0, 50), st.just(channels)))),
    st.integers(8_000, 192_000),
    st.integers(0, 2**64 - 1),
)
def test_what_goes_in_comes_out(samples: np.ndarray, sample_rate: int, first_sample: int) -> None:
    chunk = Chunk(samples, sample_rate, first_sample)
    decoded = pcm16.open_decoder().decode(pcm16.open_encoder(1.0).encode(chunk).payload)
    assert (decoded.sample_rate, decoded.first_sample) == (sample_rate, first_sample)
    assert decoded.samples.shape == samples.shape
    assert (decoded.samples == samples).all()


def test_the_layout_is_that_of_the_protocol() -> None:
    payload = pcm16.open_encoder(1.0).encode(Chunk(np.array([[1, -2]], np.int16), 16_000, 7)).payload
    assert payload == bytes.fromhex("0700000000000000 803e0000 02 000000 0100 feff")


@pytest.mark.parametrize(
    ("sample_rate", "channels", "tail", "message"),
    [
        (0, 1, b"", "audio at 0 Hz, expected 8000 to 192000"),
        (7_999, 1, b"", "7999 Hz"),
        (10_000_000, 1, b"", "10000000 Hz"),
        (16_000, 0, b"", "0 channels, expected 1 to 8"),
        (16_000, 255, b"", "255 channels"),
        (16_000, 1, b"x", "1 bytes is not whole samples of 1 channels"),
        (16_000, 2, b"xx", "2 bytes is not whole samples of 2 channels"),
    ],
)
def test_what_is_not_audio_is_refused(sample_rate: int, channels: int, tail: bytes, message: str) -> None:
    with pytest.raises(MediaError, match=message):
        pcm16.open_decoder().decode(struct.pack("<QIB3x", 0, sample_rate, channels) + tail)


def test_the_reserved_bytes_are_zero() -> None:
    with pytest.raises(MediaError, match="three zero bytes"):
        pcm16.open_decoder().decode(struct.pack("<QIB3s", 0, 16_000, 1, b"\0\0\1"))


def test_audio_out_of_bounds_is_not_encoded_either() -> None:
    with pytest.raises(MediaError, match="4000 Hz"):
        pcm16.open_encoder(1.0).encode(Chunk(np.zeros((1, 1), np.int16), 4_000))
