"""Scripts that Python packages bring along: served from where they are, by names that hold their release."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import bokeh
import plotly
from starlette.testclient import TestClient

import millstream as gr


def answers(*names: str) -> list[tuple[int, bytes]]:
    with gr.Blocks() as demo:
        gr.Image()
    with TestClient(demo.app, base_url="http://localhost") as client:
        return [(answer.status_code, answer.content) for answer in (client.get(f"/assets/{name}") for name in names)]


def test_the_script_is_that_of_the_installed_release() -> None:
    plots = Path(plotly.__file__).parent / "package_data/plotly.min.js"
    widgets = Path(bokeh.__file__).parent / "server/static/js/bokeh-widgets.min.js"
    names = f"plotly-{version('plotly')}.js", f"bokeh-widgets-{version('bokeh')}.js"
    assert answers(*names, names[0]) == [
        (200, plots.read_bytes()),
        (200, widgets.read_bytes()),
        (200, plots.read_bytes()),
    ]


def test_no_other_release_and_no_other_file_is_served() -> None:
    names = ("plotly-1.0.js", f"plotly-{version('plotly')}", "plotly-..%2F__init__.py", "bokeh-", "numpy-2.0.js")
    assert [status for status, _ in answers(*names)] == [404] * 5
