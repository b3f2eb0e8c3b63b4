"""The interface of turn detectors: the audio that they get, and the events that they report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

VOICE_RATE_HZ: Final = 16_000
"""The sample rate, mono, of the audio that turn detectors get, whatever the microphone delivers."""


class TurnEvent(NamedTuple):
    """Somebody began to speak (`onset`), or has ended a turn (`end`).

    `at` is the sample, counted from the first one heard, where the speech itself began or ended, which is earlier than
    its detection.
    """

    kind: Literal["onset", "end"]
    at: int


@dataclass(frozen=True, slots=True)
class PauseRules:
    """The app's rules for the beginning and end of a turn. Times are in seconds, thresholds are probabilities.

    Attributes:
        pause_s: A pause of this length ends a turn.
        threshold: Speech begins at this probability.
        release: Speech ends below this one.
        min_speech_s: Anything shorter is noise, not a turn.
    """

    pause_s: float
    threshold: float
    release: float
    min_speech_s: float


class TurnDetector(Protocol):
    """Listens to one microphone, and reports when somebody begins to speak and when a turn has ended.

    It belongs to one stream, and its methods run in that stream's worker, one after the other.
    """

    def hear(self, samples: NDArray[np.float32]) -> Sequence[TurnEvent]:
        """Hear the next samples, `(n,)` float32 from -1 to 1 at `VOICE_RATE_HZ`; `n` is any number.

        Returns:
            The events, in order: an `onset`, then its `end`, then the next `onset`.
        """

    def close(self) -> None:
        """The stream is over."""


class Heard(NamedTuple):
    """The events in a stretch of audio; everything is counted in samples of the microphone.

    Attributes:
        first: The first sample of the stretch.
        last: The sample after its last one.
        rate: Samples a second.
        events: Turns that began or ended.
    """

    first: int
    last: int
    rate: int
    events: tuple[TurnEvent, ...] = ()
