"""The broker's process: serves gateways on a Unix socket that nobody else may open."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from millstream.broker.broker import Broker, Peer
from millstream.broker.framing import FrameReader, framed
from millstream.broker.messages import MAX_MESSAGE_BYTES
from millstream.broker.state import BrokerState
from millstream.errors import ProtocolError

logger = logging.getLogger("millstream.broker")

MAX_UNREAD_BYTES: Final = 4 * MAX_MESSAGE_BYTES
"""So much may wait for a gateway that does not read; then its connection is closed, and it enrols anew."""


class GatewayConnection(asyncio.Protocol):
    """One gateway on the broker's socket."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._frames = FrameReader()
        self._transport: asyncio.Transport
        self._peer: Peer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._peer = self._broker.connect(self._send, transport.abort)

    def data_received(self, data: bytes) -> None:
        try:
            for message in self._frames.feed(data):
                if self._transport.is_closing():
                    return
                self._peer.receive(message)
        except ProtocolError as error:
            logger.error("the connection of gateway %r is closed: %s", self._peer.gateway, error)
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._peer.lost()

    def _send(self, message: bytes) -> None:
        if self._transport.is_closing():
            return
        if self._transport.get_write_buffer_size() > MAX_UNREAD_BYTES:
            logger.error("the connection of gateway %r is closed: it does not read", self._peer.gateway)
            self._transport.abort()
            return
        self._transport.write(framed(message))


def listen(path: Path) -> socket.socket:
    """Make the broker's socket, with mode 0600, in place of an older one; its folder is the caller's, and private."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)  # or others could connect between bind and chmod
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    return listener


async def serve_broker(listener: socket.socket, state: BrokerState, stopped: asyncio.Event) -> None:
    """Serve gateways until `stopped` is set, and close the listener."""
    broker = Broker(state)
    server = await asyncio.get_running_loop().create_unix_server(lambda: GatewayConnection(broker), sock=listener)
    try:
        await stopped.wait()
    finally:
        server.close()
        broker.close()


async def run_broker(listener: socket.socket, expected: Iterable[str], *, is_first: bool) -> None:
    """Serve gateways until SIGTERM or SIGINT, or until a pipe as standard input ends: whoever made it is gone."""
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    state = BrokerState(loop.time(), is_first=is_first, expected=expected)
    has_starter = stat.S_ISFIFO(os.fstat(0).st_mode)
    if has_starter:
        loop.add_reader(0, _read_end, stopped)
    try:
        await serve_broker(listener, state, stopped)
    finally:
        if has_starter:
            loop.remove_reader(0)


def _read_end(stopped: asyncio.Event) -> None:
    """Note the end of standard input; what else comes there is nothing to us."""
    if not os.read(0, 4096):
        stopped.set()
