"""A turn detector for tests: what is loud is speech. It needs no model, and the same audio gives the same turns."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from millstream.speech import PauseRules
from millstream.voice.pauses import PauseDetector

LOUD: Final = 0.01
"""Root mean square, of 1 at full scale, from which on a window is speech."""


class LoudnessDetector(PauseDetector):
    """A `TurnDetector` to be given as `ReplyOnPause(detector=LoudnessDetector)`: anything but silence is speech.

    Thresholds mean nothing to it; pauses and shortest turns are as the app wants them, to a window of 32 ms.

    Args:
        rules: As the app gave them.
    """

    def __init__(self, rules: PauseRules) -> None:
        super().__init__(_is_loud, rules)


def _is_loud(window: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(np.square(window))) > LOUD)
