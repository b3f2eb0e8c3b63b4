"""uvicorn's HTTP with the bounds that it lacks on slow and silent peers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from millstream.server.process.connection_limits import ConnectionLimits
from millstream.server.process.deadlines import Deadline
from millstream.transports.http import PAGE_EXTENSION
from millstream.transports.lingering import LingeringTransport
from millstream.transports.websocket import LiveSocket, keep_little_unsent

if TYPE_CHECKING:
    from uvicorn._types import (
        ASGI3Application,
        ASGIReceiveCallable,
        ASGISendCallable,
        ASGISendEvent,
        HTTPResponseBodyEvent,
        Scope,
    )

HEADERS_S: Final = 10.0
"""How long a connection may take to send the headers of a request, once it has begun or has been opened."""

BODY_S: Final = 10.0
"""How long the body of a request may stand still."""

BODY_RATE: Final = 4 * 1024
"""Bytes a second that a body has to bring on average. What brings a quarter of it is given up within 14 s."""

TAKE_S: Final = 10.0
"""Time allowed for taking one part of a response. A client that reads nothing costs next to no memory."""

PIECE: Final = 32 * 1024
"""Bytes of a response that are handed to the connection at once; the next ones when these are taken."""

STIR: Final = 1024
"""Bytes that count as a move of a connection; who sends single ones is no better than who is silent."""

MAX_HEADER_BYTES: Final = 64 * 1024
MAX_HEADERS: Final = 200

MAX_PIPELINE: Final = 8
"""Requests that may be sent before the answer to the first; browsers send none."""


# Long: 14 of its methods are the callbacks of uvicorn's protocol, each of which moves a connection from clock to clock.
class BoundedHttp(HttpToolsProtocol):
    """HTTP that drops who is slow: with the headers, with a body, with reading the answer, or with anything between.

    At each moment one of these clocks runs, whatever the app behind does: `HEADERS_S` from the opening of the
    connection, or from the end of the last answer, to the end of the next headers; a `Deadline` from there to the end
    of the body; and `TAKE_S` while something of an answer waits to be taken. An app that thinks is not hurried, and
    neither is one whose answer is the way down of an open page: that lasts as long as the page, which has to send, too.
    """

    connection_limits = ConnectionLimits()
    """Counts the connections of each address; the server puts its own here."""

    pages: ConnectionLimits | None = None
    """Counts the open pages."""

    transport: LingeringTransport

    _patience: asyncio.TimerHandle | None = None
    _body: Deadline | None = None
    _body_timer: asyncio.TimerHandle | None = None
    _untaken: asyncio.TimerHandle | None = None
    _read = 0
    _read_headers = 0
    _is_page = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Start the first deadline: a client that connects and says nothing holds a socket too."""
        super().connection_made(LingeringTransport(transport))
        self.transport.is_peer_done = True
        transport.set_write_buffer_limits(high=1, low=0)  # "paused" means: something waits for the peer
        self.flow = _Flow(transport, self._renew)
        self._join(self.connection_limits, self)
        self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clocks."""
        self._let_go()
        self.transport.forget()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count bytes up to the end of the headers."""
        if self.transport.is_lingering:
            self.transport.drop(len(data))
            return
        if self._patience is not None:
            if self._read > MAX_HEADER_BYTES:
                self.send_400_response("The headers are too long.")
                return
            self._read += len(data)
        super().data_received(data)
        if self._body is not None and self._body_timer is None:
            self._watch_body()

    def on_message_begin(self) -> None:
        """Start the deadline of a further request on the same connection."""
        super().on_message_begin()
        self.transport.is_peer_done = False
        if self._patience is None:
            self._await_headers()

    def on_url(self, url: bytes) -> None:
        """Refuse an address that is too long."""
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
        """Go over from the clock of the headers to that of the body."""
        self._patience = _stopped(self._patience)
        if len(self.pipeline) >= MAX_PIPELINE:
            raise ValueError("too many requests at once")
        self._body = Deadline(BODY_S, BODY_RATE, self.loop.time())
        self._join(self.connection_limits, self)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Count what comes."""
        if self._body is not None:
            self._body.took(len(body), self.loop.time())
        if len(body) >= STIR:
            self.connection_limits.stir(self)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Stop the clock of the body: what follows is up to the app, and is no reason to make room."""
        self._body, self._body_timer = None, _stopped(self._body_timer)
        self.transport.is_peer_done = True
        self.connection_limits.leave(self)
        super().on_message_complete()

    def pause_writing(self) -> None:
        """Something waits for the peer: start the clock."""
        super().pause_writing()
        if self._untaken is None:
            self._untaken = self.loop.call_later(TAKE_S, self.transport.abort)

    def resume_writing(self) -> None:
        """All of it was taken."""
        self._untaken = _stopped(self._untaken)
        self.connection_limits.stir(self)
        super().resume_writing()

    def on_response_complete(self) -> None:
        """Wait for the next request; a connection whose body nobody wants is of no use for one."""
        if self._body is not None:
            self.transport.close()
        if self.transport.is_lingering:
            return
        super().on_response_complete()
        if self._patience is None and not self.pipeline and not self.transport.is_closing():
            self._await_headers()

    def rejoin(self) -> None:
        """Count the connection again: now it is the peer that is waited for."""
        if not self.transport.is_closing() and not self._is_page:
            self._join(self.connection_limits, self)

    def become_page(self) -> None:
        """Count the connection among the open pages, as a WebSocket is: its answer is the way down of one."""
        self._is_page = True
        keep_little_unsent(self.transport)
        self.connection_limits.leave(self)
        if self.pages is not None:
            self._join(self.pages, self)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request; its sender may well be in the middle of it."""
        self.transport.is_peer_done = False
        super().send_400_response(msg)

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over as it was found. It counts among the others until the page has said something."""
        self._let_go()
        self.transport.set_write_buffer_limits()
        super().handle_websocket_upgrade()
        protocol = self.transport.get_protocol()
        if isinstance(protocol, LiveSocket) and not self.transport.is_closing():
            protocol.connection_limits = self.connection_limits
            self._join(self.connection_limits, protocol)
            if self.pages is not None:
                protocol.on_page = partial(self._join, self.pages, protocol)
                protocol.pages = self.pages

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        cycle.transport = _Exit(self)  # type: ignore[assignment]  # all of a transport that a cycle uses
        cycle.scope["extensions"] = {PAGE_EXTENSION: self.become_page}  # type: ignore[dict-item]  # one of our own
        super()._start_asgi_task(cycle, _in_pieces(app))

    def _await_headers(self) -> None:
        self._read = self._read_headers = 0
        _stopped(self._patience)
        self._patience = self.loop.call_later(HEADERS_S, self.transport.abort)

    def _watch_body(self) -> None:
        """Look again when patience would run out; bytes that come only move the time, which costs no timer."""
        self._body_timer = None
        if self._body is None or self.transport.is_lingering:
            return
        now = self.loop.time()
        if self.flow.read_paused:
            self._body.renew(now)
        left_s = self._body.left_s(now)
        if left_s > 0:
            self._body_timer = self.loop.call_later(left_s, self._watch_body)
        else:
            self._refuse_body()

    def _refuse_body(self) -> None:
        if self.pipeline or self.cycle.response_started or self.flow.write_paused:
            self.transport.abort()
            return
        self.cycle.disconnected = True
        self.cycle.message_event.set()
        self.transport.write(_TOO_SLOW)
        self.transport.close()

    def _join(self, connection_limits: ConnectionLimits, member: asyncio.Protocol) -> None:
        peer = self.client[0] if self.client else ""
        forwarded = b",".join(value for name, value in self.headers or () if name == b"x-forwarded-for")
        connection_limits.enter(member, peer, self.transport.abort)
        connection_limits.reveal(member, peer, forwarded.decode("latin-1"))

    def _renew(self) -> None:
        if self._body is not None:
            self._body.renew(self.loop.time())

    def _let_go(self) -> None:
        self._patience, self._body_timer = _stopped(self._patience), _stopped(self._body_timer)
        self._untaken, self._body = _stopped(self._untaken), None
        self.connection_limits.leave(self)
        if self.pages is not None:
            self.pages.leave(self)


