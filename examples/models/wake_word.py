"""Detect a wake word in a microphone's audio: microWakeWord, which takes 1 % of a CPU.

    listener = WakeWord("hey jarvis")
    for sample_rate, samples in chunks:
        if listener.hear(sample_rate, samples):
            print("At your service")

Networks and words come with the Python package `pymicro-wakeword`. Each microphone needs a `WakeWord`, which is cheap
and loaded with the first chunk.
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
"""Seconds that must pass before the word counts again: the network keeps detecting it for a while."""


class WakeWord:
    """Listens for one wake word. Made for `State(WakeWord())`: a copy listens for the same word, from silence.

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
        """Return a fresh one: handles of a network cannot be copied."""
        return type(self)(self.word)

    def hear(self, sample_rate: int, samples: NDArray[np.int16]) -> bool:
        """Add a chunk of audio; true if the word was detected in it, once each time that it is spoken.

        Args:
            sample_rate: In Hz. It may change.
            samples: int16, `(n,)` for mono or `(n, channels)`; channels are averaged. Any n, also 0.

        Raises:
            ModelError: The package is not installed.
        """
        if self._network is None or self._features is None:
            package = need("pymicro_wakeword", "pymicro-wakeword")
            self._network = package.MicroWakeWord.from_builtin(package.Model(self.word.replace(" ", "_")))
            self._features = package.MicroWakeWordFeatures()
        audio = (np.clip(self._resampler.resample(sample_rate, samples), -1, 1) * 32767).astype("<i2")
        heard = False
        for features in self._features.process_streaming(audio.tobytes()):
            heard = bool(self._network.process_streaming(features)) or heard  # it has a memory, so it needs all frames
        is_new = heard and self._deaf == 0
        self._deaf = round(DEAF_S * WORD_RATE_HZ) if heard else max(self._deaf - len(audio), 0)
        return is_new
