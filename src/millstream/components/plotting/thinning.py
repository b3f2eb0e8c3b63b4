"""Fewer points of a plot, where there are more than a page can draw, so that it looks the same.

Points that are appended change nothing of what was chosen before, but for the last few: the page is sent only those.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def every_nth(count: int, most: int) -> tuple[NDArray[np.intp], int]:
    """Choose at most `most` of so many points, evenly; gives their numbers, and that each nth is one."""
    step = _power(-(-count // most))
    return np.arange(0, count, step), step


def extremes(
    x: NDArray[np.float64], y: NDArray[np.float64], series: NDArray[np.intp], most: int
) -> tuple[NDArray[np.intp], int]:
    """Choose about `most` points of lines: the lowest and the highest of each n points that follow each other.

    Args:
        x: Where the points are; those without a finite number are left out.
        y: Their values, likewise.
        series: The number of the line to which each belongs.
        most: How many are wanted; a few more may come of it for each line.

    Returns:
        The numbers of those points, in their order, and n.
    """
    finite = np.flatnonzero(~(np.isnan(x) | np.isnan(y)))
    if finite.size == 0:
        return finite, 1
    along = np.lexsort((finite, x[finite], series[finite]))
    order = finite[along]  # line by line, each along x
    starts = np.flatnonzero(np.diff(series[order], prepend=-1))
    place = np.arange(order.size) - np.repeat(starts, np.diff(np.append(starts, order.size)))
    step = max(2, _power(-(-2 * order.size // most)))
    block = np.cumsum(place % step == 0)  # a new one at the start of each line, too
    low_first = np.lexsort((y[order], block))
    first = np.flatnonzero(np.diff(block[low_first], prepend=0))
    last = np.append(first[1:], order.size) - 1
    return np.sort(order[np.unique(low_first[np.concatenate((first, last))])]), step


def _power(number: int) -> int:
    """Round up to a power of two."""
    return 1 << max(0, number - 1).bit_length()
