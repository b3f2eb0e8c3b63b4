"""The sockets of pages: little waits unsent in the kernel, on either event loop."""

from __future__ import annotations

import asyncio
import gc
import os
import select
import socket
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
import uvicorn
import uvloop
from tests.server.live import serving
from tests.server.test_serving import wait_until
from uvicorn.protocols.utils import ClientDisconnected
from websockets.datastructures import Headers
from websockets.http11 import Request

from millstream.client import Client
from millstream.runtime.send import heartbeat
from millstream.server.process import uvicorn_config
from millstream.server.process.protocols import BoundedHttp
from millstream.transports import websocket
from millstream.transports.lingering import LingeringTransport
from millstream.transports.websocket import MAX_UNSENT, LiveSocket, keep_little_unsent
from millstream.wire.encoding import HEARTBEAT, encode_message
from millstream.wire.messages import Clock, Hello, PageMessage
from millstream.wire.packet import VERSION


@pytest.mark.parametrize("new_loop", [asyncio.SelectorEventLoop, uvloop.new_event_loop])
def test_little_waits_unsent_in_the_kernel(new_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    async def connect() -> int:
        server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        keep_little_unsent(writer.transport)
        with socket.socket(fileno=os.dup(writer.get_extra_info("socket").fileno())) as same:
            unsent = same.getsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT)
        writer.close()
        server.close()
        return unsent

    loop = new_loop()
    try:
        assert loop.run_until_complete(connect()) == MAX_UNSENT
    finally:
        loop.close()


def test_what_is_no_tcp_socket_is_left_alone() -> None:
    keep_little_unsent(asyncio.BaseTransport())
    one, other = socket.socketpair()
    with one, other:
        keep_little_unsent(asyncio.BaseTransport({"socket": one}))


@pytest.mark.parametrize("new_loop", [asyncio.SelectorEventLoop, uvloop.new_event_loop])
def test_a_connection_that_closed_a_moment_ago_is_no_fault_of_who_writes(
    new_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    """Whoever sends learns that the peer has gone, or nothing until the next message."""

    async def send() -> None:
        server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        live = LiveSocket(uvicorn.Config(None), uvicorn.server.ServerState(), {})  # type: ignore[arg-type]
        live.transport = LingeringTransport(writer.transport)
        refusal = {"type": "websocket.http.response.body", "body": b"Try again."}
        live.conn.request = Request("/ws", Headers())  # type: ignore[attr-defined]
        live.initial_response = (503, [], b"")
        live.transport.abort()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        try:
            await live.send(refusal)  # type: ignore[arg-type]
        except ClientDisconnected:
            return
        finally:
            server.close()
            await server.wait_closed()

    loop = new_loop()
    try:
        loop.run_until_complete(send())
    finally:
        loop.close()


HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
CLOSE, PING, PONG = 0x88, 0x89, 0x8A


def test_only_a_page_that_is_silent_is_pinged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uvicorn_config, "PING_S", 0.5)
    with serving() as (url, _), socket.create_connection(tuple(urlsplit(url).netloc.split(":")), 10) as page:
        page.sendall(HANDSHAKE)
        assert b" 101 " in page.recv(4096)
        page.settimeout(0.1)
        until = spoke_at = time.monotonic()
        while spoke_at < until + 1.5:  # three intervals
            spoke_at = time.monotonic()
            page.sendall(bytes([PONG, 0x80, 0, 0, 0, 0]))
            with pytest.raises(TimeoutError):
                page.recv(1)
        page.settimeout(10)
        assert page.recv(1)[0] == PING
        assert 0.4 < time.monotonic() - spoke_at < 5


def test_a_page_that_rests_is_pinged_after_a_longer_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uvicorn_config, "PING_S", 0.2)
    monkeypatch.setattr(heartbeat, "HEARTBEAT_S", 0.1)
    monkeypatch.setattr(websocket, "REST_S", 1.0)
    with serving() as (url, app), socket.create_connection(tuple(urlsplit(url).netloc.split(":")), 10) as page:
        page.sendall(HANDSHAKE)
        assert b" 101 " in page.recv(4096)
        say(page, Hello(seq=1, version=VERSION, build=app.manifest.build, page_us=0))
        say(page, Clock(seq=2, page_us=0, idle=True))
        spoke_at, came = time.monotonic(), b""
        while bytes([PING, 4]) not in came:
            came += page.recv(4096)
        assert time.monotonic() - spoke_at > 0.9
        assert came.count(HEARTBEAT) >= 3


