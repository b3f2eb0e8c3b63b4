"""`DetectorInput`: resamples a microphone's audio for a detector, and counts findings in the microphone's samples."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from millstream.errors import InvalidValue
from millstream.frames import Chunk
from millstream.speech import VOICE_RATE_HZ, Heard, TurnDetector, TurnEvent
from millstream.voice.resample import Resampler


class DetectorInput:
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
        """Hear the next chunk; another device may have another rate.

        Raises:
            InvalidValue: The detector gave something that is no `TurnEvent`, or that it cannot have heard.
        """
        if self._detector is None:
            self._detector = self._open_detector()
        if self._resampler is None or chunk.sample_rate != self._rate:
            self._rate, self._resampler = chunk.sample_rate, Resampler(chunk.sample_rate)
            self._origin = (self._count, chunk.first_sample)
        samples = self._resampler.take(chunk.samples)
        self._count += len(samples)
        found = self._detector.hear(samples)
        if not isinstance(found, list | tuple):
            raise InvalidValue(f"{self._name}.hear() returned {found!r}: return a list of TurnEvent, or an empty one")
        events = tuple(self._counted(event) for event in found)
        return Heard(chunk.first_sample, chunk.first_sample + len(chunk.samples), self._rate, events)

    @property
    def _name(self) -> str:
        return type(self._detector).__name__

    def _counted(self, event: object) -> TurnEvent:
        """Bring what the detector found to the microphone's count."""
        kind, at = getattr(event, "kind", None), getattr(event, "at", None)
        if kind not in ("onset", "end") or not isinstance(at, int | float | np.integer) or not at <= self._count:
            raise InvalidValue(
                f"{self._name}.hear() found {event!r}: give TurnEvent(kind, at), of kind onset or end, with `at` among "
                f"the {self._count} samples that it has heard"
            )
        heard, captured = self._origin
        return TurnEvent(kind, captured + round((at - heard) * self._rate / VOICE_RATE_HZ))

    def close(self) -> None:
        if self._detector is not None:
            self._detector.close()
