"""Rows of a large table as files of some hundred KiB each, of which the page fetches what it shows."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final
from weakref import WeakValueDictionary

import msgspec

from millstream.components.tables.cells import ShownCell
from millstream.declare.i18n import TEXTS, each, has_marks, translated
from millstream.types import Blob
from millstream.wire.messages import Value

Row = tuple[ShownCell, ...]

PAGE_BYTES: Final = 256 * 1024
"""A page ends with the step that makes it so large; what is less stays in the message."""

STEP: Final = 64
"""Rows that are encoded together."""

TYPE: Final = "application/msgpack"

_DECODER: Final = msgspec.msgpack.Decoder(list[Row])


class RowPage:
    """Consecutive rows as MessagePack: a list of lists. Equal pages that live at the same time are one object.

    So a table that grows, or is shown to many, keeps the files that it has. Texts in several languages are marks in the
    rows, and there is a file for each language.

    Attributes:
        data: The rows.
        count: Their number.
        files: What pages fetch: one file, or several.
        file: The file, or one for each language.
    """

    __slots__ = ("__weakref__", "count", "data", "file", "files")

    def __init__(self, data: bytes, count: int) -> None:
        self.data, self.count = data, count
        self.file: Value
        self.file, self.files = _in_each_language(data) if TEXTS and has_marks(data) else _alone(data)

    @property
    def size(self) -> int:
        """The bytes that it takes."""
        files = sum(file.size for file in self.files)
        return files if len(self.files) == 1 else len(self.data) + files

    def rows(self) -> list[Row]:
        return _DECODER.decode(self.data)

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, RowPage) and self.data == other.data)

    def __hash__(self) -> int:
        return hash(self.data)

    def __reduce__(self) -> tuple[object, ...]:
        return page_of, (self.data, self.count)

    def __repr__(self) -> str:
        return f"<RowPage {self.count} rows, {len(self.data)} bytes>"


def page_of(data: bytes, count: int) -> RowPage:
    """Give the page with this content: the one that there is, or a new one."""
    key = hashlib.blake2b(data, digest_size=16).digest()
    page = _PAGES.get(key)
    if page is None:
        page = _PAGES[key] = RowPage(data, count)
    return page


def paged(rows: Sequence[Row]) -> tuple[list[RowPage], list[Row]]:
    """Cut off as many pages as there are, and give the rest as it is.

    Where a page ends depends on nothing that follows: rows that are appended change no page.
    """
    pages: list[RowPage] = []
    parts: list[bytes] = []
    start, size = 0, 0
    for at in range(0, len(rows), STEP):
        end = min(at + STEP, len(rows))
        parts.append(_items(rows[at:end]))
        size += len(parts[-1])
        if size >= PAGE_BYTES:
            pages.append(page_of(_listed(parts, end - start), end - start))
            start, size, parts = end, 0, []
    return pages, list(rows[start:])


def page_from(rows: Sequence[Row]) -> RowPage:
    """Make one page of some rows, however many."""
    parts = [_items(rows[at : at + STEP]) for at in range(0, len(rows), STEP)]
    return page_of(_listed(parts, len(rows)), len(rows))


def _items(rows: Sequence[Row]) -> bytes:
    """Encode at most 64 rows without the head of the list, which has one byte, or three from 16 items on."""
    return msgspec.msgpack.encode(rows)[1 if len(rows) < 16 else 3 :]


def _listed(parts: Sequence[bytes], count: int) -> bytes:
    """Give encoded items as one encoded list (an `array 32` of the MessagePack specification)."""
    return b"".join((b"\xdd", count.to_bytes(4, "big"), *parts))


def _alone(data: bytes) -> tuple[Value, tuple[Blob, ...]]:
    file = Blob("rows", TYPE, data=data)
    return file, (file,)


def _in_each_language(data: bytes) -> tuple[Value, tuple[Blob, ...]]:
    """Make the files of rows with marks: where languages say the same they share one."""
    rows, files = _DECODER.decode(data), dict[bytes, Blob]()

    def file(tag: str) -> Value:
        said = msgspec.msgpack.encode(translated(rows, tag))
        return files.setdefault(said, Blob("rows", TYPE, data=said))

    return each(file), tuple(files.values())


_PAGES: Final[WeakValueDictionary[bytes, RowPage]] = WeakValueDictionary()
