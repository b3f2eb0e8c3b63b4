"""The files of one session: uploads, and what handlers returned. On the wire they are random handles, never paths."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import stat
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from mimetypes import guess_type
from operator import attrgetter
from pathlib import Path
from typing import Final

from millstream.errors import InvalidValue, QuotaExceeded
from millstream.runtime.state.file_quota import FileQuota, Reservation, check_disk
from millstream.runtime.state.owned import new_secret
from millstream.runtime.state.path_rules import PathRules
from millstream.runtime.state.temp_folders import PERMISSIONS
from millstream.types import Blob

KEPT: Final = 2
"""Files that are kept for each output: the newest, and the one that the page may still be fetching."""

SPILL_BYTES: Final = 4 * 1024 * 1024
"""Larger files that a handler returned go to the disk; smaller ones stay in memory."""

LEFT: Final[Callable[[FileQuota], int]] = attrgetter("left")
"""Gives what is left of a quota."""

MAX_NAME_BYTES: Final = 100
"""The longest name of a file on the disk, without its suffix."""

_OWN: Final = re.compile("[0-9a-f]{32}")
_UNFIT: Final = re.compile(r"[^\w.,()\[\]+ -]")
_SUFFIX: Final = re.compile(r"\.\w{1,16}", re.ASCII)


class SessionFiles:
    """Files of one session, by handle. Made and used on the loop; it does no file access of its own.

    Args:
        folder: Where files may be put. It is made by whoever writes the first one.
        max_bytes: What all files together may take, those that are still being written included.
        max_files: How many there may be.
        owner: The name of this gateway, with which handles begin; empty if there is no other.

    Attributes:
        is_closed: Whether the page is gone: uploads are not taken in any more.
        quotas: All that have to have room for a file.
        held: Handles of the files within the last values of components, by component.
    """

    def __init__(self, folder: Path, max_bytes: int | FileQuota, max_files: int = 10_000, owner: str = "") -> None:
        self.folder = folder
        self.is_closed = False
        whose = "the session's files"
        self._allowance = FileQuota(max_bytes, whose) if isinstance(max_bytes, int) else max_bytes
        self.quotas = (self._allowance, *self._allowance.around)
        self._max_files = max_files
        self._owner = owner
        self._blobs: dict[str, Blob] = {}
        self._reservations: set[Reservation] = set()
        self._outputs: dict[int, deque[str]] = {}
        self.held: dict[int, deque[set[str]]] = {}
        self._handles: dict[int, str] = {}

    @property
    def room(self) -> int:
        """Bytes that may still be stored."""
        return min(map(LEFT, self.quotas))

    @property
    def used(self) -> int:
        """Bytes of all files of the session."""
        return self._allowance.used

    def find(self, handle: str) -> Blob:
        """Look up one of the session's own files.

        Raises:
            InvalidValue: The session has no such file.
        """
        blob = self._blobs.get(handle)
        if blob is None:
            raise InvalidValue("the session has no such file; it may have been replaced by a newer one")
        return blob

    def handle(self, blob: Blob) -> str:
        """Give the handle of one of the session's files; empty if it has been replaced."""
        return self._handles.get(id(blob), "")

    def add(self, blob: Blob) -> str:
        """Take a file in and make its handle.

        Raises:
            QuotaExceeded: There is no room; the file is not taken in.
        """
        self._check()
        self._allowance.take(blob.total)
        handle = new_secret(self._owner, 16)
        self._blobs[handle] = blob
        self._handles[id(blob)] = handle
        return handle

    def reserve(self, size: int) -> Reservation:
        """Hold room for a file that is going to be written; to be released when it has been added, or given up.

        Raises:
            QuotaExceeded: There is no room.
        """
        self._check()
        reservation = Reservation(self._allowance, size)
        self._reservations.add(reservation)
        return reservation

    def release(self, reservation: Reservation) -> None:
        """Give back what was reserved; twice is no error."""
        self._reservations.discard(reservation)
        reservation.release()

    def add_output(self, blob: Blob, component: int) -> tuple[str, list[Path]]:
        """Take in a file that a component shows; of older ones it showed all but the last are let go.

        Returns:
            The handle, and the paths of the files that are to be deleted.

        Raises:
            QuotaExceeded: There is no room.
        """
        known = self._handles.get(id(blob))
        if known is not None:
            return known, []
        shown = self._outputs.setdefault(component, deque())
        gone = [self._remove(shown.popleft()) for _ in range(len(shown) - KEPT + 1)]
        shown.append(self.add(blob))
        return shown[-1], [path for blob in gone for path in blob.paths]

    def hold(self, blobs: Iterable[Blob], component: int) -> list[Path]:
        """Take in the files within a value of a component; those that its last values did not have are let go.

        Files that the session had already, such as uploads, stay.

        Returns:
            The paths of the files that are to be deleted.

        Raises:
            QuotaExceeded: There is no room.
        """
        values = self.held.setdefault(component, deque())
        own = set().union(*values)
        new = {self.add(blob) for blob in blobs if id(blob) not in self._handles}
        values.append(new | {handle for blob in blobs if (handle := self._handles[id(blob)]) in own})
        if len(values) <= KEPT:
            return []
        gone = [self._remove(handle) for handle in values.popleft() - set().union(*values)]
        return [path for blob in gone for path in blob.paths]

    def let_go(self, component: int) -> list[Path]:
        """Let go of all files that a component showed; gives the paths that are to be deleted."""
        handles = {*self._outputs.pop(component, ()), *(each for held in self.held.pop(component, ()) for each in held)}
        return [path for handle in handles if handle in self._blobs for path in self._remove(handle).paths]

    def shut(self) -> None:
        """Refuse further uploads: the page is gone. Files that its last handlers return are still stored."""
        self.is_closed = True

    def clear(self) -> None:
        """Let go of all files; those on the disk are deleted with the folder."""
        self.is_closed = True
        self._allowance.give(sum(blob.total for blob in self._blobs.values()))
        self._blobs.clear()
        self._handles.clear()
        self._outputs.clear()
        self.held.clear()

    def _check(self) -> None:
        if len(self._blobs) + len(self._reservations) >= self._max_files:
            raise QuotaExceeded(f"a session may have {self._max_files} files")

    def _remove(self, handle: str) -> Blob:
        blob = self._blobs.pop(handle)
        self._allowance.give(blob.total)
        del self._handles[id(blob)]
        return blob

    def __repr__(self) -> str:
        return f"<SessionFiles {len(self._blobs)} files, {self.used} bytes>"


