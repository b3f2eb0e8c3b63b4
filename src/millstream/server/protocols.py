"""uvicorn's two protocols with the bounds that they lack: on unfinished requests, and on dead WebSockets."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

if TYPE_CHECKING:
    from uvicorn._types import ASGISendEvent

HEADERS_S: Final = 10.0
"""How long a connection may take to send the headers of a request, once it has begun or has been opened."""

MAX_HEADER_BYTES: Final = 64 * 1024
MAX_HEADERS: Final = 200

MAX_PIPELINE: Final = 8
"""Requests that may be sent before the answer to the first; browsers send none."""

CLOSE_S: Final = 2.0
"""How long a WebSocket may take to answer a close."""

MAX_FRAMES_S: Final = 2000
"""WebSocket frames that a peer may send within a second, pings included: a page sends a hundred."""

SLICE: Final = 8 * 1024
"""Bytes that are parsed in one go. What one read brings, 256 KiB, can hold 43,000 empty frames, a second's work."""


class BoundedHttp(HttpToolsProtocol):
    """HTTP that drops who is slow or long-winded with the headers."""

    _patience: asyncio.TimerHandle | None = None
    _read = 0
    _read_headers = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Start the first deadline: a client that connects and says nothing holds a socket too."""
        super().connection_made(transport)
        self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._rest()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count bytes up to the end of the headers."""
        if self._patience is not None:
            if self._read > MAX_HEADER_BYTES:
                self.send_400_response("The headers are too long.")
                return
            self._read += len(data)
        super().data_received(data)

    def on_message_begin(self) -> None:
        """Start the deadline of a further request on the same connection."""
        super().on_message_begin()
        if self._patience is None:
            self._await_headers()

    def on_url(self, url: bytes) -> None:
        """Refuse what comes in one piece but is too long."""
        if len(self.url) + len(url) > MAX_HEADER_BYTES:
            raise ValueError("the address is too long")
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Refuse too many headers, and too long ones."""
        self._read_headers += len(name) + len(value)
        if len(self.headers) >= MAX_HEADERS or self._read_headers > MAX_HEADER_BYTES:
            raise ValueError("too many headers")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Stop the clock; bodies have their own bounds."""
        self._rest()
        if len(self.pipeline) >= MAX_PIPELINE:
            raise ValueError("too many requests at once")
        super().on_headers_complete()

    def _await_headers(self) -> None:
        self._read = self._read_headers = 0
        self._patience = self.loop.call_later(HEADERS_S, self._give_up)

    def _rest(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _give_up(self) -> None:
        self._patience = None
        self.transport.abort()


class LiveSocket(WebSocketsSansIOProtocol):
    """A WebSocket that ends at once when its peer is found dead, and when it floods us with frames.

    uvicorn closes a dead connection only after it has written what is still in the buffer, which a dead peer never
    takes: the app would learn of it when TCP gives up, a quarter of an hour later.
    """

    _frames = 0
    _since = 0.0
    _has_failed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Bound the wait for the answer to a close."""
        super().connection_made(transport)
        self.close_timeout = CLOSE_S

    def data_received(self, data: bytes) -> None:
        """Parse in slices, so that a flood is noticed before all of it has been taken in."""
        for start in range(0, len(data), SLICE):
            if self._has_failed:
                return
            super().data_received(data[start : start + SLICE] if len(data) > SLICE else data)

    def handle_events(self) -> None:
        """Count the frames; too many close with 1008, or with 1009 if they are fragments of one message."""
        now = self.loop.time()
        if now - self._since >= 1.0:
            self._since, self._frames = now, 0
        self._frames += len(self.conn.events)
        if self._frames <= MAX_FRAMES_S:
            super().handle_events()
            return
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
        """Drop the connection: a ping was not answered in time."""
        super().keepalive_timeout()
        self.transport.abort()
