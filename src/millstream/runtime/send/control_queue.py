"""The control messages on their way to one page: numbered, in order, and so many at most."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

from millstream.declare.element import too_large
from millstream.runtime.clock import SessionClock
from millstream.runtime.link import Unacknowledged
from millstream.wire.encoding import encode_message
from millstream.wire.limits import MAX_MESSAGE_BYTES
from millstream.wire.messages import ServerMessage

MAX_CONTROL_BYTES: Final = 16 * 1024 * 1024
"""Control messages that may wait for a slow page, together."""

CALM: Final = 16
CALM_BYTES: Final = 512 * 1024
"""As long as more messages, or bytes of them, wait than this, generators are held back."""

STALL_S: Final = 5.0
"""How long a control message may wait for a slow page."""


class Waiting(NamedTuple):
    """A control message that waits to be sent, since when, and its number."""

    since: float
    seq: int
    data: bytes


class ControlQueue:
    """Control messages keep their order, and are never held back by credit.

    Args:
        max_waiting: How many may wait.
        on_stall: Called when more would wait, or more bytes of them than `MAX_CONTROL_BYTES`; the last one is lost.
        on_late: Called when one has waited for longer than `STALL_S`.
        clock: Stands still while the page cannot be reached.
        kept: Keeps what was sent until the page has acknowledged it.
        work: Set when there is something to send.

    Attributes:
        waiting: Those that were not sent yet.
        is_calm: True if so few wait that more of them may come.
    """

    def __init__(
        self,
        max_waiting: int,
        on_stall: Callable[[], None],
        on_late: Callable[[], None],
        clock: SessionClock,
        kept: Unacknowledged,
        work: asyncio.Event,
    ) -> None:
        self._max_waiting = max_waiting
        self._on_stall, self._on_late = on_stall, on_late
        self._clock = clock
        self._kept = kept
        self._work = work
        self.waiting: deque[Waiting] = deque()
        self._bytes = 0
        self._seq = 0
        self.is_calm = True
        self._calm = asyncio.Event()

    def check(self, message: ServerMessage) -> None:
        """Check that a message could be sent.

        Raises:
            InvalidValue: It is too large for the wire.
        """
        if (size := len(encode_message(message))) > MAX_MESSAGE_BYTES:
            raise too_large(f"{size} bytes")

    def send(self, message: ServerMessage) -> None:
        """Queue a message.

        Raises:
            InvalidValue: It is too large for the wire.
        """
        message.seq = self._seq + 1
        data = encode_message(message)
        if len(data) > MAX_MESSAGE_BYTES:
            raise too_large(f"{len(data)} bytes")
        self._seq += 1
        if len(self.waiting) >= self._max_waiting or self._bytes + len(data) > MAX_CONTROL_BYTES:
            self._on_stall()
            return
        now = self._clock.time()
        is_late = bool(self.waiting) and now - self.waiting[0].since > STALL_S
        self.waiting.append(Waiting(now, self._seq, data))
        self._bytes += len(data)
        if len(self.waiting) > CALM or self._bytes > CALM_BYTES:
            self.is_calm = False
        self._work.set()
        if is_late:
            self._on_late()

    def announce(self, message: ServerMessage, again: ServerMessage) -> bytes:
        """Number and encode a message that goes at once, before the frames it announces.

        Frames are not sent again, so nothing is to wait for them: `again` is what a page that comes back gets of it.
        """
        self._seq += 1
        message.seq = again.seq = self._seq
        if self._kept.is_needed:
            self._kept.keep(self._seq, encode_message(again))
        return encode_message(message)

    def take(self) -> bytes:
        """Take the next one, to be sent now."""
        _, seq, data = self.waiting.popleft()
        if self._kept.is_needed:
            self._kept.keep(seq, data)
        self._bytes -= len(data)
        if not self.is_calm and len(self.waiting) <= CALM and self._bytes <= CALM_BYTES:
            self.is_calm = True
            self._calm.set()
        return data

    async def calm(self, timeout_s: float) -> None:
        """Wait until more messages may come.

        Raises:
            TimeoutError: The page took too few of them for `timeout_s`.
        """
        if not self.is_calm:
            async with self._clock.timeout(timeout_s):
                while not self.is_calm:
                    self._calm.clear()
                    await self._calm.wait()

    def clear(self) -> None:
        """Let go of all that was not sent."""
        self.waiting.clear()
        self._bytes = 0
        self.is_calm = True
        self._calm.set()
