"""Values of components as bytes: whatever can be pickled, but for pixels and samples."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

from millstream.errors import InvalidValue
from millstream.runtime.state.files import new_upload
from millstream.runtime.state.frame_chain import FrameChain
from millstream.runtime.state.raw_frame import RawFrame
from millstream.runtime.state.recording import StreamRecording
from millstream.types import Blob, Stored
from millstream.wire.packet import Packet

MAX_VALUE_BYTES: Final = 256 * 1024
"""The largest value that is written down."""

MEDIA: Final = (Packet, RawFrame, FrameChain, StreamRecording)
"""Types of values that are left out: what a camera or a microphone captured is replaced by the next anyhow."""

PLAIN: Final = (type(None), bool, int, float, str, bytes)
"""Types of values that no handler can change while they are being written."""

BLOB_FIELDS: Final = ("name", "mime", "size", "found", "key", "data", "shown")


class ReadValue(NamedTuple):
    """A value that was read, and whether something of it is missing."""

    value: Stored
    is_whole: bool


def written(value: Stored) -> bytes:
    """Write a value down. A file on the disk is written as a reference, and what was captured not at all.

    Raises:
        InvalidValue: It is larger than `MAX_VALUE_BYTES`.
        Exception: Whatever an object raises that is pickled.
    """
    file = _BoundedFile()
    _ValuePickler(file, pickle.HIGHEST_PROTOCOL).dump(value)
    return b"".join(file.parts)


class ValueReader:
    """Reads what `written` has written for one session, and takes over its files. Blocks.

    Args:
        folder: Where files go that values refer to; one that is not there any more is missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._moved: dict[str, Path] = {}

    def read(self, data: bytes) -> ReadValue:
        """Read one value.

        Args:
            data: Must be our own: reading it calls what it names.

        Raises:
            Exception: Whatever an object raises that is made anew.
        """
        unpickler = _ValueUnpickler(data, self.take_over)
        return ReadValue(unpickler.load(), unpickler.is_whole)

    def take_over(self, path: str) -> Path | None:
        """Move a file here, once; `None` if it is not there."""
        if path not in self._moved:
            moved = new_upload(self._folder, Path(path).name)
            try:
                Path(path).rename(moved)
            except OSError:  # it went with the machine of its gateway
                return None
            self._moved[path] = moved
        return self._moved[path]


class _BoundedFile:
    """A file that takes so much and no more."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self._left = MAX_VALUE_BYTES

    def write(self, data: bytes | memoryview | pickle.PickleBuffer) -> int:
        size = memoryview(data).nbytes
        self._left -= size
        if self._left < 0:
            raise InvalidValue(f"it takes more than {MAX_VALUE_BYTES >> 10} KiB")
        self.parts.append(bytes(data))
        return size


class _ValuePickler(pickle.Pickler):
    def reducer_override(self, value: object) -> Any:
        if isinstance(value, MEDIA):
            return _missing, ()
        if isinstance(value, Blob):
            fields = {field: getattr(value, field) for field in BLOB_FIELDS}
            return _file, ("" if value.path is None else str(value.path), {**fields, "told": dict(value.told)})
        return NotImplemented


class _ValueUnpickler(pickle.Unpickler):
    """Reads one value; its own methods stand in for the functions that the pickler names."""

    def __init__(self, data: bytes, take_over: Callable[[str], Path | None]) -> None:
        super().__init__(io.BytesIO(data))
        self.is_whole = True
        self._take_over = take_over
        self._own: dict[str, Callable[..., object]] = {_missing.__name__: self._miss, _file.__name__: self._file}

    def find_class(self, module: str, name: str) -> Any:
        return self._own[name] if module == __name__ else super().find_class(module, name)

    def _miss(self) -> None:
        self.is_whole = False

    def _file(self, path: str, fields: dict[str, Any]) -> Blob | None:
        moved = self._take_over(path) if path else None
        if path and moved is None:
            self._miss()
            return None
        return Blob(path=moved, **fields)


def _missing() -> None:
    """Stand in a pickle for what is left out."""


def _file(path: str, fields: dict[str, Any]) -> None:
    """Stand in a pickle for a file."""
