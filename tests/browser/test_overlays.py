"""Marks as data, drawn by the page: on the very frame that they were computed from, or carried on to later ones."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from tests.browser import square
from tests.browser.conftest import OpenPage
from tests.browser.glass import button, record, see, stop, until

import millstream as gr

pytestmark = pytest.mark.browser

Launch = Callable[..., str]

WATCH = """
([selector, count]) => new Promise((resolve) => {
  const preview = document.querySelector("#camera video.ms-preview");
  let beside = 0;
  const tick = () => {
    beside++;
    preview.requestVideoFrameCallback(tick);
  };
  preview?.requestVideoFrameCallback(tick);
  const video = document.querySelector(selector);
  const canvas = new OffscreenCanvas(640, 480);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const seen = [];
  const began = performance.now();
  const look = () => {
    context.drawImage(video, 0, 0, 640, 480);
    const { data } = context.getImageData(0, 210, 640, 60);
    const centre = (isWanted) => {
      let [first, last] = [640, -1];
      for (let at = 0; at < 640 * 60; at++)
        if (isWanted(data[at * 4], data[at * 4 + 1], data[at * 4 + 2]))
          [first, last] = [Math.min(first, at % 640), Math.max(last, at % 640)];
      return last < 0 ? null : (first + last) / 2;
    };
    seen.push([centre((r, g, b) => g > 180 && b > 180), centre((r, g, b) => r > 150 && g < 110 && b < 110)]);
    if (seen.length < count) video.requestVideoFrameCallback(look);
    else resolve({ seen, share: count / Math.max(beside, 1), fps: (count - 1) / ((performance.now() - began) / 1000) });
  };
  video.requestVideoFrameCallback(look);
})
"""
"""Finds the middle of the square and of the box on each frame that is presented; how many come a second, and for each
frame that the preview of the camera presents meanwhile."""


@pytest.fixture(scope="session")
def moving(pytestconfig: pytest.Config) -> Any:
    path = pytestconfig.cache.mkdir("square") / f"square-{square.STEP}.mjpeg"
    return path if path.exists() else square.make_video(path)


def detector(handler_s: float, **options: Any) -> gr.Blocks:
    """A camera, and the box around what is bright in it."""

    def detect(frame: np.ndarray) -> Any:
        time.sleep(handler_s)
        found = square.find(frame)
        return gr.Boxes([found] if found else [], labels="square", ids=[7] if found else [], colors="#ff0000")

    with gr.Blocks() as demo:
        camera = gr.Image(
            sources="webcam", label="Camera", mirror_webcam=options.pop("mirror", False), elem_id="camera"
        )
        out = gr.Image(label="Result", elem_id="out", **options)
        camera.stream(detect, camera, out, stream_every=0)
    return demo


def watch(page: Page, count: int) -> tuple[np.ndarray, dict[str, float]]:
    """Give where square and box are on so many presented frames, `(n, 2)` in pixels, and their rates."""
    found = page.evaluate(WATCH, ["#out video.ms-output", count])
    return np.array(found.pop("seen"), np.float64), found


@pytest.mark.parametrize("mirror", [False, True])
def test_marks_are_on_the_frame_that_they_were_computed_from(
    launch: Launch, open_page: OpenPage, moving: Any, mirror: bool
) -> None:
    page = open_page(launch(detector(0, interpolate_marks=False, mirror=mirror)), video=moving)
    record(page)
    page.wait_for_selector("#out video.ms-output")
    seen, _ = watch(page, 90)
    assert np.isfinite(seen).all()
    assert len(np.unique(seen[:, 0])) > 20  # it does move
    assert np.abs(seen[:, 0] - seen[:, 1]).max() < square.STEP / 2  # not one frame off


@pytest.mark.parametrize(("side", "letterbox"), [(320, True), (240, False)])
def test_the_handler_gets_what_its_model_takes_and_the_page_shows_all_that_the_camera_has(
    launch: Launch, open_page: OpenPage, moving: Any, side: int, letterbox: bool
) -> None:
    sizes = set()

    @gr.input_size(side, side, letterbox=letterbox)
    def detect(frame: np.ndarray) -> gr.Boxes:
        sizes.add(frame.shape[:2])
        found = square.find(frame)
        return gr.Boxes([found] if found else [], colors="#ff0000")

    with gr.Blocks() as demo:
        options = gr.WebcamOptions(mirror=False, size="model")
        camera = gr.Image(sources="webcam", label="Camera", webcam_options=options, elem_id="camera")
        out = gr.Image(label="Result", elem_id="out", interpolate_marks=False)
        camera.stream(detect, camera, out, stream_every=0)
    page = open_page(launch(demo), video=moving)
    record(page)
    page.wait_for_selector("#out video.ms-output")
    seen, _ = watch(page, 60)
    assert np.isfinite(seen).all()
    assert np.abs(seen[:, 0] - seen[:, 1]).max() < square.STEP / 2
    assert sizes == {(240, 320)}
    assert page.evaluate("document.querySelector('#out video').videoWidth") == 640


CAPTION = """
() => {
  const video = document.querySelector("#out video");
  const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
  const context = canvas.getContext("2d");
  context.drawImage(video, 0, 0);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  let rows = 0;
  for (let y = 100; y < 196; y++) {
    let red = 0;
    for (let x = 0; x < canvas.width; x++) {
      const at = (y * canvas.width + x) * 4;
      red += data[at] > 150 && data[at + 1] < 110 && data[at + 2] < 110 ? 1 : 0;
    }
    if (red > 6) rows++;
  }
  return rows * Math.min(video.clientWidth / video.videoWidth, video.clientHeight / video.videoHeight);
}
"""
"""The height of the caption above a box whose upper edge is at 200, in pixels of the page."""


@pytest.mark.parametrize("width", [390, 1280])
def test_captions_are_legible_however_large_the_frame_is_shown(
    launch: Launch, open_page: OpenPage, moving: Any, width: int
) -> None:
    def detect(frame: np.ndarray) -> gr.Boxes:
        return gr.Boxes([[200, 200, 500, 460]], labels="cat", colors="#ff0000")

    with gr.Blocks() as demo:
        camera = gr.Image(sources="webcam", label="Camera", mirror_webcam=False)
        out = gr.Image(label="Result", elem_id="out", interpolate_marks=False)
        camera.stream(detect, camera, out, stream_every=0)
    page = open_page(launch(demo), video=moving, viewport={"width": width, "height": 900})
    record(page)
    page.wait_for_selector("#out video.ms-output")
    watch(page, 20)
    assert 10 <= page.evaluate(CAPTION) <= 22  # of about 17, without what is too near to the edge


def test_the_video_keeps_the_rate_of_the_camera_with_a_slow_handler(
    launch: Launch, open_page: OpenPage, moving: Any
) -> None:
    page = open_page(launch(detector(0.2)), video=moving)
    record(page)
    page.wait_for_selector("#out video.ms-output")
    watch(page, 45)  # until the rate of the results is known
    seen, rates = watch(page, 120)
    assert rates["share"] > 25 / 30
    # The marks move on all the time, and not with each result only: these are five a second at most.
    results = len(seen) / rates["fps"] * 5
    assert len(np.unique(seen[np.isfinite(seen[:, 1]), 1])) > 1.5 * results


def test_without_carrying_a_slow_handler_has_its_own_rate_and_exact_marks(
    launch: Launch, open_page: OpenPage, moving: Any
) -> None:
    page = open_page(launch(detector(0.2, interpolate_marks=False)), video=moving)
    record(page)
    page.wait_for_selector("#out video.ms-output")
    seen, rates = watch(page, 10)
    assert rates["fps"] < 10
    assert np.abs(seen[:, 0] - seen[:, 1]).max() < square.STEP / 2


def test_marks_are_told_to_those_who_cannot_see_them(launch: Launch, open_page: OpenPage, moving: Any) -> None:
    page = open_page(launch(detector(0)), video=moving)
    record(page)
    expect(page.locator("#out video.ms-output")).to_have_attribute("aria-label", "Result: 1 square")
    stop(page)
    expect(page.locator("#out video.ms-output")).to_be_visible()


def test_marks_of_a_stream_may_be_shown_in_place_of_the_camera(
    launch: Launch, open_page: OpenPage, moving: Any
) -> None:
    with gr.Blocks() as demo:
        camera = gr.Image(sources="webcam", label="Camera", mirror_webcam=False, elem_id="out", interpolate_marks=False)
        camera.stream(lambda frame: gr.Boxes([square.find(frame)], colors="#ff0000"), camera, camera, stream_every=0)
    page = open_page(launch(demo), video=moving)
    record(page)
    page.wait_for_selector("#out video.ms-output")
    seen, _ = watch(page, 30)
    assert np.abs(seen[:, 0] - seen[:, 1]).max() < square.STEP / 2
    stop(page)
    record(page)
    page.wait_for_selector("#out video.ms-output")
    seen, _ = watch(page, 30)
    assert np.abs(seen[:, 0] - seen[:, 1]).max() < square.STEP / 2


HOSTILE = '<img src=x onerror="window.hacked=1">'


def test_marks_of_an_ordinary_event_are_drawn_on_the_image_among_its_inputs(
    launch: Launch, open_page: OpenPage
) -> None:
    with gr.Blocks() as demo:
        image = gr.Image(np.full((480, 640, 3), 40, np.uint8), label="Image", elem_id="in")
        out = gr.Image(label="Result", elem_id="out")
        gr.Button("Find").click(
            lambda image: (
                gr.Boxes([[160, 120, 480, 360]], labels=HOSTILE, colors="#ff0000") + gr.Texts([20, 20], HOSTILE)
            ),
            image,
            out,
        )
        gr.Button("Show").click(lambda image: image, image, out)
    page = open_page(launch(demo))
    page.wait_for_selector("#in img.ms-output")
    button(page, "Find").click()
    page.wait_for_selector("#out img.ms-output")
    shown = see(page, "#out img.ms-output")
    assert shown.shape == (480, 640, 3)
    assert shown[240, 160, 0] > 150
    assert shown[240, 160, 1] < 60
    assert abs(int(shown[240, 320, 0]) - 40) < 6
    expect(page.locator("#out img.ms-output")).to_have_attribute("alt", f"Result: 1 {HOSTILE}, “{HOSTILE}”")
    assert page.evaluate("window.hacked") is None
    button(page, "Show").click()
    until(page, "document.querySelector('#out img.ms-output').alt === 'Result'")
    assert see(page, "#out img.ms-output").max() < 60


def test_what_cannot_be_drawn_is_said_once(launch: Launch, open_page: OpenPage, moving: Any) -> None:
    with gr.Blocks() as demo:
        camera = gr.Image(sources="webcam", label="Camera")
        out = gr.Image(label="Result", elem_id="out")

        def wild(frame: np.ndarray) -> Any:
            return gr.Boxes([[np.nan, 0, 1, 1], [-1e30, -1e30, 1e30, 1e30], [5e9, 5e9, 6e9, 6e9]] * 900)

        camera.stream(wild, camera, out, stream_every=0)
    page = open_page(launch(demo), video=moving)
    record(page)
    toast = page.locator(".ms-toast")
    expect(toast).to_contain_text("Not all of the 2700 marks that wild() returned for Image 'Result' are shown")
    page.wait_for_selector("#out video.ms-output")
    until(page, "document.querySelector('#out video.ms-output').getVideoPlaybackQuality().totalVideoFrames > 20")
    expect(toast).to_have_count(1)


def test_a_label_of_an_annotated_image_is_chosen(launch: Launch, open_page: OpenPage) -> None:
    def tell(event: gr.SelectData) -> str:
        return f"{event.index} {event.value}"

    image, mask = np.full((480, 640, 3), 40, np.uint8), np.zeros((480, 640), bool)
    mask[300:400, 100:200] = True
    with gr.Blocks() as demo:
        parts = gr.AnnotatedImage(
            (image, [((160, 120, 480, 240), "cat"), (mask, "dog")]),
            label="Parts",
            elem_id="out",
            color_map={"cat": "#f00", "dog": "#00f"},
        )
        chosen = gr.Textbox(label="Chosen")
        parts.select(tell, None, chosen)
    page = open_page(launch(demo))
    page.wait_for_selector("#out img.ms-output")
    shown = see(page, "#out img.ms-output")
    assert shown[180, 160, 0] > 150
    assert shown[350, 150, 2] > shown[350, 150, 0] + 50  # tinted
    expect(page.locator("#out img.ms-output")).to_have_attribute("alt", "Parts: 1 cat, 1 dog")
    button(page, "dog").click()
    expect(page.get_by_label("Chosen")).to_have_value("1 dog")
