"""Say English sentences aloud: hibari, a small network distilled from Kokoro-82M, about 50 times faster than speech.

    voice = SpeakingVoice()
    for sentence, audio in voice.read(words_of_a_language_model):
        play(audio)         # the first sentence, while the model still writes the second one

The weights (8 MB) come with the Python package `hibari-tts`. They are loaded once, when the first sentence is said.
"""

import re
import threading
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .packages import need

if TYPE_CHECKING:
    from hibari import Hibari

Audio = tuple[int, NDArray[np.float32]]

VOICE_RATE_HZ = 24_000
SILENCE_S = 0.1
LONGEST_SENTENCE = 300
"""Characters after which a text without a full stop is cut at a space, so that the listener need not wait."""

_END = re.compile(r"[.!?…]+[\"”’)\]]*\s+|\n+")
_TITLES = ("Dr.", "Mr.", "Mrs.", "Ms.", "St.", "Prof.", "vs.", "e.g.", "i.e.")


class SpeakingVoice:
    """A voice. May be shared by threads, which alternate sentence by sentence.

    Args:
        speed: 1 is an ordinary pace; 0.5 is slow, 2 is fast.
        loudness: The peak of each sentence, 0 to 1. Without it, sentences vary in loudness.
    """

    def __init__(self, speed: float = 1.0, loudness: float = 0.6) -> None:
        self._speed = speed
        self._loudness = loudness
        self._turn = threading.Lock()

    def say(self, text: str) -> Audio:
        """Return 24 kHz and the samples, `(n,)` from -1 to 1; text without a word in it is a moment of silence.

        Raises:
            ModelError: The package is not installed.
        """
        with self._turn:
            audio = self._hibari(text, speed=self._speed, seed=0)  # seeded: said again, it sounds the same
        peak = float(np.abs(audio).max(initial=0.0))
        if peak == 0:
            return VOICE_RATE_HZ, np.zeros(round(SILENCE_S * VOICE_RATE_HZ), np.float32)
        return VOICE_RATE_HZ, (audio * (self._loudness / peak)).astype(np.float32)

    def read(self, parts: Iterable[str]) -> Iterator[tuple[str, Audio]]:
        """Yield each sentence of a text that arrives in parts, with its audio, as soon as both are ready.

        Raises:
            ModelError: The package is not installed.
        """
        for sentence in sentences(parts):
            yield sentence, self.say(sentence)

    def load(self) -> None:
        """Load the network now (1 s), so that the first sentence does not wait."""
        with self._turn:
            self._hibari("Ready.")  # the pronunciation tables are loaded with the first word

    @cached_property
    def _hibari(self) -> "Hibari":
        hibari: Hibari = need("hibari", "hibari-tts").Hibari()
        return hibari


def sentences(parts: Iterable[str]) -> Iterator[str]:
    """Yield whole sentences of a text that arrives in parts of any size, each as soon as its end is known.

    Only white space between sentences is dropped. Titles ("Dr. Smith") and initials do not end a sentence.
    """
    text = ""
    for part in parts:
        text += part
        while cut := _first_cut(text):
            if sentence := text[:cut].strip():
                yield sentence
            text = text[cut:].lstrip()
    if text.strip():
        yield text.strip()


def _first_cut(text: str) -> int:
    """Return the end of the first sentence, 0 if it is not complete yet."""
    for end in _END.finditer(text):
        word = text[: end.end()].split()[-1:]
        is_name = bool(word) and (word[0] in _TITLES or re.fullmatch(r"[A-Z]\.", word[0]))
        if not is_name or "\n" in end.group():
            return end.end()
    if len(text) > LONGEST_SENTENCE:
        return text.rfind(" ", 0, LONGEST_SENTENCE) + 1 or LONGEST_SENTENCE
    return 0
