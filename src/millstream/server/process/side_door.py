"""Health checks while the event loop is blocked: they are answered in another thread, on the server's own port."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Callable
from typing import Any, Final, TypeAlias

MAX_HELD: Final = 256
"""Connections that may wait for the loop here; further ones wait in the kernel."""

PEEK: Final = 2048
"""Bytes of a request that are examined."""

Address: TypeAlias = Any


class SideDoor:
    """Accepts connections in the place of a blocked event loop.

    A request is only peeked at. One for `healthz` or `readyz` is answered here; the connection of any other is handed
    to the loop as it came, with nothing read from it.

    Args:
        listener: The listening socket, non-blocking; the loop accepts on it, too.
        loop: The loop.
        take: Takes a connection and its address over, on the loop.
        root_path: The path under which a proxy may publish the app.
    """

    def __init__(
        self,
        listener: socket.socket,
        loop: asyncio.AbstractEventLoop,
        take: Callable[[socket.socket, Address], None],
        root_path: str,
    ) -> None:
        self._listener = listener
        self._loop = loop
        self._take = take
        prefix = re.escape(root_path.encode())
        self._probe: Final = re.compile(rb"(?:GET|HEAD) (?:%b)?/(healthz|readyz)(?:\?[^ ]*)? HTTP/1\.[01]\r\n" % prefix)
        self._held: list[tuple[socket.socket, Address]] = []

    def attend(self) -> None:
        """Accept what is waiting, and answer the health checks among it."""
        self._accept()
        self._held = [held for held in self._held if not self._is_settled(*held)]

    def close(self) -> None:
        """Hand on whatever still waits here: the loop is running again."""
        held, self._held = self._held, []
        for connection, address in held:
            self._hand_on(connection, address)

    def _accept(self) -> None:
        while len(self._held) < MAX_HELD:
            try:
                connection, address = self._listener.accept()
            except OSError:  # nobody is waiting, or there is no descriptor left
                return
            connection.setblocking(False)
            self._held.append((connection, address))

    def _hand_on(self, connection: socket.socket, address: Address) -> None:
        try:
            self._loop.call_soon_threadsafe(self._take, connection, address)
        except RuntimeError:  # the loop has been closed
            connection.close()

    def _is_settled(self, connection: socket.socket, address: Address) -> bool:
        """Answer a connection or hand it on, unless nothing has come over it yet."""
        try:
            probe = self._probe.match(connection.recv(PEEK, socket.MSG_PEEK))
            if probe is not None:
                connection.recv(PEEK)  # a socket with unread data would be reset instead of closed
                connection.sendall(_ANSWERS[probe[1]])
                connection.shutdown(socket.SHUT_WR)
        except BlockingIOError:
            return False
        except OSError:  # it has gone
            connection.close()
            return True
        if probe is None:
            self._hand_on(connection, address)
        else:
            connection.close()
        return True


def _answer(status: bytes) -> bytes:
    body = b"the event loop is blocked\n"
    head = b"HTTP/1.1 %b\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\n" % (status, len(body))
    return head + b"cache-control: no-store\r\nx-content-type-options: nosniff\r\nconnection: close\r\n\r\n" + body


_ANSWERS: Final = {b"healthz": _answer(b"200 OK"), b"readyz": _answer(b"503 Service Unavailable")}
"""The process is alive, and mends itself; but it is no good time to send it new visitors."""
