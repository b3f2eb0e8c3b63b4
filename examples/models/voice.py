"""Say English sentences aloud: hibari, a small network distilled from Kokoro-82M, about 50 times faster than speech.

    voice = SpeakingVoice()
    for sentence, sound in voice.read(words_of_a_language_model):
        play(sound)         # the first sentence, while the model still writes the second one

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

Sound = tuple[int, NDArray[np.float32]]

VOICE_RATE_HZ = 24_000
SILENCE_S = 0.1
LONGEST_SENTENCE = 300
"""Characters after which a text without a full stop is cut at a space: whoever listens should not wait for its end."""

_END = re.compile(r"[.!?…]+[\"”’)\]]*\s+|\n+")
_TITLES = ("Dr.", "Mr.", "Mrs.", "Ms.", "St.", "Prof.", "vs.", "e.g.", "i.e.")


class SpeakingVoice:
    """A voice. May be shared by threads, which take turns sentence by sentence.

    Args:
        speed: 1 is an ordinary pace; 0.5 is slow, 2 is fast.
        loudness: The peak that each sentence is brought to, 0 to 1. The network's own sentences are of uneven loudness.
    """

    def __init__(self, speed: float = 1.0, loudness: float = 0.6) -> None:
        self._speed = speed
        self._loudness = loudness
        self._turn = threading.Lock()

    def say(self, text: str) -> Sound:
        """Return 24 kHz and the samples, `(n,)` from -1 to 1; text without a word in it is a moment of silence.

        Raises:
            ModelError: The package is not installed.
        """
        with self._turn:
            sound = self._hibari(text, speed=self._speed, seed=0)  # seeded: said again, it sounds the same
        peak = float(np.abs(sound).max(initial=0.0))
        if peak == 0:
            return VOICE_RATE_HZ, np.zeros(round(SILENCE_S * VOICE_RATE_HZ), np.float32)
        return VOICE_RATE_HZ, (sound * (self._loudness / peak)).astype(np.float32)

    def read(self, pieces: Iterable[str]) -> Iterator[tuple[str, Sound]]:
        """Yield each sentence of a text that comes in pieces, with its sound, as soon as both are there.

        Raises:
            ModelError: The package is not installed.
        """
        for sentence in sentences(pieces):
            yield sentence, self.say(sentence)

    def load(self) -> None:
        """Load the network now (1 s), so that the first sentence does not wait."""
        with self._turn:
            self._hibari("Ready.")  # the pronunciation tables are read with the first word

    @cached_property
    def _hibari(self) -> "Hibari":
        hibari: Hibari = need("hibari", "hibari-tts").Hibari()
        return hibari


def sentences(pieces: Iterable[str]) -> Iterator[str]:
    """Yield whole sentences out of a text that comes in pieces of any size, each as soon as its end is known.

    Nothing is lost but the white space between sentences. Titles ("Dr. Smith") and initials do not end a sentence.
    """
    text = ""
    for piece in pieces:
        text += piece
        while cut := _first_cut(text):
            if sentence := text[:cut].strip():
                yield sentence
            text = text[cut:].lstrip()
    if text.strip():
        yield text.strip()


def _first_cut(text: str) -> int:
    """Return where the first sentence ends, 0 if it is not at its end yet."""
    for end in _END.finditer(text):
        word = text[: end.end()].split()[-1:]
        is_name = bool(word) and (word[0] in _TITLES or re.fullmatch(r"[A-Z]\.", word[0]))
        if not is_name or "\n" in end.group():
            return end.end()
    if len(text) > LONGEST_SENTENCE:
        return text.rfind(" ", 0, LONGEST_SENTENCE) + 1 or LONGEST_SENTENCE
    return 0
