"""A proxy that does not let WebSockets through: it refuses, strips, cuts off or never answers their handshake."""

from __future__ import annotations

import re
import socket
import threading
from typing import Literal

from tests.browser.cable import PIECE_BYTES, Cable

Way = Literal["refuse", "strip", "cut", "hang"]

WAYS: tuple[Way, ...] = ("refuse", "strip", "cut", "hang")
REFUSAL = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

_HANDSHAKE = re.compile(rb"GET \S*/ws[ ?]")
_UPGRADE = re.compile(rb"(?im)^(?:upgrade|connection|sec-websocket-[a-z]+):.*\r\n")


class BlockingProxy(Cable):
    """Carries everything but handshakes; those it meets in its own `way`.

    Attributes:
        handshakes: How many have come.
        batches: How many requests have come that bring messages.
        holds_back: Whether it keeps for itself what the server answers to `POST down`.
    """

    def __init__(self, url: str, way: Way, *, holds_back: bool = False) -> None:
        super().__init__(url)
        self.way = way
        self.handshakes = self.batches = 0
        self.holds_back = holds_back
        self._held: set[socket.socket] = set()
        self._ended = threading.Event()

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        super().__exit__(*error)

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            is_up = source.getpeername()[1] != self._far
            while piece := source.recv(PIECE_BYTES):
                if is_up:
                    piece = self._met(piece, source, sink)
                elif source in self._held:
                    self._ended.wait()
                sink.sendall(piece)
        except OSError:
            pass
        for end in (source, sink):
            end.close()

    def _met(self, piece: bytes, source: socket.socket, sink: socket.socket) -> bytes:
        """Meet what a page says; gives what is carried of it."""
        self.batches += piece.startswith(b"POST /up")
        if self.holds_back and piece.startswith(b"POST /down"):
            self._held.add(sink)
        if not _HANDSHAKE.match(piece):
            return piece
        self.handshakes += 1
        if self.way == "strip":
            return _UPGRADE.sub(b"", piece)
        if self.way == "refuse":
            source.sendall(REFUSAL)
        if self.way == "hang":
            self._ended.wait()
        raise OSError("the handshake goes no further")
