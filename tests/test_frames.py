from __future__ import annotations

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from millstream.frames import Chunk, Frame


def test_a_frame_knows_its_size() -> None:
    frame = Frame(np.zeros((480, 640, 3), np.uint8), captured_us=7)
    assert (frame.width, frame.height, frame.has_alpha) == (640, 480, False)
    assert repr(frame) == "<Frame 640x480 captured=7us>"
    assert repr(Frame(np.zeros((2, 1, 4), np.uint8))) == "<Frame 1x2 alpha captured=0us>"


def test_a_chunk_knows_its_length() -> None:
    chunk = Chunk(np.zeros((8_000, 2), np.int16), 16_000, first_sample=32_000)
    assert (chunk.channels, chunk.duration_s) == (2, 0.5)
    assert repr(chunk) == "<Chunk 8000 samples x2 at 16000 Hz from 32000>"


def test_neither_can_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Frame(np.zeros((1, 1, 3), np.uint8)).captured_us = 1  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        Chunk(np.zeros((1, 1), np.int16), 8_000).sample_rate = 1  # type: ignore[misc]
