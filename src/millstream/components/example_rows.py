"""Rows of examples as an app gives them: a list, an array, a generator, or a folder."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, cast

from millstream.declare.component import Component
from millstream.declare.user_warnings import user_scope
from millstream.errors import DeclarationError

LOG: Final = "log.csv"
"""The file of a folder that says which values belong together; `dataset*.csv` of a `CSVLogger` serves as well."""


def rows_of(given: object, inputs: Sequence[Component], where: str) -> object:
    """Give what an app has given as a list, if it can be one; whatever else it is, is given back.

    Raises:
        DeclarationError: A folder cannot be read.
    """
    if isinstance(given, str | Path):
        return list(_in_folder(_found(Path(given)), inputs, where))
    if hasattr(type(given), "tolist") and getattr(given, "ndim", 0) in (1, 2):
        return cast("list[object]", given.tolist())  # type: ignore[attr-defined]  # an array
    return list(given) if isinstance(given, Iterator) else given


def _found(folder: Path) -> Path:
    """Find a folder beside the file of the app, or else below the working directory."""
    home = user_scope().get("__file__")
    beside = Path(home).absolute().parent / folder if isinstance(home, str) else folder
    return beside if beside.is_dir() else folder


def _in_folder(folder: Path, inputs: Sequence[Component], where: str) -> Iterator[Sequence[object]]:
    if not folder.is_dir():
        raise DeclarationError(
            f"{where}: examples={str(folder)!r} is not a folder, beside the app or where it was started"
        )
    log = _log(folder)
    if log is None:
        if len(inputs) != 1:
            raise DeclarationError(f"{where}: the folder {folder} has no {LOG}, which says what belongs together")
        yield from ([str(path)] for path in sorted(folder.iterdir()) if path.is_file() and path.name[0] != ".")
        return
    try:
        with log.open(newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))[1:]  # without the names of the columns
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DeclarationError(f"{where}: {log} cannot be read: {error}") from error
    for row in rows:
        yield [_cell(folder, text) for text in row[: len(inputs)]]


def _log(folder: Path) -> Path | None:
    logs = [folder / LOG, *sorted(folder.glob("dataset*.csv"), reverse=True)]
    return next((path for path in logs if path.is_file()), None)


def _cell(folder: Path, text: str) -> object:
    """Give a cell: the file in the folder that it names, or its text; nothing if it is empty."""
    if not text:
        return None
    try:
        path = folder / text
        return str(path) if path.is_file() else text
    except (OSError, ValueError):  # no file can have that name
        return text
