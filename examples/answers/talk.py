"""One visitor's conversation: an ear for what is said, and the dialogue that comes of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .assistant import Assistant
from .dialogue import Dialogue
from .language_model import LanguageModel


class Ear(Protocol):
    """Recognises one turn while it grows."""

    def catch_up(self, sample_rate: int, samples: NDArray[np.generic]) -> str: ...

    def finish(self) -> str: ...


class Answered(Protocol):
    """What became of an answer."""

    heard: float
    interrupted: bool


@dataclass
class Talk:
    """What belongs to one visitor.

    Attributes:
        new_partner: Makes who answers.
        new_ear: Makes an ear for one turn.
    """

    new_partner: Callable[[], Assistant | LanguageModel]
    new_ear: Callable[[], Ear]
    dialogue: Dialogue = field(init=False)
    _ear: Ear = field(init=False)

    def __post_init__(self) -> None:
        self.dialogue, self._ear = Dialogue(self.new_partner()), self.new_ear()

    def hear(self, said: tuple[int, NDArray[np.generic]], before: Answered | None) -> str:
        """Write down what has been said so far; of an answer that was interrupted only what was heard of it stays."""
        if before is not None and before.interrupted:
            self.dialogue.interrupt(before.heard)
        return self._ear.catch_up(*said).replace("\n", " ")

    def hear_out(self, said: tuple[int, NDArray[np.generic]], before: Answered | None) -> str:
        """Write down a whole turn; the ear is ready for the next one."""
        self.hear(said, before)
        words, self._ear = self._ear.finish().replace("\n", " "), self.new_ear()
        return words
