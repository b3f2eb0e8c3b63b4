"""Nothing that the user types is undone by a result that was made without it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import expect
from tests.browser.conftest import OpenPage
from tests.browser.glass import Notes, record, stop
from tests.browser.media import Clips

import millstream as ms

pytestmark = pytest.mark.browser

FAR = """
window.Worker = class extends Worker {
  set onmessage(handle) {
    super.onmessage = (event) => setTimeout(() => handle(event), 150);
  }
};
"""
"""What the server says reaches the page late, as over a long link."""

SENTENCE = "The mill turns, and the stream goes on."


def test_a_stream_that_writes_what_is_typed_into_eats_no_character(
    launch: Callable[..., str], open_page: OpenPage, clips: Clips
) -> None:
    heard: Notes[str] = Notes()

    def handler(frame: np.ndarray, text: str) -> str:
        heard.add(text)
        return text

    with ms.Blocks() as demo:
        camera, text = ms.Image(sources="webcam", label="Camera"), ms.Textbox(label="Text")
        camera.stream(handler, [camera, text], text, stream_every=0.05)
    page = open_page(launch(demo), video=clips.counter, script=FAR)
    record(page)
    heard.wait(3)
    field = page.get_by_label("Text")
    field.press_sequentially(SENTENCE, delay=25)
    assert field.input_value() == SENTENCE
    heard.until(lambda texts: texts[-1] == SENTENCE)
    heard.wait(len(heard.all) + 10)
    expect(field).to_have_value(SENTENCE)
    stop(page)


def test_a_result_that_knew_it_replaces_it(launch: Callable[..., str], open_page: OpenPage) -> None:
    with ms.Blocks() as demo:
        text = ms.Textbox(label="Text")
        text.submit(lambda said: said.upper(), text, text)
    page = open_page(launch(demo), script=FAR)
    field = page.get_by_label("Text")
    field.press_sequentially("over", delay=25)
    field.press("Enter")
    expect(field).to_have_value("OVER")
