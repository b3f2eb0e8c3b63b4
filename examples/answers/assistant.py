"""A partner that works without any network and knows its limits: sums, a timer, a little quiz."""

import re
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field

from .quiz import Quiz
from .sums import Unclear, calculate, say_number
from .timers import Timer

ABILITIES = "I can work out a sum, set a timer, and ask you quiz questions."
EXAMPLES = "Try: what is twelve times seven. Or: set a timer for two minutes. Or: ask me something."
GREETING = "Hello! I am a simple program, not a language model."

_HELLO = re.compile(r"\b(?:hello|hi|hey|good (?:morning|afternoon|evening))\b")
_ADDRESSED = re.compile(
    r"^\W*(?:hello|hi|hey|good (?:morning|afternoon|evening))\b[\s,]*(?:computer|there)?[\s,.!]*", re.I
)
_HELP = re.compile(r"\b(?:help|what can you do|who are you|what are you)\b")
_THANKS = re.compile(r"\b(?:thanks|thank you)\b")
_BYE = re.compile(r"\b(?:goodbye|good bye|bye)\b")
_AGAIN = re.compile(r"\b(?:repeat|say (?:that|it) again|again please|pardon)\b")
_GO_ON = re.compile(r"\b(?:go on|continue|carry on|and then)\b")


@dataclass
class Assistant:
    """One visitor's partner: plain data, so that it can live in a `State`.

    Attributes:
        clock: Returns seconds on a monotonic clock.
        last: The result of the last sum, to which "and divide that by three" refers.
    """

    clock: Callable[[], float] = time.monotonic
    last: float | None = None
    timer: Timer = field(default_factory=Timer)
    quiz: Quiz = field(default_factory=Quiz)
    _said: str = ""
    _unheard: str = ""

    def reply(self, said: str) -> Generator[str, None, None]:
        """Yield the reply, sentence by sentence or as a whole."""
        unheard, self._unheard = self._unheard, ""
        ring = self.remind()
        self._said = " ".join(part for part in (ring, self._answer(said, unheard)) if part)
        yield self._said

    def remind(self) -> str:
        """Return anything to be said unprompted, such as that a timer is over; mostly nothing."""
        return self.timer.ring(self.clock()) or ""

    def cut(self, heard: str) -> None:
        """Note how much of the last reply was heard before it was interrupted: "go on" says the rest."""
        words = len(heard.removesuffix("…").split())
        self._unheard = " ".join(self._said.split()[words:])

    def _answer(self, said: str, unheard: str) -> str:
        plain = said.lower().replace("’", "'")
        if _GO_ON.search(plain):
            return unheard or "I had said everything."
        if _AGAIN.search(plain) and self._said:
            return self._said
        return self._skilled(_ADDRESSED.sub("", said) or said) or self._small_talk(plain)

    def _skilled(self, said: str) -> str | None:
        """Ask one skill after another; an open quiz question comes before sums, since its answer may be a number."""
        if (about_time := self.timer.answer(said, self.clock())) is not None:
            return about_time
        if (about_quiz := self.quiz.answer(said)) is not None:
            return about_quiz
        try:
            result = calculate(said, self.last)
        except Unclear as error:
            return str(error)
        if result is None:
            return None
        self.last = result
        return f"That is {say_number(result)}."

    def _small_talk(self, plain: str) -> str:
        if _HELP.search(plain):
            return f"{GREETING} {ABILITIES} {EXAMPLES}"
        if _THANKS.search(plain):
            return "You are welcome."
        if _BYE.search(plain):
            return "Goodbye!"
        if _HELLO.search(plain):
            return f"{GREETING} {ABILITIES}"
        return f"That is beyond me. {ABILITIES}"
