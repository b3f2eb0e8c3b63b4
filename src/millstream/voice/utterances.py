"""The span of audio that belongs to a turn: with what came right before it, and never the same sample twice. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeAlias, TypeVar

from millstream.speech import TurnEvent

Item = TypeVar("Item")


class Span(NamedTuple):
    """A span of audio, from sample `first` up to `last`, which is the first one after it."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Margins:
    """The audio around its speech that belongs to a turn, and its longest duration, all in samples.

    Attributes:
        before: Taken in from before the speech.
        after: Taken in from after the speech.
        late: The longest delay of a detector before it notices speech; audio is remembered for that long.
        longest: A longer turn ends there, and what is said after it begins the next one.
    """

    before: int
    after: int
    late: int
    longest: int


class SpeechStart(NamedTuple):
    """Somebody began to speak; what belongs to it is from sample `first` on."""

    first: int


Step: TypeAlias = SpeechStart | Span
"""Somebody began to speak, or all that they said."""


class Utterances:
    """From the events of a detector to the spans of audio that belong to each turn.

    The spans follow each other and never overlap. Each holds all speech between its two events.

    Args:
        margins: What is taken in.
    """

    def __init__(self, margins: Margins) -> None:
        self._margins = margins
        self._free = self._oldest = 0
        self._began: int | None = None

    @property
    def began(self) -> int | None:
        """The first sample of the turn that goes on, `None` if nobody speaks."""
        return self._began

    @property
    def oldest(self) -> int:
        """The first sample that may still be needed."""
        return self._oldest

    def take(self, events: Sequence[TurnEvent], position: int) -> list[Step]:
        """Take what was found in the audio up to sample `position`; events come in their order."""
        steps: list[Step] = []
        for event in events:
            steps += self._taken(event, position)
        steps += self._split(position)
        needed = position - self._margins.before - self._margins.late
        self._oldest = self._began if self._began is not None else max(self._free, needed)
        return steps

    def skip(self, position: int) -> None:
        """Leave out what was said before sample `position`: a turn that goes on begins there."""
        if self._began is not None:
            self._began = self._free = position

    def _taken(self, event: TurnEvent, position: int) -> list[Step]:
        if event.kind == "onset" and self._began is None:
            self._began = max(event.at - self._margins.before, self._free, self._oldest)
            return [SpeechStart(self._began)]
        if event.kind == "end" and self._began is not None:
            last = min(event.at + self._margins.after, position)
            spans = self._split(last)
            if event.at > self._began:
                spans.append(Span(self._began, last))
                self._free = last
            self._began = None
            return [*spans]
        return []

    def _split(self, position: int) -> list[Span]:
        """End the turn that goes on where it is as long as it may be; the rest is the next one."""
        spans = []
        while self._began is not None and position - self._began > self._margins.longest:
            self._free = self._began + self._margins.longest
            spans.append(Span(self._began, self._free))
            self._began = self._free
        return spans


class AudioHistory(Generic[Item]):
    """The items that hold the latest audio, as far back as it may be needed."""

    def __init__(self) -> None:
        self._kept: deque[tuple[Span, tuple[Item, ...]]] = deque()

    def put(self, span: Span, items: tuple[Item, ...]) -> None:
        """Keep the items that together hold a span; spans follow each other."""
        self._kept.append((span, items))

    def forget(self, before: int) -> None:
        """Let go of what holds nothing from sample `before` on."""
        while self._kept and self._kept[0][0].last <= before:
            self._kept.popleft()

    def items(self, span: Span) -> tuple[Item, ...]:
        """Give the items that hold a stretch; the first and the last may hold more than that."""
        return tuple(
            item for kept, items in self._kept if kept.last > span.first and kept.first < span.last for item in items
        )
