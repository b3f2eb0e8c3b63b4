"""MP3 and AAC in chunks: frames, the tags around them, and what the encoder added."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.media.chunked_audio.chunked_files import TONE_HZ, heard, pieces, plain_tone, sine, sound_file, tone

from millstream.errors import MediaError
from millstream.media import chunked_audio as cut
from millstream.media.chunked_audio.mpeg import _STARTS, extent_of, frame_of

TAG = b"ID3\x04\x00\x00\x00\x00\x02\x00" + b"\xff\xfb\x90\x00" * 64  # 256 bytes, which look like frames
OLD_TAG = b"TAG" + bytes(125)


def aac(rate: int = 24_000, channels: int = 1, seconds: float = 1.0) -> bytes:
    return sound_file("adts", "aac", rate, channels, seconds)


def frames(file: bytes) -> list[bytes]:
    found, at = [], 0
    while (frame := frame_of(file[at : at + 6])) is not None:
        found.append(file[at : at + frame.size])
        at += frame.size
    assert at == len(file)
    return found


@pytest.mark.parametrize("rate", [48_000, 44_100, 32_000, 24_000, 22_050, 16_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_an_mp3_that_says_how_long_it_is_is_whole_or_not(rate: int, channels: int) -> None:
    data = tone(rate, channels)
    assert extent_of(data) == extent_of(TAG + data) == extent_of(data + OLD_TAG) == "whole"
    assert extent_of(data[:-1]) == extent_of(TAG + data[: len(data) // 2 + 1]) == "cut"
    whole_frames = frames(data)
    assert extent_of(b"".join(whole_frames[:-1])) == extent_of(whole_frames[0]) == "cut"


@pytest.mark.parametrize("data", [plain_tone(24_000, 1), aac()], ids=["MP3", "AAC"])
def test_of_frames_alone_nobody_can_tell(data: bytes) -> None:
    assert extent_of(data) == extent_of(TAG + data) == extent_of(b"".join(frames(data)[:3])) == "unknown"
    assert extent_of(data[:-1]) == extent_of(data[:20]) == extent_of(data + data[:3]) == "cut"


@pytest.mark.parametrize(
    ("data", "extent"),
    [(TAG[:50], "cut"), (TAG, "cut"), (TAG + b"nothing like it", "whole"), (b"\xff\xfb\x90\x00" + bytes(50), "cut")],
)
def test_what_has_no_whole_frame(data: bytes, extent: str) -> None:
    assert extent_of(data) == extent


@pytest.mark.parametrize("count", [1, 5])
@pytest.mark.parametrize("make", [plain_tone, aac])
def test_chunks_of_whole_frames_have_no_seam(make, count: int) -> None:
    rate = 24_000
    whole = frames(make(rate, 1, 2.0))
    _, samples = heard([b"".join(whole[at : at + count]) for at in range(0, len(whole), count)])
    middle = samples[5_000:40_000, 0].astype(int)
    steepest = 8_000 * 2 * np.pi * TONE_HZ / rate
    assert np.abs(np.diff(middle)).max() < 1.1 * steepest
    assert np.abs(middle).max() > 7_000


@pytest.mark.parametrize("rate", [44_100, 24_000])
def test_what_the_encoder_says_it_added_is_left_out(rate: int) -> None:
    _, samples = heard(pieces(tone(rate, 1, 1.3), [777]))
    expected = 0.95 * sine(rate, 1, 1.3)  # the encoder makes it a little softer
    assert len(samples) == len(expected)
    middle = slice(2_000, -2_000)
    assert np.abs(samples[middle] - expected[middle]).max() < 100


def test_files_that_say_how_long_they_are_and_such_that_do_not_may_follow_each_other() -> None:
    given = [tone(24_000, 1), plain_tone(24_000, 1), tone(24_000, 1)]
    _, samples = heard(pieces(b"".join(given), [1_000]))
    assert len(samples) == 24_000 + len(heard([given[1]])[1]) + 24_000


def test_tags_between_files_are_passed_over() -> None:
    file = plain_tone(24_000, 1)
    plain = heard(pieces(file + file, [500]))[1]
    assert np.array_equal(heard(pieces(TAG + file + OLD_TAG + TAG + file, [500]))[1], plain)
    for size in range(1, 10):
        assert np.array_equal(heard(pieces(TAG + file + TAG + file, [size]))[1], plain)


def test_a_tag_of_any_size_is_not_kept() -> None:
    picture = b"ID3\x04\x00\x00\x00\x40\x00\x00" + bytes(1 << 20)
    run = cut.begin(picture[:1_000])
    assert run is not None
    for data in pieces(picture, [4_096]):
        assert run.feed(data) is None
        assert not run._run._waiting
    assert run.feed(tone(24_000, 1)) is not None


def test_half_a_frame_at_the_end_is_left_out() -> None:
    file = plain_tone(24_000, 1)
    assert len(heard(pieces(file[:-10], [500]))[1]) == len(heard(pieces(file, [500]))[1]) - 576


@given(st.binary(min_size=5, max_size=5))
def test_where_a_frame_may_begin_it_is_looked_for(rest: bytes) -> None:
    if frame_of(b"\xff" + rest) is not None:
        assert _STARTS.match(b"\xff" + rest)


@pytest.mark.parametrize("size", [1, 5, 700])
@pytest.mark.parametrize("junk", [bytes(6_000), b"\xff" * 6_000, b"I" * 6_000, b"ID3" * 1_000, b"\xff\xfb\xf0" * 900])
def test_junk_between_frames_is_passed_over(junk: bytes, size: int) -> None:
    file = plain_tone(24_000, 1)
    assert np.array_equal(heard(pieces(file + junk + file, [size]))[1], heard(pieces(file + file, [size]))[1])


@pytest.mark.parametrize("start", [b"\xff\xfb\xf0", b"ID3"])
def test_headers_that_begin_no_frame_are_not_looked_at_for_ever(start: bytes) -> None:
    run = cut.begin(plain_tone(24_000, 1))
    assert run is not None
    with pytest.raises(MediaError, match=r"an MP3 or AAC file is broken: \d+ headers in \d+ bytes begin no frame"):
        run.feed((plain_tone(24_000, 1) + start * 5_000) * 3)
