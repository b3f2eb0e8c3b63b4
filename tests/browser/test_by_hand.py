"""Whole programs by the keyboard alone: a conversation, a stream with a filter; what is held down, and the way out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect
from tests.browser.conftest import OpenPage
from tests.browser.glass import Notes, button, until
from tests.browser.media import Clips

import millstream as gr

pytestmark = pytest.mark.browser

Launch = Callable[..., str]
FILTERS = {"flip": lambda frame: frame[:, ::-1], "dark": lambda frame: frame // 8}


def tab_to(page: Page, target: Locator, key: str = "Tab") -> None:
    """Go to an element by the Tab key alone."""
    for _ in range(40):
        if target.evaluate("(element) => element === document.activeElement"):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{key} does not lead to {target}")


def test_a_whole_conversation_by_keyboard(launch: Launch, open_page: OpenPage) -> None:
    def answer(message: str, history: list[object]) -> str:
        return f"{message.upper()} after {len(history)}"

    page = open_page(launch(gr.ChatInterface(answer, examples=["hello"])))
    message = page.get_by_role("textbox", name="Message")
    tab_to(page, button(page, "hello"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("HELLO after 0")).to_be_visible()
    tab_to(page, message)
    page.keyboard.type("more")
    page.keyboard.press("Enter")
    expect(page.get_by_text("MORE after 2")).to_be_visible()
    tab_to(page, button(page, "Answer again"), "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("MORE after 2")).to_be_visible()
    tab_to(page, button(page, "Take back"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("MORE after 2")).to_have_count(0)
    expect(page.get_by_text("HELLO after 0")).to_be_visible()


def test_a_filter_is_changed_while_it_streams_by_keyboard(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    with gr.Blocks() as demo:
        with gr.Row():
            with gr.Column():
                name = gr.Dropdown(list(FILTERS), value="flip", label="Filter")
                camera = gr.Image(sources=["webcam"], type="numpy", label="Camera")
            result = gr.Image(streaming=True, label="Filtered", elem_id="result")
        camera.stream(lambda frame, by: FILTERS[by](frame), [camera, name], result, time_limit=30, stream_every=0.1)
    page = open_page(launch(demo), video=clips.halves)
    tab_to(page, button(page, "Record"))
    page.keyboard.press("Enter")
    until(page, "eyes.brightness('#result .ms-output') > 40")
    tab_to(page, page.get_by_role("combobox", name="Filter"), "Shift+Tab")
    page.keyboard.type("dark")
    page.keyboard.press("Enter")
    until(page, "eyes.brightness('#result .ms-output') < 40")
    tab_to(page, button(page, "Stop"))
    page.keyboard.press("Enter")
    until(page, "eyes.tracks[0].readyState === 'ended'")


def test_the_space_bar_is_held_to_talk(launch: Launch, open_page: OpenPage) -> None:
    seen: Notes[tuple[int, np.ndarray]] = Notes()
    with gr.Blocks() as demo:
        voice = gr.Audio(label="Voice", sources=["microphone"], push_to_talk=True)
        voice.stop_recording(seen.add, voice, None)
    page = open_page(launch(demo))
    page.locator("body").focus()
    page.keyboard.down(" ")
    expect(button(page, "Stop")).to_be_visible()
    until(page, "performance.now() - (window.began ??= performance.now()) > 500")
    page.keyboard.up(" ")
    expect(button(page, "Stop")).to_have_count(0)
    ((rate, samples),) = seen.wait(1)
    assert len(samples) > rate / 10
    until(page, "eyes.tracks[0].readyState === 'ended'")


def test_a_visitor_logs_out(launch: Launch, open_page: OpenPage) -> None:
    with gr.Blocks() as demo:
        gr.Markdown("Inside")
    page = open_page(launch(demo, auth=("ada", "secret")))
    open_page.expected.append("401")  # type: ignore[attr-defined]
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill("secret")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Inside")).to_be_visible()
    tab_to(page, button(page, "Log out"))
    page.keyboard.press("Enter")
    expect(page.get_by_label("Password")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Password")).to_be_visible()
