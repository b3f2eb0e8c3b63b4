"""Opus: every sample has its place, however the audio is cut, and the decoder's own delay is told."""

from __future__ import annotations

import itertools

import av
import numpy as np
import pytest
from av.packet import Packet

from millstream.codecs import opus
from millstream.codecs.opus import FULL_RATE_HZ, OpusPacket, OpusStretch
from millstream.frames import Chunk
from millstream.wire.sound import OPUS_PREFIX


def tone(length: int, rate: int, channels: int = 1) -> np.ndarray:
    at = np.arange(length)
    waves = [8_000 * np.sin(2 * np.pi * 440 * (channel + 1) * at / rate) for channel in range(channels)]
    return np.stack(waves, axis=1).astype(np.int16)


def decoded(packets: list[OpusPacket], channels: int = 1) -> np.ndarray:
    """Decode a stretch as a page does: at the full rate, and of that what the prefixes say."""
    decoder = av.CodecContext.create("libopus", "r")
    decoder.sample_rate, decoder.layout = FULL_RATE_HZ, ("mono", "stereo")[channels - 1]
    parts = []
    for payload, seconds, is_first in packets:
        _, rate, told_channels, zero, skip, count = OPUS_PREFIX.unpack_from(payload)
        assert (told_channels, zero, is_first) == (channels, 0, not parts)
        assert seconds == count / rate
        (frame,) = decoder.decode(Packet(payload[OPUS_PREFIX.size :]))
        samples = frame.to_ndarray().reshape(-1, channels)
        assert len(samples) == FULL_RATE_HZ // 50
        step = FULL_RATE_HZ // rate
        parts.append(samples[skip * step : (skip + count) * step : step])
    return np.concatenate(parts)


def spans(packets: list[OpusPacket]) -> list[tuple[int, int]]:
    """Give where each packet begins and ends."""
    prefixes = [OPUS_PREFIX.unpack_from(payload) for payload, _, _ in packets]
    return [(first, first + count) for first, _, _, _, _, count in prefixes]


@pytest.mark.parametrize("rate", opus.RATES_HZ)
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("length_s", [0.5, 0.4637])
def test_what_goes_in_comes_out_sample_by_sample(rate: int, channels: int, length_s: float) -> None:
    sound = tone(round(length_s * rate), rate, channels)
    stretch = OpusStretch(rate, channels, 1000)
    packets = [packet for at in range(0, len(sound), 333) for packet in stretch.add(sound[at : at + 333])]
    packets += stretch.end()
    heard = decoded(packets, channels)
    assert heard.shape == sound.shape
    inner = slice(rate // 50, -rate // 50)
    by_one = np.sqrt(np.mean((np.roll(sound, 1, axis=0)[inner].astype(float) - sound[inner]) ** 2))
    assert np.sqrt(np.mean((heard[inner].astype(float) - sound[inner]) ** 2)) < by_one / 2, "lossy, but in its place"
    found = spans(packets)
    assert (found[0][0], found[-1][1]) == (1000, 1000 + len(sound))
    assert all(end == begin for (_, end), (begin, _) in itertools.pairwise(found))


@pytest.mark.parametrize("rate", [11_025, 22_050, 44_100, 96_000])
def test_other_rates_go_at_the_full_rate(rate: int) -> None:
    assert opus.rate_for(rate) == FULL_RATE_HZ
    sound = tone(rate, rate)
    stretch = OpusStretch(rate, 1, rate)
    packets = [packet for at in range(0, rate, rate // 50) for packet in stretch.add(sound[at : at + rate // 50])]
    packets += stretch.end()
    heard = decoded(packets)
    expected = tone(FULL_RATE_HZ, FULL_RATE_HZ)
    assert heard.shape == expected.shape
    assert np.sqrt(np.mean((heard[1000:-1000].astype(float) - expected[1000:-1000]) ** 2)) < 100
    assert (spans(packets)[0][0], spans(packets)[-1][1]) == (FULL_RATE_HZ, 2 * FULL_RATE_HZ)


def test_a_stretch_follows_the_one_before_without_a_sample_between_at_any_rate() -> None:
    begin, found = 0, []
    for length in (777, 1, 5000):
        stretch = OpusStretch(22_050, 1, begin)
        found += spans([*stretch.add(tone(length, 22_050)), *stretch.end()])
        begin += length
    assert found[0][0] == 0
    assert found[-1][1] == begin * FULL_RATE_HZ // 22_050
    assert all(end == first for (_, end), (first, _) in itertools.pairwise(found))


def test_what_is_held_back_is_less_than_two_packets() -> None:
    stretch = OpusStretch(24_000, 1, 0)
    packets = stretch.add(tone(4_800, 24_000))
    assert 4_800 - spans(packets)[-1][1] < 960
    assert sum(packet.seconds for packet in [*packets, *stretch.end()]) == pytest.approx(0.2)


@pytest.mark.parametrize(("rate", "share"), [(8_000, 3), (16_000, 4), (24_000, 5), (48_000, 9)])
@pytest.mark.parametrize("channels", [1, 2])
def test_it_takes_a_small_part_of_what_the_samples_take(rate: int, share: int, channels: int) -> None:
    noise = np.random.default_rng(1).normal(0, 5_000, (10 * rate, channels)).astype(np.int16)
    packets = OpusStretch(rate, channels, 0).add(noise)
    assert sum(len(packet.payload) for packet in packets) < noise.nbytes / share


def test_it_is_there_with_pyav_only(monkeypatch: pytest.MonkeyPatch) -> None:
    assert opus.is_available()
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    assert not opus.is_available()


def test_more_than_two_channels_stay_as_they_are() -> None:
    assert [opus.fits(Chunk(np.zeros((9, channels), np.int16), 48_000)) for channels in (1, 2, 3)] == [
        True,
        True,
        False,
    ]
