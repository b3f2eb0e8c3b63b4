"""Messages on a byte stream: each behind its length, as 4 bytes, little-endian."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from millstream.broker.messages import MAX_MESSAGE_BYTES
from millstream.errors import ProtocolError

_LENGTH: Final = struct.Struct("<I")


def framed(message: bytes) -> bytes:
    """Put its length in front of a message."""
    return _LENGTH.pack(len(message)) + message


class FrameReader:
    """Finds the messages in what a stream delivers."""

    def __init__(self) -> None:
        self._received = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take what was read, and give the messages that are whole now.

        Raises:
            ProtocolError: The next one is longer than `MAX_MESSAGE_BYTES`.
        """
        self._received += data
        while len(self._received) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._received)
            if length > MAX_MESSAGE_BYTES:
                raise ProtocolError(f"message of {length} bytes on the broker's socket exceeds {MAX_MESSAGE_BYTES}")
            end = _LENGTH.size + length
            if len(self._received) < end:
                return
            message = bytes(self._received[_LENGTH.size : end])
            del self._received[:end]
            yield message
