"""WAV in chunks: the samples go on after the first of them."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from tests.media.chunked_audio.chunked_files import heard, pieces, sine

from millstream.errors import MediaError
from millstream.frames import Chunk
from millstream.media import chunked_audio as cut
from millstream.media import wav

SAMPLES = sine(16_000, 2, 0.5)
FILE = wav.encode(Chunk(SAMPLES, 16_000))
HEAD_BYTES = 44


def of_size(size: int, data: bytes = FILE) -> bytes:
    return data[: HEAD_BYTES - 4] + struct.pack("<I", size) + data[HEAD_BYTES:]


@pytest.mark.parametrize("size", [0, 0xFFFF_FFFF, 0xFFFF_FFFF - 36, 0x7FFF_FFFF, 0x7FFF_F000, len(FILE) - HEAD_BYTES])
@pytest.mark.parametrize("first", [HEAD_BYTES, HEAD_BYTES + 1, 700])
def test_whatever_it_says_of_its_size_it_goes_on(size: int, first: int) -> None:
    data = of_size(size)
    rate, samples = heard([data[:first], *pieces(data[first:], [999])])
    assert rate == 16_000
    assert np.array_equal(samples, SAMPLES)


def test_one_without_a_size_may_be_all_there() -> None:
    assert np.array_equal(heard([of_size(0), of_size(0xFFFF_FFFF)])[1], np.concatenate([SAMPLES, SAMPLES]))


def test_a_chunk_that_begins_as_a_file_is_the_next_one() -> None:
    data = of_size(0)
    _, samples = heard([data[:-3], data])
    assert np.array_equal(samples, np.concatenate([SAMPLES[:-1], SAMPLES]))


def test_what_stands_between_two_files_is_passed_over() -> None:
    words = b"LIST" + struct.pack("<I", 100) + bytes(100)
    _, samples = heard(pieces(FILE + words + FILE, [700]))
    assert np.array_equal(samples, np.concatenate([SAMPLES, SAMPLES]))


def test_what_follows_a_file_for_long_is_an_error() -> None:
    run = cut.begin(FILE[:-1])
    assert run is not None
    run.feed(FILE)
    with pytest.raises(MediaError, match="20000 bytes after a WAV file are no audio"):
        run.feed(bytes(20_003))


def test_one_that_ends_too_soon_is_an_error() -> None:
    run = cut.begin(FILE[:50])
    assert run is not None
    run.feed(FILE[:50])
    with pytest.raises(MediaError, match=r"the WAV file is cut off: 4 of 32000 bytes of samples are there"):
        run.end()


def test_another_format_is_an_error() -> None:
    run = cut.begin(of_size(0))
    assert run is not None
    run.feed(of_size(0))
    with pytest.raises(MediaError, match="at 16000 Hz with 2 channels goes on at 16000 Hz with 1"):
        run.feed(wav.encode(Chunk(SAMPLES[:, :1], 16_000)))


def test_what_is_broken_is_left_to_who_reads_files() -> None:
    compressed = FILE[:20] + struct.pack("<H", 0) + FILE[22:]
    broken = FILE[:22] + bytes(2) + FILE[24:]
    assert cut.begin(broken[:700]) is None
    run = cut.begin(compressed[:700])
    assert run is not None
    with pytest.raises(MediaError, match="encoding 0 with 16 bits"):
        run.feed(compressed[:700])


def test_what_stands_before_the_samples_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("millstream.media.chunked_audio.wav.MOST_BEFORE", 20_000)
    file = FILE[:12] + b"LIST" + struct.pack("<I", 1 << 30)
    run = cut.begin(file)
    assert run is not None
    assert run.feed(file + bytes(10_000)) is None
    with pytest.raises(MediaError, match="does not say its format"):
        run.feed(bytes(10_000))
