"""`CSVLogger` and `SimpleCSVLogger`: what visitors flag, as rows of a CSV file beside the files that belong to them."""

from __future__ import annotations

import csv
import io
import re
import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from millstream.apps.flagging.callback import FlaggingCallback
from millstream.apps.flagging.flag_folder import FlagFolder
from millstream.apps.flagging.written_cells import cell, inert
from millstream.declare.component import Component
from millstream.errors import DeclarationError, Error

MAX_BYTES: Final = 1024**3


class CSVLogger(FlaggingCallback):
    """Writes what visitors flag into `dataset1.csv`, with a line of headings, the option, the user and the time.

    If the components are others than those of the file, it begins `dataset2.csv`, and so on. Media and files are copied
    into a folder for each component. A text that a spreadsheet would take for a formula begins with `'`.

    Args:
        simplify_file_data: Accepted for Gradio's sake: a file is written as its path, relative to the folder.
        verbose: Accepted for Gradio's sake.
        dataset_file_name: A file of another name, whatever its columns are.
        max_bytes: The bytes that the folder may hold: what is flagged beyond is refused. `None` for any number.
    """

    def __init__(
        self,
        simplify_file_data: bool = True,
        verbose: bool = True,
        dataset_file_name: str | None = None,
        *,
        max_bytes: int | None = MAX_BYTES,
    ) -> None:
        del simplify_file_data, verbose
        self._name = dataset_file_name
        self._components: list[Component] = []
        self._max_bytes = max_bytes
        self._folder: FlagFolder | None = None
        self._counts: dict[Path, tuple[int, int]] = {}
        self._lock = threading.Lock()

    def setup(self, components: Sequence[Component], flagging_dir: str | Path) -> None:
        if self._name is not None and Path(self._name).name != self._name:
            raise DeclarationError(f"CSVLogger: dataset_file_name={self._name!r} is not a name of a file in the folder")
        self._components, self._folder = list(components), FlagFolder(Path(flagging_dir), self._max_bytes)

    def flag(self, flag_data: Sequence[object], flag_option: str | None = None, username: str | None = None) -> int:
        folder, values = self._ready(flag_data)
        row = [*values, inert(flag_option or ""), inert(username or ""), str(datetime.now().astimezone())]
        labels = [part.label or f"component {at}" for at, part in enumerate(self._components)]
        headings = [*labels, "flag", "username", "timestamp"]
        with self._lock:
            return self._append(folder, self._file(folder.path, headings), row, headings)

    def _append(self, folder: FlagFolder, path: Path, row: Sequence[str], headings: Sequence[str] = ()) -> int:
        """Append a row to a CSV file, under its headings if it is new; gives how many rows there are now."""
        before = path.stat().st_size if path.is_file() else 0
        lines = [_line([inert(heading) for heading in headings])] if headings and not before else []
        text = "".join([*lines, _line(row)]).encode(errors="replace")
        with path.open("ab") as file:
            file.write(text)
        folder.count(len(text))
        size, count = self._counts.get(path, (0, 0))
        if size != before:  # by another process, or in a former run
            count = _count(path) - bool(headings) - 1
        self._counts[path] = before + len(text), count + 1
        return count + 1

    def _ready(self, flag_data: Sequence[object]) -> tuple[FlagFolder, list[str]]:
        """Give the folder, which exists from now on, and the cells of values.

        Raises:
            Error: It was never set up, there are more or fewer values than components, or the folder is full.
        """
        if self._folder is None:
            raise Error("Nothing can be flagged yet: setup(components, flagging_dir) was not called.")
        if len(flag_data) != len(self._components):
            raise Error(f"{len(flag_data)} values were flagged for {len(self._components)} components.")
        folder = self._folder
        folder.open()
        pairs = zip(self._components, flag_data, strict=True)
        return folder, [cell(part, value, folder) for part, value in pairs]

    def _file(self, folder: Path, headings: list[str]) -> Path:
        if self._name is not None:
            return folder / self._name
        numbers = sorted(int(found[1]) for path in folder.iterdir() if (found := _DATASET.fullmatch(path.name)))
        for number in reversed(numbers):
            path = folder / f"dataset{number}.csv"
            with path.open(newline="", encoding="utf-8") as file:
                if next(csv.reader(file), None) == [inert(heading) for heading in headings]:
                    return path
            break
        return folder / f"dataset{(numbers or [0])[-1] + 1}.csv"


class SimpleCSVLogger(CSVLogger):
    """Writes what visitors flag into `log.csv`: their values alone, without headings."""

    def flag(self, flag_data: Sequence[object], flag_option: str | None = None, username: str | None = None) -> int:
        del flag_option, username
        folder, values = self._ready(flag_data)
        with self._lock:
            return self._append(folder, folder.path / "log.csv", values)


_DATASET = re.compile(r"dataset(\d+)\.csv")


def _count(path: Path) -> int:
    with path.open(newline="", encoding="utf-8") as file:
        return sum(1 for _ in csv.reader(file))


def _line(row: Sequence[str]) -> str:
    """Write a row as a line. The terminator has all ends of lines in cells quoted: a carriage return is one as well."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerow(row)
    return text.getvalue().removesuffix("\r\n") + "\n"
