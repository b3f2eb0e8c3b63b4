"""`FlagFolder`: the folder into which flagged values are written, and how much may be in it."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Final

from millstream.errors import Error

MAX_NAME: Final = 60
"""Characters of a file's or folder's name."""

FULL: Final = "Nothing more can be flagged: what visitors have flagged takes as much space as it may."


class FlagFolder:
    """A folder that takes so many bytes. It is measured once; what others write into it later does not count.

    Args:
        path: The folder; it is made with the first value.
        most: The bytes that there may be in it; `None` for any number.
    """

    def __init__(self, path: Path, most: int | None) -> None:
        self.path = path
        self._most = most
        self._used: int | None = None
        self._lock = threading.Lock()

    def open(self) -> None:
        """Make the folder.

        Raises:
            Error: It is full.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        with self._lock:
            if self._used is None:
                self._used = sum(found.stat().st_size for found in self.path.rglob("*") if found.is_file())
            if self._most is not None and self._used >= self._most:
                raise Error(FULL)

    def save(self, owner: str, name: str, write: Callable[[Path], object]) -> str:
        """Have a file written into the folder of its `owner`; gives its path, relative to this one."""
        beside = self.path / file_name(owner)
        beside.mkdir(parents=True, exist_ok=True)
        path = beside / f"{uuid.uuid4().hex[:12]}-{file_name(name)}"
        write(path)
        self.count(path.stat().st_size)
        return path.relative_to(self.path).as_posix()

    def count(self, size: int) -> None:
        """Count bytes that were written."""
        with self._lock:
            self._used = (self._used or 0) + size


def file_name(text: str) -> str:
    """Give a text as the name of a file or folder: letters, digits, dots and hyphens."""
    name = re.sub(r"[^\w.-]+", "-", text).strip(".-")
    return name[-MAX_NAME:] or "value"
