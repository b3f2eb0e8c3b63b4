"""The way of a gateway to its broker over a Unix socket."""

from __future__ import annotations

import asyncio
from collections import deque
from pathlib import Path
from typing import Final

from millstream.broker.framing import FrameReader, framed
from millstream.errors import Closed

READ_BYTES: Final = 64 * 1024
CLOSE_S: Final = 0.5


class UnixTransport:
    """One connection to a broker; a `Transport`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._frames = FrameReader()
        self._received: deque[bytes] = deque()

    async def receive(self) -> bytes:
        while not self._received:
            try:
                data = await self._reader.read(READ_BYTES)
            except OSError as error:
                raise Closed(f"the broker's socket failed: {error}") from error
            if not data:
                raise Closed("the broker has closed its socket")
            self._received.extend(self._frames.feed(data))
        return self._received.popleft()

    async def send(self, message: bytes) -> None:
        try:
            self._writer.write(framed(message))
            await self._writer.drain()
        except OSError as error:
            raise Closed(f"the broker's socket failed: {error}") from error

    async def close(self, code: int, reason: str) -> None:
        """End the connection; a Unix socket has no words for why. What was sent is lost if it is not read soon."""
        self._writer.close()
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._writer.wait_closed()
        except (OSError, TimeoutError):
            self._writer.transport.abort()


async def dial(path: Path) -> UnixTransport:
    """Connect to a broker.

    Raises:
        OSError: Nobody listens there.
    """
    return UnixTransport(*await asyncio.open_unix_connection(path))
