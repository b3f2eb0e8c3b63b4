"""The moments in which no call is at work."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Final

from millstream.run_in_thread import begin

REST_S: Final = 5.0
"""How long nothing has been at work when it is done."""

EVERY_S: Final = 60.0
"""It is done once in so many seconds at most."""


class Rest:
    """Has something done, in a thread, when the work of an app is over for now.

    Args:
        is_idle: Whether no call is at work.
        work: What is done then.
    """

    def __init__(self, is_idle: Callable[[], bool], work: Callable[[], object]) -> None:
        self._is_idle, self._work = is_idle, work
        self._timer: asyncio.TimerHandle | None = None
        self._ended = self._done = -math.inf

    def note(self) -> None:
        """Note that a call has ended."""
        loop = asyncio.get_running_loop()
        self._ended = loop.time()
        if self._timer is None and self._is_idle():
            self._timer = loop.call_at(max(self._ended + REST_S, self._done + EVERY_S), self._look)

    def _look(self) -> None:
        """Do it if nothing has been at work for long enough; else a call has ended, or will, after which to look."""
        loop = asyncio.get_running_loop()
        self._timer, now = None, loop.time()
        if not self._is_idle():
            return
        if now < self._ended + REST_S:
            self._timer = loop.call_at(self._ended + REST_S, self._look)
            return
        self._done = now
        begin("rest", self._work).add_done_callback(lambda done: done.cancelled() or done.exception())
