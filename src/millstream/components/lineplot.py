"""`LinePlot`: lines through the points of a table."""

from __future__ import annotations

from typing import ClassVar

from millstream.components.nativeplot import NativePlot


class LinePlot(NativePlot):
    """Lines through the points of a table. Points of one series are joined in the order of x.

    Handlers return a DataFrame of pandas or polars, a dict of columns, or a list of dicts.
    """

    draws = "line"
    tag: ClassVar[str] = "nativeplot"
