"""Columns of tables as plots need them: numbers, points in time, or names.

A table is a DataFrame of pandas or polars, a dict of columns, or a list of dicts; none of the libraries is imported.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from millstream.components.values.plain import LARGEST_WHOLE, plain_text
from millstream.wire.plain import brief

Kind: TypeAlias = Literal["quantitative", "temporal", "nominal"]

LONGEST_NAME = 200
"""Most characters of a name in a column; the rest is left out."""

MS_PER_S = 1000.0


class UnfitPlotTable(ValueError):
    """A table cannot be drawn; the message says why."""


class NoTable(UnfitPlotTable):
    """A value is no table."""


class PlotColumn(NamedTuple):
    """One column.

    Attributes:
        kind: The way in which it is drawn.
        numbers: Its numbers, or milliseconds since 1970; NaN where there is none. Empty for names.
        names: Its names, `None` where there is none. Empty for numbers.
        is_local: Whether its times are those of a clock on the wall, and not of a time zone.
    """

    kind: Kind
    numbers: NDArray[np.float64]
    names: list[str | None]
    is_local: bool = False

    @property
    def size(self) -> int:
        """The number of its rows."""
        return max(len(self.numbers), len(self.names))

    @property
    def cells(self) -> list[Any]:
        """Its values for the page: whole numbers as such, `None` where there is none."""
        if self.kind == "nominal":
            return self.names
        is_whole = bool((np.abs(self.numbers) < LARGEST_WHOLE).all()) and bool((self.numbers % 1 == 0).all())
        listed: list[Any] = (self.numbers.astype(np.int64) if is_whole else self.numbers).tolist()
        if not is_whole and np.isnan(self.numbers).any():
            return [None if value != value else value for value in listed]  # only NaN differs
        return listed

    def taken(self, rows: NDArray[np.intp]) -> PlotColumn:
        """Give some of its rows."""
        if self.kind == "nominal":
            return self._replace(names=[self.names[row] for row in rows.tolist()])
        return self._replace(numbers=self.numbers[rows])


class ColumnTable:
    """A table of any kind, whose columns are read when they are needed.

    Attributes:
        names: The names of its columns, in order.

    Raises:
        NoTable: The value is none.
    """

    def __init__(self, value: object) -> None:
        self._value: Any = value
        if isinstance(value, Mapping):
            self.names = [plain_text(name) for name in value]
            self._keys: dict[str, object] = dict(zip(self.names, value, strict=True))
        elif isinstance(value, list | tuple) and all(isinstance(row, Mapping) for row in value):
            self.names = list(dict.fromkeys(plain_text(name) for row in value for name in row))
            self._value = {name: [row.get(name) for row in value] for name in self.names}
            self._keys = {name: name for name in self.names}
        elif hasattr(value, "columns") and hasattr(value, "__getitem__"):
            keys = list(value.columns)
            self.names = [plain_text(name) for name in keys]
            self._keys = dict(zip(self.names, keys, strict=True))
        elif isinstance(value, np.ndarray) and value.dtype.names:
            self.names = list(value.dtype.names)
            self._keys = {name: name for name in self.names}
        else:
            raise NoTable

    def column(self, name: str, *, is_measured: bool = False) -> PlotColumn:
        """Read a column.

        Args:
            name: One of `names`.
            is_measured: Whether truth values are the numbers 0 and 1, and not names.

        Raises:
            UnfitPlotTable: It has more than one dimension.
        """
        found: Any = self._value[self._keys[name]]
        if hasattr(found, "columns") and hasattr(found, "iloc"):
            found = found.iloc[:, 0]  # pandas allows several columns of one name
        return column_of(found, is_measured=is_measured)


def column_of(values: Any, *, is_measured: bool = False) -> PlotColumn:
    """Read the values of a column; see `ColumnTable.column`."""
    array = _array_of(values)
    if array.ndim != 1:
        raise UnfitPlotTable(f"a column has {array.ndim} dimensions in place of one")
    kind = array.dtype.kind
    if kind == "b" and not is_measured:
        return _names(["true" if value else "false" for value in array.tolist()])
    if kind in "iufb":
        return _numbers(array.astype(np.float64))
    if kind == "M":
        zone = getattr(getattr(values, "dtype", None), "tz", None) or getattr(values, "_zone", None)
        return _times(array, is_local=zone is None)
    if kind == "m":
        return _numbers(array.astype("timedelta64[us]").astype(np.float64) / 1e6)
    return _of_objects(array.tolist(), is_measured=is_measured)


def _array_of(values: Any) -> NDArray[Any]:
    """Give the values of a column as an array: also of pandas' numbers with gaps, and of times with a zone."""
    dtype = getattr(values, "dtype", None)
    if getattr(dtype, "tz", None) is not None and hasattr(values, "dt"):
        values = values.dt.tz_convert("UTC").dt.tz_localize(None)
    elif type(dtype).__name__ in ("Float32Dtype", "Float64Dtype") or getattr(dtype, "kind", "") in "iuf":
        try:
            return np.asarray(values.to_numpy(dtype=np.float64, na_value=math.nan))
        except (AttributeError, TypeError, ValueError):
            return np.asarray(values)
    if isinstance(values, np.ndarray):
        return values
    for give in ("to_numpy", "to_list", "tolist"):
        if callable(getattr(values, give, None)):
            return _listed(getattr(values, give)())
    if isinstance(values, Sequence) and not isinstance(values, str | bytes):
        return _listed(values)
    if hasattr(values, "__iter__") and not isinstance(values, str | bytes):
        return _listed(list(values))
    raise UnfitPlotTable(f"a column has to be a list of values, but is {brief(values)}")


