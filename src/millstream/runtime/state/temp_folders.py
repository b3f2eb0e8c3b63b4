"""The temporary folders of all sessions of one app, which no other process takes for abandoned."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Final

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # Windows; what a killed process left stays there
    fcntl = None

PREFIX: Final = "millstream-"
PERMISSIONS: Final = 0o700
LOCK: Final = ".lock"


class TempFolders:
    """The folders of all sessions of one app: one each, under one of ours in the temporary directory.

    Ours is locked as long as the process lives, however it ends. Others that share the temporary directory, be it from
    another container where process numbers are the same, see by the lock that it is in use.
    """

    def __init__(self) -> None:
        self._own = Path(tempfile.gettempdir()) / f"{PREFIX}{secrets.token_hex(8)}"
        self.root = self._own / "sessions"
        self._lock: int | None = None
        self._orphans: list[Path] = []

    def of_session(self) -> Path:
        """Name the folder of a new session. It does not exist yet."""
        return self.root / secrets.token_hex(8)

    def make(self) -> None:
        """Make the root, and note the folders of processes that were killed. Blocks: not on the loop."""
        self._orphans = [other for other in self._own.parent.glob(f"{PREFIX}*") if _is_orphan(other)]
        # It gets its name when it is locked: nobody ever sees it without.
        nascent = self._own.with_name(f".{self._own.name}")
        nascent.mkdir(PERMISSIONS)
        self._lock = _locked(nascent / LOCK, os.O_CREAT)
        (nascent / self.root.name).mkdir(PERMISSIONS)
        nascent.rename(self._own)

    def remove_orphans(self) -> None:
        """Remove the folders of processes that had been killed before `make`. Blocks: not on the loop."""
        for orphan in self._orphans:
            _is_orphan(orphan, is_removed=True)
        self._orphans = []

    def remove(self) -> None:
        """Remove everything. Blocks: not on the loop."""
        shutil.rmtree(self._own, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _is_orphan(folder: Path, *, is_removed: bool = False) -> bool:
    """Look whether a folder was made by a process of ours which does not exist any more, and maybe remove it."""
    try:
        if folder.is_symlink() or folder.stat().st_uid != os.getuid():
            return False
        lock = _locked(folder / LOCK)
    except OSError:
        return False  # it has no lock, so it is none of ours; or somebody else removes it right now
    if lock is None:
        return False
    if is_removed:
        shutil.rmtree(folder, ignore_errors=True)
    os.close(lock)
    return True


def _locked(path: Path, flags: int = 0) -> int | None:
    """Open a file and lock it, which lasts until it is closed; `None` if another process, or this one, has locked it.

    Raises:
        OSError: It is not there, or is no file of ours.
    """
    descriptor = os.open(path, os.O_RDWR | flags | getattr(os, "O_NOFOLLOW", 0), 0o600)
    if fcntl is None:
        os.close(descriptor)
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