class CallFiles:
    """The `Scratch` of one call after the other: temporary files in the session's folder. Used in the engine's thread.

    Args:
        folder: The session's folder, made when the first file is.
        room: How many bytes the session has room for.
        rules: Which files may be returned.

    Attributes:
        folder, room: As given; those of the next call are put here.
        to_delete: Temporary files.
        memory: See `Scratch`.
    """

    def __init__(self, folder: Path, room: int, rules: PathRules) -> None:
        self.folder = folder
        self.room = room
        self._rules = rules
        self.to_delete: list[Path] = []
        self.memory: dict[object, object] = {}

    def anew(self) -> CallFiles:
        """Give the files of another call, which begins before this one is over."""
        return CallFiles(self.folder, self.room, self._rules)

    @property
    def max_image_pixels(self) -> int:
        """The most pixels of an image file that is decoded."""
        return self._rules.max_image_pixels

    def temporary(self, suffix: str) -> Path:
        """Name a new file, deleted when the call's outputs have been encoded."""
        path = new_file(self.folder, suffix)
        self.to_delete.append(path)
        return path

    def admit(self, path: Path) -> Blob:
        """Copy a file that the handler returned into the session.

        Raises:
            InvalidValue: The file does not exist or may not be shown; the message names the remedy.
            QuotaExceeded: It is larger than what the session has room for.
        """
        real = self._rules.check(path, self.folder)
        # Opened once: what is checked here is what is copied, whatever the name points to in the meantime.
        with open(real, "rb", opener=_open_regular) as source:
            size = os.fstat(source.fileno()).st_size
            if size > self.room:
                raise QuotaExceeded(f"{str(path)!r} of {size} bytes does not fit into the session's {self.room}")
            copy = new_file(self.folder, real.suffix)
            _check_disk(self.folder, size)
            with copy.open("xb") as target:
                shutil.copyfileobj(source, target)
        return Blob(real.name, guess_type(real.name)[0] or "application/octet-stream", path=copy)

    def settle(self, blob: Blob) -> Blob:
        """Fill in the size of a file, and put a large one that is in memory on the disk.

        Raises:
            QuotaExceeded: It is larger than what the session has room for.
        """
        if blob.shown is not None:
            return replace(self.settle(replace(blob, shown=None)), shown=self.settle(blob.shown))
        if blob.data is None:
            return replace(blob, size=blob.path.stat().st_size if blob.path is not None else 0)
        size = len(blob.data)
        if size > self.room:
            raise QuotaExceeded(f"the file {blob.name!r} of {size} bytes does not fit into the session's {self.room}")
        if size <= SPILL_BYTES:
            return replace(blob, size=size)
        path = new_file(self.folder, Path(blob.name).suffix)
        _check_disk(self.folder, size)
        path.write_bytes(blob.data)
        return replace(blob, data=None, path=path, size=size)

    def close(self) -> None:
        """Delete the temporary files, and forget what was noted: the call is over."""
        self.memory.clear()
        while self.to_delete:
            self.to_delete.pop().unlink(missing_ok=True)


def plain_name(name: str) -> str:
    """Give a visitor's file name as far as it is harmless, and no file system refuses it."""
    path = Path(_UNFIT.sub("_", name).strip(" ."))
    is_plain = _SUFFIX.fullmatch(path.suffix) is not None
    stem = (path.stem if is_plain else path.name).encode()[:MAX_NAME_BYTES].decode(errors="ignore").strip(" .")
    return (stem or "file") + (path.suffix if is_plain else "")


def new_file(folder: Path, suffix: str) -> Path:
    """Name a file that does not exist yet, in a folder that only we may read. Blocks: not on the loop."""
    folder.mkdir(PERMISSIONS, parents=True, exist_ok=True)
    return folder / (secrets.token_hex(16) + suffix)


def new_upload(folder: Path, name: str) -> Path:
    """Name a file like the visitor's own, as handlers ask for it, in a new folder. Blocks: not on the loop."""
    own = new_file(folder, "")
    own.mkdir(PERMISSIONS)
    return own / plain_name(name)


def delete_file(path: Path) -> None:
    """Delete a file of the session, and the folder that held only it. Blocks: not on the loop."""
    path.unlink(missing_ok=True)
    if _OWN.fullmatch(path.parent.name):
        with suppress(OSError):  # it holds another one
            path.parent.rmdir()


def _check_disk(folder: Path, size: int) -> None:
    try:
        check_disk(folder, size)
    except OSError as error:
        raise QuotaExceeded(f"the server's disk has no room for {size} bytes more") from error


def _open_regular(path: str, flags: int) -> int:
    """Open without following a link or waiting for a pipe: the path is resolved, so a link is one put there since."""
    descriptor = os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise InvalidValue(f"{path!r} is not a regular file")
    return descriptor
