"""A time that something waits for: it can be asked and moved, and what goes wrong when it comes is one logged fault."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from millstream.runtime.clock import ClockTimer, SessionClock
from millstream.runtime.user_code import guarded


class Alarm:
    """Calls `ring` on the loop when its time has come; one time at most is set.

    It keeps that time itself, because a loop's handle need not know it: for less than half a millisecond uvloop gives
    one without `when()`.

    Args:
        ring: Called when the time has come.
        fail: Takes what `ring` raises: the loop would only log it, and whoever waits would wait for ever.
        clock: Whose time is meant; the running loop's by default.

    Attributes:
        due: The time that is set, on that clock; `None` if there is none.
    """

    def __init__(
        self, ring: Callable[[], None], fail: Callable[[BaseException], None], clock: SessionClock | None = None
    ) -> None:
        self._ring = ring
        self._fail = fail
        self._clock = clock or asyncio.get_running_loop()
        self._handle: asyncio.Handle | ClockTimer | None = None
        self.due: float | None = None

    def set(self, due: float) -> None:
        """Ring at `due`, and at no other time; at once, but not before this returns, if that is over."""
        if due != self.due:
            self.cancel()
            self.due = due
            self._handle = self._clock.call_at(due, self._rang)

    def cancel(self) -> None:
        """Do not ring. Harmless if nothing is set."""
        if self._handle is not None:
            self._handle.cancel()
        self._handle = self.due = None

    def _rang(self) -> None:
        self._handle = self.due = None
        with guarded(self._fail):
            self._ring()