def _listed(values: Any) -> NDArray[Any]:
    if isinstance(values, np.ndarray):
        return values
    if values and all(type(value) in (int, float) for value in values):
        return np.array([float(value) if abs(value) < 1e300 else math.nan for value in values])
    array = np.empty(len(values), object)
    array[:] = values
    return array


def _of_objects(values: list[object], *, is_measured: bool) -> PlotColumn:
    """Read a column of any objects: what most of them are, all of them are."""
    plain = [value.item() if isinstance(value, np.generic) else value for value in values]
    there = [value for value in plain if not _is_missing(value)]
    if there and all(isinstance(value, int | float | Decimal | Fraction | timedelta) for value in there):
        if any(isinstance(value, bool) for value in there) and not is_measured:
            return _names([None if _is_missing(value) else str(value).lower() for value in plain])
        return _numbers(np.array([_number(value) for value in plain], np.float64))
    if there and all(isinstance(value, date) for value in there):
        zones = {getattr(value, "tzinfo", None) is not None for value in there}
        return PlotColumn(
            "temporal", np.array([_ms(value) for value in plain], np.float64), [], is_local=True not in zones
        )
    return _names([None if _is_missing(value) else plain_text(value)[:LONGEST_NAME] for value in plain])


def _numbers(numbers: NDArray[np.float64]) -> PlotColumn:
    """Make a column of numbers; those that are infinite cannot be drawn."""
    return PlotColumn("quantitative", np.where(np.isfinite(numbers), numbers, math.nan), [])


def _names(names: list[str | None]) -> PlotColumn:
    return PlotColumn("nominal", np.empty(0), names)


def _times(array: NDArray[Any], *, is_local: bool) -> PlotColumn:
    ms = array.astype("datetime64[us]").astype(np.int64) / MS_PER_S
    return PlotColumn("temporal", np.where(np.isnat(array), math.nan, ms), [], is_local)


def _is_missing(value: object) -> bool:
    is_not_a_number = isinstance(value, float) and math.isnan(value)
    return value is None or is_not_a_number or type(value).__name__ in ("NAType", "NaTType")


def _number(value: object) -> float:
    if isinstance(value, timedelta):
        return value.total_seconds()
    try:
        return math.nan if _is_missing(value) else float(value)  # type: ignore[arg-type]  # one of the number types
    except (OverflowError, ValueError):
        return math.nan


def _ms(value: object) -> float:
    """Give a point in time in milliseconds since 1970; that of a clock on the wall as if it stood in Greenwich."""
    if _is_missing(value) or not isinstance(value, date):
        return math.nan
    moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp() * MS_PER_S


def seconds_of(value: object) -> float | None:
    """Give a limit of an axis as a number: points in time in seconds since 1970; `None` for what is neither."""
    if isinstance(value, np.generic):
        kind, numbers, *_ = column_of(np.array([value]))
        return None if kind == "nominal" else float(numbers[0]) / (MS_PER_S if kind == "temporal" else 1)
    if isinstance(value, date):
        return _ms(value) / MS_PER_S
    is_number = isinstance(value, int | float | Decimal | Fraction) and not isinstance(value, bool)
    return _number(value) if is_number else None
