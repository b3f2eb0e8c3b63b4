"""Periodic work as long as a page is open: ticks of timers, and values that are recomputed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from millstream.declare.manifest import Manifest
from millstream.runtime.clock import ClockTimer, SessionClock
from millstream.runtime.state.values import Values


class Timers:
    """The timers of one session.

    Args:
        manifest: Which components tick, and to which of them somebody listens.
        values: The session's values.
        tick: Called on the loop with the number of a component and the name of its event.
        clock: Stands still while the page cannot be reached.
    """

    def __init__(
        self, manifest: Manifest, values: Values, tick: Callable[[int, str], None], clock: SessionClock
    ) -> None:
        self._numbers = set(manifest.ticking)
        self._values = values
        self._tick = tick
        self._clock = clock
        self._timers: dict[int, ClockTimer] = {}

    def start(self) -> None:
        """Let them tick, from now on."""
        for number in self._numbers:
            self._values.watch(number, self._set)
            self._set(number)

    def enter(self, numbers: Iterable[int]) -> None:
        """Let further ones tick, from now on; one that ticks already goes on."""
        for number in numbers:
            if number not in self._numbers:
                self._numbers.add(number)
                self._values.watch(number, self._set)
                self._set(number)

    def leave(self, numbers: Iterable[int]) -> None:
        """Stop some of them."""
        for number in self._numbers.intersection(numbers):
            self._numbers.discard(number)
            self._values.unwatch(number)
            if (timer := self._timers.pop(number, None)) is not None:
                timer.cancel()

    def close(self) -> None:
        """Stop them."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._numbers.clear()

    def _set(self, number: int) -> None:
        """Begin to wait, because the page was opened or something about the timer has changed."""
        if (timer := self._timers.pop(number, None)) is not None:
            timer.cancel()
        self._wait(number, self._clock.time())

    def _wait(self, number: int, since: float) -> None:
        every_s = self._values.component(number).interval_s(self._values[number])
        if every_s is not None and number in self._numbers:
            due = max(since + every_s, self._clock.time())
            self._timers[number] = self._clock.call_at(due, partial(self._fire, number, due))

    def _fire(self, number: int, due: float) -> None:
        self._wait(number, due)
        self._tick(number, self._values.component(number).tick_event)
