"""The rules by which files of the server's disk may be shown: pure, but for looking at the path itself."""

from __future__ import annotations

import reprlib
import tempfile
from collections.abc import Sequence
from pathlib import Path

from millstream.errors import InvalidValue
from millstream.media.image_header import MAX_PHOTO_PIXELS


class PathRules:
    """Which files a handler may return.

    Args:
        allowed: Files and folders besides the working directory and the temporary directory.
        blocked: Files and folders that are never served.
        stores: The folder that holds the folders of all sessions.
        max_image_pixels: How many pixels an image file may have that is decoded.
    """

    def __init__(
        self,
        allowed: Sequence[Path],
        blocked: Sequence[Path],
        stores: Path,
        max_image_pixels: int = MAX_PHOTO_PIXELS,
    ) -> None:
        self.max_image_pixels = max_image_pixels
        self._allowed = [Path(path).resolve() for path in allowed]
        self._blocked = [Path(path).resolve() for path in blocked]
        self._roots = [Path.cwd().resolve(), Path(tempfile.gettempdir()).resolve()]
        self._stores = stores

    def check(self, path: Path, own: Path) -> Path:
        """Resolve `path` and check that it may be served to the session whose folder is `own`. Blocks: not on the loop.

        Raises:
            InvalidValue: It may not, or it is no file; the message names the remedy.
        """
        if not path.name:
            raise InvalidValue(f"{str(path)!r} names no file: return a path, or None for nothing")
        try:
            real, is_file = path.resolve(), path.is_file()
        except (OSError, ValueError) as error:
            shown = reprlib.repr(str(path))
            raise InvalidValue(f"the file {shown} cannot be read: no file can have that name") from error
        if not self._permits(real, own.resolve()):
            raise InvalidValue(
                f"the file {str(path)!r} may not be shown: it lies outside of the working directory and the temporary "
                "directory, or it is hidden or blocked; copy it there, or name its folder in launch(allowed_paths=[…])"
            )
        if not is_file:
            why = "is a folder" if real.is_dir() else "does not exist, or is not a file"
            raise InvalidValue(f"the file {str(path)!r} {why}; check the handler's return value")
        return real

    def permits(self, path: Path) -> bool:
        """Tell whether a file or folder may be shown that is of no session's making. Blocks: not on the loop."""
        try:
            real, stores = path.resolve(), self._stores.resolve()
        except (OSError, RuntimeError, ValueError):  # no file can have that name, or links lead in a circle
            return False
        return not real.is_relative_to(stores) and self._permits(real, stores)

    def is_named(self, path: Path) -> bool:
        """Tell whether a file is one of `allowed`, or in a folder of these. Blocks: not on the loop."""
        try:
            real, is_file = path.resolve(), path.is_file()
        except (OSError, RuntimeError, ValueError):
            return False
        return is_file and any(real.is_relative_to(root) for root in self._allowed) and self.permits(path)

    def _permits(self, real: Path, own: Path) -> bool:
        if any(real.is_relative_to(path) for path in self._blocked):
            return False
        if real.is_relative_to(self._stores.resolve()):
            return real.is_relative_to(own)
        explicit = [path for path in self._allowed if real.is_relative_to(path)]
        roots = explicit or [path for path in self._roots if real.is_relative_to(path)]
        return any(not _is_hidden(real.relative_to(root)) for root in roots)


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
