"""Galleries and comparisons in a real browser: growing while a camera runs, by keyboard alone, and with a thumb."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from tests.browser.conftest import OpenPage
from tests.browser.glass import button, until
from tests.browser.test_axe import AXE, RUN

import millstream as gr

pytestmark = pytest.mark.browser

Launch = Callable[..., str]
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def shade(level: int) -> Any:
    return np.full((60, 80, 3), level, np.uint8)


def violations(page: Page) -> Any:
    page.evaluate(AXE.read_text())
    return page.evaluate(RUN)


def test_a_gallery_grows_while_the_camera_runs_and_loads_each_image_once(launch: Launch, open_page: OpenPage) -> None:
    def keep(frame: Any, shots: Any) -> Any:
        return [(frame, f"no. {len(shots or [])}"), *(shots or [])][:8]

    with gr.Blocks() as demo:
        camera = gr.Image(sources=["webcam"], label="Camera")
        shots = gr.Gallery(label="Shots", columns=4)
        camera.stream(keep, [camera, shots], shots, stream_every=0.1)
    page = open_page(launch(demo))
    fetched: Counter[str] = Counter()
    page.on("request", lambda request: fetched.update([request.url] if "/file/" in request.url else []))
    button(page, "Record").click()
    page.locator(".ms-cell img").first.wait_for()
    page.evaluate("window.oldest = document.querySelector('.ms-cell img')")
    until(page, "document.querySelectorAll('.ms-cell img').length === 8")
    button(page, "Stop").click()
    until(page, "[...document.querySelectorAll('.ms-cell img')].every(({naturalWidth}) => naturalWidth > 0)")
    assert page.evaluate("document.contains(window.oldest) || window.oldest.naturalWidth > 0")
    assert set(fetched.values()) == {1}


def test_a_gallery_by_keyboard_alone(launch: Launch, open_page: OpenPage) -> None:
    with gr.Blocks() as demo:
        images = [(shade(40 * at), f"no. {at}") for at in range(4)]
        gallery = gr.Gallery(images, label="Shots", columns=4, interactive=False)
        log = gr.Textbox(label="Log")
        gallery.preview_open(lambda: "open", None, log)
        gallery.preview_close(lambda: "closed", None, log)
    page = open_page(launch(demo))
    page.get_by_role("button", name="no. 0").wait_for()
    button(page, "Download all").focus()
    for key in ("Tab", "ArrowRight", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    full = page.locator(".ms-full-stage img")
    expect(full).to_have_attribute("alt", "no. 2")
    expect(page.get_by_label("Log")).to_have_value("open")
    page.keyboard.press("ArrowRight")
    expect(full).to_have_attribute("alt", "no. 3")
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="no. 3")).to_be_focused()
    expect(page.get_by_label("Log")).to_have_value("closed")
    with page.expect_download() as saved:
        button(page, "Download all").click()
    assert saved.value.suggested_filename == "Shots.zip"


def test_a_visitor_fills_a_gallery_on_a_phone(launch: Launch, open_page: OpenPage, tmp_path: Path) -> None:
    Image.fromarray(shade(90)).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"no image, whatever its name says")
    with gr.Blocks() as demo:
        gallery = gr.Gallery(label="Yours", interactive=True, sources=["upload", "webcam"])
        log = gr.Textbox(label="Log")
        gallery.change(lambda items: ", ".join(Path(path).suffix for path, _ in items or []) or "none", gallery, log)
    page = open_page(launch(demo), **PHONE)
    open_page.expected.append("status of 415")  # type: ignore[attr-defined]
    page.locator("input[type=file]").set_input_files([tmp_path / "b.png", tmp_path / "a.png"])
    reason = page.locator("ms-gallery .ms-problem")
    expect(reason).to_have_text("Gallery 'Yours' takes images and videos, but got b.png, which is neither.")
    expect(page.get_by_label("Log")).to_have_value(".png")
    button(page, "Camera").click()
    until(page, "document.querySelector('ms-gallery .ms-preview')?.videoWidth > 0")
    button(page, "Take a photo").click()
    expect(page.get_by_label("Log")).to_have_value(".png, .jpg")
    assert violations(page) == []
    for control in page.locator("ms-gallery button:visible").all():
        box = control.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44
    for left in (".jpg", "none"):
        page.locator("[title^='Remove']").first.click()
        expect(page.get_by_label("Log")).to_have_value(left)


def test_two_images_are_compared_with_a_finger_and_with_keys(launch: Launch, open_page: OpenPage) -> None:
    with gr.Blocks() as demo:
        slider = gr.ImageSlider((shade(40), shade(200)), label="Compare", slider_position=25, interactive=False)

        def tell(event: gr.SelectData) -> Any:
            return event.value

        slider.select(tell, None, gr.Number(label="At"))
    page = open_page(launch(demo), **PHONE)
    line = page.get_by_role("slider", name="Compare")
    expect(line).to_have_attribute("aria-valuenow", "25")
    box = page.locator(".ms-compare").bounding_box()
    assert box is not None
    page.touchscreen.tap(box["x"] + box["width"] * 0.75, box["y"] + box["height"] / 2)
    expect(line).to_have_attribute("aria-valuenow", "75")
    expect(page.get_by_label("At")).to_have_value("75")
    page.keyboard.press("Home")
    expect(line).to_have_attribute("aria-valuenow", "0")
    assert violations(page) == []


@pytest.mark.parametrize("width", [390, 1200])
def test_the_tools_of_an_image_stand_beside_each_other(launch: Launch, open_page: OpenPage, width: int) -> None:
    with gr.Blocks() as demo, gr.Row():
        gr.Image(shade(100), label="Left", interactive=True)
        gr.Image(shade(100), label="Right", interactive=True)
    page = open_page(launch(demo), viewport={"width": width, "height": 844})
    image = page.locator("ms-image").first
    image.get_by_role("button", name="Clear").wait_for()
    boxes = [one.bounding_box() for one in image.locator(".ms-bar button").all()]
    camera, *tools = [box for box in boxes if box]
    assert camera["height"] == 44  # its name is on one line, or not there
    edges = [camera["x"] + camera["width"], *(tool["x"] for tool in tools)]
    assert len(tools) == 3
    assert edges == sorted(edges)
    bar, frame = image.locator(".ms-bar").bounding_box(), image.locator(".ms-frame").bounding_box()
    assert bar
    assert frame
    assert bar["x"] > frame["x"]
    assert bar["x"] + bar["width"] < frame["x"] + frame["width"]
