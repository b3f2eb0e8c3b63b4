"""A gateway that is replaced while its siblings go on."""

from __future__ import annotations

import socket
import threading
from urllib.parse import urlsplit

from tests.server.gateways.pair import pair

import millstream as ms
from millstream.client.client import Client


def test_idle_connections_are_closed_before_anything_is_refused() -> None:
    has_begun, may_end = threading.Event(), threading.Event()

    def linger() -> None:
        has_begun.set()
        may_end.wait(10)

    def declare() -> ms.Blocks:
        with ms.Blocks() as demo:
            ms.Button("Linger").click(linger)
        return demo

    with pair(declare, drain=5.0) as (a, _), Client(a.url) as page:
        parts = urlsplit(a.url)
        address = (str(parts.hostname), int(parts.port or 0))
        with socket.create_connection(address, 3) as idle, socket.create_connection(address, 3) as fresh:
            assert asked(idle)
            [run] = page.click("Linger", wait=False)
            has_begun.wait(5)
            assert a.app.gateway is not None
            a.app.gateway.is_retiring = a.server.should_exit = True
            assert asked(fresh), "nothing was asked over it yet"
            assert idle.recv(1) == fresh.recv(1) == b""
            assert not run.is_over
            may_end.set()


def asked(connection: socket.socket) -> bool:
    """Ask over a connection that is kept, and return whether there is an answer."""
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    answer = b""
    while not answer.endswith(b"ok\n"):
        piece = connection.recv(4096)
        if not piece:
            return False
        answer += piece
    return True
