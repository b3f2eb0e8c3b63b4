"""`ScatterPlot`: the points of a table."""

from __future__ import annotations

from typing import ClassVar

from millstream.components.nativeplot import NativePlot


class ScatterPlot(NativePlot):
    """The points of a table.

    Handlers return a DataFrame of pandas or polars, a dict of columns, or a list of dicts.
    """

    draws = "point"
    tag: ClassVar[str] = "nativeplot"
