"""Writes recorded visits to files, in a thread of its own: neither the event loop nor a visitor waits for the disk."""

from __future__ import annotations

import asyncio
import importlib.metadata
import logging
import os
import platform
import queue
import secrets
import threading
from collections import OrderedDict
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from millstream.recording.msr import (
    FORMAT,
    MAX_FILE_BYTES,
    Header,
    Record,
    RecordKind,
    UploadPart,
    pack,
    pack_header,
)
from millstream.wire.packet import VERSION

logger = logging.getLogger("millstream.recording")

MAX_WAITING_BYTES: Final = 64 * 1024 * 1024
"""Bytes that may wait for the disk, those of all visits together."""

MAX_KNOWN: Final = 10_000
"""Visits that a page which comes back may go on with."""

MAX_OFFERED: Final = 1_000
"""Names that were offered and not used yet."""

MAX_UPLOAD_BYTES: Final = 32 * 1024 * 1024
"""A larger file is not a part of a recording."""

PART_BYTES: Final = 1024 * 1024

CLOSE_S: Final = 5.0
"""How long the rest may take to be written at the end."""

_BATCH: Final = 256


class RecordedVisit:
    """One visit that is being recorded. Used on the loop."""

    def __init__(self, recorder: Recorder, path: Path, began: float) -> None:
        self._recorder = recorder
        self.path = path
        self._began = began
        self._bytes = self._last_us = 0

    def add(self, kind: RecordKind, body: bytes, at: float | None = None) -> None:
        """Record something that happened now, or at another time of the loop's clock."""
        now = asyncio.get_running_loop().time() if at is None else at
        self._last_us = max(self._last_us, round((now - self._began) * 1e6))
        data = pack(Record(kind, self._last_us, body))
        self._bytes += len(data)
        if self._bytes <= MAX_FILE_BYTES:
            self._recorder.write(self.path, data)
        elif self._bytes - len(data) <= MAX_FILE_BYTES:
            logger.warning(
                "The recording %s has reached the maximum size; the rest of the visit is not recorded.", self.path
            )

    def add_upload(self, part: UploadPart) -> None:
        """Record a file that the page has uploaded: its name and so on, and all of its data."""
        data = memoryview(part.data)
        for start in range(0, max(len(data), 1), PART_BYTES):
            piece, is_last = bytes(data[start : start + PART_BYTES]), start + PART_BYTES >= len(data)
            body = msgspec.msgpack.encode(msgspec.structs.replace(part, data=piece, is_last=is_last))
            self.add(RecordKind.UPLOAD, body)


class Recorder:
    """Records the visits of one app, each to one file in a folder.

    The buffer is bounded. When it overflows, or the disk is full, recording ends for good with one warning, and the app
    goes on.

    Args:
        folder: Where the files go; it is made if it does not exist.
        build: Names the app's declaration.
        title: The app's title.
    """

    def __init__(self, folder: Path, build: str, title: str = "") -> None:
        self._folder = folder
        header = Header(FORMAT, VERSION, build, title, _version(), platform.python_version())
        self._beginning = pack_header(header)
        self._queue: queue.SimpleQueue[tuple[Path, bytes] | None] = queue.SimpleQueue()
        self._given = self._taken = 0
        self._visits: OrderedDict[str, RecordedVisit] = OrderedDict()
        self._offered: OrderedDict[str, None] = OrderedDict()
        self._thread: threading.Thread | None = None
        self._has_failed = False

    def offer(self) -> str:
        """Give a name under which one visit may be recorded, that is the next one that asks for it."""
        name = _new_name()
        self._offered[name] = None
        if len(self._offered) > MAX_OFFERED:
            self._offered.popitem(last=False)
        return name

    def offers(self, name: str) -> bool:
        """Tell whether a name was offered, and not used yet."""
        return name in self._offered

    def path_of(self, name: str) -> Path:
        """Give the file of a name."""
        return self._folder / f"{name}.msr"

    def visit(self, session: str, began: float, name: str = "") -> RecordedVisit:
        """Give the recording of a session, or begin one; `began` is by the loop's clock.

        A `name` that was offered is used; any other one would add to the recording of another visit.
        """
        found = self._visits.get(session)
        if found is None:
            path = self.path_of(name if self.offers(name) else _new_name())
            self._offered.pop(name, None)
            found = self._visits[session] = RecordedVisit(self, path, began)
            logger.info("Recording a visit to %s", path)
            self.write(found.path, self._beginning)
            if len(self._visits) > MAX_KNOWN:
                self._visits.popitem(last=False)
        return found

    def known(self, session: str) -> RecordedVisit | None:
        """Give the recording of a session, if it has one."""
        return self._visits.get(session)

    def write(self, path: Path, data: bytes) -> None:
        """Append to a file, soon; nothing if recording has ended."""
        if self._has_failed:
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._write_all, name="millstream-recording", daemon=True)
            self._thread.start()
        self._given += len(data)
        if self._given - self._taken > MAX_WAITING_BYTES:
            self._fail(f"the disk is too slow: {MAX_WAITING_BYTES} bytes wait for it")
            return
        self._queue.put((path, data))

    def close(self) -> None:
        """Write the rest; returns when that is done or takes too long. Blocks: not on the loop."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join(CLOSE_S)
            self._thread = None

    def _write_all(self) -> None:
        while (batch := self._take()) is not None:
            if self._has_failed:
                continue
            try:
                for path, data in batch.items():
                    _append(path, data)
            except OSError as error:
                self._fail(error.strerror or str(error))
            self._taken += sum(map(len, batch.values()))

    def _take(self) -> dict[Path, bytes] | None:
        """Wait for something to write; gives it by file, `None` at the end."""
        gathered: dict[Path, list[bytes]] = {}
        item = self._queue.get()
        for _ in range(_BATCH):
            if item is None:
                if gathered:
                    self._queue.put(None)
                break
            gathered.setdefault(item[0], []).append(item[1])
            if self._queue.empty():
                break
            item = self._queue.get()
        return {path: b"".join(parts) for path, parts in gathered.items()} or None

    def _fail(self, why: str) -> None:
        self._has_failed = True
        logger.warning("Visits are no longer recorded in %s: %s. The app keeps running.", self._folder, why)


def _new_name() -> str:
    return f"{datetime.now():%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"


def _version() -> str:
    try:
        return importlib.metadata.version("millstream")
    except importlib.metadata.PackageNotFoundError:
        return ""  # it runs from its sources


def _append(path: Path, data: bytes) -> None:
    """Append to a file that only this user can read."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as file:
        file.write(data)
