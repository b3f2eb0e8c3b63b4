"""Reads what a page says, within its budget, and has each message acted upon once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from millstream.errors import Closed, ProtocolError
from millstream.runtime.actions import Actions
from millstream.runtime.clock import SessionClock
from millstream.runtime.metrics import Totals
from millstream.runtime.page_info import PageInfo
from millstream.runtime.user_code import guarded, is_for_the_caller
from millstream.types import Transport
from millstream.wire.encoding import decode_packet, decode_page_message
from millstream.wire.messages import Ack, Bye, Clock, Credit, PageMessage, Played
from millstream.wire.packet import FIRST_OF_CONTROL

BURST_S: Final = 2.0
"""A page may send this many seconds' worth of messages at once."""

BREATH: Final = 32
"""After this many messages in a row other pages get their turn."""

FLOWING: Final = (Ack, Bye, Clock, Credit, Played)
"""Messages that only say how far the page is, and the last one."""

LARGE_BYTES: Final = 8 * 1024
"""A control message counts once more for each of these; packets are bounded by credit."""


class Inbox:
    """Acts upon what one page says, over all transports that it comes by.

    Args:
        page: Is told how far the page's messages were acted upon.
        rate_hz: Messages that the page may send, averaged over two seconds.
        actions: Act upon messages, by their types.
        clock: The time at which packets come.
        totals: Count what comes.
        refuse: Called when the page said what it may not say.

    Attributes:
        rests: Set it to act upon nothing any more that begins or changes anything: the page says it again to whoever
            goes on with its session.
        decode: Reads a control message.
    """

    def __init__(
        self,
        page: PageInfo,
        rate_hz: float,
        actions: Actions,
        clock: SessionClock,
        totals: Totals,
        refuse: Callable[[ProtocolError], None],
    ) -> None:
        self._page = page
        self._budget = MessageBudget(rate_hz)
        self._actions = actions
        self._clock, self._totals = clock, totals
        self._refuse = refuse
        self.decode: Callable[[bytes | memoryview], PageMessage] = decode_page_message
        self.rests = False

    @property
    def silent_s(self) -> float:
        """Seconds since the page was last heard."""
        return self._clock.time() - self._budget.heard_at

    async def read(self, transport: Transport) -> None:
        """Act upon all that comes, until the transport is gone, or the page says what it may not say.

        Raises:
            Closed: The transport is gone, or the page takes its leave.
        """
        spent, receivers, unknown = 0, self._actions.streams.receivers, self._actions.streams.unknown
        try:
            while True:
                data = await transport.receive()
                self._totals.received_bytes += len(data)
                is_media = len(data) > 0 and data[0] < FIRST_OF_CONTROL
                cost = 1 if is_media else 1 + len(data) // LARGE_BYTES
                now = self._clock.time()
                self._budget.spend(now, cost)
                if is_media:
                    packet = decode_packet(data)
                    if not self.rests or self._actions.streams.is_stopping(packet.stream):
                        receivers.get(packet.stream, unknown)(packet, now)
                else:
                    message = self.decode(data)
                    if self.rests:
                        if isinstance(message, FLOWING):
                            self._act(message)
                    elif message.seq > self._page.seen:  # else it was acted upon before
                        self._page.seen = message.seq
                        if (rest := self._act(message)) is not None:
                            await self._finish(message, rest)
                spent += cost
                if spent >= BREATH:
                    spent = 0
                    await asyncio.sleep(0)
        except ProtocolError as error:
            self._refuse(error)

    def _act(self, message: PageMessage) -> Awaitable[None] | None:
        """Act upon a message; gives what is to be awaited before the next one."""
        action = self._actions.by_type.get(type(message))
        if action is None:
            raise ProtocolError(f"{type(message).__name__} is not expected now")
        try:
            return action(message)
        except (ProtocolError, Closed):
            raise
        except BaseException as error:  # the session's loop; what it fails with is logged
            if is_for_the_caller(error):
                raise
            self._actions.fail(message, error)
            return None

    async def _finish(self, message: PageMessage, rest: Awaitable[None]) -> None:
        with guarded(partial(self._actions.fail, message), passing=(ProtocolError, Closed)):
            await rest


class MessageBudget:
    """The number of messages that a page may still send: a bucket that fills at a steady rate."""

    def __init__(self, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        self._full = self._left = rate_hz * BURST_S
        self.heard_at = 0.0

    def spend(self, now: float, cost: int) -> None:
        """Take what a message costs.

        Raises:
            ProtocolError: There is none left.
        """
        self._left = min(self._left + (now - self.heard_at) * self._rate_hz, self._full) - cost
        self.heard_at = now
        if self._left < 0:
            raise ProtocolError(f"more than {self._rate_hz:g} messages a second, or fewer but large ones", 1008)
