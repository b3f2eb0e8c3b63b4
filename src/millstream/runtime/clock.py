"""The clocks of a session: the server's, the page's as the server knows it, and one that a lost link stops."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

COMPARED: Final = 8
"""How many of the last comparisons are kept; the fastest of them tells the offset."""


def server_us() -> int:
    """Read the server's monotonic clock: that of the running loop, in microseconds."""
    return int(asyncio.get_running_loop().time() * 1_000_000)


class PageClock:
    """Translates times of one page's clock, within half a round trip.

    Both times of a comparison are one-way: the page's time was read before the message travelled. So the smallest
    difference seen is nearest to the truth, and what is late by it is late on the way.

    Attributes:
        offset_us: To be added to a time of the page to get one of the server's clock; 0 before the first comparison. It
            holds the time that the fastest message takes, so ages do not.
    """

    def __init__(self) -> None:
        self._offsets: deque[int] = deque(maxlen=COMPARED)
        self.offset_us = 0

    def compare(self, page_us: int, now_us: int) -> None:
        """Note that a message said `page_us` when it came in at `now_us` of the server's clock."""
        self._offsets.append(now_us - page_us)
        self.offset_us = min(self._offsets)


class SessionClock:
    """The running loop's clock, without the time in which the page could not be reached.

    Whatever is expected of a page is timed by it: a page whose link is lost is neither idle nor slow.

    Attributes:
        time: Gives the time in seconds; another function once it was stopped, so to be looked up each time.
        server_time: Gives the time of the loop's clock, which never stands still.
        is_stopped: Whether time stands still.
        lost_s: Seconds by which it is behind the loop's clock while it runs.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._overdue: list[Callable[[], None]] = []
        self.time: Callable[[], float] = self._loop.time
        self.server_time: Callable[[], float] = self._loop.time
        self.is_stopped = False
        self.lost_s = 0.0

    def stop(self) -> None:
        """Let time stand still. Harmless if repeated."""
        if not self.is_stopped:
            stopped_at = self.time()
            self.is_stopped, self.time = True, lambda: stopped_at

    def resume(self) -> None:
        """Let time pass again. Harmless if repeated."""
        if self.is_stopped:
            lost_s = self.lost_s = self._loop.time() - self.time()
            self.is_stopped, self.time = False, lambda: self._loop.time() - lost_s
            overdue, self._overdue = self._overdue, []
            for look in overdue:
                look()

    def when_resumed(self, look: Callable[[], None]) -> None:
        """Call `look` when time passes again."""
        self._overdue.append(look)

    def call_at(self, due: float, ring: Callable[[], object]) -> ClockTimer:
        """Call `ring` on the loop once this clock says `due`, unless the timer is cancelled before."""
        return ClockTimer(self, self._loop, due, ring)

    @asynccontextmanager
    async def timeout(self, seconds: float) -> AsyncIterator[None]:
        """Limit how long the block may take.

        Raises:
            TimeoutError: It takes longer than `seconds` of this clock.
        """
        async with asyncio.timeout(None) as limit:
            timer = self.call_at(self.time() + seconds, lambda: limit.reschedule(self._loop.time()))
            try:
                yield
            finally:
                timer.cancel()


class ClockTimer:
    """One time that a `SessionClock` is to keep. Only when it would ring is it asked how much time was lost since."""

    def __init__(
        self, clock: SessionClock, loop: asyncio.AbstractEventLoop, due: float, ring: Callable[[], object]
    ) -> None:
        self._clock = clock
        self._loop = loop
        self._due = due
        self._ring = ring
        self._is_cancelled = False
        self._set()

    def cancel(self) -> None:
        """Do not ring. Harmless if it has rung."""
        self._is_cancelled = True
        self._handle.cancel()

    def _set(self) -> None:
        self._lost_s = self._clock.lost_s
        self._handle = self._loop.call_at(self._due + self._lost_s, self._look)

    def _look(self) -> None:
        if self._is_cancelled:
            return
        if self._clock.is_stopped:
            self._clock.when_resumed(self._look)
        elif self._lost_s != self._clock.lost_s:
            self._set()
        else:
            self._ring()
