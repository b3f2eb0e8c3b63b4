"""Signs of life for a page that rests: it learns at once if the server is gone, and need not ask for that."""

from __future__ import annotations

import asyncio
import math
from typing import Final
from weakref import WeakKeyDictionary

from millstream.types import Transport
from millstream.wire.encoding import HEARTBEAT
from millstream.wire.limits import HEARTBEAT_S

TICKS_HZ: Final = 10
"""Heartbeats are due at these ticks: one timer, and one wake-up of the loop, for all pages that are due at one."""


class HeartbeatTicks:
    """The ticks of one loop, and whose heartbeats are due at each.

    Args:
        loop: The loop.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._due: dict[int, list[HeartbeatTimer]] = {}

    def wait(self, timer: HeartbeatTimer) -> int:
        """Ring a timer at the first tick after `HEARTBEAT_S`; gives its number."""
        tick = math.ceil((self._loop.time() + HEARTBEAT_S) * TICKS_HZ)
        if tick not in self._due:
            self._due[tick] = []
            self._loop.call_at(tick / TICKS_HZ, self._ring, tick)
        self._due[tick].append(timer)
        return tick

    def _ring(self, tick: int) -> None:
        for timer in self._due.pop(tick):
            if timer.tick == tick:
                timer.is_due = True
                timer.work.set()


_TICKS: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, HeartbeatTicks]] = WeakKeyDictionary()


class HeartbeatTimer:
    """Says when the next heartbeat of a page is due: some time from now, and after each that was sent.

    Args:
        work: Set when one is due.

    Attributes:
        work: As given.
        is_due: Whether one is to be sent.
        tick: The number of the tick at which the next one is due; `None` for never.
    """

    def __init__(self, work: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        self._ticks = _TICKS.get(loop) or _TICKS.setdefault(loop, HeartbeatTicks(loop))
        self.work = work
        self.is_due = False
        self.tick: int | None = self._ticks.wait(self)

    def stop(self) -> None:
        """Ring no more."""
        self.tick = None

    async def send(self, transport: Transport) -> None:
        """Send the one that is due.

        Raises:
            Closed: The page is gone.
        """
        self.is_due = False
        await transport.send(HEARTBEAT)
        self.tick = self._ticks.wait(self)
