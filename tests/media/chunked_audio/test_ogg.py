"""Ogg in chunks: pages, packets, and which samples of them are meant."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache

import av
import numpy as np
import pytest
from tests.media.chunked_audio.chunked_files import frame_of, heard, pieces, sine, sound_file

from millstream.errors import MediaError
from millstream.media import chunked_audio as cut
from millstream.media.chunked_audio.ogg import CONTINUED, FIRST, HEAD, LAST, NOWHERE, extent_of, page_at, size_of

RATE = 44_100
OPUS = sound_file("ogg", "libopus", 48_000, 2, 3.0)


def page(flags: int, position: int, packets: Sequence[bytes], stream: int = 7, *, is_open: bool = False) -> bytes:
    """Make a page of packets; the last one goes on in the next page if that `is_open`."""
    sizes = b"".join(bytes([255] * (len(packet) // 255) + [len(packet) % 255]) for packet in packets)
    sizes = sizes[:-1] if is_open else sizes
    return HEAD.pack(b"OggS", flags, position, stream, 0, 0, len(sizes)) + sizes + b"".join(packets)


@cache
def vorbis() -> tuple[list[bytes], list[bytes]]:
    """Encode two seconds: the three packets before the audio, and its own."""
    encoder = av.CodecContext.create("vorbis", "w")
    encoder.sample_rate, encoder.layout, encoder.format = RATE, "stereo", "fltp"
    encoder.time_base, encoder.options = Fraction(1, RATE), {"strict": "experimental"}
    resampler = av.AudioResampler("fltp", "stereo", RATE, frame_size=64)
    frames = [*resampler.resample(frame_of(sine(RATE, 2, 2.0), RATE)), *resampler.resample(None)]
    packets = [bytes(packet) for frame in [*frames, None] for packet in encoder.encode(frame)]
    said = bytes(encoder.extradata)
    first, second = said[1], said[2]
    rest = said[3:]
    return [rest[:first], rest[first : first + second], rest[first + second :]], packets


def vorbis_file(pages: Sequence[tuple[int, int, Sequence[bytes]]]) -> bytes:
    headers, _ = vorbis()
    return page(FIRST, 0, headers[:1]) + page(0, 0, headers[1:]) + b"".join(page(*each) for each in pages)


def lengths_of(file: bytes) -> list[tuple[int, int]]:
    found, at = [], 0
    while (each := page_at(file, at)) is not None:
        found.append((each.flags, each.position))
        at += size_of(each)
    assert at == len(file)
    return found


def test_whether_all_is_there_is_seen() -> None:
    ends = [(flags & LAST, position) for flags, position in lengths_of(OPUS)]
    assert len(ends) > 4
    assert extent_of(OPUS) == extent_of(OPUS + OPUS) == "whole"
    assert extent_of(OPUS[:-1]) == extent_of(OPUS[:20]) == "cut"
    _, packets = vorbis()
    assert extent_of(vorbis_file([(0, 4_096, packets[:9])])) == "cut"
    assert extent_of(vorbis_file([(LAST, 4_096, packets[:9])])) == "whole"


@pytest.mark.parametrize("seconds", [0.01, 0.5, 1.234])
@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_opus_is_as_long_as_what_was_put_in(rate: int, seconds: float) -> None:
    file = sound_file("ogg", "libopus", rate, 1, seconds)
    found, samples = heard(pieces(file, [len(file) // 2]))
    assert found == 48_000
    assert len(samples) == round(round(seconds * rate) * 48_000 / rate)


def test_opus_is_in_step() -> None:
    _, samples = heard(pieces(OPUS, [700]))
    expected = sine(48_000, 2, 3.0)
    assert samples.shape == expected.shape
    assert np.abs(samples[2_000:-2_000].astype(int) - expected[2_000:-2_000]).max() < 400


def test_vorbis_is_heard_and_cut_at_its_end() -> None:
    _, packets = vorbis()
    whole = vorbis_file([(0, 10**6, packets[:-1]), (LAST, 2 * 10**6, packets[-1:])])
    rate, samples = heard(pieces(whole, [700]))
    assert rate == RATE
    assert np.abs(samples[5_000:40_000].astype(int)).max() > 7_000
    count = len(samples)
    last = len(samples) - len(heard(pieces(whole[: -len(page(LAST, 0, packets[-1:]))], [700]))[1])
    short = vorbis_file([(0, count - last, packets[:-1]), (LAST, count - 100, packets[-1:])])
    assert np.array_equal(heard(pieces(short, [700]))[1], samples[:-100])


def test_a_first_page_that_counts_less_than_it_has_has_it_too_much_at_its_beginning() -> None:
    _, packets = vorbis()
    whole = heard([vorbis_file([(0, 10**6, packets)])])[1]
    late = heard([vorbis_file([(0, len(whole) - 50, packets)])])[1]
    assert np.array_equal(late, whole[50:])


def test_packets_may_go_on_in_the_next_page() -> None:
    headers, packets = vorbis()
    setup = headers[2]
    assert len(setup) > 765
    file = (
        page(FIRST, 0, headers[:1])
        + page(0, 0, [headers[1], setup[:255]], is_open=True)
        + page(CONTINUED, NOWHERE, [setup[255:765]], is_open=True)
        + page(CONTINUED, 0, [setup[765:]])
        + page(0, 10**6, packets)
    )
    assert np.array_equal(heard([file])[1], heard([vorbis_file([(0, 10**6, packets)])])[1])


def test_other_streams_in_it_are_passed_over() -> None:
    headers, packets = vorbis()
    other = page(FIRST, 0, [b"fishead\0" + bytes(56)], stream=8)
    mine = page(FIRST, 0, headers[:1]) + page(0, 0, headers[1:])
    file = other + mine + page(0, 0, [b"anything"], stream=8) + page(0, 10**6, packets)
    assert np.array_equal(heard([file[:-1], file[-1:]])[1], heard([vorbis_file([(0, 10**6, packets)])])[1])


def test_what_holds_none_of_them_is_an_error() -> None:
    run = cut.begin(OPUS[:100])
    assert run is not None
    run.feed(page(FIRST, 0, [b"Speex   " + bytes(72)]) + page(0, 160, [bytes(40)]))
    with pytest.raises(MediaError, match="an Ogg file ended before its audio had begun"):
        run.end()


def test_pages_of_nothing_known_are_not_waited_with_for_ever() -> None:
    run = cut.begin(OPUS[:100])
    assert run is not None
    with pytest.raises(MediaError, match="are no audio"):
        run.feed(40 * page(0, 160, [bytes(1_000)], stream=9))


def test_many_packets_of_no_bytes_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("millstream.media.chunked_audio.decoder.MOST_SMALL_PACKETS", 100)
    head = b"OpusHead\1\1\0\0\x80\xbb\0\0\0\0\0"
    file = page(FIRST, 0, [head]) + page(0, 0, [b"OpusTags".ljust(60, b"\0")])
    assert len(heard([file + page(0, 10**6, [b"\xf8"] * 100)])[1]) == 100 * 960
    run = cut.begin(file)
    assert run is not None
    with pytest.raises(MediaError, match=r"has \d+ packets in \d+ bytes, beyond the budget of 100 packets of less"):
        run.feed(file + page(0, 10**6, [b"\xf8"] * 200))


def test_bytes_between_pages_are_passed_over() -> None:
    headers, packets = vorbis()
    parts = [page(FIRST, 0, headers[:1]), page(0, 0, headers[1:]), page(0, 10**6, packets)]
    assert np.array_equal(heard([b"lost".join(parts)])[1], heard([b"".join(parts)])[1])
