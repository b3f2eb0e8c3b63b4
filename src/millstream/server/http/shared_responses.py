"""Responses that share their bytes: a thousand visitors fetch one copy in memory, compressed or not."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

LEVEL: Final = 9

_HEAD: Final = b"\x1f\x8b\x08\0\0\0\0\0\x02\xff"
_END: Final = b"\x01\0\0\xff\xff"
"""A last, empty block."""


class Template:
    """A document whose responses differ in one short text, which may occur several times.

    The parts between its occurrences are compressed once, each by itself. The text goes between them uncompressed, as
    a stored block of gzip.

    Args:
        parts: The document before, between and after the occurrences of the text.
    """

    def __init__(self, parts: Sequence[bytes]) -> None:
        self._parts = list(parts)
        self._zipped = [_compressed(part) for part in parts]

    def filled(self, text: bytes) -> list[bytes]:
        """Return the document as blocks, in order; all but `text` are shared."""
        return list(_between(self._parts, text))

    def zipped(self, text: bytes) -> list[bytes]:
        """Return the document as blocks of a gzip stream.

        Args:
            text: At most 65,535 bytes.
        """
        check, size = 0, 0
        for block in self.filled(text):
            check, size = zlib.crc32(block, check), size + len(block)
        block = b"\0" + struct.pack("<HH", len(text), len(text) ^ 0xFFFF) + text
        return [_HEAD, *_between(self._zipped, block), _END + struct.pack("<II", check, size & 0xFFFFFFFF)]


class SharedResponse(Response):
    """A response whose body is sent block by block, without being joined.

    Args:
        blocks: The body.
        headers: Its headers, except the length.
        media_type: Its media type.
    """

    def __init__(self, blocks: Sequence[bytes], headers: dict[str, str], media_type: str) -> None:
        self._blocks = blocks
        length = str(sum(map(len, blocks)))
        super().__init__(headers={**headers, "content-length": length}, media_type=media_type)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        for block in self._blocks:
            await send({"type": "http.response.body", "body": block, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def _between(parts: Sequence[bytes], text: bytes) -> Iterator[bytes]:
    for index, part in enumerate(parts):
        if index:
            yield text
        yield part


@lru_cache(maxsize=64)
def _compressed(part: bytes) -> bytes:
    """Compress to blocks that refer to nothing before them and end on a byte boundary."""
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(part) + packer.flush(zlib.Z_FULL_FLUSH)
