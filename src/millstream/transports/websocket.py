"""One page's WebSocket, on both sides of ASGI: uvicorn's protocol with the bounds that it lacks, and the transport.

The transport is straight on ASGI: 96 µs for 30 kB there and back, where a framework takes 106.
"""

from __future__ import annotations

import asyncio
import math
import os
import socket
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Final, Protocol

from starlette.types import Message, Receive, Send
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from millstream.errors import Closed, Departed
from millstream.transports.lingering import LingeringTransport
from millstream.wire.close_codes import GOODBYES
from millstream.wire.encoding import HEARTBEAT
from millstream.wire.limits import MAX_MESSAGE_BYTES
from millstream.wire.packet import SUBPROTOCOL

if TYPE_CHECKING:
    from uvicorn._types import ASGISendEvent
    from websockets.frames import Frame

CLOSE_UNSUPPORTED: Final = 1003
CLOSE_TOO_BIG: Final = 1009

HANDSHAKE_S: Final = 10.0
"""How long the handshake may take."""

CLOSE_S: Final = 2.0
"""How long a WebSocket may take to answer a close."""

REST_S: Final = 24.0
"""A page that is given heartbeats is asked whether it is there after so long a silence: it speaks every 20 s."""

TOGETHER_HZ: Final = 10
"""Looks at silent peers begin so many times a second at most: each wake-up of the loop costs."""

MAX_WAITING: Final = 1
"""Messages that may wait for the app while more is read: to stop reading and to go on costs more than most of them."""

LATE_S: Final = 1.0
"""A timer that is later than this tells of a loop that stood still, not of a peer."""

MAX_FRAMES_S: Final = 2000
"""WebSocket frames that a peer may send within a second, pings included: a page sends a hundred."""

SLICE: Final = 8 * 1024
"""Bytes that are parsed in one go. What one read brings, 256 KiB, can hold 43,000 empty frames, a second's work."""


MAX_UNSENT: Final = 16 * 1024
"""Bytes that the kernel takes before it has sent them: what waits there nothing can overtake any more."""


