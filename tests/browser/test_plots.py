"""Plots on the screen: canvases that follow their data, and figures of four libraries under the page's own policy."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import altair as alt
import pandas as pd
import plotly.express as px
import pytest
from bokeh.plotting import figure as bokeh_figure
from matplotlib.figure import Figure
from playwright.sync_api import Page, expect
from tests.browser.conftest import OpenPage

import millstream as gr

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=\"document.title='hit'\"><a href=\"javascript:document.title='hit'\">x</a>"
TABLE = pd.DataFrame({"a": [1, 2, 3], "b": [2, 3, 1], "name": [HOSTILE, "two", "three"]})

SMEAR = """selector => {
  const canvas = document.querySelector(selector);
  const {width, height} = canvas;
  const data = canvas.getContext("2d").getImageData(0, 0, width, height).data;
  let inked = 0;
  for (let at = 3; at < data.length; at += 4) if (data[at] > 0) inked++;
  return inked;
}"""
BLANKS = """() => {
  const canvas = document.querySelector(".ms-plot-canvas");
  window.blanks = 0;
  const look = () => {
    const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    if (!data.some((byte, at) => at % 4 === 3 && byte > 0)) window.blanks++;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""


def inked(page: Page) -> int:
    page.wait_for_selector(".ms-plot-canvas")
    page.wait_for_function(f"({SMEAR})('.ms-plot-canvas') > 500")
    return int(page.evaluate(SMEAR, ".ms-plot-canvas"))


def drag(page: Page, start: float, end: float) -> None:
    box = page.locator(".ms-plot-field").bounding_box()
    assert box is not None
    height = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + start * box["width"], height)
    page.mouse.down()
    page.mouse.move(box["x"] + end * box["width"], height, steps=4)
    page.mouse.up()


def test_a_plot_is_zoomed_read_and_restored(launch: Callable[..., str], open_page: OpenPage) -> None:
    def chosen(selected: gr.SelectData) -> Any:
        low, high = selected.index  # type: ignore[misc]
        return gr.LinePlot(x_lim=selected.index), f"{low:.1f} to {high:.1f}"

    with gr.Blocks() as demo:
        table = {"x": range(1001), "y": range(1001), "c": [HOSTILE] * 1001}
        plot = gr.LinePlot(table, "x", "y", color="c", title=HOSTILE)
        said = gr.Textbox(label="Selected")
        plot.select(chosen, None, [plot, said])
        plot.double_click(lambda: (gr.LinePlot(x_lim=None), "all"), None, [plot, said])
    page = open_page(launch(demo))
    assert inked(page) > 1000
    drag(page, 0.4, 0.6)
    expect(page.get_by_label("Selected")).not_to_have_value("")
    low, high = (float(end) for end in page.get_by_label("Selected").input_value().split(" to "))
    assert 200 < low < high < 700
    page.locator(".ms-plot-field").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".ms-plot-tip")).to_contain_text(HOSTILE)
    expect(page.locator("ms-nativeplot [aria-live]")).to_contain_text("x ")  # read out
    page.keyboard.press("Escape")
    expect(page.get_by_label("Selected")).to_have_value("all")
    assert page.title() != "hit"


def test_points_that_stream_are_drawn_without_a_blank_frame(launch: Callable[..., str], open_page: OpenPage) -> None:
    def grow() -> Any:
        for count in range(500, 540):
            yield {"x": list(range(count)), "y": [at % 50 for at in range(count)]}, count
            time.sleep(0.05)  # so fast a live plot comes

    with gr.Blocks() as demo:
        plot = gr.LinePlot({"x": range(100), "y": range(100)}, "x", "y")
        count = gr.Number(label="Count")
        gr.Button("Grow").click(grow, None, [plot, count])
    page = open_page(launch(demo))
    inked(page)
    page.evaluate(BLANKS)
    page.get_by_role("button", name="Grow").click()
    expect(page.get_by_label("Count")).to_have_value("539")
    assert page.evaluate("window.blanks") == 0


def saw(title: str) -> Figure:
    figure = Figure(figsize=(4, 3))
    figure.add_subplot(title=title).plot([1, 3, 2])
    return figure


def test_figures_are_drawn_and_nothing_in_them_runs(launch: Callable[..., str], open_page: OpenPage) -> None:
    def bokeh() -> Any:
        shown = bokeh_figure(title=HOSTILE, height=250, tooltips=[("name", "@name")])
        shown.scatter("a", "b", source=dict(TABLE), size=20)
        return shown

    makers: dict[str, Callable[[], object]] = {
        "matplotlib": lambda: saw("$x$"),
        "plotly": lambda: px.scatter(TABLE, x="a", y="b", title=HOSTILE, color="name", hover_name="name"),
        "altair": lambda: alt.Chart(TABLE, title=HOSTILE).mark_circle().encode(x="a", y="b", tooltip="name"),
        "bokeh": bokeh,
        "address": lambda: alt.Chart("https://example.org/cars.json").mark_point().encode(x="a:Q"),
    }
    with gr.Blocks() as demo:
        plot = gr.Plot(label="Figure", caption="A figure.")
        for name, make in makers.items():
            gr.Button(name).click(lambda make=make: make(), None, plot)
    page = open_page(launch(demo))
    shown = {
        "matplotlib": ".ms-figure-image .ms-output",
        "plotly": ".ms-figure-place .main-svg",
        "altair": ".ms-figure-place canvas.marks",
        "bokeh": ".ms-figure-bokeh",
    }
    for name, selector in [*shown.items(), ("plotly", shown["plotly"])]:
        page.get_by_role("button", name=name).click()
        expect(page.locator(selector).first).to_be_visible()
    assert page.locator(", ".join((shown["altair"], shown["bokeh"]))).count() == 0
    width = page.locator(".ms-figure-place").bounding_box()
    plotted = page.locator(shown["plotly"]).first.bounding_box()
    assert width is not None
    assert plotted is not None
    assert abs(width["width"] - plotted["width"]) < 4
    page.get_by_role("button", name="address").click()
    expect(page.locator(".ms-problem")).to_contain_text("Give altair the data itself")
    assert page.title() != "hit"


def test_a_live_figure_takes_the_place_of_the_one_before(launch: Callable[..., str], open_page: OpenPage) -> None:
    def live(kind: str) -> Any:
        for count in range(3, 13):
            table = pd.DataFrame({"a": range(count), "b": range(count)})
            yield px.line(table, x="a", y="b") if kind == "plotly" else saw(str(count)), count
            time.sleep(0.1)

    with gr.Blocks() as demo:
        plot, count = gr.Plot(px.line(TABLE, x="a", y="b"), label="Live"), gr.Number(label="Count")
        for kind in ("plotly", "matplotlib"):
            gr.Button(kind).click(lambda kind=kind: (yield from live(kind)), None, [plot, count])
    page = open_page(launch(demo))
    expect(page.locator(".main-svg").first).to_be_visible()
    page.evaluate("window.first = document.querySelector('.main-svg')")
    for kind in ("plotly", "matplotlib"):
        page.get_by_role("button", name=kind).click()
        expect(page.get_by_label("Count")).to_have_value("12")
        if kind == "plotly":
            assert page.evaluate("window.first.isConnected"), "it was drawn anew"
            page.get_by_label("Count").evaluate("field => field.value = ''")
    expect(page.locator(".ms-figure-image img")).to_be_visible()
