"""Components from outside the package, each with an element of its own: that of the guide, and one that records."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import OpenPage
from tests.browser.glass import until
from tests.browser.media import Clips
from tests.docs.pages import ROOT, blocks_of
from tests.outside.lens import Lens

import millstream as gr

pytestmark = pytest.mark.browser


@pytest.fixture
def dial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The class of the guide, from the two files that it shows."""
    for block in blocks_of(ROOT / "docs" / "guide" / "own-components.md"):
        if block.mark == "file":
            (tmp_path / block.detail).write_text(block.code)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield import_module("dial").Dial
    del sys.modules["dial"]


def test_it_shows_its_value_and_fires_its_events(launch: Callable[..., str], open_page: OpenPage, dial: Any) -> None:
    with gr.Blocks() as demo:
        knob = dial(20, label="Brightness", maximum=40)
        half = gr.Number(label="Half")
        full, away = gr.Button("Full"), gr.Button("Away")
        knob.input(lambda value: value / 2, knob, half)
        full.click(lambda: 40, None, knob)
        away.click(lambda: dial(visible=False), None, knob)
    page = open_page(launch(demo))
    slider = page.get_by_role("slider", name="Brightness")
    expect(slider).to_have_value("20")
    slider.fill("30")
    expect(page.get_by_label("Half")).to_have_value("15")
    page.get_by_role("button", name="Full").click()
    expect(slider).to_have_value("40")
    expect(page.locator("ms-dial output")).to_have_text("40")
    page.get_by_role("button", name="Away").click()
    expect(slider).to_be_hidden()


def test_it_records_and_shows_what_comes_back(launch: Callable[..., str], open_page: OpenPage, clips: Clips) -> None:
    with gr.Blocks() as demo:
        lens = Lens()
        shape = gr.Textbox(label="Shape")

        @lens.stream(inputs=lens, outputs=[lens, shape])
        def mirror(frame: Any) -> tuple[Any, str]:
            return frame[:, ::-1], str(frame.shape)

    page = open_page(launch(demo), video=clips.halves)
    page.get_by_role("button", name="Film").click()
    until(page, "eyes.colours('.ms-output') === 'red blue'")
    expect(page.get_by_label("Shape")).to_have_value("(480, 640, 3)")
    page.get_by_role("button", name="Film").click()
    page.wait_for_function("() => document.querySelector('ms-lens').stream.state === 'idle'")


def test_an_element_that_its_script_does_not_define_is_named(
    launch: Callable[..., str], open_page: OpenPage, tmp_path: Path
) -> None:
    path = tmp_path / "broken.js"
    path.write_text("throw new Error('it broke');\n")

    class Broken(gr.Component):
        script = path

        def accept(self, value: object) -> object:
            return value

    with gr.Blocks() as demo:
        Broken()
        gr.Textbox("Still here", label="Other")
    open_page.expected.append("it broke")  # type: ignore[attr-defined]
    page = open_page(launch(demo))
    expect(page.locator("ms-broken")).to_contain_text("No script has defined the element <ms-broken>")
    expect(page.get_by_label("Other")).to_have_value("Still here")
