"""A page with bad manners: the real socket, and no rule about what may be said on it."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest
from tests.server.live import open_socket
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from millstream.server.app import App
from millstream.wire.encoding import decode_packet, decode_server_message, encode_message, encode_packet
from millstream.wire.messages import Credit, Hello, Open, PageMessage, ServerMessage, StreamState, Toast, Welcome
from millstream.wire.packet import VERSION, CodecNumber, Flag, Packet, PacketKind, is_packet


class Vandal:
    """One connection, and all that the server said on it."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.said: list[ServerMessage] = []
        self.pictures: list[Packet] = []
        self._seq = itertools.count(1)

    def hello(self, app: App) -> Welcome:
        """Introduce itself properly."""
        self.say(Hello(version=VERSION, build=app.manifest.build, page_us=0))
        return self.wait_for(Welcome)

    def say(self, *messages: PageMessage | bytes, seq: int | None = None) -> None:
        """Send messages: numbered, or as they are. What comes too late for a closed connection is dropped."""
        for message in messages:
            data = message
            if not isinstance(message, bytes):
                message.seq = next(self._seq) if seq is None else seq
                data = encode_message(message)
            try:
                self.socket.send(data)
            except ConnectionClosed:
                return

    def hear(self, timeout: float = 10.0) -> ServerMessage | Packet:
        """Wait for whatever comes next."""
        data = self.socket.recv(timeout)
        assert isinstance(data, bytes)
        if is_packet(data):
            self.pictures.append(decode_packet(data))
            return self.pictures[-1]
        self.said.append(decode_server_message(data))
        return self.said[-1]

    def wait_for(self, kind: type, **fields: Any) -> Any:
        """Wait for a message of a kind whose fields are these."""
        while True:
            message = self.hear()
            if isinstance(message, kind) and all(getattr(message, name) == value for name, value in fields.items()):
                return message

    def end(self) -> tuple[int, str]:
        """Read until the server closes the connection; gives its code and reason."""
        try:
            while True:
                self.hear()
        except ConnectionClosed as closed:
            return (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd is not None else (1006, "")

    def record(self, binding: int, stream: int = 1) -> None:
        """Open a stream and wait until it runs and may send."""
        self.say(Open(stream=stream, binding=binding))
        self.wait_for(StreamState, stream=stream, state="running")
        self.wait_for(Credit, stream=stream)

    @property
    def toasts(self) -> list[str]:
        return [message.message for message in self.said if isinstance(message, Toast)]


@contextmanager
def vandal(url: str, app: App, *, greets: bool = True, cookie: str = "") -> Iterator[Vandal]:
    """Open a connection, with a proper hello unless `greets` is false."""
    with open_socket(url, cookie) as socket:
        found = Vandal(socket)
        if greets:
            found.hello(app)
        yield found


def packet(payload: bytes, **fields: Any) -> bytes:
    """Encode a media packet: the first frame of stream 1 as the camera would send it."""
    base = Packet(PacketKind.PICTURE, CodecNumber.JPEG, Flag.KEY | Flag.INDEPENDENT, 1, 1, 1, 0, 0, 0, payload)
    return encode_packet(msgspec.structs.replace(base, **fields))


def check_quiet(log: pytest.LogCaptureFixture, lines: int = 1) -> None:
    """Check that what a client did is worth a line at most, and no traceback; its own library may log more."""
    records = [each for each in log.records if each.levelno >= logging.WARNING and each.name != "websockets.client"]
    assert len(records) <= lines, [record.getMessage() for record in records]
    for record in records:
        assert record.exc_info is None, record.getMessage()
        assert len(record.getMessage()) < 400
        assert record.getMessage().isprintable()
