"""Opus on its way to the listener: audio as packets of 20 ms, exact to the sample. Needs PyAV.

A payload is a prefix of 18 bytes (docs/internals/protocol.md, "Audio downwards") and one packet of Opus (RFC 6716).
An encoder puts some samples before the first one, the pre-skip (RFC 7845, 4.2), and its packets are of one length:
the prefix says which of the samples that come out of the decoder are meant.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from millstream.errors import MediaError
from millstream.frames import Chunk, Samples
from millstream.media.single_threaded import AudioConverter
from millstream.media.untrusted import library
from millstream.wire.sound import OPUS_PREFIX

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame

FULL_RATE_HZ: Final = 48_000
RATES_HZ: Final = (8_000, 12_000, 16_000, 24_000, FULL_RATE_HZ)
"""What goes in as it is; everything else is brought to the full rate."""

LAYOUTS: Final = ("mono", "stereo")
BITS_PER_S: Final = (64_000, 96_000)
"""By the number of channels, like the layouts; less for audio at low sample rates."""

BITS_PER_SAMPLE: Final = (3.0, 4.5)

PACKETS_PER_S: Final = 50


class OpusPacket(NamedTuple):
    """One packet of a stretch.

    Attributes:
        payload: What goes over the wire.
        seconds: How long the samples last that it adds.
        is_first: Whether a new decoder begins with it.
    """

    payload: bytes
    seconds: float
    is_first: bool


def is_available() -> bool:
    """Tell whether PyAV is installed, with an encoder for Opus; imports it, which takes a while."""
    try:
        return "libopus" in library().codecs_available
    except MediaError:
        return False


def rate_for(sample_rate: int) -> int:
    """Return the rate, in Hz, at which audio of `sample_rate` goes over the wire."""
    return sample_rate if sample_rate in RATES_HZ else FULL_RATE_HZ


class OpusStretch:
    """Continuous audio, from its first sample to its last.

    Args:
        sample_rate: Of what is put in, in Hz.
        channels: 1 or 2.
        first_sample: Where it begins, counted at `sample_rate`.
    """

    def __init__(self, sample_rate: int, channels: int, first_sample: int) -> None:
        av = library()
        self._channels = channels
        self._from_rate, self._rate = sample_rate, rate_for(sample_rate)
        self._begin = self._end = first_sample
        self._block = self._rate // PACKETS_PER_S
        self._encoder = av.CodecContext.create("libopus", "w")
        self._encoder.sample_rate, self._encoder.layout = self._rate, LAYOUTS[channels - 1]
        bits_per_s = min(BITS_PER_S[channels - 1], round(BITS_PER_SAMPLE[channels - 1] * self._rate))
        self._encoder.format, self._encoder.bit_rate = "s16", bits_per_s
        self._encoder.options = {"frame_duration": str(1000 // PACKETS_PER_S)}
        self._encoder.open()
        pre_skip = int.from_bytes(bytes(self._encoder.extradata)[10:12], "little")  # at 48 kHz: RFC 7845, 5.1
        self._skip = pre_skip * self._rate // FULL_RATE_HZ
        self._resampler = None
        if self._rate != sample_rate:
            self._resampler = AudioConverter("s16", LAYOUTS[channels - 1], self._rate)
        self._waiting = np.zeros((0, channels), np.int16)
        self._encoded = 0

    def add(self, samples: Samples) -> list[OpusPacket]:
        """Go on with `(n, channels)` int16; gives what is complete."""
        self._end += len(samples)
        self._waiting = np.concatenate((self._waiting, *self._brought(samples)))
        whole = len(self._waiting) // self._block * self._block
        given, self._waiting = self._waiting[:whole], self._waiting[whole:]
        return self._packets(given)

    def end(self) -> list[OpusPacket]:
        """Give what is held back, to the last sample."""
        if self._resampler is not None:
            rest = [self._plain(frame) for frame in self._resampler.resample(None)]
            self._waiting = np.concatenate((self._waiting, *rest))
        total = self._at(self._end) - self._at(self._begin)
        blocks = -(-(total + self._skip) // self._block)
        missing = blocks * self._block - self._encoded - len(self._waiting)
        padded = np.pad(self._waiting, ((0, max(missing, 0)), (0, 0)))
        return self._packets(padded[: blocks * self._block - self._encoded])

    def _at(self, sample: int) -> int:
        """Return the position of a sample at the rate of the wire."""
        return sample * self._rate // self._from_rate

    def _brought(self, samples: Samples) -> list[Samples]:
        if self._resampler is None:
            return [samples]
        frame = self._frame(samples, self._from_rate)
        return [self._plain(resampled) for resampled in self._resampler.resample(frame)]

    def _plain(self, frame: AudioFrame) -> Samples:
        return frame.to_ndarray().reshape(-1, self._channels).astype(np.int16, copy=False)

    def _frame(self, samples: Samples, rate: int) -> AudioFrame:
        from av import AudioFrame

        packed = np.ascontiguousarray(samples.reshape(1, -1))
        frame = AudioFrame.from_ndarray(packed, format="s16", layout=LAYOUTS[self._channels - 1])
        frame.sample_rate = rate
        return frame

    def _packets(self, samples: Samples) -> list[OpusPacket]:
        packets = []
        for at in range(0, len(samples), self._block):
            frame = self._frame(samples[at : at + self._block], self._rate)
            frame.pts, frame.time_base = self._encoded, Fraction(1, self._rate)
            for packet in self._encoder.encode(frame):
                packets.append(self._packet(bytes(packet)))
                self._encoded += self._block
        return packets

    def _packet(self, data: bytes) -> OpusPacket:
        begin = max(self._encoded - self._skip, 0)
        total = self._at(self._end) - self._at(self._begin)
        count = min(self._encoded + self._block - self._skip, total) - begin
        skip = begin - (self._encoded - self._skip)
        first = self._at(self._begin) + begin
        prefix = OPUS_PREFIX.pack(first, self._rate, self._channels, 0, skip, count)
        return OpusPacket(prefix + data, count / self._rate, self._encoded == 0)


def fits(chunk: Chunk) -> bool:
    """True if audio of this form can be encoded: one channel, or two."""
    return chunk.channels <= len(LAYOUTS)
