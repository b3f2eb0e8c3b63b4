"""The conversation of one visitor: a speech recogniser and the resulting dialogue."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .assistant import Assistant
from .dialogue import Dialogue
from .language_model import LanguageModel


class Recogniser(Protocol):
    """Recognises one turn while it grows."""

    def catch_up(self, sample_rate: int, samples: NDArray[np.generic]) -> str: ...

    def finish(self) -> str: ...


class Answered(Protocol):
    """The fate of a reply: how much of it was heard, and whether it was interrupted."""

    heard: float
    interrupted: bool


@dataclass
class Talk:
    """The state of one visitor.

    Attributes:
        new_partner: Makes the partner who replies.
        new_recogniser: Makes a recogniser for one turn.
    """

    new_partner: Callable[[], Assistant | LanguageModel]
    new_recogniser: Callable[[], Recogniser]
    dialogue: Dialogue = field(init=False)
    _recogniser: Recogniser = field(init=False)

    def __post_init__(self) -> None:
        self.dialogue, self._recogniser = Dialogue(self.new_partner()), self.new_recogniser()

    def hear(self, said: tuple[int, NDArray[np.generic]], before: Answered | None) -> str:
        """Transcribe the turn so far; of an interrupted reply, only the part that was heard is kept."""
        if before is not None and before.interrupted:
            self.dialogue.interrupt(before.heard)
        return self._recogniser.catch_up(*said).replace("\n", " ")

    def hear_out(self, said: tuple[int, NDArray[np.generic]], before: Answered | None) -> str:
        """Transcribe a whole turn, and prepare for the next one."""
        self.hear(said, before)
        words, self._recogniser = self._recogniser.finish().replace("\n", " "), self.new_recogniser()
        return words
