"""Who says that somebody speaks, and that a turn is over: what detectors of turns are given, and what they give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

VOICE_RATE_HZ: Final = 16_000
"""Samples a second, of one channel, in which detectors of turns hear a microphone, whatever it delivers."""


class TurnEvent(NamedTuple):
    """Somebody began to speak (`onset`), or has ended a turn (`end`).

    `at` is the sample, counted from the first one heard, where the speech itself began or ended: that is earlier than
    where it was found out.
    """

    kind: Literal["onset", "end"]
    at: int


@dataclass(frozen=True, slots=True)
class PauseRules:
    """When a turn begins and ends, as the app asks for it. Times are in seconds, thresholds probabilities.

    Attributes:
        pause_s: A pause of this length ends a turn.
        threshold: From this probability on there is speech.
        release: Below it there is none any more.
        min_speech_s: What is shorter is a noise, and no turn.
    """

    pause_s: float
    threshold: float
    release: float
    min_speech_s: float


class TurnDetector(Protocol):
    """Listens to one microphone, and says when somebody begins to speak and when it is the app's turn.

    It belongs to one stream, and its methods run in that stream's worker, one after the other.
    """

    def hear(self, samples: NDArray[np.float32]) -> Sequence[TurnEvent]:
        """Hear the next samples, `(n,)` float32 from -1 to 1 at `VOICE_RATE_HZ`; `n` is any number.

        Returns:
            What was found, in order: an `onset`, then its `end`, then the next `onset`.
        """

    def close(self) -> None:
        """The stream is over."""


class Heard(NamedTuple):
    """What listening to a stretch of sound came to; everything is counted in samples of the microphone.

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
