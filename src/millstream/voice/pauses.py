"""Turns by pauses: somebody has ended a turn when nothing was said for a while."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from millstream.speech import VOICE_RATE_HZ, PauseRules, TurnEvent

WINDOW: Final = 512
"""Samples that are judged at once: 32 ms, what Silero was trained with."""

SpeechModel: TypeAlias = Callable[[NDArray[np.float32]], float]
"""Gives the probability of 0..1 that there is speech in the next `WINDOW` samples of one microphone."""


class Pauses:
    """From the probabilities of one window after the other to the beginnings and ends of turns. Pure.

    Two thresholds make it steady: speech begins at `threshold` and ends below `release`. Whoever speaks for less than
    `min_speech_s` has only made a noise.

    Args:
        rules: Thresholds and times.
    """

    def __init__(self, rules: PauseRules) -> None:
        self._rules = rules
        self._needed = math.ceil(rules.min_speech_s * VOICE_RATE_HZ)
        self._pause = math.ceil(rules.pause_s * VOICE_RATE_HZ)
        self._position = 0
        self._onset = 0
        self._speech = 0
        self._last_speech = 0
        self._is_speaking = False

    def step(self, probability: float, samples: int) -> TurnEvent | None:
        """Take the probability of the next `samples` samples; gives what it comes to."""
        begin, self._position = self._position, self._position + samples
        if self._is_speaking:
            return self._in_speech(probability)
        if probability >= self._rules.threshold:
            self._onset = self._onset if self._speech else begin
            self._speech += samples
        elif probability < self._rules.release:
            self._speech = 0
        if not self._speech or self._speech < self._needed:
            return None
        self._is_speaking, self._last_speech, self._speech = True, self._position, 0
        return TurnEvent("onset", self._onset)

    def _in_speech(self, probability: float) -> TurnEvent | None:
        if probability >= self._rules.release:
            self._last_speech = self._position
        if self._position - self._last_speech < self._pause:
            return None
        self._is_speaking = False
        return TurnEvent("end", self._last_speech)


class PauseDetector:
    """A `TurnDetector` that asks a model of speech about each window, and waits for the pause.

    Args:
        model: Tells speech from the rest; it may keep a state from window to window.
        rules: See `Pauses`.
    """

    def __init__(self, model: SpeechModel, rules: PauseRules) -> None:
        self._model = model
        self._pauses = Pauses(rules)
        self._rest = np.zeros(0, np.float32)

    def hear(self, samples: NDArray[np.float32]) -> Sequence[TurnEvent]:
        waiting = np.concatenate([self._rest, samples])
        whole = len(waiting) // WINDOW * WINDOW
        self._rest = waiting[whole:]
        windows = np.split(waiting[:whole], whole // WINDOW) if whole else []
        events = [self._pauses.step(self._model(window), WINDOW) for window in windows]
        return [event for event in events if event is not None]

    def close(self) -> None:
        """Nothing is held but memory."""
