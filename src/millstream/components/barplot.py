"""`BarPlot`: bars for the values of a table."""

from __future__ import annotations

from typing import ClassVar

from millstream.components.nativeplot import NativePlot


class BarPlot(NativePlot):
    """Bars for the values of a table. Bars of one x stand on each other, one for each series.

    Handlers return a DataFrame of pandas or polars, a dict of columns, or a list of dicts.
    """

    draws = "bar"
    tag: ClassVar[str] = "nativeplot"
