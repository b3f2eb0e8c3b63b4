"""`Plot`: figures of four libraries as images, or as what their scripts draw."""

from __future__ import annotations

import json
from typing import Any

import altair as alt
import matplotlib as mpl
import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from bokeh.layouts import column
from bokeh.models import Slider
from bokeh.plotting import figure as bokeh_figure

import millstream as gr
from millstream.components.options.media_source import DeclaredFiles
from millstream.components.plotting import matplotlib_image
from millstream.errors import InvalidValue
from millstream.frames import Frame
from millstream.testing import TestPage
from millstream.types import Blob

mpl.use("Agg")

from matplotlib import pyplot as plt  # after its back end was chosen
from matplotlib.figure import Figure

TABLE = pd.DataFrame({"a": [1, 2, 3], "b": [2, 3, 1]})


class CallScratch:
    """The scratch of a handler's call, as far as a plot needs it."""

    def settle(self, blob: Blob) -> Blob:
        return blob


def figure(**arguments: Any) -> Figure:
    drawing = Figure(**arguments)
    drawing.add_subplot().plot([1, 3, 2])
    return drawing


def made(value: object, **arguments: Any) -> Any:
    with gr.Blocks():
        return gr.Plot(label="P", **arguments).postprocess(value, CallScratch())  # type: ignore[arg-type]


def test_figures_of_matplotlib_are_drawn_at_twice_their_resolution() -> None:
    frame = made(figure(figsize=(4, 3), dpi=100))
    assert frame.pixels.shape == (600, 800, 3)
    assert frame.pixels[0, 0].tolist() == [255, 255, 255]
    assert frame.pixels.min() < 128  # there is a line
    assert made(figure(figsize=(4, 3), dpi=300)).pixels.shape == (900, 1200, 3)
    assert made(figure(figsize=(4, 3), facecolor="none")).has_alpha


def test_axes_and_arrays_of_axes_and_pyplot_stand_for_their_figure() -> None:
    drawing = figure()
    assert made(drawing.axes[0]).pixels.shape == made(drawing).pixels.shape
    assert made(np.array(drawing.axes)).pixels.shape == made(drawing).pixels.shape
    plt.figure(figsize=(1, 1))
    assert made(plt).pixels.shape == (200, 200, 3)


def test_pyplot_forgets_what_a_handler_has_returned_and_keeps_what_was_declared() -> None:
    plt.close("all")
    made(plt.figure())
    assert plt.get_fignums() == []
    with gr.Blocks():
        gr.Plot(plt.figure())
    assert len(plt.get_fignums()) == 1
    plt.close("all")


def test_a_declared_figure_is_a_file_in_the_format_that_was_asked_for() -> None:
    for given, mime in (("png", "image/png"), ("webp", "image/webp"), ("jpg", "image/jpeg")):
        with gr.Blocks():
            stored = gr.Plot(figure(), format=given).initial()
        assert isinstance(stored, Blob)
        assert stored.mime == mime


def test_streams_send_jpeg_unless_something_shines_through() -> None:
    opaque, clear = Frame(np.zeros((2, 2, 3), np.uint8)), Frame(np.zeros((2, 2, 4), np.uint8))
    assert gr.Plot().codec(True, opaque)[0] == "jpeg"
    assert gr.Plot().codec(True, clear)[0] == "png"
    assert gr.Plot(format="jpeg").codec(False, clear)[0] == "png"


def test_svg_is_text() -> None:
    stored = made(figure(), format="svg")
    assert stored["kind"] == "matplotlib"
    assert stored["figure"].startswith("<?xml")


@pytest.mark.parametrize(
    ("drawing", "kind", "scripts"),
    [
        (go.Figure(go.Scatter(x=[1, 2], y=[np.nan, np.inf])), "plotly", ["plotly"]),
        (alt.Chart(TABLE).mark_line().encode(x="a", y="b"), "altair", []),
        (bokeh_figure(), "bokeh", ["bokeh"]),
        (column(bokeh_figure(), Slider(start=0, end=1, value=0)), "bokeh", ["bokeh", "bokeh-widgets"]),
        (bokeh_figure(output_backend="webgl"), "bokeh", ["bokeh", "bokeh-gl"]),
    ],
)
def test_other_figures_are_described_for_what_draws_them(drawing: object, kind: str, scripts: list[str]) -> None:
    stored = made(drawing)
    assert (stored["kind"], stored["scripts"]) == (kind, scripts)
    assert isinstance(json.loads(stored["figure"]), dict)
    assert bool(stored["version"]) == bool(scripts)
    back = gr.Plot().preprocess(stored, DeclaredFiles())  # type: ignore[arg-type]
    assert back == (kind, stored["figure"])


