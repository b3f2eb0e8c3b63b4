"""`Progress`: how far a handler is, as a bar on the outputs of its run. Safe in every thread; it never waits."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import AbstractContextManager
from contextvars import ContextVar
from types import TracebackType
from typing import Final, Generic, Self, TypeAlias, TypeVar

from millstream.jobs import Level, Notify

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

logger = logging.getLogger("millstream.handler")

MAX_TEXT: Final = 500
"""Characters of a description, and of a unit, that reach the page."""

MAX_LEVELS: Final = 16
"""Bars inside of each other that reach the page; deeper ones are left out."""


class Progress:
    """Says how far a handler is. It comes as a default argument: `def fn(x, progress=gr.Progress()):`.

    The handler gets an object of its own for each call. Outside of a handler all methods do nothing. What it is told is
    shown and never ends a run: numbers beyond their bounds are brought back into them, with one line in the log.

    Args:
        track_tqdm: Whether bars of the `tqdm` package that are made during the call, by any library, are shown too.
    """

    def __init__(self, track_tqdm: bool = False) -> None:
        self.track_tqdm = track_tqdm
        self._tracker: Tracker | None = None

    def __call__(
        self,
        progress: float | tuple[float, float | None] | None,
        desc: str | None = None,
        total: float | None = None,
        unit: str = "steps",
    ) -> None:
        """Show how far the call is.

        Args:
            progress: A part from 0 to 1; or `(done, of)` in steps, with `None` for an unknown number; `None` for no
                number at all, which hides the bar if there is no `desc` either.
            desc: What is being done.
            total: How many steps there are, if `progress` does not say it.
            unit: What is counted.

        Raises:
            TypeError: `progress` is none of these.
        """
        tracker = self._tracker or calling.get()
        if tracker is None:
            return
        if progress is None and desc is None:
            tracker.say(None)
        elif isinstance(progress, tuple) and len(progress) == 2:
            done, of = progress
            tracker.say(_counted(_number(done), _length(total if of is None else of), desc, unit))
        else:
            tracker.say(Level(_text(desc), None, _length(total), tracker.part(progress), _text(unit)))

    def tqdm(
        self,
        iterable: Iterable[T] | None,
        desc: str | None = None,
        total: float | None = None,
        unit: str = "steps",
    ) -> Bar[T]:
        """Iterate over something and show how far that is; loops inside of each other show as one bar.

        Args:
            iterable: What is iterated over; `None` for a bar that is moved by `update`.
            desc: What is being done.
            total: How many items there are; by default the length of `iterable`, if it has one.
            unit: What is counted.
        """
        return Bar(self._tracker or calling.get(), iterable, desc, total, unit)

    def __reduce__(self) -> tuple[type[Progress], tuple[bool]]:
        """Give what is pickled: what it is bound to stays where it is."""
        return Progress, (self.track_tqdm,)

    def bound(self, tracker: Tracker) -> Progress:
        """Give the object that one call gets."""
        mine = Progress()
        mine.track_tqdm, mine._tracker = self.track_tqdm, tracker
        return mine


class Bar(Generic[T_co]):
    """One bar: an iterable, or a count that is moved by hand. Use it as a context manager to close it.

    Attributes:
        desc: What is being done.
        total: How many steps there are, `None` if nobody knows.
        unit: What is counted.
        n: How many steps are done.
    """

    def __init__(
        self,
        tracker: Tracker | None,
        iterable: Iterable[T_co] | None = None,
        desc: str | None = None,
        total: float | None = None,
        unit: str = "steps",
    ) -> None:
        if total is None and isinstance(iterable, Sized):
            total = len(iterable)
        self.desc, self.total, self.unit = desc, _length(total), unit
        self.n = 0.0
        self.is_over = False
        self._iterable = iterable
        self._tracker = tracker
        if iterable is None and tracker is not None:
            tracker.move(self)

    def __iter__(self) -> Iterator[T_co]:
        if self._iterable is None:
            raise TypeError("a bar without an iterable is moved by update(), not iterated over")
        try:
            self.update(0)
            for item in self._iterable:
                yield item
                self.update(1)
        finally:
            self.close()

    def __len__(self) -> int:
        if self.total is None:
            raise TypeError("nobody knows how long this bar is")
        return int(self.total)

    def update(self, n: float = 1) -> None:
        """Count `n` more steps."""
        self.n += n
        if self._tracker is not None:
            self._tracker.move(self)

    def close(self) -> None:
        """End it: it stays in the page until something else is shown."""
        self.is_over = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def level(self) -> Level:
        """The form in which the page is told of it."""
        return _counted(self.n, self.total, self.desc, self.unit)


class Tracker:
    """The progress of one call: the bars that are open, and what the page was told last.

    It is an `Advance`, and usable in every thread.

    It is announced once, until its levels are taken: a million steps cost the loop no more than one.

    Args:
        call: The number of the call.
        notify: Called, in the thread of whoever says something or moved a bar, when there is something new.

    Attributes:
        call, notify: As given.
        session: Tells the page from others.
        is_used: Whether it has shown anything.
    """

    def __init__(self, call: int, notify: Notify) -> None:
        self.call = call
        self.session = ""
        self.notify = notify
        self._lock = threading.Lock()
        self._bars: list[Bar[object]] = []
        self._said: Level | None = None
        self._is_announced = self._has_complained = False
        self.is_used = False

    def say(self, level: Level | None) -> None:
        """Show a level below the bars that are open; `None` takes it away."""
        with self._lock:
            self._said = level
            self._bars = [bar for bar in self._bars if not bar.is_over]
        self._tell()

    def move(self, moved: Bar[object]) -> None:
        """Show how far a bar is, in its place among those that are open."""
        with self._lock:
            self._said = None
            self._bars = [bar for bar in self._bars if bar is moved or not bar.is_over]
            if not any(bar is moved for bar in self._bars):
                self._bars.append(moved)
        self._tell()

    def levels(self) -> tuple[Level, ...]:
        with self._lock:
            self._is_announced = False
            said = [] if self._said is None else [self._said]
            return tuple([bar.level for bar in self._bars] + said)[:MAX_LEVELS]

    def part(self, given: object) -> float | None:
        """Bring what should be a part from 0 to 1 into its bounds; `None` for what says nothing."""
        if given is None:
            return None
        number = _number(given)
        if not -1e-6 <= number <= 1 + 1e-6 and not self._has_complained:
            self._has_complained = True
            logger.warning("progress(%r) is not a part from 0 to 1; for steps say progress((done, of))", given)
        return _part(number)

    def _tell(self) -> None:
        with self._lock:
            self.is_used = True
            is_known, self._is_announced = self._is_announced, True
        if not is_known:
            self.notify(self)


calling: Final[ContextVar[Tracker | None]] = ContextVar("calling", default=None)
"""The call that the running code belongs to; `None` outside of handlers."""


ForeignBars: TypeAlias = "Callable[[Callable[[], Bar[object]]], AbstractContextManager[None]]"
"""Shows, while it is entered, what another library draws, by bars that its argument makes."""


def _counted(done: float, total: float | None, desc: str | None, unit: str) -> Level:
    fraction = None if total is None else 1.0 if total <= 0 else _part(done / total)
    return Level(_text(desc), done if math.isfinite(done) else None, total, fraction, _text(unit))


def _number(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]  # what is no number is told in the next line
    except (TypeError, ValueError, OverflowError):
        raise TypeError(f"progress takes a part from 0 to 1, (done, of) or None, but got {value!r}") from None


def _length(value: object) -> float | None:
    """Check a number of steps; an infinite one is unknown."""
    number = None if value is None else _number(value)
    return number if number is not None and math.isfinite(number) else None


def _part(fraction: float) -> float | None:
    return None if math.isnan(fraction) else min(max(float(fraction), 0.0), 1.0)


def _text(text: str | None) -> str:
    return "" if text is None else str(text)[:MAX_TEXT]
