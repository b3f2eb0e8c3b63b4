"""What goes over the wire: samples as they are, then Opus, with every sample in its place."""

from __future__ import annotations

import numpy as np
import pytest

from millstream.frames import Chunk
from millstream.runtime.audio.encoder import AudioCodec, EncodedAudio
from millstream.wire.packet import CodecNumber, Flag
from millstream.wire.sound import OPUS_PREFIX, PCM16_PREFIX

RATE = 24_000


def chunk(first_s: float, seconds: float = 0.25, rate: int = RATE, channels: int = 1) -> Chunk:
    return Chunk(np.ones((round(seconds * rate), channels), np.int16), rate, round(first_s * rate))


def ends(packets: list[EncodedAudio]) -> tuple[int, int]:
    """Give where the first begins and the last ends, and check that nothing is between."""
    found = []
    for payload, codec, seconds, _ in packets:
        if codec is CodecNumber.OPUS:
            first, rate, _, _, _, count = OPUS_PREFIX.unpack_from(payload)
        else:
            first, rate = PCM16_PREFIX.unpack_from(payload)[:2]
            count = round(seconds * rate)
        assert not found or found[-1][1] == first
        found.append((first, first + count))
    return found[0][0], found[-1][1]


def test_in_the_middle_it_begins_to_compress_and_does_not_go_back() -> None:
    coder = AudioCodec()
    packets = coder.code(chunk(0.0), is_narrow=False)
    assert not coder.is_holding
    packets += coder.code(chunk(0.25), is_narrow=True)
    packets += coder.code(chunk(0.5), is_narrow=False)
    assert (coder.is_opus, coder.is_holding) == (True, True)
    packets += coder.end()
    assert not coder.is_holding
    assert [packet.codec for packet in packets[:2]] == [CodecNumber.PCM16, CodecNumber.OPUS]
    assert [packet.flag for packet in packets[:3]] == [Flag.KEY, Flag.KEY, Flag.NONE]
    assert ends(packets) == (0, round(0.75 * RATE))


def test_after_a_pause_the_decoder_begins_anew() -> None:
    coder = AudioCodec()
    packets = coder.code(chunk(0.0, 0.103), is_narrow=True) + coder.end()
    later = coder.code(chunk(0.103), is_narrow=True) + coder.end()
    assert later[0].flag is Flag.KEY
    assert ends(packets + later) == (0, round(0.353 * RATE))


def test_what_is_left_out_takes_what_was_held_back_along() -> None:
    coder = AudioCodec()
    coder.code(chunk(0.0, 0.103), is_narrow=True)
    coder.drop()
    assert coder.end() == []
    assert ends(coder.code(chunk(2.0), is_narrow=True))[0] == 2 * RATE


@pytest.mark.parametrize(("rate", "can_change"), [(24_000, True), (48_000, True), (22_050, False), (44_100, False)])
def test_a_rate_that_opus_does_not_know_cannot_be_changed_any_more(rate: int, can_change: bool) -> None:
    coder = AudioCodec()
    assert coder.can_compress(chunk(0.0, rate=rate))
    coder.code(chunk(0.0, rate=rate), is_narrow=False)
    assert coder.can_compress(chunk(0.25, rate=rate)) is can_change
    (packet, *_) = coder.code(chunk(0.25, rate=rate), is_narrow=True)
    assert (packet.codec is CodecNumber.OPUS) is can_change


def test_more_than_two_channels_are_not_compressed() -> None:
    assert not AudioCodec().can_compress(chunk(0.0, channels=6))
