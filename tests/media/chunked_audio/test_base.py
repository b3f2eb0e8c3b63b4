"""What all runs share."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.errors import MediaError
from millstream.media.chunked_audio.base import FalseStarts, Gathered, Window


def stretch(begin: int, end: int) -> np.ndarray:
    return np.arange(begin, end, dtype=np.int16)[:, None]


@given(st.lists(st.integers(0, 20), max_size=8), st.integers(0, 60), st.none() | st.integers(0, 60))
def test_a_window_is_what_a_slice_is(sizes: list[int], skip: int, most: int | None) -> None:
    window, at, parts = Window(skip, most), 0, [stretch(0, 0)]
    for size in sizes:
        parts.append(window.part(stretch(at, at + size)))
        at += size
    end = None if most is None else skip + most
    assert np.concatenate(parts)[:, 0].tolist() == list(range(at))[skip:end]


def test_what_is_gathered_comes_out_once() -> None:
    gathered = Gathered("a file")
    assert gathered.take() is None
    gathered.add(stretch(0, 2), 8_000)
    gathered.add(stretch(2, 2), 9_000)
    gathered.add(stretch(2, 3), 8_000)
    chunk = gathered.take()
    assert chunk is not None
    assert (chunk.samples[:, 0].tolist(), chunk.sample_rate) == ([0, 1, 2], 8_000)
    assert chunk.samples.flags.c_contiguous
    assert gathered.take() is None
    assert gathered.rest() is None


def test_another_format_is_an_error() -> None:
    gathered = Gathered("a file")
    gathered.add(stretch(0, 2), 8_000)
    with pytest.raises(MediaError, match="a file at 8000 Hz with 1 channels goes on at 16000 Hz with 1"):
        gathered.add(stretch(2, 3), 16_000)


def test_what_seldom_looks_like_a_header_is_no_error() -> None:
    starts = FalseStarts("a file")
    for _ in range(20_000):
        starts.feed(bytes(1_024))
        starts.add()


def test_what_looks_like_a_header_all_the_time_is_an_error() -> None:
    starts = FalseStarts("a file")
    starts.feed(bytes(20_480))
    for _ in range(4_096 + 20):
        starts.add()
    with pytest.raises(MediaError, match="a file is broken: 4117 headers in 20480 bytes begin no frame"):
        starts.add()


def test_nothing_at_all_is_an_error() -> None:
    with pytest.raises(MediaError, match="a file ended before its audio had begun"):
        Gathered("a file").rest()
