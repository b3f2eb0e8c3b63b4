"""Moves packets over HTTP where WebSockets are blocked: one response that does not end down, requests up."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

from starlette.types import Send

from millstream.errors import Closed, Departed, ProtocolError
from millstream.wire.close_codes import GOODBYES
from millstream.wire.framing import KEEP_ALIVE, End, frame, frame_end

KEEP_ALIVE_S: Final = 5.0
"""A response in which nothing happens gets a sign of life so often: proxies end silent ones after 30 to 60 s."""

SILENCE_S: Final = 30.0
"""A page that sends nothing for so long is gone: even one that rests compares the clocks every 20 s."""

MAX_IN_FLIGHT: Final = 3
"""Batches that a page may have on their way: two, so that one travels while the other is made, and that of its end."""

ORDER_S: Final = 10.0
"""How long a batch waits for the one before it, and for room."""

ROOM_BYTES: Final = 256 * 1024
"""A batch is taken when no more than this waits to be read."""

CLOSE_S: Final = 2.0
"""How long a page may take to take the last record."""

PAGE_EXTENSION: Final = "millstream.page"
"""Name in `scope["extensions"]` of a function by which our own server counts a connection among the open pages."""

_HEADERS: Final = (
    (b"content-type", b"application/octet-stream"),
    (b"cache-control", b"no-store, no-transform"),  # the second forbids proxies to compress it, which holds it up
    (b"x-accel-buffering", b"no"),
    (b"connection", b"close"),  # its end is the end of the page, and the socket is tuned for it
)


class HttpTransport:
    """A `Transport` over one ASGI response and the batches that come beside it; its owner hands over both.

    Args:
        send: The `send` of the request whose response carries the messages down.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._writing = asyncio.Lock()
        self._is_torn = self._is_quiet = self._is_finished = False
        self._closed: Closed | None = None
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._taken = 0
        self._changed = asyncio.Event()

    async def accept(self, secret: str) -> None:
        """Begin the response; its first message is the secret that belongs into the requests of this connection."""
        await self._send({"type": "http.response.start", "status": 200, "headers": list(_HEADERS)})
        await self.send(secret.encode())

    async def receive(self) -> bytes:
        """Wait for the next message.

        Raises:
            Closed: The page is gone, or has said nothing for 30 s, and all that it said was read; `Departed` if it
                said goodbye.
        """
        while not self._waiting:
            if self._closed is not None:
                raise self._closed
            try:
                async with asyncio.timeout(SILENCE_S):
                    await self._change()
            except TimeoutError:
                self.lose("the page has stopped sending")
        message = self._waiting.popleft()
        self._waiting_bytes -= len(message)
        self._changed.set()
        return message

    async def take(self, number: int, records: list[bytes | End]) -> None:
        """Take a batch: once, however often it is sent, and in the order of the numbers from 1.

        Raises:
            Closed: The connection has ended.
            ProtocolError: The batch is too far ahead, one before it is missing, or it finds no room in time.
        """
        if number > self._taken + MAX_IN_FLIGHT:
            raise ProtocolError(f"batch {number} comes too soon: {self._taken} were taken")
        try:
            async with asyncio.timeout(ORDER_S):
                while number > self._taken + 1 or (number > self._taken and self._waiting_bytes > ROOM_BYTES):
                    self._check()
                    await self._change()
        except TimeoutError:
            raise ProtocolError(f"batch {number} could not be taken in time") from None
        self._check()
        if number > self._taken:  # else it is here already: what was lost was the answer
            self._taken = number
            for record in records:
                if isinstance(record, End):
                    self.lose(f"the page closed the connection ({record.code})", is_goodbye=record.code in GOODBYES)
                    break
                self._waiting.append(record)
                self._waiting_bytes += len(record)
            self._changed.set()

    async def send(self, message: bytes) -> None:
        """Send one message; returns when the socket took it.

        Raises:
            Closed: The page is gone.
        """
        self._check()
        await self._write(frame(message))
        self._check()

    async def keep_alive(self) -> None:
        """Send a sign of life, unless something was sent since the last time or waits to be."""
        if self._is_quiet and not self._writing.locked() and self._closed is None:
            await self._write(KEEP_ALIVE)
        self._is_quiet = True

    async def close(self, code: int, reason: str) -> None:
        """End the response, with a last record that says why unless the page has left; harmless if repeated."""
        if self._is_finished:
            return
        self._is_finished = True
        record = b"" if self._closed is not None else frame_end(code, reason)
        self.lose(f"the server closed the connection with {code}: {reason}")
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._write(record, is_last=True)
        except TimeoutError:
            return  # it takes nothing any more

    def lose(self, why: str, *, is_goodbye: bool = False) -> None:
        """Note that the connection has ended; what came before can still be read."""
        if self._closed is None:
            self._closed = Departed(why) if is_goodbye else Closed(why)
        self._changed.set()

    async def _write(self, record: bytes, *, is_last: bool = False) -> None:
        async with self._writing:
            # Behind a record that was cancelled in the middle nothing can be understood.
            was_torn, self._is_torn, self._is_quiet = self._is_torn, True, False
            body = b"" if was_torn else record
            try:
                await self._send({"type": "http.response.body", "body": body, "more_body": not is_last})
            except (OSError, RuntimeError):
                self.lose("the link to the page was lost")
            self._is_torn = was_torn

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    def _check(self) -> None:
        if self._closed is not None:
            raise self._closed
