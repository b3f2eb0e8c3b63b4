"""The messages on their way to one page: a handler that says the same on every frame says it four times a second."""

from __future__ import annotations

import asyncio
from typing import Final

from millstream.jobs import Notice
from millstream.runtime.send.sender import ControlQueue
from millstream.wire.messages import Toast

BURST: Final = 64
"""So many messages are told at once, if a page has heard nothing for a while."""

RATE_HZ: Final = 4
"""So many a second are told after that. Those that wait are counted, if they are equal."""

KEPT: Final = 16
"""Different messages that wait to be told; the newest are."""


class Toasts:
    """Tells one page what handlers say, on the loop. Bounded, whatever they say and however slow the page is.

    Args:
        control: The way to the page.
    """

    def __init__(self, control: ControlQueue) -> None:
        self._control = control
        self._loop = asyncio.get_running_loop()
        self._tokens = float(BURST)
        self._at = self._loop.time()
        self._waiting: dict[Notice, int] = {}
        self._is_timed = False

    def tell(self, notice: Notice) -> None:
        """Show a message in the page, soon."""
        self._waiting[notice] = self._waiting.pop(notice, 0) + notice.count
        if len(self._waiting) > KEPT:
            del self._waiting[next(iter(self._waiting))]
        if not self._is_timed:
            self._settle()

    def _settle(self) -> None:
        """Tell what waits, as far as the page takes it, and look again later if that is not all."""
        now = self._loop.time()
        self._tokens, self._at = min(BURST, self._tokens + (now - self._at) * RATE_HZ), now
        while self._waiting and self._tokens >= 1 and self._control.is_calm:
            self._tokens -= 1
            notice = next(iter(self._waiting))
            self._send(notice, self._waiting.pop(notice))
        self._is_timed = bool(self._waiting)
        if self._is_timed:
            self._loop.call_later(1 / RATE_HZ, self._settle)

    def _send(self, notice: Notice, count: int) -> None:
        self._control.send(
            Toast(
                level=notice.level,
                message=notice.message,
                title=notice.title,
                duration_s=notice.duration_s,
                count=count,
            )
        )
