"""The progress of a run or stream on its way to the page: at most ten times a second, and always the last report."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from millstream.declare.binding import Binding
from millstream.jobs import Advance, Level, Notice
from millstream.runtime.clock import ClockTimer, SessionClock
from millstream.runtime.send.sender import ControlQueue
from millstream.runtime.user_code import guarded
from millstream.wire.messages import ProgressState

logger = logging.getLogger("millstream.handler")

EVERY_S: Final = 0.1
"""The least time between two reports of one run or stream."""


class ProgressSender:
    """Hears what the handlers of one run or stream say, and tells the page.

    Reports never pile up: what has not been sent is replaced by what is newer, and a page that takes its messages
    slowly gets fewer.

    Args:
        control: The way to the page.
        clock: Stands still while the page cannot be reached.
        tell: Shows a message in the page.
        binding: Whose handlers they are.
        run: The page's number of the run, 0 for one of the server's own, or a stream.
        stream: The number of the stream, 0 for a run.
    """

    def __init__(
        self,
        control: ControlQueue,
        clock: SessionClock,
        tell: Callable[[Notice], None],
        binding: Binding,
        *,
        run: int = 0,
        stream: int = 0,
    ) -> None:
        self._control = control
        self._clock = clock
        self._tell = tell
        self._binding = binding
        self._run, self._stream = run, stream
        self._newest: Advance | None = None
        self._shown: Advance | None = None
        self._due = 0.0
        self._timer: ClockTimer | None = None
        self._is_closed = self._has_failed = False

    def hear(self, said: Notice | Advance) -> None:
        """Pass on what a handler said; a `Notify`."""
        if isinstance(said, Notice):
            self._tell(said)
        elif not self._is_closed:
            self._newest = said
            if self._timer is None:
                self._look()

    def rest(self) -> None:
        """Take the bar away: the call is over, and the stream goes on."""
        self._stop()
        self._newest = None
        if self._shown is not None:
            self._send(self._shown, is_over=True)
            self._shown = None

    def close(self, *, is_cut: bool = False) -> None:
        """Send what is left, unless it was cut off, and hear nothing of how far it is any more."""
        self._stop()
        if self._newest is not None and not is_cut:
            self._send(self._newest)
        self._newest, self._is_closed = None, True

    def _look(self) -> None:
        self._timer = None
        now = self._clock.time()
        if now < self._due or not self._control.is_calm:
            self._timer = self._clock.call_at(max(self._due, now + EVERY_S / 10), self._look)
            return
        assert self._newest is not None  # whoever takes it away stops the timer
        self._due = now + EVERY_S
        self._shown, self._newest = self._newest, None
        self._send(self._shown)

    def _send(self, advance: Advance, *, is_over: bool = False) -> None:
        levels: list[Level] = []
        with guarded(self._fail):  # a description says by itself what it is as text
            levels = [] if is_over else list(advance.levels())
        self._control.send(
            ProgressState(
                call=advance.call, binding=self._binding.number, run=self._run, stream=self._stream, levels=levels
            )
        )

    def _fail(self, error: BaseException) -> None:
        if not self._has_failed:
            self._has_failed = True
            logger.error("the progress of %s cannot be shown", self._binding.name, exc_info=error)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
