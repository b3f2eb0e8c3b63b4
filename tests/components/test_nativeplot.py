"""`LinePlot`, `BarPlot` and `ScatterPlot`: tables of any kind as the points that a page draws."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import millstream as gr
from millstream.components.plotting import points
from millstream.components.plotting.grouping import grouped
from millstream.components.plotting.thinning import every_nth, extremes
from millstream.errors import DeclarationError, InvalidValue
from millstream.testing import TestPage

HOUR_MS = 3_600_000
NEW_YEAR_MS = 1_704_067_200_000
NEW_YEAR = datetime(2024, 1, 1)  # what a clock on the wall says


def made(value: object, kind: Any = gr.LinePlot, **arguments: Any) -> list[Any]:
    with gr.Blocks():
        plot = kind(**{"x": "x", "y": "y", **arguments})
    return plot.postprocess(plot.received(value), None)


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"x": [1, 2], "y": [0.5, math.nan], "c": ["a", None]}),
        pl.DataFrame({"x": [1, 2], "y": [0.5, None], "c": ["a", None]}),
        {"x": [1, 2], "y": (0.5, math.inf), "c": np.array(["a", None], object)},
        [{"x": 1, "y": 0.5, "c": "a"}, {"x": 2}],
    ],
)
def test_tables_of_every_kind_are_the_same_points(table: object) -> None:
    head, *rows = made(table, color="c")
    assert head == {
        "columns": ["x", "y", "c"],
        "kinds": ["quantitative", "quantitative", "nominal"],
        "local": [False] * 3,
    }
    assert rows == [[1, 0.5, "a"], [2, None, None]]


@pytest.mark.parametrize(
    ("values", "kind", "cells", "is_local"),
    [
        ([NEW_YEAR, None], "temporal", [NEW_YEAR_MS, None], True),
        ([date(2024, 1, 1)], "temporal", [NEW_YEAR_MS], True),
        ([datetime(2024, 1, 1, tzinfo=UTC)], "temporal", [NEW_YEAR_MS], False),
        (pd.to_datetime(["2024-01-01", None]), "temporal", [NEW_YEAR_MS, None], True),
        (pd.Series(pd.date_range("2024-01-01", periods=1, tz="CET")), "temporal", [NEW_YEAR_MS - HOUR_MS], False),
        (pd.array([1, None], dtype="Int64"), "quantitative", [1, None], False),
        (pd.Categorical(["u", "v"]), "nominal", ["u", "v"], False),
        ([timedelta(seconds=2)], "quantitative", [2], False),
        ([True, False], "nominal", ["true", "false"], False),
        ([2**70, 10**400], "quantitative", [float(2**70), None], False),
        (["<script>", "x" * 300], "nominal", ["<script>", "x" * 200], False),
        ([None, None], "quantitative", [None, None], False),
    ],
)  # fmt: skip
def test_columns_are_numbers_times_or_names(values: Any, kind: str, cells: list[Any], is_local: bool) -> None:
    head, *rows = made({"x": values, "y": [1.0] * len(values)}, gr.ScatterPlot)
    assert (head["kinds"][0], head["local"][0]) == (kind, is_local)
    assert [row[0] for row in rows] == cells


@pytest.mark.parametrize(
    ("value", "arguments", "message"),
    [
        (5, {}, "LinePlot 'L' takes a DataFrame, a dict of columns or a list of dicts, but got int 5"),
        ("<b>", {}, "but got str"),
        ([[1, 2]], {}, "but got a list"),
        (np.zeros((2, 2)), {}, "but got an array of shape"),
        ({"a": [1]}, {}, r"x='x' is not a column of the table, whose columns are \['a'\]"),
        ({"x": [1], "y": [1, 2]}, {}, "the columns differ in length: 'x' has 1, 'y' has 2"),
        ({"x": [1], "y": ["a"]}, {}, "y='y' holds names, and has to hold numbers"),
        ({"x": 1, "y": 2}, {}, "a column"),
        ({"x": np.zeros((2, 2)), "y": [1, 2]}, {}, "2 dimensions"),
        ({"x": [1]}, {"x": None}, "give x= and y="),
        (
            {"x": range(2000), "y": range(2000), "c": list(map(str, range(2000)))},
            {"color": "c"},
            "at most 1000 are drawn",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused(value: object, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        made(value, label="L", **arguments)


def test_a_table_without_the_column_of_the_colour_is_drawn_in_one() -> None:
    with pytest.warns(UserWarning, match=r"LinePlot 'L': color='c' is not a column of the table, as \['x', 'y'\] are"):
        head, *rows = made({"x": [1], "y": [2]}, color="c", label="L")
    assert (head["columns"], head["colorless"], rows) == (["x", "y"], "c", [[1, 2]])
    head, *_ = made({"x": [1], "y": [2], "c": ["a"]}, color="c")
    assert "colorless" not in head


def test_names_can_be_counted_and_truth_is_measured() -> None:
    assert made({"x": ["a", "a"], "y": ["u", "v"]}, gr.BarPlot, y_aggregate="count")[1:] == [["a", "u"], ["a", "v"]]
    assert made({"x": [1, 2], "y": [True, False]})[1:] == [[1, 1], [2, 0]]


def test_a_wide_table_is_sent_without_what_nobody_asked_for() -> None:
    wide = pd.DataFrame(np.zeros((2, 10_000)))
    assert made(wide, x="3", y="5")[0]["columns"] == ["3", "5"]
    assert len(made(wide, x="3", y="5", tooltip="all")[0]["columns"]) == 14
    assert made(wide, x="3", y="5", tooltip=["7"])[0]["columns"][:3] == ["3", "5", "7"]


def test_a_long_line_keeps_its_outline_and_what_is_appended_changes_only_its_end() -> None:
    generator = np.random.default_rng(1)
    table = {"x": np.arange(100_000), "y": generator.normal(size=100_000), "c": generator.choice(["a", "b"], 100_000)}
    head, *rows = made(table, color="c")
    assert len(rows) <= points.MAX_ROWS + 4
    assert head["outline"] == 16
    assert {row[1] for row in rows} >= {table["y"].min(), table["y"].max()}
    more = made({**table, "x": np.arange(100_050), **{n: np.append(table[n], table[n][:50]) for n in "yc"}}, color="c")
    same = next(at for at, (one, other) in enumerate(zip(rows, more[1:], strict=False)) if one != other)
    assert same > len(rows) - 8


def test_a_large_cloud_is_thinned_and_bars_are_summed_up() -> None:
    count = 50_000
    table = {"x": np.arange(count) % 10, "y": np.ones(count), "n": [f"n{at % 4}" for at in range(count)]}
    head, *rows = made(table, gr.ScatterPlot)
    assert (head["every"], len(rows)) == (4, count // 4)
    head, *rows = made(table, gr.BarPlot, x="n", color="x", y_aggregate="count")
    assert head["grouped"] == {"bin": 0.0, "by": "count"}
    head, *rows = made(table, gr.BarPlot, x="n")
    assert [row[:2] for row in rows] == [[f"n{at}", count / 4] for at in range(4)]
    head, *rows = made(table, gr.BarPlot, x_bin=5, y_aggregate="mean")
    assert [row[:2] for row in rows] == [[0, 1.0], [5, 1.0]]
    with pytest.raises(InvalidValue, match="widen x_bin="):
        made({"x": np.arange(count), "y": np.ones(count)}, gr.BarPlot, x_bin=1)


@pytest.mark.parametrize(
    ("by", "values"),
    [("sum", [7, 5]), ("mean", [3.5, 5]), ("median", [3.5, 5]), ("min", [3, 5]), ("max", [4, 5]), ("count", [2, 1])],
)
def test_values_that_belong_together(by: str, values: list[float]) -> None:
    x, y = np.array([1.0, 2, 1, math.nan, 2]), np.array([4.0, 5, 3, 9, math.nan])
    firsts, found = grouped(x, y, np.zeros(5, np.intp), by)
    assert firsts.tolist() == [0, 1]
    assert found.tolist() == values


def test_thinning_never_gives_more_than_asked_for() -> None:
    assert every_nth(10, 10)[0].size == 10
    assert every_nth(11, 10)[0].tolist() == [0, 2, 4, 6, 8, 10]
    nothing = np.full(3, math.nan)
    assert extremes(nothing, nothing, np.zeros(3, np.intp), 2)[0].size == 0


def test_arguments_are_checked() -> None:
    with gr.Blocks():
        for wrong in ({"x_bin": "5x"}, {"x_bin": -1}, {"x_lim": [1]}, {"x_lim": ["a", 2]}, {"y_aggregate": "both"}):
            with pytest.raises(DeclarationError):
                gr.BarPlot(**wrong)
        with pytest.warns(UserWarning, match="sort='z'"):
            gr.BarPlot(sort="z")
        limits = {"x_lim": [NEW_YEAR, None], "y_lim": (np.float64(1), 2)}
        props = gr.BarPlot(x_bin="15m", **limits, show_export_button=False).props()
    assert props["x_bin"] == 900_000
    assert props["x_lim"] == [NEW_YEAR_MS / 1000, None]
    assert props["y_lim"] == [1.0, 2]
    assert props["buttons"] == ["fullscreen"]


def test_handlers_get_the_points_back() -> None:
    plot = gr.ScatterPlot(x="x", y="y")
    assert plot.preprocess([], None) is None  # type: ignore[arg-type]
    back = plot.preprocess(made({"x": [1], "y": [2]}), None)  # type: ignore[arg-type]
    assert back == (["x", "y"], [[1, 2]], {"x": "quantitative", "y": "quantitative"}, "point")
    assert made(back) == made({"x": [1], "y": [2]})


def test_of_rows_that_are_appended_only_those_are_sent() -> None:
    def grow() -> Any:
        for count in (2, 3, 3000):
            yield pd.DataFrame({"x": range(count), "y": range(count)})

    def chosen(event: gr.SelectData) -> Any:
        return gr.LinePlot(x_lim=event.index), str(event.index)

    with gr.Blocks() as demo:
        plot = gr.LinePlot(x="x", y="y", label="Plot")
        text = gr.Textbox(label="Selected")
        gr.Button("Grow").click(grow, None, plot)
        plot.select(chosen, None, [plot, text])

    with TestPage(demo) as page:
        page.click("Grow")
        assert len(page.value("Plot")) == 3001
        page.fire("Plot", "select", {"index": [1.5, 2], "value": None, "selected": True})
        assert page.value("Selected") == "[1.5, 2]"
        assert page.props("Plot")["x_lim"] == [1.5, 2]


def test_a_long_initial_value_comes_after_the_page() -> None:
    with gr.Blocks() as demo:
        gr.LinePlot({"x": range(1000), "y": range(1000)}, "x", "y", label="Long")
        gr.LinePlot({"x": [1], "y": [2]}, "x", "y", label="Short")
    with TestPage(demo) as page:
        assert len(page.value("Long")) == 1001
        assert len(page.value("Short")) == 2
