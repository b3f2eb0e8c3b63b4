"""Results that are old look old: a handler that hangs, one that returned nothing and one that has not begun differ."""

import threading
from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import OpenPage
from tests.browser.glass import record, stop

import millstream as gr

pytestmark = pytest.mark.browser


def test_a_hung_handler_dims_what_it_showed_and_one_that_returns_none_does_not(
    launch: Callable[..., str], open_page: OpenPage
) -> None:
    free = threading.Event()
    with gr.Blocks() as demo:
        mode = gr.Radio(["ok", "hang", "none"], value="ok", label="Mode")
        camera, out = gr.Image(label="Camera", sources=["webcam"]), gr.Image(label="Out", elem_id="out")

        @camera.stream(inputs=[camera, mode], outputs=out, stream_every=0.1)
        def work(frame: object, chosen: str) -> object:
            if chosen == "hang":
                free.wait(30)
            return None if chosen == "none" else frame

    page = open_page(launch(demo))
    record(page)
    shown, words = page.locator("#out .ms-output"), page.locator("#out .ms-silent")
    expect(shown).to_have_css("opacity", "1")

    page.get_by_label("hang").check()
    expect(words).to_have_text("No answer for 5 s")
    expect(shown).to_have_css("opacity", "0.5")

    page.get_by_label("none").check()
    free.set()
    expect(page.locator("#out .ms-void")).to_have_text("The app gave no image.")
    expect(words).to_have_count(0)
    stop(page)
