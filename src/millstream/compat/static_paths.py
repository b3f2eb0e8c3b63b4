"""`set_static_paths`: files that every app of this process may show, as if each had named them in `allowed_paths=`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

_paths: list[Path] = []


def set_static_paths(paths: str | Path | Sequence[str | Path]) -> None:
    """Let every visitor have these files, and those in these folders, at `gradio_api/file=PATH` too.

    Of apps that are launched from then on, until the program ends; the next call replaces the paths of the last.

    Args:
        paths: Files and folders, relative to the working directory of now or absolute.
    """
    listed = [paths] if isinstance(paths, str | Path) else list(paths)
    _paths[:] = [Path(path).absolute() for path in listed]


def static_paths() -> tuple[Path, ...]:
    """Give the paths of the last `set_static_paths`."""
    return tuple(_paths)
