"""Responses that share their bytes: what a thousand visitors fetch is in memory once, compressed or not."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

LEVEL: Final = 9

_HEAD: Final = b"\x1f\x8b\x08\0\0\0\0\0\x02\xff"
_END: Final = b"\x01\0\0\xff\xff"
"""A last, empty block."""


class Template:
    """A document that differs from one response to the next in one short text, which may occur several times.

    The parts between are compressed once, each by itself. The text goes between them as it is: gzip knows blocks that
    are not compressed.

    Args:
        parts: What stands before, between and after the places of the text.
    """

    def __init__(self, parts: Sequence[bytes]) -> None:
        self._parts = list(parts)
        self._zipped = [_compressed(part) for part in parts]

    def filled(self, text: bytes) -> list[bytes]:
        """Give the document as pieces, in order; all but `text` are shared."""
        return list(_between(self._parts, text))

    def zipped(self, text: bytes) -> list[bytes]:
        """Give the document as pieces of a gzip stream.

        Args:
            text: At most 65,535 bytes.
        """
        check, size = 0, 0
        for piece in self.filled(text):
            check, size = zlib.crc32(piece, check), size + len(piece)
        block = b"\0" + struct.pack("<HH", len(text), len(text) ^ 0xFFFF) + text
        return [_HEAD, *_between(self._zipped, block), _END + struct.pack("<II", check, size & 0xFFFFFFFF)]


class SharedResponse(Response):
    """A response whose body is sent as the pieces that it was given.

    Args:
        pieces: The body.
        headers: Its headers but the length.
        media_type: Its type.
    """

    def __init__(self, pieces: Sequence[bytes], headers: dict[str, str], media_type: str) -> None:
        self._pieces = pieces
        length = str(sum(map(len, pieces)))
        super().__init__(headers={**headers, "content-length": length}, media_type=media_type)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        for piece in self._pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def _between(parts: Sequence[bytes], text: bytes) -> Iterator[bytes]:
    for index, part in enumerate(parts):
        if index:
            yield text
        yield part


def _compressed(part: bytes) -> bytes:
    """Compress to blocks that refer to nothing before them, and end at a whole byte."""
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(part) + packer.flush(zlib.Z_FULL_FLUSH)
