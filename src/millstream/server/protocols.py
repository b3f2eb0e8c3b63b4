"""uvicorn's two protocols with the bounds that they lack: on unfinished requests, and on dead WebSockets."""

from __future__ import annotations

import asyncio
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

HEADERS_S: Final = 10.0
"""How long a connection may take to send the headers of a request, once it has begun or has been opened."""

MAX_HEADER_BYTES: Final = 64 * 1024
MAX_HEADERS: Final = 200

CLOSE_S: Final = 2.0
"""How long a WebSocket may take to answer a close."""


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
    """A WebSocket that ends at once when its peer is found dead.

    uvicorn closes such a connection only after it has written what is still in the buffer, which a dead peer never
    takes: the app would learn of it when TCP gives up, a quarter of an hour later.
    """

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Bound the wait for the answer to a close."""
        super().connection_made(transport)
        self.close_timeout = CLOSE_S

    def keepalive_timeout(self) -> None:
        """Drop the connection: a ping was not answered in time."""
        super().keepalive_timeout()
        self.transport.abort()
