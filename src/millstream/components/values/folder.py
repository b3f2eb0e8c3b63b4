"""`Folder`: what may be seen of a folder of the server's disk, by somebody who only names what is in it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from fnmatch import fnmatch
from itertools import islice
from pathlib import Path
from typing import Final, TypeAlias, TypeGuard

from millstream.wire.messages import Value

Names: TypeAlias = Sequence[str]
"""A way into the folder: the names of folders, from the outermost on, and of a file."""

MAX_DEPTH: Final = 64
MAX_NAME: Final = 255

MAX_READ: Final = 20_000
"""Most entries of a folder that are looked at."""

MAX_SHOWN: Final = 2_000
"""Most entries of a folder that are shown."""


class Folder:
    """A folder, and what is shown of it. Its methods read the disk: not on the event loop.

    Args:
        root: The folder.
        glob: Pattern of the names or paths that are shown.
        ignore_glob: Pattern of those that are left out.

    Attributes:
        permits: Whether a file or folder may be shown by the rules of the app.
    """

    def __init__(self, root: Path, glob: str, ignore_glob: str | None) -> None:
        self.root = Path(os.path.abspath(root))
        self.permits: Callable[[Path], bool] = lambda path: True
        self._glob, self._ignored = glob, ignore_glob

    @property
    def exists(self) -> bool:
        return self.root.is_dir()

    def find(self, names: Names) -> Path | None:
        """Give the path of something in the folder that may be shown; `None` if it is not there for a visitor."""
        path = self.root.joinpath(*names)
        try:
            real, root = path.resolve(strict=True), self.root.resolve()
        except (OSError, RuntimeError, ValueError):  # gone, a circle of links, or no name
            return None
        if not real.is_relative_to(root) or not is_path(real.relative_to(root).parts):
            return None
        is_left_out = any(map(self._is_ignored, (names, real.relative_to(root).parts)))
        return path if self.permits(real) and not is_left_out else None

    def names(self, path: Path) -> list[str] | None:
        """Give the way to a path that is absolute or relative to the folder; `None` for one outside."""
        whole = Path(os.path.abspath(self.root / path))
        return list(whole.relative_to(self.root).parts) if whole.is_relative_to(self.root) else None

    def shows(self, path: Path) -> bool:
        """Tell whether the pattern lets something that was found be chosen."""
        return _fits(path.relative_to(self.root).as_posix(), self._glob)

    def listing(self, names: Names) -> dict[str, Value]:
        """Say what is in a folder: `[name, is a folder, can be chosen]`, folders first, in the order of their names.

        A folder that is not there for the visitor is empty. Whether an entry may be shown is looked up for those alone
        that are: that takes several looks at the disk for each.
        """
        found = sorted(self._named(names), key=lambda entry: (not entry[1], entry[0].casefold()))
        shown: list[Value] = []
        for at, (name, is_folder, is_shown) in enumerate(found):
            if len(shown) == MAX_SHOWN:
                return {"folder": list(names), "entries": shown, "left_out": len(found) - at}
            if self.find([*names, name]) is not None:
                shown.append([name, is_folder, is_shown])
        return {"folder": list(names), "entries": shown, "left_out": 0}

    def _named(self, names: Names) -> list[tuple[str, bool, bool]]:
        """Read what is in a folder, as far as its names alone let it be shown."""
        folder = self.find(names)
        if folder is None:
            return []
        try:
            with os.scandir(folder) as found:
                inside = [(entry.name, _is_folder(entry)) for entry in islice(found, MAX_READ) if is_path([entry.name])]
        except OSError:  # it is no folder, or may not be read
            return []
        named = [(name, is_folder, self.shows(folder / name)) for name, is_folder in inside]
        return [entry for entry in named if entry[1] or entry[2]]

    def _is_ignored(self, names: Names) -> bool:
        """True if something is left out, or a folder on the way to it: nobody gets into that by naming its contents."""
        pattern = self._ignored
        return pattern is not None and any(_fits("/".join(names[: at + 1]), pattern) for at in range(len(names)))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # links lead in a circle
        return False


def is_path(names: object) -> TypeGuard[Names]:
    """Tell names that lead into a folder, and nowhere else, from anything that a page might say."""
    if not isinstance(names, list | tuple) or len(names) > MAX_DEPTH:
        return False
    return all(isinstance(name, str) and _is_name(name) for name in names)


def _is_name(name: str) -> bool:
    is_text = 0 < len(name) <= MAX_NAME and not name.startswith(".") and name.isprintable()
    return is_text and not any(sign in name for sign in "/\\\0:")


def _fits(way: str, pattern: str) -> bool:
    """Tell whether a path fits a pattern, whose `*` also goes past a `/`, or its last name does."""
    patterns = (pattern, pattern.removeprefix("**/"))
    return any(fnmatch(text, each) for text in (way, way.rsplit("/", maxsplit=1)[-1]) for each in patterns)
