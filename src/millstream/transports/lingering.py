"""Closing a connection whose peer may still be sending, so that it gets to read the last words."""

from __future__ import annotations

import asyncio
from typing import Any, Final

LINGER_S: Final = 2.0
"""How long what still comes is thrown away."""

MOST_DROPPED: Final = 64 * 1024 * 1024
"""Bytes that are thrown away; beyond them nothing is read until the time is over, which costs nothing."""


class LingeringTransport(asyncio.Transport):
    """A connection that is closed in two steps, as long as its peer may still be sending.

    A socket with unread data is not closed but reset. The peer's next write fails then, and many a peer, nginx for one,
    reads nothing any more after that: the last words are lost. So `close` shuts down the half that sends, where it can
    (not over TLS), and has what still comes thrown away until the peer closes the connection, for `LINGER_S` at most.

    Args:
        transport: The connection.

    Attributes:
        is_peer_done: Whether the peer has nothing more to say: then the connection is closed at once.
        is_lingering: Whether what comes is to be passed to `drop` alone.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__()
        self.is_peer_done = False
        self.is_lingering = False
        self._transport = transport
        self._timer: asyncio.TimerHandle | None = None
        self._left = MOST_DROPPED
        # The connection's own, as each frame calls them all.
        self.write = transport.write  # type: ignore[method-assign]
        self.is_closing = transport.is_closing  # type: ignore[method-assign]
        self.pause_reading = transport.pause_reading  # type: ignore[method-assign]
        self.resume_reading = transport.resume_reading  # type: ignore[method-assign]

    def close(self) -> None:
        """Close it once the peer has had the time to read what was written."""
        if self.is_lingering:
            return
        if self.is_peer_done or self._transport.is_closing():
            self._transport.close()
            return
        self.is_lingering = True
        self.write, self.is_closing = _unwritten, _closed  # type: ignore[method-assign, assignment]
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._transport.resume_reading()
        self._timer = asyncio.get_running_loop().call_later(LINGER_S, self._transport.close)

    def drop(self, size: int) -> None:
        """Note that so many bytes came that nobody wants."""
        self._left -= size
        if self._left < 0:
            self._transport.pause_reading()

    def abort(self) -> None:
        """Close it at once, whatever is still to be written."""
        self._transport.abort()

    def forget(self) -> None:
        """Stop the clock: the connection has ended."""
        if self._timer is not None:
            self._timer.cancel()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Give a fact of the connection."""
        return self._transport.get_extra_info(name, default)

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Give what is told of the connection."""
        return self._transport.get_protocol()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Have something else told of the connection."""
        self._transport.set_protocol(protocol)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Set how much may wait to be written."""
        self._transport.set_write_buffer_limits(high, low)


def _unwritten(_data: bytes | bytearray | memoryview[Any]) -> None:
    """Write nothing: the connection is closing."""


def _closed() -> bool:
    return True
