"""FLAC in chunks: where its frames end, and whether all of them are there."""

from __future__ import annotations

import numpy as np
import pytest
from tests.media.chunked_audio.chunked_files import heard, pieces, sine, sound_file, unsized

from millstream.errors import MediaError
from millstream.media import chunked_audio as cut
from millstream.media.chunked_audio.flac import beginning_of, extent_of, header_of, is_frame

RATE = 44_100
FILE = sound_file("flac", "flac", RATE, 2, 1.0)


@pytest.mark.parametrize("size", [1, 17, 700])
def test_it_is_exact(size: int) -> None:
    assert np.array_equal(heard(pieces(FILE, [size]))[1], sine(RATE, 2))


def test_its_first_frame_is_found() -> None:
    beginning = beginning_of(FILE)
    assert beginning is not None
    header = header_of(FILE[beginning.at : beginning.at + 16])
    assert header is not None
    assert (beginning.samples, header.number, header.is_fine) == (RATE, 0, False)
    assert beginning_of(FILE[: beginning.at - 1]) is None
    assert is_frame(FILE[beginning.at :])
    assert not is_frame(FILE[beginning.at : -1])


@pytest.mark.parametrize("at", [1, 2, 3, 5])
def test_a_header_with_a_wrong_bit_is_none(at: int) -> None:
    beginning = beginning_of(FILE)
    assert beginning is not None
    header = bytearray(FILE[beginning.at : beginning.at + 16])
    header[at] ^= 0x10
    assert header_of(bytes(header)) is None


@pytest.mark.parametrize("less", [1, 100, 10_000])
def test_whether_all_is_there_is_seen(less: int) -> None:
    assert extent_of(FILE) == "whole"
    assert extent_of(FILE[:-less]) == extent_of(FILE[:100]) == extent_of(FILE[:9]) == "cut"


def test_of_one_that_does_not_say_its_length_nobody_can_tell() -> None:
    file = unsized(FILE)
    beginning = beginning_of(file)
    assert beginning is not None
    assert beginning.samples == 0
    assert extent_of(file) == "unknown"
    assert extent_of(file[:-1]) == "cut"
    assert np.array_equal(heard(pieces(file, [4_096]))[1], sine(RATE, 2))


def test_one_that_does_not_say_its_format_is_left_to_who_reads_files() -> None:
    assert cut.begin(b"fLaC\x84" + FILE[5:]) is None


def test_what_is_held_back_is_less_than_a_frame() -> None:
    run = cut.begin(FILE[:1_000])
    assert run is not None
    chunks = [chunk for piece in pieces(FILE, [1_000]) if (chunk := run.feed(piece)) is not None]
    rest = run.end()
    assert rest is not None
    assert 0 < len(rest.samples) <= 4_608
    assert sum(len(chunk.samples) for chunk in chunks) + len(rest.samples) == RATE


def test_a_tag_at_the_end_costs_nothing() -> None:
    assert np.array_equal(heard(pieces(FILE + b"TAG" + bytes(125), [700]))[1], sine(RATE, 2))


def test_a_broken_frame_is_an_error() -> None:
    broken = bytearray(FILE)
    broken[len(FILE) // 2] ^= 1
    run = cut.begin(FILE[:700])
    assert run is not None
    with pytest.raises(MediaError, match="this flac audio cannot be decoded"):
        run.feed(bytes(broken))


def test_half_a_frame_at_the_end_is_left_out() -> None:
    assert len(heard(pieces(FILE[:-10], [700]))[1]) < RATE


def test_frames_with_numbers_of_more_bytes_are_found() -> None:
    file = sound_file("flac", "flac", 8_000, 1, 20.0)
    assert extent_of(file) == "whole"
    assert np.array_equal(heard(pieces(file, [700]))[1], sine(8_000, 1, 20.0))


def test_what_stands_before_the_audio_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("millstream.media.chunked_audio.flac.MOST_BEFORE", 20_000)
    file = FILE[:4] + bytes([FILE[4] & 0x7F]) + FILE[5:42] + b"\x86\xff\xff\xff"
    run = cut.begin(file)
    assert run is not None
    assert run.feed(file + bytes(10_000)) is None
    with pytest.raises(MediaError, match=r"\d+ bytes of a FLAC file are no audio"):
        run.feed(bytes(10_000))


def test_headers_that_begin_no_frame_are_not_looked_at_for_ever() -> None:
    beginning = beginning_of(FILE)
    assert beginning is not None
    header = FILE[beginning.at : beginning.at + 6]
    run = cut.begin(FILE[:700])
    assert run is not None
    with pytest.raises(MediaError, match=r"a FLAC file is broken: \d+ headers in \d+ bytes begin no frame"):
        run.feed(FILE[: beginning.at] + header * 20_000)


def test_a_frame_has_a_bound_also_if_every_chunk_ends_in_a_header(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("millstream.media.chunked_audio.flac.MOST_FRAME", 20_000)
    file = FILE[:12] + bytes(6) + FILE[18:]  # which does not say how long its frames are
    beginning = beginning_of(file)
    assert beginning is not None
    header = file[beginning.at : beginning.at + 6]
    run = cut.begin(file[:700])
    assert run is not None
    run.feed(file[: beginning.at] + header)
    for _ in range(3):
        run.feed(bytes(10_000) + header)
    with pytest.raises(MediaError, match="a frame of a FLAC file is broken, or"):
        run.feed(bytes(10_000) + header)
