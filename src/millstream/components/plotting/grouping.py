"""Values of a plot that belong together, as one: of a bin, or of a name. For tables too long for a page to do that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Places = NDArray[np.intp]


def grouped(x: Numbers, y: Numbers, series: Places, by: str) -> tuple[Places, Numbers]:
    """Bring together the points of one x and one series; those without a finite number are left out.

    Args:
        x: Where the points are.
        y: Their values.
        series: The number of the series to which each belongs.
        by: `"sum"`, `"mean"`, `"median"`, `"min"`, `"max"` or `"count"`.

    Returns:
        The number of the first point of each group, in their order, and what becomes of the group's y.
    """
    finite = np.flatnonzero(~(np.isnan(x) | np.isnan(y)))
    along = finite[np.lexsort((y[finite], x[finite], series[finite]))]  # group by group, each by its values
    is_new = np.ones(along.size, bool)
    is_new[1:] = (np.diff(x[along]) != 0) | (np.diff(series[along]) != 0)
    starts = np.flatnonzero(is_new)
    if starts.size == 0:
        return starts, np.empty(0)
    values: Numbers = _BY[by](y[along], starts, np.diff(np.append(starts, along.size)))
    firsts = np.minimum.reduceat(along, starts)
    order = np.argsort(firsts)
    return firsts[order], values[order]


def _median(y: Numbers, starts: Places, sizes: Places) -> Numbers:
    middle: Numbers = (y[starts + (sizes - 1) // 2] + y[starts + sizes // 2]) / 2
    return middle


_BY: Final[Mapping[str, Callable[[Numbers, Places, Places], Any]]] = {
    "sum": lambda y, starts, _: np.add.reduceat(y, starts),
    "mean": lambda y, starts, sizes: np.add.reduceat(y, starts) / sizes,
    "median": _median,
    "min": lambda y, starts, _: y[starts],
    "max": lambda y, starts, sizes: y[starts + sizes - 1],
    "count": lambda _, __, sizes: sizes.astype(np.float64),
}
"""By name: from the values, group by group and each ascending, the places where groups begin, and their sizes."""