def _stopped(timer: asyncio.TimerHandle | None) -> asyncio.TimerHandle | None:
    """Stop a clock, and give what stands for none."""
    if timer is not None:
        timer.cancel()
    return None


class _Flow(FlowControl):
    """Flow control that says when reading goes on: the time before was ours, not the peer's."""

    def __init__(self, transport: asyncio.Transport, on_resume: Callable[[], None]) -> None:
        super().__init__(transport)
        self._on_resume = on_resume

    def resume_reading(self) -> None:
        """Go on reading."""
        if self.read_paused:
            self._on_resume()
        super().resume_reading()


class _Exit:
    """The transport of one answer."""

    def __init__(self, protocol: BoundedHttp) -> None:
        self._protocol = protocol

    def write(self, data: bytes) -> None:
        self._protocol.rejoin()
        if not self.is_closing():  # one that was aborted a moment ago takes nothing, and says so by raising
            self._protocol.transport.write(data)

    def is_closing(self) -> bool:
        return self._protocol.transport.is_closing()

    def close(self) -> None:
        self._protocol.transport.close()


def _in_pieces(app: ASGI3Application) -> ASGI3Application:
    """Send an app's response in parts, each when the previous one was taken; they share the memory of the whole."""

    async def sending(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        async def send_pieces(message: ASGISendEvent) -> None:
            if message["type"] != "http.response.body" or len(message.get("body", b"")) <= PIECE:
                await send(message)
                return
            body, goes_on = memoryview(message["body"]), message.get("more_body", False)
            for start in range(0, len(body), PIECE):
                part, is_last = body[start : start + PIECE], start + PIECE >= len(body)
                piece: HTTPResponseBodyEvent = {
                    "type": "http.response.body",
                    "body": part,  # type: ignore[typeddict-item]  # a view of it does as well
                    "more_body": goes_on or not is_last,
                }
                await send(piece)

        await app(scope, receive, send_pieces)

    return sending


def _answer(status: bytes, sentence: str) -> bytes:
    body = json.dumps({"error": sentence}).encode()
    head = b"HTTP/1.1 %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\n" % (status, len(body))
    return head + b"cache-control: no-store\r\nconnection: close\r\n\r\n" + body


_TOO_SLOW: Final = _answer(
    b"408 Request Timeout", "The connection is too slow, or stood still for too long. Try again."
)
