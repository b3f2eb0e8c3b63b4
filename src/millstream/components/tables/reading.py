"""Tables of Python's libraries as columns: recognised by what they can do, so that none has to be installed."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Sized
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

from millstream.components.tables.looks import looks_of, styler_looks
from millstream.components.tables.table import MAX_CELLS, MAX_COLUMNS, MAX_ROWS, Looks
from millstream.errors import InvalidValue
from millstream.wire.plain import brief

Open: TypeAlias = Callable[[Path], bytes]
"""Reads a file that the value names, if that is allowed."""

SAMPLE: Final = 4096
"""Characters of a file in which the sign between values is looked for."""

SEPARATORS: Final = ",;\t|"

FORMS: Final = "a DataFrame of pandas or polars, a numpy array, a list of rows, or {'headers': …, 'data': …}"


class Tabular(NamedTuple):
    """A table as it was given.

    Attributes:
        columns: The values, column by column; all columns are equally long.
        headers: The names of the columns, `None` if it has none of its own.
        looks: How cells are shown otherwise.
    """

    columns: Sequence[Sequence[object]]
    headers: Sequence[str] | None = None
    looks: Looks | None = None


class UnfitTable(InvalidValue):
    """A value that is no table, or one that is too large; whoever raises it again says of which component."""


def tabular(value: object, open_file: Open) -> Tabular:
    """Read what a handler returned, or an app declared.

    Raises:
        UnfitTable: It is no table, or one that is too large.
    """
    if isinstance(value, str | Path):
        return _from_file(Path(value), open_file)
    for name, module, read in _LIBRARIES:
        if _is_a(value, name, module):
            return read(value)
    if isinstance(value, Mapping):
        return _from_mapping(value)
    if hasattr(value, "tolist") and hasattr(value, "ndim") and hasattr(value, "dtype"):
        return _from_array(value)
    if isinstance(value, bytes | bytearray) or not isinstance(value, Iterable):
        raise UnfitTable(f"takes {FORMS}, but got {brief(value)}")
    return _from_rows(_gathered(value))


def _gathered(rows: Iterable[object]) -> list[object]:
    """Give rows as a list; of those that are made one by one no more than are allowed are made."""
    if isinstance(rows, Collection):
        check_shape(len(rows), 1)
        return list(rows)
    gathered, cells = [], 0
    for row in rows:
        gathered.append(row)
        cells += len(row) if isinstance(row, Sized) and not isinstance(row, str) else 1
        if len(gathered) > MAX_ROWS or cells > MAX_CELLS:
            raise _too_large(f"more than {len(gathered) - 1:,} rows")
    return gathered


def check_shape(rows: int, columns: int) -> None:
    """Check that a table is not too large, before anything is made of it.

    Raises:
        UnfitTable: It is.
    """
    if rows > MAX_ROWS or columns > MAX_COLUMNS or rows * columns > MAX_CELLS:
        raise _too_large(f"{rows:,} x {columns:,}")


def _too_large(got: str) -> UnfitTable:
    most = f"{MAX_ROWS:,} rows, {MAX_COLUMNS:,} columns and {MAX_CELLS:,} cells"
    return UnfitTable(f"takes at most {most}, but got {got}; give a part of it, or a file")


def _is_a(value: object, name: str, module: str) -> bool:
    return any(base.__name__ == name and base.__module__.partition(".")[0] == module for base in type(value).__mro__)


def _from_pandas(frame: Any) -> Tabular:
    check_shape(*frame.shape)
    columns = [_listed(frame.iloc[:, at]) for at in range(frame.shape[1])]
    return Tabular(columns, [_header(name) for name in frame.columns])


def _from_styler(styler: Any) -> Tabular:
    hidden = {int(at) for at in getattr(styler, "hidden_columns", ())}
    gone = {int(at) for at in getattr(styler, "hidden_rows", ())}
    height, width = styler.data.shape
    rows = [at for at in range(height) if at not in gone]
    table = _from_pandas(styler.data.iloc[rows, [at for at in range(width) if at not in hidden]])
    looks = styler_looks(styler, hidden)
    return table._replace(looks=looks if len(looks.display) == len(rows) else None)  # pandas gives up on large ones


def _from_series(series: Any) -> Tabular:
    check_shape(len(series), 1)
    name = getattr(series, "name", None)
    return Tabular([_listed(series)], None if name in (None, "") else [_header(name)])


def _from_polars(frame: Any) -> Tabular:
    check_shape(*frame.shape)
    return Tabular([column.to_list() for column in frame.get_columns()], list(map(str, frame.columns)))


def _from_lazy(frame: Any) -> Tabular:
    raise UnfitTable("takes tables that are there; collect() the LazyFrame first")


def _from_arrow(table: Any) -> Tabular:
    check_shape(table.num_rows, table.num_columns)
    return Tabular([column.to_pylist() for column in table.columns], list(map(str, table.column_names)))


_LIBRARIES: Final[Sequence[tuple[str, str, Callable[[Any], Tabular]]]] = (
    ("DataFrame", "pandas", _from_pandas),
    ("Styler", "pandas", _from_styler),
    ("Series", "pandas", _from_series),
    ("Index", "pandas", _from_series),
    ("DataFrame", "polars", _from_polars),
    ("Series", "polars", _from_series),
    ("LazyFrame", "polars", _from_lazy),
    ("Table", "pyarrow", _from_arrow),
)


def _listed(series: Any) -> list[object]:
    """Give the values of a Series or an array of one dimension, dates as such."""
    dtype = getattr(series, "dtype", None)
    if getattr(dtype, "kind", "") in ("M", "m") and not hasattr(series, "iloc"):
        return list(series.astype(f"{dtype.kind}8[us]").tolist())  # type: ignore[union-attr]  # it has a kind
    return list(series.tolist() if hasattr(series, "tolist") else series.to_list())


def _from_array(array: Any) -> Tabular:
    if names := getattr(array.dtype, "names", None):
        check_shape(array.size, len(names))
        flat = array.reshape(-1)
        return Tabular([_listed(flat[name]) for name in names], list(names))
    if array.ndim > 2:
        raise UnfitTable(f"takes arrays of two dimensions, but got one of the shape {tuple(array.shape)}")
    grid = array.reshape(-1, 1) if array.ndim < 2 else array
    check_shape(*grid.shape)
    return Tabular([_listed(grid[:, at]) for at in range(grid.shape[1])])


def _from_mapping(value: Mapping[object, Any]) -> Tabular:
    if not value:
        return Tabular([])
    if "data" in value and value.keys() <= {"headers", "data", "metadata"}:
        data = value["data"]
        rows = _from_array(data) if hasattr(data, "ndim") else _from_rows(_gathered(data if data is not None else ()))
        headers = value.get("headers")
        looks = looks_of(value.get("metadata"))
        return rows._replace(headers=list(map(_header, headers)) if headers is not None else None, looks=looks)
    columns = [_column(column) for column in value.values()]
    return Tabular(_even(columns), [_header(name) for name in value])


def _column(values: object) -> list[object]:
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise UnfitTable(
            f"takes a dict of columns, or of 'headers' and 'data', but one of its values is {brief(values)}"
        )
    return _listed(values) if hasattr(values, "dtype") else list(islice(values, MAX_ROWS + 1))


def _from_rows(rows: list[Any]) -> Tabular:
    """Read a list of rows; what is no row is one of a single cell, and dicts are records."""
    if rows and all(isinstance(row, Mapping) for row in rows):
        names = list(dict.fromkeys(name for row in rows for name in row))
        check_shape(len(rows), len(names))
        return Tabular([[row.get(name) for row in rows] for name in names], [_header(name) for name in names])
    lists = [_cells(row) for row in rows]
    width = max(map(len, lists), default=0)
    check_shape(len(rows), width)
    return Tabular(list(zip_longest(*lists)) if width else [])


def _cells(row: Any) -> Sequence[object]:
    if type(row) in (list, tuple):
        return row  # type: ignore[no-any-return]  # one of these
    if isinstance(row, str | bytes) or not isinstance(row, Iterable) or getattr(row, "shape", None) == ():
        return (row,)
    return (
        _listed(row) if hasattr(row, "dtype") and getattr(row, "ndim", 1) == 1 else list(islice(row, MAX_COLUMNS + 1))
    )


def _even(columns: list[list[object]]) -> Sequence[Sequence[object]]:
    """Make columns equally long."""
    longest = max(map(len, columns), default=0)
    check_shape(longest, len(columns))
    return [column + [None] * (longest - len(column)) for column in columns]


def _header(name: object) -> str:
    """Give a column's name as text: of several levels all that are not empty."""
    if isinstance(name, tuple):
        return " / ".join(str(part) for part in name if str(part))
    return str(name)


