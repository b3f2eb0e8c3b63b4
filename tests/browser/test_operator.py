"""The operator page: its figures refresh, and can be paused; it fits, is accessible, and says when nobody answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect
from tests.browser.conftest import OpenPage
from tests.browser.test_axe import AXE, RUN

import millstream as gr
from millstream.client import Client

pytestmark = pytest.mark.browser


def app() -> gr.Blocks:
    def look(frame: np.ndarray) -> np.ndarray:
        return frame

    with gr.Blocks(title="Cameras") as demo:
        camera, seen = gr.Image(label="Camera", sources=["webcam"]), gr.Image(label="Seen")
        camera.stream(look, camera, seen, stream_every=0, concurrency_limit=1)
    return demo


@pytest.fixture
def visited(launch: Callable[..., str]) -> Iterator[str]:
    """The address of an app with two pages: one streams, the other waits."""
    url = launch(app())
    with Client(url) as one, Client(url) as two:
        first = one.record("Camera")
        first.wait_for_state("running")
        second = two.record("Camera")
        second.wait_for_state("waiting")
        feeding = first.feed_in_background(np.zeros((600, 48, 64, 3), np.uint8), rate_hz=10.0)
        yield url
        feeding.cancel()


def rows(page: Page, title: str) -> Locator:
    return page.get_by_role("region", name=title).locator("tbody tr")


def cell(page: Page, title: str, row: int, column: int) -> Locator:
    return rows(page, title).nth(row).locator("th, td").nth(column)


def figure(page: Page, name: str) -> Locator:
    return page.locator(".ms-op-overview > div", has_text=name).locator("dd")


def test_it_shows_what_goes_on_and_refreshes_until_it_is_paused(visited: str, open_page: OpenPage) -> None:
    page = open_page(f"{visited}operator")
    expect(page).to_have_title("Operator · Cameras")
    expect(page.get_by_role("heading", level=1)).to_have_text("Cameras")
    expect(figure(page, "Pages open")).to_have_text("2")
    expect(cell(page, "Streams", 0, 2)).to_have_text("waiting, position 1")  # who waits comes first
    expect(cell(page, "Streams", 1, 2)).to_have_text("running")
    expect(cell(page, "Queue", 0, 1)).to_have_text("1")
    expect(rows(page, "Pages")).to_have_count(2)
    expect(cell(page, "Handlers", 0, 0)).to_have_text("look")
    expect(figure(page, "Handled per s")).to_have_text(re.compile(r"^[1-9]"))
    with Client(visited):
        expect(figure(page, "Pages open")).to_have_text("3")
        page.get_by_role("button", name="Pause").press("Enter")
        expect(page.get_by_role("status")).to_have_text("Paused")
    page.wait_for_timeout(1_500)  # nothing may come, for which there is nothing to wait
    expect(figure(page, "Pages open")).to_have_text("3")
    page.get_by_role("button", name="Pause").press("Enter")
    expect(page.get_by_role("status")).to_have_text("Live")
    expect(figure(page, "Pages open")).to_have_text("2")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_it_fits_and_is_accessible(visited: str, open_page: OpenPage, scheme: str, width: int) -> None:
    options: dict[str, Any] = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}}
    page = open_page(f"{visited}operator", **options)
    expect(rows(page, "Streams")).to_have_count(2)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    page.evaluate(AXE.read_text())
    assert page.evaluate(RUN) == []
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Pause")).to_be_focused()
    page.keyboard.press("Tab")
    streams = page.get_by_role("group", name="Streams")
    expect(streams).to_be_focused()
    if width == 390:
        page.keyboard.press("ArrowRight")
        expect(streams).not_to_have_js_property("scrollLeft", 0)


def test_it_says_when_nobody_answers(launch: Callable[..., str], open_page: OpenPage) -> None:
    demo = app()
    page = open_page(f"{launch(demo)}operator")
    expect(page.get_by_role("status")).to_have_text("Live")
    expect(figure(page, "Pages open")).to_have_text("0")
    open_page.expected.append("Failed to load resource")  # type: ignore[attr-defined]
    demo.close()
    expect(page.get_by_role("status")).to_contain_text("The server does not answer. This page keeps trying.")
