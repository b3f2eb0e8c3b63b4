"""Accepts connections. The loops could, but neither reports properly that it has run out of descriptors."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable
from functools import partial
from typing import Final

from millstream.server.complaints import VisitorLog
from millstream.server.process.connection_limits import ConnectionLimits

HANDSHAKE_S: Final = 10.0
"""Time allowed for a TLS handshake."""

GOODBYE_S: Final = 5.0
"""Time allowed for closing a TLS connection, including data still to be sent."""

BURST: Final = 64
"""The most connections accepted in one go."""

REST_S: Final = 0.25
"""Pause in accepting when descriptors run out; new connections wait in the kernel meanwhile."""

HESITATION_S: Final = 0.1
"""Pause before a connection is accepted that another gateway should rather take; it may be stuck."""

SHED: Final = 8
"""Number of connections, idle for longest, that are ended when descriptors run out."""

_SCARCE: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Acceptor:
    """Accepts connections on a listening socket and gives each its protocol.

    Args:
        listener: The socket, non-blocking; its owner closes it.
        make: Makes the protocol of a connection.
        tls: The TLS context; `None` for plain connections.
        crowd: The connections that make room when descriptors run out.
        complaints: Logs that they did.

    Attributes:
        is_preferred: Tells whether this process should take the next connection, of several that accept on the socket.
    """

    is_preferred: Callable[[], bool] | None = None

    def __init__(
        self,
        listener: socket.socket,
        make: Callable[[], asyncio.BaseProtocol],
        tls: ssl.SSLContext | None,
        connection_limits: ConnectionLimits,
        complaints: VisitorLog,
    ) -> None:
        self._listener = listener
        self._make = make
        self._tls = tls
        self._connection_limits = connection_limits
        self._complaints = complaints
        self._loop = asyncio.get_running_loop()
        self._opening: set[asyncio.Task[None]] = set()
        self._rest: asyncio.TimerHandle | None = None
        self._is_open = False

    def open(self) -> None:
        """Start accepting."""
        self._is_open, self._rest = True, None
        self._loop.add_reader(self._listener.fileno(), self._accept)

    def stop(self) -> None:
        """Stop accepting; what was accepted is served."""
        if self._is_open:
            self._loop.remove_reader(self._listener.fileno())
        if self._rest is not None:
            self._rest.cancel()
        self._is_open = False

    def close(self) -> None:
        """Stop accepting, and cancel the handshakes that are under way."""
        self.stop()
        for task in self._opening:
            task.cancel()

    async def wait_closed(self) -> None:
        """Wait for the cancelled handshakes to end."""
        await asyncio.gather(*self._opening, return_exceptions=True)

    def _accept(self) -> None:
        if self.is_preferred is None:
            self._take_waiting(BURST)
        elif self.is_preferred():
            self._take_waiting(1)
        else:
            self._loop.remove_reader(self._listener.fileno())
            self._is_open = False
            self._rest = self._loop.call_later(HESITATION_S, self._insist)

    def _insist(self) -> None:
        self._take_waiting(1)
        self.open()

    def _take_waiting(self, most: int) -> None:
        for _ in range(most):
            try:
                connection, address = self._listener.accept()
            except OSError as error:
                if error.errno in _SCARCE:
                    self._pause(error)
                return  # nobody is waiting, or has left again
            connection.setblocking(False)
            self.take(connection, address)

    def take(self, connection: socket.socket, address: object) -> None:
        """Serve a connection, non-blocking, that was accepted here or elsewhere."""
        task = self._loop.create_task(self._take(connection))
        self._opening.add(task)
        if self._tls is not None:
            self._connection_limits.enter(
                task, str(address[0]) if isinstance(address, tuple) else "", partial(_drop, task)
            )
        task.add_done_callback(self._opened)

    async def _take(self, connection: socket.socket) -> None:
        timeouts = (
            {} if self._tls is None else {"ssl_handshake_timeout": HANDSHAKE_S, "ssl_shutdown_timeout": GOODBYE_S}
        )
        try:
            await self._loop.connect_accepted_socket(self._make, connection, ssl=self._tls, **timeouts)
        except OSError:  # it did not speak TLS, left, or took too long; nothing was served to it
            connection.close()

    def _opened(self, task: asyncio.Task[None]) -> None:
        self._opening.discard(task)
        self._connection_limits.leave(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._complaints.failed("A connection could not be opened", error)

    def _pause(self, error: OSError) -> None:
        """Pause rather than retry in a tight loop, and close the connections that are idle for longest."""
        self._complaints.say(
            "descriptors",
            f"No connection can be accepted ({error.strerror}): the process has too many files and connections open. "
            "Raise its limit (ulimit -n, or LimitNOFILE= of its service).",
        )
        for _ in range(SHED):
            self._connection_limits.shed()
        self._loop.remove_reader(self._listener.fileno())
        self._is_open = False
        self._rest = self._loop.call_later(REST_S, self.open)


def _drop(task: asyncio.Task[None]) -> None:
    task.cancel()
