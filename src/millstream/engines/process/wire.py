"""The way of a message between two processes: its pickle, with pixels, samples and encoded bytes beside it.

What is small goes through the socket. What is large goes through shared memory, as one copy in and one out: never
through a pickle, nor through the socket.
"""

from __future__ import annotations

import pickle
import socket
from array import array
from collections.abc import Sequence
from typing import Final

from millstream.engines.process.segment import Part, Segment
from millstream.errors import InvalidValue

MAX_REASON: Final = 300
"""Characters of what a pickle says of its failure."""

INLINE_BYTES: Final = 16 * 1024
"""Larger messages go through shared memory."""

HEAD_BYTES: Final = 2 * array("Q").itemsize
"""Two numbers: 1 if the parts are in shared memory, and how many there are. The size of each follows."""


def packed(message: object) -> list[Part]:
    """Pickle a message; buffers of arrays and packets follow as parts of their own.

    Raises:
        InvalidValue: Something in it cannot be pickled; the message is the reason.
    """
    buffers: list[pickle.PickleBuffer] = []
    try:
        data = pickle.dumps(message, protocol=5, buffer_callback=buffers.append)
        return [data, *(buffer.raw() for buffer in buffers)]
    except Exception as error:  # whatever an object raises that is pickled
        raise InvalidValue(_reason(error)) from error


def unpacked(parts: Sequence[Part]) -> object:
    """Make the message again; arrays own what they get.

    Raises:
        InvalidValue: Something in it cannot be made again here; the message is the reason.
    """
    try:
        return pickle.loads(parts[0], buffers=parts[1:])  # noqa: S301 - from our own process, by a socket without a name
    except Exception as error:  # whatever an object raises that is made from its pickle
        raise InvalidValue(_reason(error)) from error


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error)[:MAX_REASON]}"


def send(sock: socket.socket, parts: Sequence[Part], segment: Segment | None) -> None:
    """Send a message, through `segment` if it is large; `None` sends it through the socket, whatever its size.

    Raises:
        OSError: The other side is gone.
    """
    sizes = [len(part) for part in parts]
    is_shared = segment is not None and sum(sizes) > INLINE_BYTES
    head = array("Q", [is_shared, len(parts), *sizes]).tobytes()
    if segment is not None and is_shared:
        segment.write(parts)
        sock.sendall(head)
    else:
        sock.sendall(b"".join((head, *parts)))


def receive(sock: socket.socket, segment: Segment) -> list[bytearray]:
    """Wait for a message, and give its parts.

    Raises:
        EOFError: The other side is gone.
        OSError: Likewise.
    """
    is_shared, count = array("Q", _exactly(sock, HEAD_BYTES))
    sizes = array("Q", _exactly(sock, count * HEAD_BYTES // 2))
    return segment.read(sizes) if is_shared else [_exactly(sock, size) for size in sizes]


def _exactly(sock: socket.socket, size: int) -> bytearray:
    data = bytearray(size)
    with memoryview(data) as view:
        done = 0
        while done < size:
            count = sock.recv_into(view[done:])
            if not count:
                raise EOFError("the other side is gone")
            done += count
    return data
