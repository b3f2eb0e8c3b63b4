"""Events look at what is on its way to what they read."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect
from tests.browser.cable import Cable
from tests.browser.conftest import OpenPage
from tests.browser.glass import Notes, button, record, stop, until
from tests.browser.media import Clips

import millstream as gr

pytestmark = pytest.mark.browser

Launch = Callable[..., str]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Pictures that are as wide as their name says."""
    folder = tmp_path_factory.mktemp("pictures")
    paths = {str(width): folder / f"{width}.png" for width in (20, 30, 40)}
    for name, path in paths.items():
        Image.new("RGB", (int(name), 10)).save(path)
    return paths


class Gate:
    """Holds uploads on their way to the server back until they are let through, in any order."""

    def __init__(self, page: Page) -> None:
        self.routes: list[Route] = []
        self._page = page
        page.route("**/upload?*", lambda route: self.routes.append(route))

    def wait(self, count: int = 1) -> None:
        for _ in range(1000):
            if len(self.routes) >= count:
                return
            self._page.wait_for_timeout(10)
        raise TimeoutError(f"{len(self.routes)} uploads")

    def open(self, number: int = 0) -> None:
        self.routes[number].continue_()


def choose(page: Page, path: Path, name: str = "Picture") -> None:
    page.get_by_label(f"{name}: upload").set_input_files(path)


def width(picture: np.ndarray | None) -> int:
    return 0 if picture is None else picture.shape[1]


@pytest.fixture
def seen() -> Notes[Any]:
    return Notes()


def reader(seen: Notes[Any], **options: Any) -> gr.Blocks:
    """A button that reads a picture, one that does not, and one that empties it; and an example."""
    with gr.Blocks() as demo:
        picture = gr.Image(label="Picture", sources=["upload"])
        text, out = gr.Textbox(label="Text", value="a"), gr.Textbox(label="Out")
        run, other, clear = gr.Button("Run"), gr.Button("Other"), gr.ClearButton(picture, value="Empty")
        run.click(lambda picture, text: seen.add((width(picture), text)) or "ran", [picture, text], out, **options)
        other.click(lambda text: seen.add(("other", text)) or "other", text, None)
        gr.Examples([[np.zeros((10, 50, 3), np.uint8).tolist()]], text) if False else None
    assert clear
    return demo


def test_an_event_waits_for_the_upload_that_it_reads(
    launch: Launch, open_page: OpenPage, pictures: dict[str, Path], seen: Notes[Any]
) -> None:
    page = open_page(launch(reader(seen)))
    gate = Gate(page)
    choose(page, pictures["20"])
    gate.wait()
    button(page, "Run").click()
    expect(page.get_by_text("Waiting for the upload of 20.png").first).to_be_visible()
    button(page, "Other").click()
    assert seen.wait(1) == [("other", "a")], "what does not read it does not wait"
    page.screenshot(path="/tmp/held.png")
    gate.open()
    assert seen.wait(2)[1:] == [(20, "a")]
    expect(page.get_by_text("Waiting for the upload")).to_have_count(0)
    expect(page.get_by_label("Out")).to_have_value("ran")

def recorders() -> gr.Blocks:
    """A camera in a tab and an accordion, a microphone far down, and buttons that hide and show what the camera is in."""
    with gr.Blocks(title="Studio") as demo:
        with gr.Tabs():
            with gr.Tab("Film"), gr.Accordion("Devices"), gr.Column() as column:
                camera = gr.Image(label="Front", sources=["webcam"], elem_id="camera")
            with gr.Tab("Notes"):
                gr.Textbox(label="Note")
        count, frames = gr.Textbox(label="Count", elem_id="count"), gr.State(0)
        camera.stream(lambda _, n: (str(n + 1), n + 1), [camera, frames], [count, frames], stream_every=0.1)
        gr.Button("Hide").click(lambda: gr.Column(visible=False), None, column)
        gr.Button("Show").click(lambda: gr.Column(visible=True), None, column)
        gr.HTML("<div style='height: 1500px'></div>", elem_id="long")
        sound = gr.Audio(label="Voice", sources=["microphone"], elem_id="voice")
        sound.change(lambda _: None, sound, None)
    return demo


OPENED = "eyes.tracks.filter((track) => track.readyState === 'live').length"


def test_a_recording_that_cannot_be_seen_shows_itself(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    page = open_page(launch(recorders()), film=clips.counter)
    sign = page.get_by_role("group", name="Recording: Front")
    record(page.locator("#camera"))
    expect(page).to_have_title("● Studio")
    expect(sign).to_have_count(0)
    page.get_by_role("tab", name="Notes").click()
    expect(sign).to_be_visible()
    expect(page.get_by_role("tab", name="Film")).to_have_attribute("data-recording", "")
    page.screenshot(path="/tmp/chip.png")
    page.set_viewport_size({"width": 390, "height": 844}); page.emulate_media(color_scheme="dark")
    page.screenshot(path="/tmp/chip390.png")
    page.set_viewport_size({"width": 1280, "height": 720})
    button(sign, "Recording Front").press("Enter")
    expect(page.locator("#camera .ms-preview")).to_be_in_viewport()
    expect(sign).to_have_count(0)
    page.get_by_text("Devices").click()
    expect(sign).to_be_visible()
    button(sign, "Recording Front").click()
    expect(page.locator("#camera .stop-button")).to_be_focused()
    page.mouse.wheel(0, 3000)
    expect(sign).to_be_visible()
    page.mouse.wheel(0, -3000)
    expect(sign).to_have_count(0)
    button(page, "Hide").click()
    expect(sign).to_be_visible()
    expect(button(sign, "Recording Front")).to_have_count(0)
    assert page.evaluate(OPENED) == 1, "it goes on"
    sign.get_by_role("button", name="Stop recording Front").press("Enter")
    until(page, f"{OPENED} === 0")
    expect(sign).to_have_count(0)
    expect(page).to_have_title("Studio")
    button(page, "Show").click()
    expect(page.locator("#camera").get_by_role("button", name="Record")).to_be_visible()
