"""Hear a wake word in a microphone's sound: microWakeWord, which takes 1 % of a CPU.

    ear = WakeWord("hey jarvis")
    for sample_rate, samples in chunks:
        if ear.hear(sample_rate, samples):
            print("At your service")

Networks and words come with the Python package `pymicro-wakeword`. What one microphone needs is a `WakeWord`; it is
cheap and loaded with the first sound.
"""

from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from .packages import need
from .resampler import Resampler

if TYPE_CHECKING:
    from pymicro_wakeword import MicroWakeWord, MicroWakeWordFeatures

WAKE_WORDS = ("hey jarvis", "alexa", "hey mycroft")
WORD_RATE_HZ = 16_000
DEAF_S = 1.0
"""Seconds without the word that must pass before it counts again: the network is sure of one for a while."""


class WakeWord:
    """Listens for one wake word. Made for `State(WakeWord())`: a copy of it listens for the same word, from silence.

    Args:
        word: One of `WAKE_WORDS`.
    """

    def __init__(self, word: str = WAKE_WORDS[0]) -> None:
        if word not in WAKE_WORDS:
            raise ValueError(f"there is no network for {word!r}; there is one for each of {', '.join(WAKE_WORDS)}")
        self.word = word
        self._resampler = Resampler(WORD_RATE_HZ)
        self._deaf = 0
        self._network: MicroWakeWord | None = None
        self._features: MicroWakeWordFeatures | None = None

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        """Return one that has heard nothing: handles of a network cannot be copied."""
        return type(self)(self.word)

    def hear(self, sample_rate: int, samples: NDArray[np.int16]) -> bool:
        """Add a stretch of sound and tell whether the word was found in it: once each time that it is spoken.

        Args:
            sample_rate: In Hz. Any; it may change.
            samples: int16, `(n,)` for mono or `(n, channels)`; channels are averaged. Any n, also 0.

        Raises:
            ModelError: The package is not installed.
        """
        if self._network is None or self._features is None:
            package = need("pymicro_wakeword", "pymicro-wakeword")
            self._network = package.MicroWakeWord.from_builtin(package.Model(self.word.replace(" ", "_")))
            self._features = package.MicroWakeWordFeatures()
        sound = (np.clip(self._resampler.resample(sample_rate, samples), -1, 1) * 32767).astype("<i2")
        heard = False
        for features in self._features.process_streaming(sound.tobytes()):
            heard = bool(self._network.process_streaming(features)) or heard  # it has a memory: it has to hear all
        is_new = heard and self._deaf == 0
        self._deaf = round(DEAF_S * WORD_RATE_HZ) if heard else max(self._deaf - len(sound), 0)
        return is_new
