"""MP3 in pieces: found to be cut, and decoded as one sound."""

from __future__ import annotations

import sys
from functools import cache
from io import BytesIO

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from millstream.codecs.mp3 import Mp3Run, is_cut
from millstream.errors import MediaError

TAG = b"ID3\x04\x00\x00\x00\x00\x02\x00" + b"\xff\xfb\x90\x00" * 64  # 256 bytes, which look like frames
TONE_HZ = 440


@cache
def tone(rate: int, channels: int, seconds: float = 1.0) -> bytes:
    at = np.arange(round(rate * seconds)) * 2 * np.pi * TONE_HZ / rate
    samples = np.repeat((np.sin(at) * 8_000).astype(np.int16)[None, :], channels, axis=0)
    file = BytesIO()
    with av.open(file, "w", format="mp3", options={"id3v2_version": "0"}) as container:
        layout = "mono" if channels == 1 else "stereo"
        stream = container.add_stream("libmp3lame", rate=rate, layout=layout)
        frame = av.AudioFrame.from_ndarray(samples, format="s16p", layout=layout)
        frame.sample_rate = rate
        container.mux([*stream.encode(frame), *stream.encode(None)])
    return file.getvalue()


def decoded(data: bytes, sizes: list[int]) -> tuple[int, np.ndarray]:
    run, at, chunks = Mp3Run(), 0, []
    while at < len(data):
        size = sizes[len(chunks) % len(sizes)]
        chunks.append(run.feed(data[at : at + size]))
        at += size
    heard = [chunk for chunk in chunks if chunk is not None]
    return heard[0].sample_rate, np.concatenate([chunk.samples for chunk in heard])


@pytest.mark.parametrize("rate", [48_000, 44_100, 32_000, 24_000, 22_050, 16_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_whole_file_is_not_cut_and_a_part_of_it_is(rate: int, channels: int) -> None:
    data = tone(rate, channels)
    assert not is_cut(data)
    assert not is_cut(TAG + data)
    assert not is_cut(data + b"TAG" + bytes(125))
    assert is_cut(data[:-1])
    assert is_cut(TAG + data[: len(data) // 2 + 1])


@pytest.mark.parametrize(
    "data", [b"", b"ID3", TAG[:50], TAG, b"ID3 a song", b"\xff\xfb\x90\x00" + bytes(50), b"\xff\xfb"]
)
def test_what_has_no_whole_frame_is_left_to_who_reads_files(data: bytes) -> None:
    assert not is_cut(data)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 3_000), min_size=1, max_size=5))
def test_however_it_is_cut_the_sound_is_the_same(sizes: list[int]) -> None:
    data = TAG + tone(24_000, 1)
    rate, whole = decoded(data, [len(data)])
    assert (rate, whole.shape[1]) == (24_000, 1)
    assert np.array_equal(decoded(data, sizes)[1], whole)


def test_there_is_no_seam_in_it() -> None:
    rate, samples = decoded(tone(44_100, 2, 2.0), [777])
    middle = samples[5_000:80_000].astype(int)
    steepest = 8_000 * 2 * np.pi * TONE_HZ / rate
    assert np.abs(np.diff(middle, axis=0)).max() < 1.1 * steepest
    assert np.abs(middle).max() > 7_000


def test_without_its_decoder_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MediaError, match=r"pip install 'millstream\[video\]'"):
        Mp3Run()


def test_what_is_no_mp3_for_long_is_an_error() -> None:
    run = Mp3Run()
    assert run.feed(tone(24_000, 1)) is not None
    assert run.feed(bytes(10_000)) is None
    with pytest.raises(MediaError, match="bytes after the beginning of an MP3 are none"):
        run.feed(bytes(10_000))
