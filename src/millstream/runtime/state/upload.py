"""One file on its way from a page to the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

from millstream.errors import InvalidValue, QuotaExceeded
from millstream.run_in_thread import begin, run_in_thread
from millstream.runtime.state.addresses import file_value
from millstream.runtime.state.file_quota import check_disk
from millstream.runtime.state.files import SessionFiles, delete_file, new_upload
from millstream.types import Blob

WRITE_BYTES: Final = 256 * 1024
"""Bytes that are gathered before they are written."""


class Upload:
    """Writes a file into a session's folder, as an `async with` block; what is not finished then leaves nothing.

    Room for it is taken before it is written: all that was announced at the start, and what comes beyond as it comes.

    Args:
        store: The session's files.
        name: The visitor's name for it, metadata only but for its ending.
        max_bytes: The largest that is taken.
        announced: How large it is said to be, 0 if that is unknown. What counts is what comes.
        inspect: Looks at the whole file, off the loop, and says what the session is to keep of it, which may take so
            many bytes more; raises what refuses it.

    Raises:
        QuotaExceeded: It does not fit.
        InvalidValue: The session has ended.
    """

    def __init__(
        self, store: SessionFiles, name: str, max_bytes: int, announced: int, inspect: Callable[[Blob, int], Blob]
    ) -> None:
        self._store = store
        self._name = name
        self._max_bytes = max_bytes
        self._size = 0
        self._waiting = bytearray()
        self._file: BinaryIO | None = None
        self._inspect = inspect
        self._paths: list[Path] = []
        self._is_kept = False
        self._check(announced)
        self._announced = announced
        self._reservation = store.reserve(announced)

    async def __aenter__(self) -> Self:
        """Open the file."""
        try:
            await run_in_thread("upload", self._open)
        except BaseException:
            self._store.release(self._reservation)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file, and delete it if it is not finished."""
        self._store.release(self._reservation)
        if not self._is_kept:
            await asyncio.shield(begin("upload", self._discard))

    async def write(self, piece: bytes) -> None:
        """Add what came.

        Raises:
            QuotaExceeded: The file has become too large.
            InvalidValue: The session has ended meanwhile.
            OSError: The disk is full, or fails.
        """
        self._check(self._size + len(piece))
        self._size += len(piece)
        self._waiting += piece
        if len(self._waiting) >= WRITE_BYTES:
            self._reservation.cover(self._size)
            await self._flush()

    async def finish(self, mime: str) -> dict[str, object]:
        """Give the file to the session; returns the value `{"file", "name", "type", "size"}` that the page may set.

        Raises:
            QuotaExceeded: It does not fit.
            InvalidValue: The session has ended meanwhile, or the file is not what it has to be.
            OSError: The disk is full, or fails.
        """
        self._check(self._size)
        self._reservation.cover(self._size)
        await self._flush()
        assert self._file is not None
        await run_in_thread("upload", self._file.close)
        given, room = Blob(self._name, mime, path=self._paths[0], size=self._size), self._store.room
        try:
            blob = await run_in_thread("upload", lambda: self._inspect(given, room))
        except OSError:
            self._check(self._size)  # if the session has ended its folder is gone, and that is what was wrong
            raise
        self._paths += blob.paths
        self._check(self._size)
        self._store.release(self._reservation)
        handle = self._store.add(blob)
        self._is_kept = True
        return file_value(handle, blob)

    def _check(self, size: int) -> None:
        if self._store.is_closed:
            raise InvalidValue("the page of this upload is closed; reload it and try again")
        if size > self._max_bytes:
            raise QuotaExceeded(f"the file is larger than the {_megabytes(self._max_bytes)} allowed")

    async def _flush(self) -> None:
        data = bytes(self._waiting)
        self._waiting.clear()
        await run_in_thread("upload", lambda: self._put(data))

    # ---- in a thread -------------------------------------------------------------------------------------------

    def _open(self) -> None:
        path = new_upload(self._store.folder, self._name)
        check_disk(self._store.folder, self._announced)
        self._file = path.open("xb", 0)
        self._paths.append(path)

    def _put(self, data: bytes) -> None:
        assert self._file is not None
        check_disk(self._store.folder.parent, len(data))
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]

    def _discard(self) -> None:
        if self._file is not None:
            self._file.close()
        for path in self._paths:
            delete_file(path)
        if self._store.is_closed and self._store.folder.exists() and not any(self._store.folder.iterdir()):
            self._store.folder.rmdir()  # made anew by us, when its session had ended and it was gone


def _megabytes(size: int) -> str:
    return f"{size / 1024 / 1024:.0f} MiB" if size >= 1024 * 1024 else f"{size} bytes"