class WebSocketTransport:
    """A `Transport` over the `receive` and `send` of an ASGI websocket scope."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._closed: Closed | None = None

    async def accept(self, subprotocols: list[str]) -> None:
        """Complete the handshake; of the offered subprotocols ours is taken, if it is there.

        A page of another version is let in, so that it can be told to reload.

        Raises:
            Closed: The other side went away before.
        """
        message = await self._receive()
        if message["type"] != "websocket.connect":
            raise Closed("the page left before the handshake was over")
        chosen = SUBPROTOCOL if SUBPROTOCOL in subprotocols else None
        try:
            await self._send({"type": "websocket.accept", "subprotocol": chosen})
        except (OSError, RuntimeError) as error:
            raise _unsent(error) from error

    async def receive(self) -> bytes:
        """Wait for the next binary message.

        A text message closes the connection with 1003, one of more than 2 MiB with 1009.

        Raises:
            Closed: The other side is gone, or was turned away just now; `Departed` if it said goodbye.
        """
        if self._closed is not None:
            raise self._closed
        message = await self._receive()
        data: bytes | None = message.get("bytes")
        # Checked here too, since a foreign ASGI server does not know our settings.
        if data is not None and len(data) <= MAX_MESSAGE_BYTES:
            return data
        if message["type"] == "websocket.disconnect":
            self._closed = _end_of(message)
            raise self._closed
        if data is None:
            reason, code = "text messages are not understood", CLOSE_UNSUPPORTED
        else:
            reason, code = f"message of {len(data)} bytes exceeds {MAX_MESSAGE_BYTES}", CLOSE_TOO_BIG
        await self.close(code, reason)
        raise Closed(reason)

    async def send(self, message: bytes) -> None:
        """Send one binary message; returns when the socket took it.

        Raises:
            Closed: The other side is gone.
        """
        if self._closed is not None:
            raise self._closed
        try:
            await self._send({"type": "websocket.send", "bytes": message})
        except (OSError, RuntimeError) as error:
            raise _unsent(error) from error

    async def close(self, code: int, reason: str) -> None:
        """Say goodbye with a close code; does nothing if the connection has ended already."""
        if self._closed is not None:
            return
        self._closed = Closed(f"the server closed the connection with {code}: {reason}")
        try:
            # A close frame has room for 123 bytes of reason.
            short = reason.encode()[:123].decode(errors="ignore")
            await self._send({"type": "websocket.close", "code": code, "reason": short})
        except (OSError, RuntimeError):
            return  # gone in the meantime, which is all that was wanted


def _end_of(message: Message) -> Closed:
    """Tell a goodbye from a link that broke."""
    code = int(message.get("code", 1005))
    # uvicorn reports a broken link as 1005 too, but gives a reason only when there was a close frame.
    if code in GOODBYES or (code == 1005 and "reason" in message):
        return Departed(f"the page closed the connection ({code})")
    return Closed(f"the link to the page was lost ({code})")


def _unsent(error: Exception) -> Closed:
    """Say what an ASGI server means by what it raised: an `OSError` once the client is gone.

    How that went is told by what can still be received: the last words of the page, and a goodbye perhaps.
    """
    # It is a `RuntimeError` after a close that raced with the message.
    is_gone = isinstance(error, OSError)
    return Closed("the link to the page was lost" if is_gone else "the connection is closed already")


class Crowd(Protocol):
    """Connections that make room for each other."""

    def leave(self, member: Hashable) -> None:
        """Count a connection no longer. Harmless if it is not counted."""


def keep_little_unsent(transport: asyncio.BaseTransport) -> None:
    """Bound what waits unsent in the kernel, where it can (`TCP_NOTSENT_LOWAT`); else it takes some megabytes."""
    known = transport.get_extra_info("socket")
    option = getattr(socket, "TCP_NOTSENT_LOWAT", None)
    if known is None or option is None or known.family not in (socket.AF_INET, socket.AF_INET6):
        return
    with socket.socket(fileno=os.dup(known.fileno())) as own:  # uvloop's has no options to set
        own.setsockopt(socket.IPPROTO_TCP, option, MAX_UNSENT)


class LiveSocket(WebSocketsSansIOProtocol):
    """A WebSocket that ends at once when its peer is found dead or floods us, and else tells each peer why it ends.

    uvicorn closes a dead connection only after it has written what is still in the buffer, which a dead peer never
    takes: the app would learn of it when TCP gives up, a quarter of an hour later. And it closes others with data
    unread, so that the close frame may be lost.
    """

    transport: LingeringTransport

    connection_limits: Crowd | None = None
    pages: Crowd | None = None
    on_page: Callable[[], None] | None = None
    """Counts it as a page; called with its first message."""

    _is_silent = True
    _is_resting = False
    _frames = 0
    _since = _heard_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Bound the handshake, and the wait for the answer to a close."""
        own = transport if isinstance(transport, LingeringTransport) else LingeringTransport(transport)  # type: ignore[arg-type]
        own.is_peer_done = False
        super().connection_made(own)
        self.close_timeout = CLOSE_S
        keep_little_unsent(transport)
        self._handshake = self.loop.call_later(HANDSHAKE_S, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._handshake.cancel()
        self.transport.forget()
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
            if self.transport.is_lingering:
                self.transport.drop(len(data) - start)
                return
            connection.receive_data(data[start : start + SLICE] if len(data) > SLICE else data)
            if connection.parser_exc is not None:
                self.handle_parser_exception()
            elif connection.events:
                now = self._heard_at = self.loop.time()
                if now - self._since >= 1.0:
                    self._since, self._frames = now, 0
                self._frames += len(connection.events)
                if self._frames > MAX_FRAMES_S:
                    self._end_flood()
                else:
                    self._is_resting = False
                    was_paused, self.read_paused = self.read_paused, True  # it would be paused at each message
                    self.handle_events()
                    self.read_paused = was_paused
        waiting = self.queue.qsize() if self.handshake_complete else 0
        if waiting > MAX_WAITING and not self.read_paused:
            self.read_paused = True
            self.transport.pause_reading()
        if waiting and self._is_silent and not self.close_sent and self.conn.close_rcvd is None:
            self._become_page()

    def _become_page(self) -> None:
        """Count it among the pages: the first message has come."""
        self._is_silent = False
        self._leave_crowd()
        if self.on_page is not None:
            self.on_page()
            self.on_page = None  # it holds the protocol of the handshake

    def _end_flood(self) -> None:
        """Close with 1008, or with 1009 if there are too many fragments of one message."""
        code, reason = (1009, "too many fragments") if self.frames else (1008, "too many messages")
        self.conn.fail(code, reason)
        self.handle_parser_exception()

    def handle_parser_exception(self) -> None:
        """Say why, and throw away what still comes."""
        close = self.conn.close_sent
        self.close_sent = True
        if close is not None:
            self.queue.put_nowait({"type": "websocket.disconnect", "code": close.code, "reason": close.reason})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self._part()

    def handle_close(self, event: Frame) -> None:
        """Close at once: after its close frame, a peer sends nothing."""
        self.transport.is_peer_done = True
        super().handle_close(event)

    def shutdown(self) -> None:
        """Close with 1012; if it is closed with something else already, leave the peer the time to answer that."""
        if self.close_sent:
            self.stop_keepalive()
        else:
            super().shutdown()
            self._part()

    def _part(self) -> None:
        """Close the connection, however little the peer takes of what was written."""
        self.transport.close()
        self.close_timer = self.loop.call_later(CLOSE_S, self.transport.abort)

    async def send(self, message: ASGISendEvent) -> None:
        """Bound a close: a peer that takes nothing would hold up the end of its session, and then keep its socket."""
        is_close = message["type"] == "websocket.close"
        if message.get("bytes") == HEARTBEAT:
            self._is_resting = True
        if is_close and not self.writable.is_set():
            try:
                async with asyncio.timeout(self.close_timeout):
                    await self.writable.wait()
            except TimeoutError:
                self.transport.abort()
        try:
            await super().send(message)
        except RuntimeError as error:
            if not self.transport.is_closing():
                raise
            raise ClientDisconnected from error  # it closed a moment ago: uvloop takes nothing then, and raises
        if is_close and self.close_timer is not None:
            self.close_timer.cancel()
            self.close_timer = self.loop.call_later(self.close_timeout, self.transport.abort)

    def send_keepalive_ping(self) -> None:
        """Ask a peer only if nothing was heard of it for an interval: a page is heard more often than that."""
        now, patience_s = self.loop.time(), self.ping_interval or 0.0
        if now - self._heard_at >= (max(REST_S, patience_s) if self._is_resting else patience_s):
            super().send_keepalive_ping()
        else:
            since = now if self._is_resting else self._heard_at
            due = math.ceil((since + patience_s) * TOGETHER_HZ) / TOGETHER_HZ
            self.ping_timer = self.loop.call_at(due, self.send_keepalive_ping)

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
