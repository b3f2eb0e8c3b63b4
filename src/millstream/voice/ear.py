"""One microphone's ear: brings its sound to the detector's rate, and what was found back to the microphone's count."""

from __future__ import annotations

from collections.abc import Callable

from millstream.frames import Chunk
from millstream.types import VOICE_RATE_HZ, Heard, TurnDetector, TurnEvent
from millstream.voice.resample import Resampler


class Ear:
    """Hears the chunks of one stream, in order.

    Args:
        open_detector: Makes the detector; called with the first chunk, since it may load a model.
    """

    def __init__(self, open_detector: Callable[[], TurnDetector]) -> None:
        self._open_detector = open_detector
        self._detector: TurnDetector | None = None
        self._resampler: Resampler | None = None
        self._rate = 0
        self._count = 0
        self._origin = (0, 0)

    def hear(self, chunk: Chunk) -> Heard:
        """Hear the next chunk; another device may have another rate."""
        if self._detector is None:
            self._detector = self._open_detector()
        if self._resampler is None or chunk.sample_rate != self._rate:
            self._rate, self._resampler = chunk.sample_rate, Resampler(chunk.sample_rate)
            self._origin = (self._count, chunk.first_sample)
        samples = self._resampler.take(chunk.samples)
        self._count += len(samples)
        events = tuple(TurnEvent(event.kind, self._counted(event.at)) for event in self._detector.hear(samples))
        return Heard(chunk.first_sample, chunk.first_sample + len(chunk.samples), self._rate, events)

    def _counted(self, at: int) -> int:
        """Bring a number of the detector's to the microphone's count."""
        heard, captured = self._origin
        return captured + round((at - heard) * self._rate / VOICE_RATE_HZ)

    def close(self) -> None:
        if self._detector is not None:
            self._detector.close()