def _from_file(path: Path, open_file: Open) -> Tabular:
    """Read a file of comma-separated values, or with another sign between them."""
    if not str(path).lower().endswith((".csv", ".tsv", ".txt")):
        raise UnfitTable(f"takes {FORMS}, or the path of a .csv file, but got {brief(str(path))}")
    text = io.StringIO(open_file(path).decode("utf-8-sig", "replace"), newline="")
    sign, is_spaced = _separator(text.read(SAMPLE))
    text.seek(0)
    try:
        reader = csv.reader(text, delimiter=sign, skipinitialspace=is_spaced)
        rows = list(islice(reader, MAX_ROWS + 2))
    except csv.Error as error:
        raise UnfitTable(f"cannot read {path.name}: {error}") from error
    table = _from_rows([row for row in rows[1:] if row])
    return table._replace(columns=[_read(column) for column in table.columns], headers=rows[0] if rows else None)


def _separator(sample: str) -> tuple[str, bool]:
    """Find the sign between values, and whether a space follows it: it is in each line, and best equally often.

    `csv.Sniffer` takes seconds, in which no other thread runs, for 4 KiB that were written for it.
    """
    lines = [line for line in "".join(sample.split('"')[::2]).splitlines() if line.strip()]
    whole = lines[:-1] if len(sample) == SAMPLE and len(lines) > 1 else lines
    counts = {sign: [line.count(sign) for line in whole] for sign in SEPARATORS}
    fit = [sign for sign, found in counts.items() if min(found, default=0) > 0]
    sign = max(fit, key=lambda sign: (len(set(counts[sign])) == 1, min(counts[sign])), default=",")
    return sign, all(line.count(sign) == line.count(f"{sign} ") for line in whole)


def _read(column: Sequence[object]) -> list[object]:
    """Give the numbers of a column that has nothing else but empty cells; another one as it is."""
    try:
        return [None if cell in (None, "") else _number(str(cell)) for cell in column]
    except ValueError:
        return list(column)


def _number(text: str) -> int | float:
    return int(text) if text.strip().lstrip("+-").isdecimal() else float(text)