def test_a_long_description_is_a_file_and_a_longer_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    drawing = go.Figure(go.Scatter(text=["x" * 100] * 6000))
    stored = made(drawing)
    assert isinstance(stored["figure"], Blob)
    assert gr.Plot().files(stored) == [stored["figure"]]
    monkeypatch.setattr("millstream.components.plot.MAX_BYTES", 100_000)
    with pytest.raises(InvalidValue, match="draw less of it"):
        made(drawing)


def titled(kind: str, title: str, points: int = 2) -> object:
    if kind == "altair":
        table = pd.DataFrame({"a": range(points), title: range(points)})
        return alt.Chart(table, title=title).mark_line().encode(alt.X(field="a"), alt.Y(field=title, type="nominal"))
    if kind == "bokeh":
        return bokeh_figure(title=title)
    return go.Figure(go.Scatter(text=["x" * 1000] * points), {"title": title})


@pytest.mark.parametrize(
    ("kind", "points", "is_file"),
    [("plotly", 2, False), ("plotly", 300, True), ("altair", 2, False), ("bokeh", 2, False)],
)
def test_texts_of_a_figure_are_in_the_language_of_its_reader(kind: str, points: int, is_file: bool) -> None:
    texts = gr.I18n(en={'a "b"': 'A\n"title"'}, de={'a "b"': 'Ein\n"Titel"'})
    mark = f"({texts(next(iter(texts.translations['en'])))})"
    with gr.Blocks() as demo:
        plot, seen = gr.Plot(label="P"), gr.Textbox(label="Seen")
        gr.Button("Go").click(lambda: titled(kind, mark, points), None, plot)
        plot.change(lambda value: value.plot, plot, seen)

    def shown(page: TestPage) -> str:
        figure: Any = page.page.values[plot.id]["figure"]  # type: ignore[index]
        return page.run(page.download(figure["file"])).decode() if is_file else figure

    with TestPage(demo, language="de") as page, page.another() as other:
        for one, title in ((page, '(Ein\n"Titel")'), (other, '(A\n"title")')):
            one.click("Go")
            assert json.dumps(title) in shown(one)
            json.loads(shown(one))
            assert json.dumps('(A\n"title")' if is_file else title) in one.value("Seen")
            assert "\\ue000" not in shown(one)


def test_matplotlib_writes_english() -> None:
    texts = gr.I18n(de={"a": "Ein Titel"}, en={"a": "A title"})
    drawing = figure()
    axes = drawing.axes[0]
    axes.set_title(texts("a"))
    axes.plot([1], label=f"{texts('a')}!")
    legend = axes.legend()
    made(drawing)
    assert (axes.get_title(), legend.get_texts()[0].get_text()) == ("A title", "A title!")


@pytest.mark.parametrize("value", [5, "x", {}, [1], np.zeros(3), object(), go.Scatter(x=[1]), plt.plot])
def test_what_is_no_figure_is_refused(value: object) -> None:
    with pytest.raises(InvalidValue, match="Plot 'P' takes a figure of matplotlib, plotly, altair or bokeh, but got"):
        made(value)


def test_a_figure_that_cannot_be_drawn_says_why() -> None:
    with pytest.raises(InvalidValue, match="1000 by 1000 inches"):
        made(Figure(figsize=(1000, 1000)))
    broken = figure()
    broken.axes[0].set_title(r"$\frac{$")
    with pytest.raises(InvalidValue, match="matplotlib cannot draw the figure"):
        made(broken)
    chart = alt.Chart(TABLE).mark_line().encode(x="nothing")
    with pytest.raises(InvalidValue, match="altair cannot write down the figure"):
        made(chart)
    assert matplotlib_image.drawn(figure()).width > 0  # the lock is free


@pytest.mark.blocking  # matplotlib reads its fonts, and this page runs handlers on its loop
def test_a_handler_returns_one_figure_after_the_other() -> None:
    def draw() -> Any:
        yield go.Figure(go.Scatter(x=[1], y=[1]))
        yield figure(figsize=(1, 1))
        yield None

    with gr.Blocks() as demo:
        plot = gr.Plot(label="Plot")
        seen = gr.Textbox(label="Type")
        gr.Button("Draw").click(draw, None, plot)
        gr.Button("Ask").click(lambda drawn: drawn.type if drawn else "none", plot, seen)

    with TestPage(demo) as page:
        assert page.props("Plot")["interactive"] is False
        page.click("Draw")
        page.click("Ask")
        assert page.value("Type") == "none"
