"""Signs of life for a page that rests: it learns at once if the server is gone, and need not ask for that."""

from __future__ import annotations

import asyncio
import math
from typing import Final, Self

from millstream.types import Transport
from millstream.wire.encoding import HEARTBEAT
from millstream.wire.limits import HEARTBEAT_S

TOGETHER_HZ: Final = 10
"""Timers ring so many times a second at most, for all pages that are due by then: each wake-up of the loop costs."""


class HeartbeatTimer:
    """Says when the next heartbeat is due, again and again while it runs; it stops at the end of a `with` block.

    Args:
        work: Set when one is due.

    Attributes:
        is_due: Whether one is to be sent.
    """

    def __init__(self, work: asyncio.Event) -> None:
        self._work = work
        self._loop = asyncio.get_running_loop()
        self._handle: asyncio.TimerHandle | None = None
        self.is_due = False

    def start(self) -> None:
        """Wait from now on: something was said just now."""
        self.stop()
        self._wait()

    def stop(self) -> None:
        """Ring no more. Harmless if it does not run."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        self.is_due = False

    async def send(self, transport: Transport) -> None:
        """Send the one that is due.

        Raises:
            Closed: The page is gone.
        """
        self.is_due = False
        await transport.send(HEARTBEAT)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _wait(self) -> None:
        due = math.ceil((self._loop.time() + HEARTBEAT_S) * TOGETHER_HZ) / TOGETHER_HZ
        self._handle = self._loop.call_at(due, self._ring)

    def _ring(self) -> None:
        self.is_due = True
        self._work.set()
        self._wait()
