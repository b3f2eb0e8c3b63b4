"""`NativePlot`: the base of `LinePlot`, `BarPlot` and `ScatterPlot`, which the page draws itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Final, Literal, NamedTuple, TypeAlias, Unpack

from millstream.components.plotting.columns import NoTable, UnfitPlotTable, seconds_of
from millstream.components.plotting.points import Asked, points_of
from millstream.declare.arguments import is_number
from millstream.declare.component import Common, Component
from millstream.declare.css_size import is_css_size
from millstream.declare.event import Event
from millstream.declare.user_warnings import warn
from millstream.errors import DeclarationError, InvalidValue
from millstream.types import Media, Scratch, Stored
from millstream.wire.messages import Value
from millstream.wire.plain import brief

Aggregate: TypeAlias = Literal["sum", "mean", "median", "min", "max", "count"]
Limits: TypeAlias = Sequence[object] | None

AGGREGATES: Final = ("sum", "mean", "median", "min", "max", "count")
BUTTONS: Final = ("fullscreen", "export")
SORTS: Final = ("x", "-x", "y", "-y")
TOOLTIPS: Final = ("axis", "all", "none")

LEAST_WIDTH: Final = 280
"""Of a plot, in pixels: in a row on a phone it has a line of its own."""

INLINE_ROWS: Final = 500
"""A longer initial value comes after the page, which shows sooner then."""

_BIN: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)")
_UNITS_MS: Final = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


class PlotTable(NamedTuple):
    """The points of a plot, as a handler gets them.

    Attributes:
        columns: The names of the columns.
        data: The rows; times are milliseconds since 1970.
        datatypes: The type of each column: `"quantitative"`, `"temporal"` or `"nominal"`.
        mark: `"line"`, `"bar"` or `"point"`.
    """

    columns: list[str]
    data: list[list[Any]]
    datatypes: dict[str, str]
    mark: str


class NativePlot(Component):
    """A plot of a table, drawn by the page in its own colours. Use `LinePlot`, `BarPlot` or `ScatterPlot`.

    Handlers return a DataFrame of pandas or polars, a dict of columns, or a list of dicts. Rows that are appended to
    the value before are all that is sent. Points without a finite number are left out.

    Args:
        value: The initial table, or a function that gives it.
        x: The column along the x axis: numbers, times or names. Times without a zone are shown as they are, others in
            the visitor's own.
        y: The column along the y axis, of numbers.
        color: The column that divides the points into series of different colours; one of numbers shades them.
        title: The heading of the plot.
        x_title: The name of the x axis; that of the column by default.
        y_title: The name of the y axis.
        color_title: The heading of the legend.
        color_legend_title: The same as `color_title`.
        x_bin: The width of the bins into which x is divided: a number, or for times `"10s"`, `"15m"`, `"1h"`, `"1d"`.
        y_aggregate: What becomes of several values in one bin, or of one name: `"sum"` (the default), `"mean"`,
            `"median"`, `"min"`, `"max"` or `"count"`.
        color_map: The CSS colour of each series; others get one by themselves.
        colors_in_legend: The series that the legend names; all by default, `[]` for no legend.
        x_lim: The ends of the x axis; `None` for one that the points give. Times are in seconds since 1970.
        y_lim: The ends of the y axis.
        x_label_angle: How far the labels of the x axis are turned, in degrees clockwise.
        y_label_angle: The same for the y axis.
        x_axis_format: The format of the labels, in the notation of d3: `".2f"`, `"%H:%M"`.
        y_axis_format: The same for the y axis.
        x_axis_labels_visible: Whether the x axis has labels.
        caption: A line below it.
        sort: The order of names along x: `"x"`, `"-x"`, by their sums `"y"`, `"-y"`, or a list of them.
        tooltip: What is shown for a point: `"axis"`, `"all"` columns, `"none"`, or a list of columns.
        height: Height in the page in pixels, or with a CSS unit.
        buttons: Which buttons it has: `"fullscreen"`, `"export"` (as PNG); both by default.
        show_fullscreen_button: `False` takes the button away.
        show_export_button: `False` takes the button away.
        common: See `Component`.
    """

    draws: ClassVar[Literal["line", "bar", "point"]]
    """The shape that stands for a point."""

    tag: ClassVar[str] = "nativeplot"

    takes_objects = True
    grows = True
    default_label = False
    ignores: ClassVar[tuple[str, ...]] = (
        *("width", "overlay_point", "stroke_dash", "stroke_dash_legend_title", "stroke_dash_legend_position"),
        *("color_legend_position", "shape", "shape_legend_title", "shape_legend_position", "size", "size_legend_title"),
        *("size_legend_position", "group", "group_title", "vertical", "show_actions_button", "bin"),
    )
    prop_names: ClassVar = {
        "show_fullscreen_button": ("buttons",),
        "show_export_button": ("buttons",),
        "color_legend_title": ("color_title",),
    }

    change = Event()
    select = Event()
    double_click = Event()

    def __init__(
        self,
        value: object | Callable[[], object] = None,
        x: str | None = None,
        y: str | None = None,
        *,
        color: str | None = None,
        title: str | None = None,
        x_title: str | None = None,
        y_title: str | None = None,
        color_title: str | None = None,
        color_legend_title: str | None = None,
        x_bin: str | float | None = None,
        y_aggregate: Aggregate | None = None,
        color_map: Mapping[str, str] | None = None,
        colors_in_legend: Sequence[str] | None = None,
        x_lim: Limits = None,
        y_lim: Limits = None,
        x_label_angle: float = 0,
        y_label_angle: float = 0,
        x_axis_format: str | None = None,
        y_axis_format: str | None = None,
        x_axis_labels_visible: bool | Literal["hidden"] = True,
        caption: str | None = None,
        sort: Sequence[str] | str | None = None,
        tooltip: Sequence[str] | str = "axis",
        height: int | str | None = None,
        buttons: Sequence[str | Component] | None = None,
        show_fullscreen_button: bool = True,
        show_export_button: bool = True,
        **common: Unpack[Common],
    ) -> None:
        common.setdefault("min_width", LEAST_WIDTH)
        self.x, self.y, self.color = x, y, color
        self.title, self.x_title, self.y_title = title, x_title, y_title
        self.color_title = color_title or color_legend_title
        self.x_bin, self.y_aggregate = x_bin, y_aggregate
        self.color_map, self.colors_in_legend = color_map, colors_in_legend
        self.x_lim, self.y_lim = x_lim, y_lim
        self.x_label_angle, self.y_label_angle = x_label_angle, y_label_angle
        self.x_axis_format, self.y_axis_format = x_axis_format, y_axis_format
        self.x_axis_labels_visible = x_axis_labels_visible is True
        self.caption, self.sort, self.tooltip, self.height = caption, sort, tooltip, height
        shown = {"fullscreen": show_fullscreen_button, "export": show_export_button}
        self.buttons = [name for name, is_shown in shown.items() if is_shown and (buttons is None or name in buttons)]
        super().__init__(value, **common)

    def check(self) -> None:
        self.check_one_of("y_aggregate", self.y_aggregate, (*AGGREGATES, None))
        if not isinstance(self.sort, list | tuple):
            self.prefer_one_of("sort", (*SORTS, None), None)
        if not isinstance(self.tooltip, list | tuple):
            self.prefer_one_of("tooltip", TOOLTIPS, "axis")
        for angle in ("x_label_angle", "y_label_angle"):
            self.check_number(angle, getattr(self, angle))
        if not is_css_size(self.height):
            self.correct("height", None, f"{brief(self.height)} is not a CSS size")
        self._bin()
        for name in ("x_lim", "y_lim"):
            self._limits(name)
        super().check()

    def settle(self, is_interactive: bool, drives_stream: bool, is_output: bool) -> None:
        super().settle(False, drives_stream, is_output)

    def props(self) -> dict[str, Value]:
        legend = self.colors_in_legend
        return {
            **super().props(),
            "mark": self.draws,
            **{name: getattr(self, name) for name in _AS_GIVEN},
            "x_bin": self._bin() or None,
            "color_map": dict(self.color_map or {}),
            "colors_in_legend": None if legend is None else list(legend),
            "x_lim": self._limits("x_lim"),
            "y_lim": self._limits("y_lim"),
            "sort": list(self.sort) if isinstance(self.sort, list | tuple) else self.sort,
            "tooltip": list(self.tooltip) if isinstance(self.tooltip, list | tuple) else self.tooltip,
            "buttons": list(self.buttons),
        }

    @property
    def is_long(self) -> bool:  # type: ignore[override]  # it depends on the value
        return isinstance(self._initial, list) and len(self._initial) > INLINE_ROWS

    def preprocess(self, value: Stored | Media, scratch: Scratch) -> object:
        if not isinstance(value, list) or not value:
            return None
        head, *rows = value
        columns = list(head["columns"])
        kinds = dict(zip(columns, head["kinds"], strict=True))
        return PlotTable(columns, [list(row) for row in rows], kinds, self.draws)

    def accept(self, value: object) -> Stored:
        if value is None:
            return []
        if isinstance(value, PlotTable):
            value = [dict(zip(value.columns, row, strict=True)) for row in value.data]
        if self.x is None or self.y is None:
            raise InvalidValue(f"{self.name} cannot draw a table without knowing its columns: give x= and y=")
        by = self.y_aggregate or "sum"
        try:
            points = points_of(value, Asked(self.draws, self.x, self.y, self.color, self.tooltip, self._bin(), by))
        except NoTable as error:
            raise self.invalid("a DataFrame, a dict of columns or a list of dicts", value) from error
        except UnfitPlotTable as error:
            raise InvalidValue(f"{self.name}: {error}") from error
        if missing := points[0].get("colorless"):  # as after an update with another table that says nothing of colours
            columns = brief(points[0]["columns"])
            warn(f"{self.name}: color={missing!r} is not a column of the table, as {columns} are; it has one colour")
        return points

    def shown(self, stored: Stored) -> Value:
        return stored  # rows are made of plain data, and of no more than a page takes

    def _bin(self) -> float:
        """Give the width of a bin, times in milliseconds; 0 without any.

        Raises:
            DeclarationError: It is none.
        """
        if self.x_bin is None or (is_number(self.x_bin) and not isinstance(self.x_bin, str) and self.x_bin > 0):
            return float(self.x_bin or 0)
        found = _BIN.fullmatch(self.x_bin.strip()) if isinstance(self.x_bin, str) else None
        if found is None or float(found[1]) == 0:
            examples = "a positive number, or a duration such as '10s', '15m', '1h', '1d'"
            raise DeclarationError(f"{self.name}: x_bin={brief(self.x_bin)} is not {examples}")
        return float(found[1]) * _UNITS_MS[found[2]]

    def _limits(self, name: str) -> list[float | None] | None:
        """Give the ends of an axis.

        Raises:
            DeclarationError: They are no two numbers or times.
        """
        given = getattr(self, name)
        if given is None:
            return None
        is_pair = isinstance(given, list | tuple) and len(given) == 2
        ends = [None if end is None else seconds_of(end) for end in given] if is_pair else []
        is_clear = is_pair and all(was is None or is_number(end) for was, end in zip(given, ends, strict=True))
        if not is_clear:
            wanted = "[from, to], two numbers or times, each of which may be None"
            raise DeclarationError(f"{self.name}: {name}={brief(given)} is not {wanted}")
        return ends


_AS_GIVEN: Final = (
    *("x", "y", "color", "title", "x_title", "y_title", "color_title", "y_aggregate", "x_label_angle", "y_label_angle"),
    *("x_axis_format", "y_axis_format", "x_axis_labels_visible", "caption", "height"),
)
"""Arguments that the page gets as they are."""
