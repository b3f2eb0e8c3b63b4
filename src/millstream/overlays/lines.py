"""`Lines`: open lines, and closed shapes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Unpack

import numpy as np
from numpy.typing import ArrayLike

from millstream.overlays.arrays import Details, numbers
from millstream.overlays.marks import Marks


class Lines(Marks):
    """Lines through points, in pixels of the frame that the handler got. Returned for an `Image`.

    Args:
        lines: x and y of the points of each line: an array `(n, k, 2)`, or a list of arrays `(k, 2)` of different
            lengths.
        closed: Whether the last point is joined with the first: a polygon, which is lightly filled.
        details: `labels`, `scores`, `colors`, `ids`, one for each line; see `Marks`.

    Raises:
        InvalidValue: An argument has another shape, or not one value for each line.
    """

    kind: ClassVar[int] = 4
    noun = "lines"
    closed: bool

    def __init__(self, lines: Iterable[ArrayLike], *, closed: bool = False, **details: Unpack[Details]) -> None:
        self._set(closed=bool(closed))
        try:
            given = list(lines)
        except TypeError as error:
            raise self.wrong("lines", "has to be a list of lines, each of them an array of shape (k, 2)") from error
        each = [numbers(self, f"lines[{at}]", line, (None, 2)) for at, line in enumerate(given)]
        points = np.concatenate(each) if each else np.zeros((0, 2))
        super().__init__(points, np.array([len(line) for line in each], np.int64), **details)
