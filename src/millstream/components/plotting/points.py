"""The points of a plot: the columns of a table that are drawn, in rows, and no more of them than a page can draw."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from millstream.components.plotting.columns import ColumnTable, PlotColumn, UnfitPlotTable
from millstream.components.plotting.grouping import grouped
from millstream.components.plotting.thinning import every_nth, extremes
from millstream.wire.plain import brief

MAX_ROWS: Final = 20_000
"""Points that a page draws at once: of more, lines keep their outline, and of a cloud each nth point is drawn."""

MAX_SERIES: Final = 1000
"""Lines, or colours, of one plot."""

MAX_MORE: Final = 12
"""Columns beside those that are drawn, for tooltips and for updates such as `x=`."""

MAX_EXTRA_ROWS: Final = 2000
"""Tables of more rows are sent without columns that nobody has asked for."""

MAX_TEXT: Final = 1_500_000
"""Characters of all names together."""


class Asked(NamedTuple):
    """The part of a table that a plot asks for.

    Attributes:
        mark: `"line"`, `"bar"` or `"point"`.
        x, y, color: Names of columns.
        tooltip: `"axis"`, `"all"`, `"none"` or names of columns.
        bin: The width of a bin of x, 0 without any; times in milliseconds.
        by: What becomes of values that belong together.
    """

    mark: str
    x: str
    y: str
    color: str | None
    tooltip: str | Sequence[str]
    bin: float
    by: str


def points_of(value: object, asked: Asked) -> list[Any]:
    """Give the points of a table for the page: a head, which says what the columns are, and a row for each point.

    A table without the column of the colour has points of one colour: its head says which column is missing.

    Raises:
        UnfitPlotTable: It is no table, or has not what the plot asks for.
    """
    table = ColumnTable(value)
    missing = asked.color if asked.color and asked.color not in table.names else None
    asked = asked._replace(color=None) if missing else asked
    drawn = {name: _column(table, name, asked) for name in _drawn(table, asked)}
    if len({column.size for column in drawn.values()}) > 1:
        sizes = ", ".join(f"{name!r} has {column.size}" for name, column in drawn.items())
        raise UnfitPlotTable(f"the columns differ in length: {sizes}")
    more = {name: table.column(name) for name in _more(table, asked, drawn)}
    head, *rows = _listed({**drawn, **more}, asked)
    return [head | {"colorless": missing} if missing else head, *rows]


def _drawn(table: ColumnTable, asked: Asked) -> list[str]:
    for role, name in (("x", asked.x), ("y", asked.y)):
        if name not in table.names:
            raise UnfitPlotTable(
                f"{role}={name!r} is not a column of the table, whose columns are {brief(table.names[:20])}"
            )
    return [asked.x, asked.y, *([asked.color] if asked.color else [])]


def _column(table: ColumnTable, name: str, asked: Asked) -> PlotColumn:
    column = table.column(name, is_measured=name == asked.y)
    if column.kind == "nominal" and not any(text is not None for text in column.names):
        return PlotColumn("quantitative", np.full(len(column.names), math.nan), [])
    if name == asked.y and column.kind != "quantitative" and asked.by != "count" and column.size:
        what = "names" if column.kind == "nominal" else "times"
        raise UnfitPlotTable(f'y={name!r} holds {what}, and has to hold numbers; y_aggregate="count" counts them')
    if name == asked.color and (count := len(set(column.names))) > MAX_SERIES:
        raise UnfitPlotTable(f"color={name!r} has {count} different values, and at most {MAX_SERIES} are drawn")
    return column


def _more(table: ColumnTable, asked: Asked, drawn: Mapping[str, PlotColumn]) -> list[str]:
    """Choose further columns: those of the tooltip, and all of a table that has few."""
    rest = [name for name in table.names if name not in drawn]
    if not isinstance(asked.tooltip, str):
        named = [name for name in asked.tooltip if name in rest]
        return [*named, *(name for name in rest if name not in named)][:MAX_MORE]
    is_small = len(rest) <= MAX_MORE and drawn[asked.x].size <= MAX_EXTRA_ROWS
    return rest[:MAX_MORE] if asked.tooltip == "all" or is_small else []


def _listed(columns: dict[str, PlotColumn], asked: Asked) -> list[Any]:
    """Bring columns into rows, and below what a page can draw."""
    head: dict[str, Any] = {"columns": list(columns)}
    if columns[asked.x].size > MAX_ROWS:
        columns, reduced = _reduced(columns, asked)
        head |= reduced
    head["kinds"] = [column.kind for column in columns.values()]
    head["local"] = [column.is_local for column in columns.values()]
    if sum(len(text or "") for column in columns.values() for text in column.names) > MAX_TEXT:
        raise UnfitPlotTable(f"the names in it have more than {MAX_TEXT} characters together")
    return [head, *map(list, zip(*(column.cells for column in columns.values()), strict=True))]


def _reduced(columns: dict[str, PlotColumn], asked: Asked) -> tuple[dict[str, PlotColumn], dict[str, Any]]:
    x, y = columns[asked.x], columns[asked.y]
    series = _places(columns[asked.color]) if asked.color else np.zeros(x.size, np.intp)
    is_grouped = bool(asked.bin) or (x.kind == "nominal" and asked.mark != "point")
    if is_grouped:
        along = _places(x).astype(np.float64) if x.kind == "nominal" else x.numbers
        along = np.floor(along / asked.bin) * asked.bin if asked.bin and x.kind != "nominal" else along
        measured = y.numbers if y.kind == "quantitative" else _places(y).astype(np.float64)
        rows, values = grouped(along, measured, series, asked.by)
        taken = {name: column.taken(rows) for name, column in columns.items()}
        taken[asked.y] = PlotColumn("quantitative", values, [])
        if asked.bin and x.kind != "nominal":
            taken[asked.x] = x._replace(numbers=along[rows])
        if len(rows) > MAX_ROWS:
            raise UnfitPlotTable(f"{len(rows)} different x are more than the {MAX_ROWS} that are drawn: widen x_bin=")
        return taken, {"grouped": {"bin": asked.bin, "by": asked.by}}
    if asked.mark != "point" and x.kind != "nominal" and y.kind == "quantitative":
        rows, step = extremes(x.numbers, y.numbers, series, MAX_ROWS)
        return {name: column.taken(rows) for name, column in columns.items()}, {"outline": step}
    rows, step = every_nth(x.size, MAX_ROWS)
    return {name: column.taken(rows) for name, column in columns.items()}, {"every": step}


def _places(column: PlotColumn) -> NDArray[np.intp]:
    """Number the different names of a column in the order in which they come; numbers make no series."""
    if column.kind != "nominal":
        return np.zeros(column.size, np.intp)
    known: dict[str | None, int] = {}
    return np.array([known.setdefault(name, len(known)) for name in column.names], np.intp)
