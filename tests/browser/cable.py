"""A cable between browser and server that can be cut, narrowed, and go dead: a TCP proxy on a port of its own."""

from __future__ import annotations

import socket
import threading
import time
from typing import Self
from urllib.parse import urlsplit

PIECE_BYTES = 65_536
NARROW_PIECE_BYTES = 1_024


class Cable:
    """Carries everything to `url` and back; `self.url` is the near end.

    A context manager: at its end everything is closed.
    """

    def __init__(self, url: str) -> None:
        self._far = urlsplit(url).port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = []
        self._flows = threading.Event()
        self._flows.set()
        self._is_over = threading.Event()
        self._bytes_per_s: float | None = None
        self._free_at = 0.0
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/"

    def cut(self) -> None:
        """End every connection without the goodbye of a WebSocket; new ones are carried."""
        for end in self._sockets:
            _close(end)
        self._sockets.clear()

    def freeze(self) -> None:
        """Carry nothing any more, and say nothing of it to either side."""
        self._flows.clear()

    def narrow(self, bytes_per_s: float) -> None:
        """Carry so much from now on towards the page, all connections together; nothing is lost, it comes later."""
        self._bytes_per_s = bytes_per_s

    def thaw(self) -> None:
        self._flows.set()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.thaw()
        self._is_over.set()
        _close(self._listener)
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._far))
            except OSError:
                return
            self._sockets += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while piece := source.recv(NARROW_PIECE_BYTES if self._bytes_per_s else PIECE_BYTES):
                self._flows.wait()
                if self._bytes_per_s and source.getpeername()[1] == self._far:
                    self._free_at = max(self._free_at, time.monotonic()) + len(piece) / self._bytes_per_s
                    self._is_over.wait(self._free_at - time.monotonic())
                sink.sendall(piece)
        except OSError:
            pass
        _close(source)
        _close(sink)


def _close(end: socket.socket) -> None:
    """Close an end that another thread may be waiting at: only a shutdown wakes it."""
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    end.close()
