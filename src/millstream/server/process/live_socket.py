"""uvicorn's WebSocket with the bounds that it lacks: on dead peers, and on floods of frames."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from millstream.server.process.connection_limits import ConnectionLimits

if TYPE_CHECKING:
    from uvicorn._types import ASGISendEvent

HANDSHAKE_S: Final = 10.0
"""How long the handshake may take."""

CLOSE_S: Final = 2.0
"""How long a WebSocket may take to answer a close."""

LATE_S: Final = 1.0
"""A timer that is later than this tells of a loop that stood still, not of a peer."""

MAX_FRAMES_S: Final = 2000
"""WebSocket frames that a peer may send within a second, pings included: a page sends a hundred."""

SLICE: Final = 8 * 1024
"""Bytes that are parsed in one go. What one read brings, 256 KiB, can hold 43,000 empty frames, a second's work."""


MAX_UNSENT: Final = 16 * 1024
"""Bytes that the kernel takes before it has sent them: what waits there nothing can overtake any more."""


def keep_little_unsent(transport: asyncio.BaseTransport) -> None:
    """Bound what waits unsent in the kernel, where it can (`TCP_NOTSENT_LOWAT`); else it takes some megabytes."""
    known = transport.get_extra_info("socket")
    option = getattr(socket, "TCP_NOTSENT_LOWAT", None)
    if known is None or option is None or known.family not in (socket.AF_INET, socket.AF_INET6):
        return
    with socket.socket(fileno=os.dup(known.fileno())) as own:  # uvloop's has no options to set
        own.setsockopt(socket.IPPROTO_TCP, option, MAX_UNSENT)


class LiveSocket(WebSocketsSansIOProtocol):
    """A WebSocket that ends at once when its peer is found dead, and when it floods us with frames.

    uvicorn closes a dead connection only after it has written what is still in the buffer, which a dead peer never
    takes: the app would learn of it when TCP gives up, a quarter of an hour later.
    """

    connection_limits: ConnectionLimits | None = None
    pages: ConnectionLimits | None = None
    on_page: Callable[[], None] | None = None
    """Counts it as a page; called with its first message."""

    _is_silent = True
    _frames = 0
    _since = 0.0
    _has_failed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Bound the handshake, and the wait for the answer to a close."""
        super().connection_made(transport)
        self.close_timeout = CLOSE_S
        keep_little_unsent(transport)
        self._handshake = self.loop.call_later(HANDSHAKE_S, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._handshake.cancel()
        self._leave_crowd()
        if self.pages is not None:
            self.pages.leave(self)
        super().connection_lost(exc)

    def _leave_crowd(self) -> None:
        if self.connection_limits is not None:
            self.connection_limits.leave(self)
            self.connection_limits = None

    def _give_up(self) -> None:
        if not self.handshake_complete:
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Parse in slices, so that a flood of frames is noticed before all of it has been taken in."""
        connection = self.conn
        for start in range(0, len(data), SLICE):
            if self._has_failed:
                return
            connection.receive_data(data[start : start + SLICE] if len(data) > SLICE else data)
            if connection.parser_exc is not None:
                self.handle_parser_exception()
            elif connection.events:
                now = self.loop.time()
                if now - self._since >= 1.0:
                    self._since, self._frames = now, 0
                self._frames += len(connection.events)
                if self._frames > MAX_FRAMES_S:
                    self._end_flood()
                else:
                    self.handle_events()
        if self._is_silent and self.read_paused:  # it is, as soon as a message waits for the app
            self._become_page()

    def _become_page(self) -> None:
        """Count it among the pages: the first message has come."""
        self._is_silent = False
        self._leave_crowd()
        if self.on_page is not None:
            self.on_page()

    def _end_flood(self) -> None:
        """Close with 1008, or with 1009 if there are too many fragments of one message."""
        code, reason = (1009, "too many fragments") if self.frames else (1008, "too many messages")
        self.conn.fail(code, reason)
        self.handle_parser_exception()

    def handle_parser_exception(self) -> None:
        """Say why, and throw away what still comes: closing a socket with unread data would lose the close frame."""
        close = self.conn.close_sent
        self._has_failed = self.close_sent = True
        if close is not None:
            self.queue.put_nowait({"type": "websocket.disconnect", "code": close.code, "reason": close.reason})
        self.transport.write(b"".join(self.conn.data_to_send()))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(CLOSE_S, self.transport.abort)

    async def send(self, message: ASGISendEvent) -> None:
        """Bound a close: a peer that takes nothing would hold up the end of its session, and then keep its socket."""
        is_close = message["type"] == "websocket.close"
        if is_close and not self.writable.is_set():
            try:
                async with asyncio.timeout(self.close_timeout):
                    await self.writable.wait()
            except TimeoutError:
                self.transport.abort()
        await super().send(message)
        if is_close and self.close_timer is not None:
            self.close_timer.cancel()
            self.close_timer = self.loop.call_later(self.close_timeout, self.transport.abort)

    def keepalive_timeout(self) -> None:
        """Drop the connection: a ping was not answered in time.

        If it was this process that stood still, the answer may be there and only has to be read first.
        """
        now = self.loop.time()
        if self.ping_timeout is not None and now - self.ping_sent_at > self.ping_timeout + LATE_S:
            self.ping_sent_at = now + LATE_S - self.ping_timeout
            self.pong_timer = self.loop.call_later(LATE_S, self.keepalive_timeout)
            return
        super().keepalive_timeout()
        self.transport.abort()
