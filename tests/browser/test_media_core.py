"""The page's media path in a real browser: the handler gets what the devices give, the page shows what it returns."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from playwright.sync_api import Page
from tests.browser.conftest import OpenPage
from tests.browser.media import CHIRP_SECONDS, Clips, read_chirp, read_counter, read_halves

import millstream as ms

pytestmark = pytest.mark.browser

Launch = Callable[..., str]

READ_COUNTER = """
(source) => {
  window.msCanvas ??= new OffscreenCanvas(640, 480);
  const context = window.msCanvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(source, 0, 0, 640, 480);
  const { data } = context.getImageData(0, 0, 640, 480);
  let word = 0;
  for (let row = 0; row < 4; row++)
    for (let column = 0; column < 4; column++)
      word = (word << 1) | (data[((row * 120 + 60) * 640 + column * 80 + 40) * 4 + 1] > 127 ? 1 : 0);
  return word >> 4;
}
"""
"""The number on a counter frame, by the middle of its cells (see `media.py`)."""

COLLECT = f"""
() => {{
  const read = {READ_COUNTER};
  const output = document.querySelector(".ms-output");
  const preview = document.querySelector(".ms-preview");
  window.msSeen = [];
  const next = () => {{
    window.msSeen.push([read(output), preview && read(preview)]);
    if (output.requestVideoFrameCallback) output.requestVideoFrameCallback(next);
    else requestAnimationFrame(next);
  }};
  next();
}}
"""
"""Collects the numbers on output and preview, for each frame that the output presents."""

KEEP_TRACKS = """
(() => {
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  window.msTracks = [];
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    const stream = await open(constraints);
    window.msTracks.push(...stream.getTracks());
    return stream;
  };
})()
"""


def echo(handler: Callable[[np.ndarray], np.ndarray], **options: object) -> ms.Blocks:
    with ms.Blocks() as demo:
        camera = ms.Image(sources=["webcam"], label="Camera")
        result = ms.Image(label="Result")
        camera.stream(handler, camera, result, **options)
    return demo


def record(page: Page) -> None:
    page.get_by_role("button", name="Record", exact=True).click()


def stop(page: Page) -> None:
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("button", name="Record", exact=True).wait_for()


def forward(before: int, after: int) -> int:
    """How far the counter went on; the video has 600 frames."""
    return (after - before) % 600


def _hide(page: Page, hidden: bool) -> None:
    page.evaluate(
        """(hidden) => {
          Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


COUNT_FRAMES = "document.querySelector('video.ms-output').getVideoPlaybackQuality().totalVideoFrames"

VARIANTS = {
    "track": "",
    "canvas": "delete window.MediaStreamTrackGenerator;",
    "callback": "delete window.MediaStreamTrackGenerator; delete window.MediaStreamTrackProcessor;",
}


@pytest.mark.parametrize("missing", VARIANTS.values(), ids=VARIANTS.keys())
def test_frames_are_shown_in_order_and_fresh(launch: Launch, open_page: OpenPage, clips: Clips, missing: str) -> None:
    page = open_page(launch(echo(lambda frame: frame, stream_every=0)), video=clips.counter)
    page.add_init_script(missing)
    page.reload()
    record(page)
    page.locator(".ms-output").wait_for()
    assert page.locator(".ms-output").count() == 1

    page.evaluate(COLLECT)
    _until(lambda: page.evaluate("window.msSeen.length") > 80)
    seen: list[tuple[int, int]] = page.evaluate("window.msSeen")

    steps = [forward(before, after) for (before, _), (after, _) in pairwise(seen)]
    assert max(steps) < 300, "an older picture replaced a newer one"
    lags = [forward(output, preview) for output, preview in seen]
    # How late they are, benchmarks measure; here they must not get later, as they would in a queue.
    assert statistics.median(lags[40:]) <= statistics.median(lags[:40]) + 6


def test_the_handler_gets_the_frame_as_the_user_sees_it(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    seen: list[tuple[str, str]] = []
    sizes: list[tuple[int, ...]] = []

    def handler(frame: np.ndarray) -> np.ndarray:
        seen.append(read_halves(frame))
        sizes.append(frame.shape)
        return frame

    page = open_page(launch(echo(handler, stream_every=0.1)), video=clips.halves)
    record(page)
    _until(lambda: page.evaluate("document.querySelector('video.ms-output')?.videoWidth") == 640)
    left = """(x) => {
      const canvas = new OffscreenCanvas(1, 1);
      const context = canvas.getContext("2d");
      context.drawImage(document.querySelector(".ms-output"), -x, -240);
      return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
    }"""
    assert seen[0] == ("blue", "red"), "mirrored once, before it is sent"
    assert sizes[0] == (480, 640, 3)
    red, _, blue = page.evaluate(left, 160)
    assert blue > red + 80, "outputs are not mirrored again"


def test_the_pace_is_kept_in_the_mean(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    times: list[float] = []

    def handler(frame: np.ndarray) -> np.ndarray:
        times.append(time.monotonic())
        return frame

    page = open_page(launch(echo(handler, stream_every=0.2)), video=clips.counter)
    record(page)
    _until(lambda: len(times) >= 22)
    stop(page)
    intervals = [after - before for before, after in pairwise(times[1:21])]
    assert statistics.mean(intervals) == pytest.approx(0.2, rel=0.15), intervals


def test_stop_releases_the_camera(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    page = open_page(launch(echo(lambda frame: frame, stream_every=0.1)), video=clips.counter)
    page.add_init_script(KEEP_TRACKS)
    page.reload()
    for _ in range(2):
        record(page)
        page.locator(".ms-output").wait_for()
        stop(page)
        assert set(page.evaluate("window.msTracks.map((track) => track.readyState)")) == {"ended"}


def test_a_camera_that_is_unplugged_ends_the_stream(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    page = open_page(launch(echo(lambda frame: frame, stream_every=0.1)), video=clips.counter)
    page.add_init_script(KEEP_TRACKS)
    page.reload()
    record(page)
    page.locator(".ms-output").wait_for()
    page.evaluate("() => { for (const track of window.msTracks) track.dispatchEvent(new Event('ended')); }")
    page.get_by_text("was disconnected").wait_for()
    page.get_by_role("button", name="Record", exact=True).wait_for()


def test_a_hidden_page_decodes_nothing_and_comes_back_fresh(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    numbers: list[int | None] = []

    def handler(frame: np.ndarray) -> np.ndarray:
        numbers.append(read_counter(frame))
        return frame

    page = open_page(launch(echo(handler, stream_every=0.1)), video=clips.counter)
    record(page)
    page.locator(".ms-output").wait_for()
    _hide(page, True)
    handled = len(numbers)
    _until(lambda: len(numbers) > handled + 3)
    shown = page.evaluate(COUNT_FRAMES)
    _until(lambda: len(numbers) > handled + 20)
    assert page.evaluate(COUNT_FRAMES) == shown
    page.evaluate(COLLECT)
    _hide(page, False)
    _until(lambda: page.evaluate("window.msSeen.length") > 3)
    stale, first, *_ = (output for output, _ in page.evaluate("window.msSeen"))
    assert 30 < forward(stale, first) < 300, "the first picture is not one that came while the page was hidden"
    assert forward(first, numbers[-1] or 0) < 60


@pytest.mark.parametrize("handler_s", [0.0, 0.7], ids=["quick", "slow"])
def test_every_sample_arrives_once_and_in_order(
    launch: Launch, open_page: OpenPage, clips: Clips, handler_s: float
) -> None:
    chunks: list[np.ndarray] = []

    def handler(chunk: tuple[int, np.ndarray]) -> str:
        rate, samples = chunk
        assert rate == 16_000
        chunks.append(samples)
        time.sleep(handler_s)
        return str(len(chunks))

    with ms.Blocks() as demo:
        microphone = ms.Audio(sources=["microphone"], sample_rate=16_000, channels=1)
        heard = ms.Textbox(label="Heard")
        microphone.stream(handler, microphone, heard, stream_every=0.2)
    page = open_page(launch(demo), sound=clips.chirp)
    record(page)
    _until(lambda: sum(map(len, chunks)) >= 3.2 * 16_000)
    stop(page)

    assert all(len(chunk) % 3_200 == 0 for chunk in chunks[:-1])
    if handler_s:
        assert max(map(len, chunks)) > 3_200, "what waits is joined"
    sound = np.concatenate(chunks)
    # The chirp rises steadily: a lost or repeated stretch would bend it. The device needs a moment to settle.
    seconds = [read_chirp(sound[start : start + 1_600], 16_000) for start in range(8_000, len(sound) - 1_600, 1_600)]
    steps = [(after - before) % CHIRP_SECONDS for before, after in pairwise(seconds)]
    smooth = [step for step in steps if step < 1]
    assert len(smooth) >= len(steps) - 2, "but for the seam of the loop"
    assert smooth == pytest.approx([0.1] * len(smooth), abs=0.03)


def _until(holds: Callable[[], object], limit_s: float = 20.0) -> None:
    """Wait for what a handler in another thread, or the page, does."""
    deadline = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
