"""What two have said to each other, aloud: what was not heard is not in it."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .assistant import Assistant
from .language_model import LanguageModel
from .spoken import Spoken

Sound = tuple[int, NDArray[np.float32]]
Message = dict[str, str]


@dataclass
class Dialogue:
    """One visitor's conversation with a partner.

    Attributes:
        partner: Who answers.
        clock: Gives seconds that never go back.
        messages: What was said, in the form that a chatbot shows.
    """

    partner: Assistant | LanguageModel
    clock: Callable[[], float] = time.monotonic
    messages: list[Message] = field(default_factory=list)
    _spoken: Spoken | None = None
    _answers: int = 0
    _is_answering: bool = False
    _speaks_until: float = 0.0

    def answer(
        self, words: str, read: Callable[[Iterable[str]], Iterator[tuple[str, Sound]]]
    ) -> Iterator[tuple[Sound, list[Message]]]:
        """Yield the partner's answer sentence by sentence: its sound, and what has been said until then.

        Closing the iterator closes the partner's answer, too.

        Args:
            words: What the visitor has said.
            read: Makes of a text that comes in pieces its sentences, each with its sound.
        """
        self._spoken = spoken = Spoken()
        self._answers = len(self.messages) + 1
        self.messages = asked = [*self.messages, {"role": "user", "content": words}]
        self._is_answering = True
        try:
            with closing(self.partner.reply(words)) as pieces:
                for sentence, (rate, samples) in read(pieces):
                    spoken.add(sentence, len(samples) / rate)
                    self._speaks_until = max(self._speaks_until, self.clock()) + len(samples) / rate
                    self.messages = [*asked, {"role": "assistant", "content": spoken.text}]
                    yield (rate, samples), self.messages
        finally:
            self._is_answering = False

    def remind(self, say: Callable[[str], Sound]) -> tuple[Sound, list[Message]] | None:
        """Give what the partner has to say without being asked: its sound, and what has been said until then.

        Nothing while an answer is given, or heard: it waits.

        Args:
            say: Makes the sound of a text.
        """
        is_quiet = not self._is_answering and self.clock() >= self._speaks_until
        words = self.partner.remind() if is_quiet else ""
        if not words:
            return None
        sound = say(words)
        self.messages = [*self.messages, {"role": "assistant", "content": words}]
        return sound, self.messages

    def interrupt(self, heard_s: float) -> None:
        """Keep of the last answer only what was heard in its first seconds; the partner learns it. May be repeated."""
        spoken, self._spoken = self._spoken, None
        if spoken is None:
            return
        heard = spoken.heard(heard_s)
        self.partner.cut(heard)
        if spoken.sentences:
            at = self._answers
            kept = [{"role": "assistant", "content": heard}] if heard else []
            self.messages = [*self.messages[:at], *kept, *self.messages[at + 1 :]]

    def with_draft(self, words: str) -> list[Message]:
        """Return what was said, and what the visitor is saying at the moment."""
        return [*self.messages, {"role": "user", "content": f"{words} …"}]
