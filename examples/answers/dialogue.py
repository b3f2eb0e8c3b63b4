"""A spoken dialogue as both sides remember it: words that were not heard are not in it."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .assistant import Assistant
from .language_model import LanguageModel
from .spoken import Spoken

Audio = tuple[int, NDArray[np.float32]]
Message = dict[str, str]


@dataclass
class Dialogue:
    """One visitor's conversation with a partner.

    Attributes:
        partner: The one who replies.
        clock: Returns seconds on a monotonic clock.
        messages: The dialogue, in the form that a chatbot shows.
    """

    partner: Assistant | LanguageModel
    clock: Callable[[], float] = time.monotonic
    messages: list[Message] = field(default_factory=list)
    _spoken: Spoken | None = None
    _answers: int = 0
    _is_answering: bool = False
    _speaks_until: float = 0.0

    def answer(
        self, words: str, read: Callable[[Iterable[str]], Iterator[tuple[str, Audio]]]
    ) -> Iterator[tuple[Audio, list[Message]]]:
        """Yield the partner's reply sentence by sentence: its audio, and the dialogue up to then.

        Closing the iterator closes the partner's reply, too.

        Args:
            words: The visitor's words.
            read: Turns a text that arrives in parts into sentences, each with its audio.
        """
        self._spoken = spoken = Spoken()
        self._answers = len(self.messages) + 1
        self.messages = asked = [*self.messages, {"role": "user", "content": words}]
        self._is_answering = True
        try:
            with closing(self.partner.reply(words)) as parts:
                for sentence, (rate, samples) in read(parts):
                    spoken.add(sentence, len(samples) / rate)
                    self._speaks_until = max(self._speaks_until, self.clock()) + len(samples) / rate
                    self.messages = [*asked, {"role": "assistant", "content": spoken.text}]
                    yield (rate, samples), self.messages
        finally:
            self._is_answering = False

    def remind(self, say: Callable[[str], Audio]) -> tuple[Audio, list[Message]] | None:
        """Return anything the partner has to say unprompted: its audio, and the dialogue up to then.

        While a reply is given or heard, it waits.

        Args:
            say: Turns a text into audio.
        """
        is_quiet = not self._is_answering and self.clock() >= self._speaks_until
        words = self.partner.remind() if is_quiet else ""
        if not words:
            return None
        audio = say(words)
        self.messages = [*self.messages, {"role": "assistant", "content": words}]
        return audio, self.messages

    def interrupt(self, heard_s: float) -> None:
        """Cut the last reply to the part heard in its first seconds, and tell the partner. May be repeated."""
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
        """Return the dialogue, with the words that the visitor is saying right now."""
        return [*self.messages, {"role": "user", "content": f"{words} …"}]
