"""The words of supervisor and gateway over the connection between them, and the socket that goes along."""

from __future__ import annotations

import socket
import struct
from typing import Final, TypeAlias

import msgspec

_SIZE: Final = struct.Struct("<I")


class Start(msgspec.Struct, frozen=True, tag="start"):
    """The first words to a gateway; the listening socket goes along, unless this gateway is to open it.

    Attributes:
        name: The gateway's name.
        folder: Where the sockets of the siblings are.
        seat: Its entry in the memory that all share.
        key: The secret that all share.
        target: The program, as in `millstream run`.
        arguments: Arguments for its `launch()`.
        inbrowser: Whether to open the page in the browser.
    """

    name: str
    folder: str
    seat: int
    key: bytes
    target: str
    arguments: dict[str, object]
    inbrowser: bool = False


class Retire(msgspec.Struct, frozen=True, tag="retire"):
    """Ends a gateway while its siblings go on: it takes no new connections."""


class Serving(msgspec.Struct, frozen=True, tag="serving"):
    """Reports that visitors are served; the listening socket goes along.

    Attributes:
        lines: What is to be printed for whoever started the app.
        drain_s: Seconds that its drain may take.
    """

    lines: list[str]
    drain_s: float


Message: TypeAlias = Start | Retire | Serving

_DECODER: Final = msgspec.msgpack.Decoder(Message)


def send(connection: socket.socket, message: Message, along: socket.socket | None = None) -> None:
    """Send a message, and a socket with it.

    Raises:
        OSError: The other side is gone.
    """
    body = msgspec.msgpack.encode(message)
    descriptors = [] if along is None else [along.fileno()]
    sent = socket.send_fds(connection, [_SIZE.pack(len(body)) + body], descriptors)
    connection.sendall((_SIZE.pack(len(body)) + body)[sent:])


def receive(connection: socket.socket) -> tuple[Message, socket.socket | None]:
    """Wait for a message, and the socket that comes with it.

    Raises:
        EOFError, OSError: The other side is gone.
    """
    head, descriptors, _, _ = socket.recv_fds(connection, _SIZE.size, 1)
    along = socket.socket(fileno=descriptors[0]) if descriptors else None
    if along is not None:
        along.set_inheritable(False)
    head += _exactly(connection, _SIZE.size - len(head))
    return _DECODER.decode(_exactly(connection, _SIZE.unpack(head)[0])), along


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise EOFError("the other side is gone")
        data += part
    return data