def test_reading_goes_on_until_more_than_one_message_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """To stop and to go on costs system calls, with each message of each page."""
    pauses: list[float] = []
    begin = LingeringTransport.__init__

    def watched(self: LingeringTransport, transport: asyncio.Transport) -> None:
        begin(self, transport)
        pause = self.pause_reading
        self.pause_reading = lambda: (pauses.append(0.0), pause())[1]  # type: ignore[method-assign]

    monkeypatch.setattr(LingeringTransport, "__init__", watched)
    with serving() as (url, app), socket.create_connection(tuple(urlsplit(url).netloc.split(":")), 10) as page:
        page.sendall(HANDSHAKE)
        assert b" 101 " in page.recv(4096)
        say(page, Hello(seq=1, version=VERSION, build=app.manifest.build, page_us=0))
        for seq in range(2, 12):
            say(page, Clock(seq=seq, page_us=0))
            page.recv(4096)
        assert pauses == []
        page.sendall(b"".join(framed(Clock(seq=seq, page_us=0)) for seq in range(12, 62)))
        wait_until(lambda: bool(pauses))
        wait_until(lambda: next(iter(app.host.sessions.values())).page.seen == 61)


def say(page: socket.socket, message: PageMessage) -> None:
    page.sendall(framed(message))


def framed(message: PageMessage) -> bytes:
    """Put a message into a frame with a mask of zeros."""
    data = encode_message(message)
    return bytes([0x82, 0x80 | len(data)]) + bytes(4) + data


def test_a_page_does_not_keep_the_protocol_of_its_handshake() -> None:
    with serving() as (url, _), Client(url), Client(url):
        gc.collect()
        assert not [kept for kept in gc.get_objects() if isinstance(kept, BoundedHttp)]


@pytest.mark.blocking
@pytest.mark.parametrize("is_blocked", [True, False])
def test_a_pong_that_came_while_the_loop_was_blocked_counts(monkeypatch: pytest.MonkeyPatch, is_blocked: bool) -> None:
    monkeypatch.setattr(uvicorn_config, "PING_S", 0.5)
    with serving() as (url, app), socket.create_connection(tuple(urlsplit(url).netloc.split(":")), 10) as page:
        page.sendall(HANDSHAKE)
        assert b" 101 " in page.recv(4096)
        head, payload = page.recv(2), page.recv(4)
        assert head[0] == PING
        if not is_blocked:
            assert page.recv(2)[0] == CLOSE, "a ping that is not answered ends the connection"
            return
        app.loop.call_soon_threadsafe(time.sleep, 2.5)
        time.sleep(1.0)  # the ping is overdue by now
        page.sendall(bytes([PONG, 0x84, 0, 0, 0, 0]) + payload)
        assert page.recv(2)[0] == PING


RESTARTED = b"\x03\xf4"  # 1012


@pytest.mark.parametrize("has_said_hello", [True, False])
def test_who_keeps_sending_reads_why_the_server_closes(has_said_hello: bool) -> None:
    """A socket that is closed with unread data is reset: the next write of a proxy fails, and it reads no further."""
    seen: list[bytes | OSError] = []
    with serving(drain=1.0) as (url, app):
        page = socket.create_connection(tuple(urlsplit(url).netloc.split(":")), 10)
        page.sendall(HANDSHAKE)
        assert b" 101 " in page.recv(4096)
        if has_said_hello:
            say(page, Hello(seq=1, version=VERSION, build=app.manifest.build, page_us=0))
            wait_until(lambda: len(app.host.sessions) == 1)
        talker = threading.Thread(target=talk, args=(page, seen))
        talker.start()
    talker.join()
    assert RESTARTED in b"".join(each for each in seen if isinstance(each, bytes))
    assert [each for each in seen if isinstance(each, OSError)] == []


def talk(page: socket.socket, seen: list[bytes | OSError]) -> None:
    """Send on and on, for a while after it was told to end as well; then answer, and wait for the end."""
    sent_since = 0
    with page:
        try:
            while sent_since < 100:
                page.sendall(bytes([PONG, 0x80, 0, 0, 0, 0]))
                if select.select([page], [], [], 0.001)[0]:
                    seen.append(page.recv(65536))
                sent_since += any(RESTARTED in each for each in seen if isinstance(each, bytes))
            page.sendall(bytes([CLOSE, 0x82, 0, 0, 0, 0]) + RESTARTED)
            while page.recv(65536):
                pass
        except OSError as error:
            seen.append(error)
