"""The five programs of the guide, as they stand in `examples/`, in a real browser."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import OpenPage
from tests.browser.glass import Notes, button, choose, record, see, stop, until
from tests.browser.media import Clips, read_counter

import millstream as gr

pytestmark = pytest.mark.browser

EXAMPLES = Path(__file__).parents[2] / "examples"

BOX = [201, 164, 255]
"""The colour of the box around a person."""

WATCH = """
() => {
  window.moved = [];
  const calm = new Set(["aria-valuenow", "aria-valuetext"]);
  new MutationObserver((records) => {
    for (const { type, target, attributeName } of records) {
      const where = (target.nodeType === 1 ? target : target.parentElement)?.closest(".ms-bar, ms-time, .ms-frame");
      if (where && !calm.has(attributeName)) moved.push([type, target.nodeName, attributeName]);
    }
  }).observe(document.querySelector("ms-image"), {
    attributes: true, childList: true, characterData: true, subtree: true,
  });
}
"""


@pytest.fixture
def start(launch: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Launch an example, as running it would; gives its address."""

    def run(name: str) -> str:
        monkeypatch.syspath_prepend(str(EXAMPLES))
        sys.modules.pop(name, None)
        example = import_module(name)
        return launch(example.demo, css=getattr(example, "CSS", None))

    return run


def move(page: Page, slider: str, value: float) -> None:
    page.get_by_role("slider", name=slider).fill(f"{value:g}")


def test_simplest_gives_the_mirrored_frame_back(start: Callable[[str], str], open_page: OpenPage, clips: Clips) -> None:
    page = open_page(start("simplest"), video=clips.halves)
    record(page)
    until(page, "eyes.colours('.ms-output') === 'blue red'")
    until(page, "eyes.colours('.ms-preview') === 'red blue'")
    preview, output = see(page, ".ms-preview"), see(page)
    assert output.shape == (480, 640, 3)
    assert np.abs(output.astype(int) - preview[:, ::-1]).mean() < 4
    assert page.locator(".ms-output").evaluate("(output) => getComputedStyle(output).transform") == "none"


def test_simplest_goes_on_and_on(start: Callable[[str], str], open_page: OpenPage, clips: Clips) -> None:
    page = open_page(start("simplest"), video=clips.counter)
    record(page)
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuemax", "15")
    until(page, "eyes.counter('.ms-output') > 0")
    first = read_counter(see(page))
    until(page, "eyes.counter('.ms-output') > arg + 30", first)
    stop(page)


def test_filter_obeys_on_the_next_frame(launch: Callable[..., str], open_page: OpenPage, clips: Clips) -> None:
    notes: Notes[tuple[int | None, str]] = Notes()
    with gr.Blocks() as demo:
        transform = gr.Dropdown(choices=["cartoon", "edges", "flip"], value="flip", label="Transformation")
        image = gr.Image(sources=["webcam"], type="numpy")
        image.stream(lambda frame, name: notes.add((read_counter(frame), name)), [image, transform], stream_every=0.1)
    page = open_page(launch(demo), video=clips.counter)
    record(page)
    notes.wait(3)
    choose(page, "Transformation", "edges")
    shown = page.evaluate("eyes.counter('.ms-preview')")
    seen = notes.until(lambda items: items[-1][0] and items[-1][0] > shown + 15)
    later = [name for number, name in seen if number and number > shown + 3]
    assert {name for _, name in seen[:3]} == {"flip"}
    assert set(later) == {"edges"}


def test_filter_shows_what_was_chosen(start: Callable[[str], str], open_page: OpenPage, clips: Clips) -> None:
    page = open_page(start("filter"), video=clips.halves)
    record(page)
    until(page, "eyes.colours('.ms-output') === 'blue red'")
    choose(page, "Filter", "edges")
    until(page, "eyes.brightness('.ms-output') < 20")


def test_unified_shows_the_result_in_place_of_the_preview(
    start: Callable[[str], str], open_page: OpenPage, clips: Clips
) -> None:
    page = open_page(start("unified"), video=clips.halves)
    move(page, "Warmth", 1.0)
    record(page)
    until(page, "eyes.colours('.ms-output') === 'blue red'")
    box = page.locator(".ms-preview").bounding_box()
    assert box is not None
    point = [box["x"] + box["width"] / 4, box["y"] + box["height"] / 3]
    assert page.evaluate("([x, y]) => document.elementFromPoint(x, y).className", point) == "ms-output"
    assert page.evaluate("eyes.halves('.ms-output')[1][0]") > 240  # the red of the video is 220
    assert page.locator(".mirror").evaluate("(column) => getComputedStyle(column).maxWidth") == "640px"


def test_unified_does_not_flicker(start: Callable[[str], str], open_page: OpenPage, clips: Clips) -> None:
    page = open_page(start("unified"), video=clips.counter)
    record(page)
    until(page, "eyes.counter('.ms-output') > 0")
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "29")
    page.evaluate(WATCH)
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "26")
    assert page.evaluate("moved") == []


@pytest.mark.slow
def test_speech_is_transcribed(start: Callable[[str], str], open_page: OpenPage, clips: Clips) -> None:
    page = open_page(start("transcribe"), sound=Path(f"{clips.speech}%noloop"))
    record(page)
    transcript = page.get_by_role("textbox", name="Transcript")
    read = "document.querySelector('textarea').value.toLowerCase()"
    until(page, f"{read}.includes('try again')")
    stop(page)
    assert "no matter" in transcript.input_value().lower()
    button(page, "Clear").click()
    expect(transcript).to_have_value("")


@pytest.mark.slow
def test_objects_are_boxed_above_the_threshold(start: Callable[[str], str], open_page: OpenPage, clips: Clips) -> None:
    page = open_page(start("detect"), video=clips.astronaut)
    record(page)
    until(page, "eyes.count('.ms-output', arg) > 500", BOX)
    move(page, "Confidence threshold", 1.0)
    until(page, "eyes.count('.ms-output', arg) < 50 && eyes.brightness('.ms-output') > 0", BOX)
    stop(page)
