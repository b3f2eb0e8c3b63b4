"""A page and the server in one process: two connected transports, with the faults of a network on demand."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

from millstream.errors import Closed, Departed
from millstream.wire.close_codes import GOODBYES, LOSSES

BUFFER_BYTES: Final = 256 * 1024
"""Bytes that a real socket takes before `send` waits."""


class Pipe:
    """One direction of a connection: messages in order, each after `latency_s`, within a bounded buffer.

    Attributes:
        latency_s: Seconds that a message sent from now on takes.
        is_stalled: Whether the reader has stopped reading; `resume` lets it continue.
    """

    def __init__(self, latency_s: float, buffer_bytes: int) -> None:
        self.latency_s = latency_s
        self.is_stalled = False
        self._buffer_bytes = buffer_bytes
        self._messages: deque[tuple[float, bytes]] = deque()
        self._bytes = 0
        self._changed = asyncio.Event()
        self._taken = asyncio.Event()
        self._closed: Closed | None = None

    async def put(self, message: bytes) -> None:
        """Wait until the buffer has room, and put a message into it.

        Raises:
            Closed: The connection has ended.
        """
        while self._closed is None and self._messages and self._bytes + len(message) > self._buffer_bytes:
            self._taken.clear()
            await self._taken.wait()
        if self._closed is not None:
            raise self._closed
        due = asyncio.get_running_loop().time() + self.latency_s
        if self._messages:
            due = max(due, self._messages[-1][0])
        self._messages.append((due, message))
        self._bytes += len(message)
        self._changed.set()

    async def take(self) -> bytes:
        """Wait for the next message.

        Raises:
            Closed: The connection has ended, and nothing is left.
        """
        loop = asyncio.get_running_loop()
        while True:
            if self._messages and not self.is_stalled:
                due, message = self._messages[0]
                if due <= loop.time():
                    self._messages.popleft()
                    self._bytes -= len(message)
                    self._taken.set()
                    return message
                await self._wait_until(due)
            elif self._closed is not None and not self._messages:
                raise self._closed
            else:
                await self._wait_until(None)

    def resume(self) -> None:
        """Let the reader continue."""
        self.is_stalled = False
        self._changed.set()

    def close(self, why: Closed, *, is_lost: bool) -> None:
        """End this direction; what is on the way still arrives, unless the link was lost."""
        if self._closed is None:
            self._closed = why
        if is_lost:
            self._messages.clear()
            self._bytes = 0
            self.is_stalled = False
        self._changed.set()
        self._taken.set()

    async def _wait_until(self, due: float | None) -> None:
        self._changed.clear()
        try:
            async with asyncio.timeout_at(due):
                await self._changed.wait()
        except TimeoutError:
            return


class MemoryTransport:
    """One end of a connection.

    Attributes:
        incoming: The direction that it reads.
        outgoing: The direction that it writes.
        code: The close code that ended the connection, from either end; `None` while it is open.
        reason: The reason given with the code.
    """

    def __init__(self, incoming: Pipe, outgoing: Pipe) -> None:
        self.incoming = incoming
        self.outgoing = outgoing
        self.code: int | None = None
        self.reason = ""
        self._peer: MemoryTransport | None = None
        self._is_page = False

    async def receive(self) -> bytes:
        """Wait for the next message.

        Raises:
            Closed: The connection has ended.
        """
        return await self.incoming.take()

    async def send(self, message: bytes) -> None:
        """Send one message; returns when the buffer took it.

        Raises:
            Closed: The connection has ended.
        """
        await self.outgoing.put(bytes(message))

    async def close(self, code: int, reason: str) -> None:
        """End the connection; does nothing if it has ended already."""
        self._end(code, reason, is_lost=False)

    def lose(self) -> None:
        """Break the link: both ends notice at once, and what is on the way is gone."""
        self._end(1006, "the link is lost", is_lost=True)

    def _end(self, code: int, reason: str, *, is_lost: bool) -> None:
        if self.code is not None:
            return
        for end in (self, self._peer):
            if end is not None:
                end.code, end.reason = code, reason
                is_goodbye = code not in LOSSES if end._is_page else code in GOODBYES
                kind = Departed if end is not self and is_goodbye else Closed
                end.incoming.close(kind(f"closed with {code}: {reason}"), is_lost=is_lost)


def connect(*, latency_s: float = 0.0, buffer_bytes: int = BUFFER_BYTES) -> tuple[MemoryTransport, MemoryTransport]:
    """Make the two ends of a connection: the page's, and the server's.

    Args:
        latency_s: Seconds that each message takes, in each direction.
        buffer_bytes: Bytes that may be in flight before `send` waits; a single message always may.
    """
    up, down = Pipe(latency_s, buffer_bytes), Pipe(latency_s, buffer_bytes)
    page, server = MemoryTransport(down, up), MemoryTransport(up, down)
    page._peer, server._peer, page._is_page = server, page, True
    return page, server
