"""Messages within a stream of bytes: how they travel over HTTP. Pure. Its twin is in `web/src/transport/http.ts`.

Each record is a number of 4 bytes, little-endian, and as many bytes as it says:

| number              | bytes                                      | meaning                                      |
|---------------------|--------------------------------------------|----------------------------------------------|
| 0                   | none                                       | a keep-alive, which says nothing              |
| 1 … 2 MiB           | one message, as in a WebSocket             | a message                                    |
| 2³¹ + n, n ≤ 125    | close code (2 bytes), a reason in UTF-8    | the connection ends; nothing follows          |
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from millstream.errors import ProtocolError
from millstream.wire.limits import MAX_MESSAGE_BYTES

KEEP_ALIVE: Final = b"\0\0\0\0"

_SIZE: Final = struct.Struct("<I")
_CODE: Final = struct.Struct("<H")
_END: Final = 0x8000_0000
_LONGEST_END: Final = 125
"""As in a close frame of a WebSocket."""


class End(NamedTuple):
    """The end of a connection: a close code of WebSocket, and a reason."""

    code: int
    reason: str


def frame(message: bytes) -> bytes:
    """Make the record of a message of 1 byte to 2 MiB."""
    return _SIZE.pack(len(message)) + message


def frame_end(code: int, reason: str) -> bytes:
    """Make the last record; what is too long of the reason is cut off."""
    said = _CODE.pack(code) + reason.encode()[: _LONGEST_END - _CODE.size].decode(errors="ignore").encode()
    return _SIZE.pack(_END | len(said)) + said


class Unframer:
    """Finds the records in a stream that comes in arbitrary chunks. It holds at most one record and one chunk."""

    def __init__(self) -> None:
        self._rest = bytearray()

    @property
    def is_between(self) -> bool:
        """True if no record has begun that is not complete."""
        return not self._rest

    def feed(self, data: bytes) -> list[bytes | End]:
        """Take the next bytes; gives the records that are complete now.

        Raises:
            ProtocolError: The stream is malformed.
        """
        self._rest += data
        found: list[bytes | End] = []
        start = 0
        while len(self._rest) - start >= _SIZE.size:
            (number,) = _SIZE.unpack_from(self._rest, start)
            size = _checked_size(number)
            begin = start + _SIZE.size
            if len(self._rest) - begin < size:
                break
            start = begin + size
            body = bytes(self._rest[begin:start])
            if number >= _END:
                (code,) = _CODE.unpack_from(body)
                found.append(End(code, body[_CODE.size :].decode(errors="replace")))
            elif body:
                found.append(body)
        del self._rest[:start]
        return found


def unframe(data: bytes) -> list[bytes | End]:
    """Find the records of a whole body.

    Raises:
        ProtocolError: It is malformed or incomplete.
    """
    unframer = Unframer()
    records = unframer.feed(data)
    if not unframer.is_between:
        raise ProtocolError("the body ends within a message")
    return records


def _checked_size(number: int) -> int:
    if number < _END and number <= MAX_MESSAGE_BYTES:
        return number
    size = number - _END
    if not _CODE.size <= size <= _LONGEST_END:
        raise ProtocolError(f"{number} is not a size of a message")
    return size
