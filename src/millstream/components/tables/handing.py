"""A `Table` for a handler: as a DataFrame of pandas or polars, as an array, or as a list of rows."""

from __future__ import annotations

import datetime as dt
import importlib
import importlib.util
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, TypeAlias

import numpy as np

from millstream.components.tables.cells import Cell, number_of
from millstream.components.tables.table import Table
from millstream.errors import InvalidValue

Given: TypeAlias = Literal["pandas", "numpy", "polars", "array"]


def handed(table: Table, form: Given) -> object:
    """Give a table in a form.

    Raises:
        InvalidValue: The package that this takes is not installed.
    """
    columns = [
        list(map(number_of, cells)) if kind == "number" and str in set(map(type, cells)) else cells
        for cells, kind in zip(table.columns(), table.kinds, strict=True)
    ]
    return _FORMS[form](table, columns)


def is_installed(form: str) -> bool:
    """True if the package of a form is there."""
    return form not in PACKAGES or importlib.util.find_spec(form) is not None


def needs(form: str) -> str:
    """Say what to do if it is not."""
    return f"type={form!r} needs {form}, which is not installed: pip install {form}, or give type='array'"


PACKAGES: Final = ("pandas", "polars")

DATE: Final = len("2024-12-31")


def _package(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise InvalidValue(needs(name)) from error


def _pandas(table: Table, columns: list[list[Cell]]) -> object:
    pandas = _package("pandas")
    made = {at: _times(pandas, cells) if at in table.times else cells for at, cells in enumerate(columns)}
    frame = pandas.DataFrame(made, columns=range(table.width))
    frame.columns = list(table.headers)
    return frame


def _times(pandas: Any, cells: list[Cell]) -> object:
    """Give dates and times as such; texts again if somebody wrote into them what is none."""
    try:
        return pandas.to_datetime(pandas.Series(cells, dtype="object"), format="ISO8601")
    except (ValueError, TypeError):
        return cells


def _polars(table: Table, columns: list[list[Cell]]) -> object:
    polars = _package("polars")
    names: dict[str, int] = {}
    for at, header in enumerate(table.headers):
        names[header if header not in names else f"{header}_{at + 1}"] = at
    made = {name: _moments(columns[at]) if at in table.times else columns[at] for name, at in names.items()}
    return polars.DataFrame([polars.Series(name, cells, strict=False) for name, cells in made.items()])


def _moments(cells: list[Cell]) -> list[Any]:
    """Give dates and times as such; texts again if somebody wrote into them what is none."""
    texts = [cell for cell in cells if isinstance(cell, str)]
    read = dt.date.fromisoformat if all(len(text) == DATE for text in texts) else dt.datetime.fromisoformat
    try:
        return [read(cell) if isinstance(cell, str) else None for cell in cells]
    except ValueError:
        return list(cells)


def _numpy(table: Table, columns: list[list[Cell]]) -> object:
    if not table.count:
        return np.empty((0, table.width))
    if set(table.kinds) == {"number"} and not any(str in set(map(type, cells)) for cells in columns):
        return np.array([[np.nan if cell is None else cell for cell in cells] for cells in columns]).T.copy()
    return np.array([list(row) for row in zip(*columns, strict=True)])


def _array(table: Table, columns: list[list[Cell]]) -> object:
    return [list(row) for row in zip(*columns, strict=True)]


_FORMS: Final[Mapping[str, Callable[[Table, list[list[Cell]]], object]]] = {
    "pandas": _pandas,
    "numpy": _numpy,
    "polars": _polars,
    "array": _array,
}
