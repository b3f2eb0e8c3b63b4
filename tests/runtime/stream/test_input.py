"""The input of a stream at work: credit is computed once for each frame and each chunk."""

from __future__ import annotations

from itertools import count

import numpy as np
import pytest

import millstream as ms
from millstream.runtime.stream.receiver import Receiver
from millstream.testing import TestPage

PACKETS = 40
RATE = 16_000


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> count[int]:
    """Counts how often the credit of a receiver is computed."""
    counter, compute = count(), Receiver.raise_limit

    def counted(self: Receiver, now: float) -> bool:
        next(counter)
        return compute(self, now)

    monkeypatch.setattr(Receiver, "raise_limit", counted)
    return counter


def test_once_a_frame(computed: count[int]) -> None:
    with ms.Blocks() as demo:
        camera, out = ms.Image(label="Camera", sources="webcam"), ms.Image()
        camera.stream(lambda frame: frame, camera, out, stream_every=0)
    with TestPage(demo, handler_time=0.005) as page:
        recording = page.stream("Camera", (np.full((24, 32, 3), shade, np.uint8) for shade in range(PACKETS)))
        assert recording.summary().sent >= PACKETS - 2
    assert next(computed) <= PACKETS + 3


def test_once_a_chunk(computed: count[int]) -> None:
    with ms.Blocks() as demo:
        mic = ms.Audio(label="Mic", sources="microphone")
        mic.stream(lambda chunk: None, mic, None, stream_every=0.1)
    with TestPage(demo, handler_time=0.005) as page:
        page.stream("Mic", (RATE, np.zeros(PACKETS * RATE // 10, np.int16)))
    assert PACKETS - 2 <= next(computed) <= PACKETS + 6
