"""An app of several pages in a real browser: links, keyboard, Back and reload, and a stream that ends with its page."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page, expect
from tests.browser.conftest import OpenPage
from tests.browser.glass import record
from tests.browser.media import Clips
from tests.browser.test_axe import AXE, RUN

import millstream as gr
from millstream.types import Handler

pytestmark = pytest.mark.browser

Launch = Callable[..., str]


def studio(handler: Handler = lambda frame: frame, on_leave: Callable[[], None] = lambda: None) -> gr.Blocks:
    with gr.Blocks(title="Studio") as demo:
        gr.Markdown("# Welcome")
    with demo.route("Camera", "/camera"):
        camera = gr.Image(label="Camera", sources=["webcam"])
        camera.stream(handler, camera, gr.Image(label="Result"), stream_every=0.1)
        demo.unload(on_leave)
    for name in ("Settings", "Statistics of the year", "About this app"):
        with demo.route(name):
            text = gr.Textbox(label="Text")
            demo.load(lambda name=name: f"{name} loaded", None, text)
    return demo


def current(page: Page) -> str:
    return page.locator("nav a[aria-current=page]").inner_text()


def test_pages_by_link_keyboard_back_and_reload(launch: Launch, open_page: OpenPage) -> None:
    url = launch(studio()).rstrip("/")
    page = open_page(f"{url}/?__theme=dark")
    assert (page.title(), current(page)) == ("Studio", "Home")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Home")).to_be_focused()
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{url}/settings?__theme=dark")
    expect(page).to_have_title("Settings · Studio")
    expect(page.get_by_label("Text")).to_have_value("Settings loaded")

    page.get_by_role("link", name="About this app").click()
    expect(page.get_by_label("Text")).to_have_value("About this app loaded")
    page.reload()
    expect(page.get_by_label("Text")).to_have_value("About this app loaded")
    page.go_back()
    expect(page.get_by_label("Text")).to_have_value("Settings loaded")
    assert current(page) == "Settings"
    page.go_forward()
    expect(page).to_have_url(re.compile("/about-this-app"))
    expect(page.locator("footer")).to_contain_text("Studio")
    assert page.request.get(f"{url}/nothing").status == 404


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_long_bar_scrolls_on_a_phone_and_is_accessible(launch: Launch, open_page: OpenPage, scheme: str) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    page = open_page(f"{launch(studio())}about-this-app", color_scheme=scheme, **phone)
    link = page.get_by_role("link", name="About this app")
    expect(link).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert (link.bounding_box() or {"height": 0})["height"] >= 44
    page.evaluate(AXE.read_text())
    assert page.evaluate(RUN) == []


def test_a_stream_ends_with_its_page(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    came, left = threading.Event(), threading.Event()

    def echo(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
        came.set()
        return frame

    demo = studio(echo, left.set)
    page = open_page(f"{launch(demo)}camera", video=clips.counter)
    record(page)
    assert came.wait(15)

    page.get_by_role("link", name="Settings").click()

    expect(page.get_by_label("Text")).to_have_value("Settings loaded")
    assert left.wait(15)
    assert [len(session.streams) for session in demo.app.host.sessions.values()] == [0]
    page.go_back()
    expect(page.get_by_role("button", name="Record").first).to_be_visible()


def test_handlers_hide_the_bar_and_rename_the_main_page(launch: Launch, open_page: OpenPage) -> None:
    with gr.Blocks() as demo:
        bar = gr.Navbar(value=[("Docs", "https://example.com/")], main_page_name="Dashboard")
        gr.Button("Hide").click(lambda: gr.Navbar(visible=False), None, bar)
        gr.Button("Show").click(lambda: gr.Navbar(visible=True, main_page_name="Back"), None, bar)
    with demo.route("Settings", "/settings"):
        gr.Markdown("# Settings")
    page = open_page(launch(demo))
    nav = page.get_by_role("navigation")
    expect(nav.get_by_role("link")).to_contain_text(["Dashboard", "Settings", "Docs"])
    page.get_by_role("button", name="Hide").click()
    expect(nav).to_be_hidden()
    page.get_by_role("button", name="Show").click()
    expect(nav.get_by_role("link")).to_contain_text(["Back", "Settings", "Docs"])
