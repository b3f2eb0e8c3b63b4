"""Files that a script of the page has uploaded: handles within plain data, the files that they stand for, and paths."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from millstream.errors import InvalidValue
from millstream.types import Blob, Files, Scratch
from millstream.wire.plain import MAX_DEPTH


def with_files(value: object, files: Files) -> object:
    """Put the session's own files in the place of their handles: of texts that are the handle of one, and no others."""

    def found(text: object) -> object:
        try:
            return files.find(text) if isinstance(text, str) else text
        except InvalidValue:
            return text

    return _replaced(value, found)


def with_paths(value: object, scratch: Scratch) -> object:
    """Put paths in the place of files, for the length of a call."""

    def lent(each: object) -> object:
        if not isinstance(each, Blob):
            return each
        path = each.path
        if path is None:
            path = scratch.temporary(Path(each.name).suffix)
            path.write_bytes(each.data or b"")
        return str(path)

    return _replaced(value, lent)


def files_in(value: object) -> Iterator[Blob]:
    """Give the files within plain data."""
    if isinstance(value, Blob):
        yield value
    elif isinstance(value, list | dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from files_in(each)


def _replaced(value: object, replace: Callable[[object], object], depth: int = MAX_DEPTH) -> object:
    """Replace what is in lists and dicts; what is nested too deeply stays as it is, for others to refuse."""
    if isinstance(value, list | dict) and depth == 0:
        return value
    if isinstance(value, list):
        return [_replaced(each, replace, depth - 1) for each in value]
    if isinstance(value, dict):
        return {name: _replaced(each, replace, depth - 1) for name, each in value.items()}
    return replace(value)
