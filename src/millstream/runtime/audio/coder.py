"""How the samples of a playback go over the wire: as they are, or as Opus once the link has proved too narrow."""

from __future__ import annotations

from typing import NamedTuple

from millstream.codecs import opus, pcm16
from millstream.codecs.opus import OpusPacket, OpusStretch
from millstream.frames import Chunk
from millstream.wire.packet import CodecNumber, Flag


class EncodedAudio(NamedTuple):
    """The next packet of a playback: payload, its codec, how long it lasts, and whether it needs those before it."""

    payload: bytes
    codec: CodecNumber
    seconds: float
    flag: Flag


class AudioCodec:
    """Encodes a playback, and does not go back to plain samples once it has begun to compress.

    The page plays at one rate: it cannot change any more where Opus does not know that of the samples.

    Attributes:
        is_opus: Whether it has begun to compress.
    """

    def __init__(self) -> None:
        self._plain = pcm16.open_encoder(1.0)
        self._stretch: OpusStretch | None = None
        self.is_opus = self._is_plain = False

    def can_compress(self, chunk: Chunk) -> bool:
        """Tell whether it could go on, or begin, with Opus."""
        is_free = not self._is_plain or opus.rate_for(chunk.sample_rate) == chunk.sample_rate
        return is_free and opus.fits(chunk)

    def code(self, chunk: Chunk, *, is_narrow: bool) -> list[EncodedAudio]:
        """Encode what comes next; Opus may hold back less than two packets of it until `end`."""
        self.is_opus = self.is_opus or (is_narrow and self.can_compress(chunk))
        if not self.is_opus:
            self._is_plain = True
            return [EncodedAudio(self._plain.encode(chunk).payload, CodecNumber.PCM16, chunk.duration_s, Flag.KEY)]
        if self._stretch is None:
            self._stretch = OpusStretch(chunk.sample_rate, chunk.channels, chunk.first_sample)
        return _coded(self._stretch.add(chunk.samples))

    @property
    def is_holding(self) -> bool:
        """Whether something may be held back."""
        return self._stretch is not None

    def end(self) -> list[EncodedAudio]:
        """Give what is held back; what comes then begins anew."""
        stretch, self._stretch = self._stretch, None
        return [] if stretch is None else _coded(stretch.end())

    def drop(self) -> None:
        """Let go of what is held back, because something is left out."""
        self._stretch = None


def _coded(packets: list[OpusPacket]) -> list[EncodedAudio]:
    return [
        EncodedAudio(payload, CodecNumber.OPUS, seconds, Flag.KEY if is_first else Flag.NONE)
        for payload, seconds, is_first in packets
    ]
