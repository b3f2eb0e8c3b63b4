"""Fragmented MP4, box by box: what a browser's parser and FFmpeg's read is what was put in."""

import struct
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.media import fmp4
from millstream.media.fmp4 import AudioTrack, Sample, VideoTrack

SPS = bytes.fromhex("6742c01e d900a0 47fe88")
PPS = bytes.fromhex("68ce3c80")
VIDEO = VideoTrack(320, 240, fmp4.configuration_of(b"\x00\x00\x00\x01" + SPS + b"\x00\x00\x01" + PPS))
SOUND = AudioTrack(48_000, 2, bytes.fromhex("1190"))


def boxes(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Give the boxes on one level, with their content."""
    while data:
        size, kind = struct.unpack_from(">I4s", data)
        assert 8 <= size <= len(data)
        yield kind.decode(), data[8:size]
        data = data[size:]


def box(data: bytes, *path: str) -> bytes:
    """Find the first box at the end of a path."""
    for kind in path:
        data = dict(reversed(list(boxes(data))))[kind]
    return data


def test_the_configuration_of_an_encoder() -> None:
    assert VIDEO.configuration == b"\x01\x42\xc0\x1e\xff\xe1\x00\x0a" + SPS + b"\x01\x00\x04" + PPS
    assert fmp4.configuration_of(VIDEO.configuration) is VIDEO.configuration
    high = b"\x67\x64\x00\x1f\xac"
    assert fmp4.configuration_of(b"\x00\x00\x01" + high + b"\x00\x00\x01" + PPS).endswith(b"\xfd\xf8\xf8\x00")


def test_zeros_may_fill_the_room_after_a_unit() -> None:
    parameters = b"\x00\x00\x01" + SPS + b"\x00\x00\x01" + PPS + b"\x00\x00"
    assert fmp4.configuration_of(parameters) == VIDEO.configuration
    assert fmp4.with_lengths(b"\x00\x00\x01\x65\x01\x00") == b"\x00\x00\x00\x02\x65\x01"


def test_a_frame_that_is_decoded_early_begins_at_once() -> None:
    tracks = box(fmp4.initialisation(VIDEO._replace(delay=7_200), SOUND, 2.0), "moov")
    assert struct.unpack(">IIIiI", box(tracks, "trak", "edts", "elst")) == (0, 1, 0, 7_200, 0x10000)
    first = box(box(fmp4.initialisation(VIDEO, None), "moov"), "trak")
    assert "edts" not in dict(boxes(first))


def test_a_browser_is_told_the_codecs() -> None:
    assert fmp4.media_type(VIDEO, None) == 'video/mp4; codecs="avc1.42c01e"'
    assert fmp4.media_type(VIDEO, SOUND) == 'video/mp4; codecs="avc1.42c01e, mp4a.40.2"'


def test_the_beginning_says_what_follows() -> None:
    start = fmp4.initialisation(VIDEO, SOUND)
    assert [kind for kind, _ in boxes(start)] == ["ftyp", "moov"]
    moov = box(start, "moov")
    assert [kind for kind, _ in boxes(moov)] == ["mvhd", "trak", "trak", "mvex"]
    entry = box(moov, "trak", "mdia", "minf", "stbl", "stsd")[8:]
    assert box(entry, "avc1")[24:28] == struct.pack(">HH", 320, 240)
    assert box(box(entry, "avc1")[78:], "avcC") == VIDEO.configuration
    assert [kind for kind, _ in boxes(box(fmp4.initialisation(VIDEO, None), "moov"))] == ["mvhd", "trak", "mvex"]


def test_the_length_is_filled_in_without_moving_anything() -> None:
    before, after = fmp4.initialisation(VIDEO, SOUND), fmp4.initialisation(VIDEO, SOUND, 61.5)
    assert len(before) == len(after)
    assert struct.unpack_from(">II", box(after, "moov", "mvhd"), 12) == (1000, 61_500)


samples = st.lists(
    st.builds(
        Sample,
        st.binary(max_size=40),
        st.integers(0, 2**40),
        st.integers(0, 9_000),
        st.integers(-9_000, 9_000),
        st.booleans(),
    ),
    max_size=5,
)


@given(samples, samples, st.integers(1, 2**32 - 1))
def test_fragments_hold_every_sample_where_they_say(video: list[Sample], sound: list[Sample], number: int) -> None:
    data = fmp4.fragment(number, video, sound)
    assert struct.unpack(">II", box(data, "moof", "mfhd")) == (0, number)
    runs = [content for kind, content in boxes(box(data, "moof")) if kind == "traf"]
    for run, put in zip(runs, [each for each in (video, sound) if each], strict=True):
        assert struct.unpack(">IQ", box(run, "tfdt"))[1] == put[0].start
        trun = box(run, "trun")
        count, at = struct.unpack_from(">Ii", trun, 4)
        assert count == len(put)
        for sample, (duration, size, flags, offset) in zip(put, struct.iter_unpack(">IIIi", trun[12:]), strict=True):
            assert (duration, offset) == (sample.duration, sample.offset)
            assert (flags == 0x02000000) is sample.is_key
            assert data[at : at + size] == sample.data
            at += size


@given(
    st.lists(st.binary(min_size=1, max_size=30).map(lambda unit: b"\x65" + unit.replace(b"\x00", b"\x01")), max_size=4)
)
def test_start_codes_become_lengths(units: list[bytes]) -> None:
    coded = b"".join(b"\x00\x00\x00\x01" + unit for unit in units)
    assert fmp4.with_lengths(coded) == b"".join(struct.pack(">I", len(unit)) + unit for unit in units)


@pytest.mark.parametrize("kind", [0x67, 0x68, 0x09])
def test_what_is_in_the_beginning_is_not_repeated(kind: int) -> None:
    assert (
        fmp4.with_lengths(b"\x00\x00\x01" + bytes((kind, 1)) + b"\x00\x00\x01\x65\x01") == b"\x00\x00\x00\x02\x65\x01"
    )
