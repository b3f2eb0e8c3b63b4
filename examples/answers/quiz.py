"""A little quiz with a score: "ask me something", an answer, "I don't know", "stop the quiz"."""

import random
import re
from dataclasses import dataclass, field

from .numbers import read_number, split_words

QUESTIONS = (
    ("What is the capital of France?", ("paris",)),
    ("How many legs does a spider have?", ("8",)),
    ("Which planet of the solar system is the largest?", ("jupiter",)),
    ("What is the capital of Japan?", ("tokyo",)),
    ("How many minutes are there in an hour?", ("60",)),
    ("Who wrote Romeo and Juliet?", ("shakespeare", "william shakespeare")),
    ("Which metal is liquid at room temperature?", ("mercury", "quicksilver")),
    ("How many strings does a violin have?", ("4",)),
    ("What is the largest ocean?", ("pacific", "the pacific")),
    ("How many sides does a hexagon have?", ("6",)),
    ("What is the capital of Italy?", ("rome",)),
    ("Which gas do plants take from the air?", ("carbon dioxide",)),
)
"""Questions with their accepted answers; the first one is given when the visitor's is wrong."""

_BEGIN = re.compile(r"\bquiz\b|\bask me (?:something|a question|another)\b|\b(?:play|another) (?:game|question)\b")
_END = re.compile(r"\b(?:stop|end|quit|enough|no more|cancel)\b")
_PASS = re.compile(r"\b(?:don'? ?t know|do not know|no idea|pass|next|skip|tell me)\b")


@dataclass
class Quiz:
    """One visitor's quiz.

    Attributes:
        seed: Determines the order of the questions; None makes it random.
        asked: The number of questions asked.
        right: The number of right answers.
        is_open: Whether a question is waiting for its answer.
    """

    seed: int | None = None
    asked: int = 0
    right: int = 0
    is_open: bool = False
    _order: list[int] = field(default_factory=list)

    def answer(self, text: str) -> str | None:
        """Reply to the text; None if it has nothing to do with the quiz."""
        plain = text.lower().replace("’", "'")
        if not self.is_open:
            return self._ask() if _BEGIN.search(plain) else None
        if _END.search(plain):
            self.is_open = False
            return f"Well played. {self.score}"
        if _BEGIN.search(plain):
            return self._question
        return self._judge(plain)

    @property
    def score(self) -> str:
        """The score, as a sentence."""
        return f"You have {self.right} right answer{'' if self.right == 1 else 's'} out of {self.asked}."

    @property
    def _question(self) -> str:
        return QUESTIONS[self._order[0]][0]

    def _ask(self) -> str:
        if not self._order:
            self._order = random.Random(self.seed).sample(range(len(QUESTIONS)), len(QUESTIONS))  # noqa: S311 - a game
        self.is_open = True
        return self._question

    def _judge(self, plain: str) -> str:
        accepted = QUESTIONS[self._order.pop(0)][1]
        self.asked += 1
        self.is_open = False
        if not _PASS.search(plain) and any(is_in(answer, plain) for answer in accepted):
            self.right += 1
            return f"Right! {self.score} Next question: {self._ask()}"
        start = "It is" if _PASS.search(plain) else "No, it is"
        return f"{start} {accepted[0].capitalize()}. {self.score} Next question: {self._ask()}"


def is_in(answer: str, said: str) -> bool:
    """True if the answer is among the words; numbers count in words and in numerals."""
    if answer.isdigit():
        return float(answer) in numbers_in(said)
    return f" {answer} " in f" {' '.join(split_words(said))} "


def numbers_in(text: str) -> list[float]:
    """Return the numbers in a text."""
    words, found = split_words(text), []
    while words:
        number = read_number(words)
        if number is not None:
            found.append(number.value)
        words = words[number.words if number is not None else 1 :]
    return found
