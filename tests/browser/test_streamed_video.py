"""Streamed videos as the viewer sees them: every frame once, in order, without a stop, and the whole as a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import OpenPage
from tests.browser.glass import Notes, button, until
from tests.browser.videos import FPS, frame, numbers, piece, segments, tone

import millstream as gr

pytestmark = pytest.mark.browser

Launch = Callable[..., str]

WATCH = """
window.watched = {numbers: [], stops: [], times: []};
new MutationObserver(() => {
  for (const video of document.querySelectorAll("#out video")) {
    if (video.isWatched) continue;
    video.isWatched = true;
    const look = (_now, {mediaTime}) => {
      watched.times.push(mediaTime);
      watched.numbers.push(eyes.counter("#out video"));
      video.requestVideoFrameCallback(look);
    };
    video.requestVideoFrameCallback(look);
    video.addEventListener("waiting", () => {
      const left = video.buffered.length ? video.buffered.end(0) - video.currentTime : 0;
      if (video.currentTime > 0.1 && left < 0.2) watched.stops.push(video.currentTime);
    });
    video.addEventListener("ended", () => { watched.hasEnded = true; });
  }
}).observe(document, {childList: true, subtree: true});
"""
"""Notes every frame that the video's `<video>` presents: its number, and its time in the video."""

UNTOUCHED = """
let isTouched = false;
addEventListener("click", () => { isTouched = true; }, {capture: true});
const play = HTMLMediaElement.prototype.play;
HTMLMediaElement.prototype.play = function () {
  return isTouched || this.muted ? play.call(this) : Promise.reject(new DOMException("a tap first", "NotAllowedError"));
};
"""
"""What a test looks at counts as the user's touch, in Chromium: here only a real click does."""

LISTEN = """
window.heard = [];
new MutationObserver(() => {
  const video = document.querySelector("#out video");
  if (!video || video.isHeard) return;
  video.isHeard = true;
  const context = new AudioContext();
  const meter = new AnalyserNode(context, {fftSize: 1024});
  context.createMediaElementSource(video).connect(meter);
  const wave = new Float32Array(1024);
  const look = (_now, {mediaTime}) => {
    meter.getFloatTimeDomainData(wave);
    heard.push([mediaTime, Math.max(...wave.map(Math.abs))]);
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
}).observe(document, {childList: true, subtree: true});
"""
"""Notes how loud the video is at every frame."""

VIDEO = "#out video"


def cinema(handler: Callable[..., Any], notes: Notes[str] | None = None, **options: Any) -> gr.Blocks:
    """A button that begins a video, one that cancels it, and notes of what the player tells."""
    with gr.Blocks() as demo:
        out = gr.Video(label="Out", elem_id="out", **{"streaming": True, "autoplay": True, **options})
        showing = gr.Button("Show").click(handler, None, out)
        gr.Button("Enough").click(None, cancels=[showing])
        if notes is not None:
            for event in ("play", "pause", "stop", "end"):
                getattr(out, event)(lambda event=event: notes.add(event), trigger_mode="multiple")
    return demo


def seen(page: Page) -> list[int]:
    """The numbers of the frames that were presented, without those that a busy machine could not present in time."""
    return [number for number in page.evaluate("watched.numbers") if number >= 0]


def saved(page: Page) -> bytes:
    with page.expect_download() as download:
        page.locator("#out").hover()
        page.get_by_role("button", name="Download").click()
    return download.value.path().read_bytes()


@pytest.mark.parametrize(
    ("codec", "container"), [("libx264", "mp4"), ("libx264", "mpegts"), ("mpeg4", "mp4")], ids=["mp4", "ts", "mpeg4"]
)
def test_three_segments_are_one_video(launch: Launch, open_page: OpenPage, codec: str, container: str) -> None:
    pieces = [piece(number, codec=codec, container=container) for number in range(3)]
    page = open_page(launch(cinema(lambda: (yield from pieces))), script=WATCH)
    button(page, "Show").click()
    until(page, "watched.hasEnded")
    shown = seen(page)
    assert shown == sorted(shown)
    assert len(set(shown)) > 100, "a busy machine leaves out a frame at times, and never a piece"
    assert page.evaluate("watched.stops") == []
    video = saved(page)
    assert [number for _, number in numbers(video)] == list(range(150))
    assert np.diff([time for time, _ in numbers(video)])[1:] == pytest.approx(1 / FPS, abs=0.002)
    assert page.evaluate(f"document.querySelector('{VIDEO}').duration") == pytest.approx(6, abs=0.1)


def test_audio_goes_on_over_the_seams(launch: Launch, open_page: OpenPage) -> None:
    pieces = [piece(number) for number in range(3)]
    page = open_page(launch(cinema(lambda: (yield from pieces))), script=WATCH + LISTEN)
    button(page, "Show").click()
    until(page, "watched.hasEnded")
    loudness = [level for at, level in page.evaluate("heard") if 0.4 < at < 5.6]
    assert len(loudness) > 50
    assert sorted(loudness)[2] > 0.05, "but for a moment in which the machine was too busy"


def test_frames_with_audio_are_a_video(launch: Launch, open_page: OpenPage) -> None:
    rate, count = 16_000, 75
    step = rate // FPS

    def show() -> Iterator[Any]:
        for number in range(count):
            yield frame(number), (rate, tone(number * step, 1 / FPS, rate))

    notes: Notes[str] = Notes()
    page = open_page(launch(cinema(show, notes, fps=FPS)), script=WATCH)
    button(page, "Show").click()
    until(page, "watched.hasEnded")
    shown = seen(page)
    assert shown == sorted(shown)
    assert shown[-1] == count - 1
    assert page.evaluate("watched.stops") == []
    assert [number for _, number in numbers(saved(page))] == list(range(count))
    notes.until(lambda told: {"play", "stop", "end"} <= set(told))
    assert "pause" not in notes.all


def test_the_first_frame_comes_promptly(launch: Launch, open_page: OpenPage) -> None:
    def show() -> Iterator[Any]:
        for number in range(50):
            yield frame(number)

    page = open_page(launch(cinema(show)), script=WATCH)
    button(page, "Show").click()
    until(page, "watched.numbers.length > 0")


def test_a_fast_generator_is_held_back(launch: Launch, open_page: OpenPage) -> None:
    made: Notes[int] = Notes()

    def show() -> Iterator[Any]:
        for number in range(1000):
            made.add(number)
            yield frame(number)

    page = open_page(launch(cinema(show, max_ahead=2)), script=WATCH)
    button(page, "Show").click()
    until(page, f"document.querySelector('{VIDEO}')?.currentTime > 2")
    now = page.evaluate(f"document.querySelector('{VIDEO}').currentTime")
    assert len(made.all) / FPS < now + 2 + 2, (
        "it is two seconds ahead, and the page says where it is four times a second"
    )


def test_cancelling_stops_it_where_it_is(launch: Launch, open_page: OpenPage) -> None:
    closed: Notes[str] = Notes()

    def show() -> Iterator[Any]:
        try:
            for number in range(1000):
                yield frame(number)
        finally:
            closed.add("closed")

    page = open_page(launch(cinema(show)), script=WATCH)
    button(page, "Show").click()
    until(page, f"document.querySelector('{VIDEO}')?.currentTime > 0.5")
    button(page, "Enough").click()
    until(page, f"document.querySelector('{VIDEO}').paused")
    closed.until(bool)
    video = saved(page)
    assert [number for _, number in numbers(video)][:10] == list(range(10)), "what came until then is a file"


def test_a_viewer_who_has_seen_enough_stops_it(launch: Launch, open_page: OpenPage) -> None:
    closed: Notes[str] = Notes()

    def show() -> Iterator[Any]:
        try:
            for number in range(1000):
                yield frame(number)
        finally:
            closed.add("closed")

    told: Notes[str] = Notes()
    page = open_page(launch(cinema(show, told)), script=WATCH)
    button(page, "Show").click()
    until(page, f"document.querySelector('{VIDEO}')?.currentTime > 0.5")
    page.locator("#out").hover()
    button(page, "Stop playing").click()
    until(page, f"document.querySelector('{VIDEO}').paused")
    closed.until(bool)
    assert sorted(told.wait(3)) == ["end", "play", "stop"]
    expect(button(page, "Stop playing")).to_have_count(0)
    assert [number for _, number in numbers(saved(page))][:10] == list(range(10))


def test_a_second_video_replaces_the_first(launch: Launch, open_page: OpenPage) -> None:
    page = open_page(launch(cinema(lambda: (yield piece(0, frames=10)))), script=WATCH)
    for _ in range(2):
        page.evaluate("watched.hasEnded = false")
        button(page, "Show").click()
        until(page, "watched.hasEnded")
    expect(page.locator(VIDEO)).to_have_count(1)


def test_another_video_replaces_one_that_is_still_made(launch: Launch, open_page: OpenPage) -> None:
    def show(first: int) -> Iterator[Any]:
        for number in range(first, first + 50):
            yield frame(number)

    with gr.Blocks() as demo:
        out = gr.Video(label="Out", elem_id="out", streaming=True, autoplay=True, max_ahead=1)
        gr.Button("One").click(lambda: (yield from show(0)), None, out)
        gr.Button("Other").click(lambda: (yield from show(500)), None, out)
    page = open_page(launch(demo), script=WATCH)
    button(page, "One").click()
    until(page, f"document.querySelector('{VIDEO}')?.currentTime > 0.2")
    button(page, "Other").click()
    until(page, "watched.hasEnded && watched.numbers.at(-1) === 549")


def test_a_browser_that_wants_a_tap_plays_without_audio_until_then(launch: Launch, open_page: OpenPage) -> None:
    with gr.Blocks() as demo:
        out = gr.Video(label="Out", elem_id="out", streaming=True, autoplay=True)
        demo.load(lambda: (yield from (piece(number) for number in range(3))), None, out)
    page = open_page(launch(demo), script=WATCH + UNTOUCHED)
    tap = button(page, "Tap to unmute")
    expect(tap).to_be_visible()
    until(page, f"document.querySelector('{VIDEO}').currentTime > 0.2")
    assert page.evaluate(f"document.querySelector('{VIDEO}').muted")
    tap.click()
    expect(tap).to_be_hidden()
    assert not page.evaluate(f"document.querySelector('{VIDEO}').muted")


def test_what_cannot_be_played_says_so_and_leaves_nothing_running(launch: Launch, open_page: OpenPage) -> None:
    def show() -> Iterator[Any]:
        yield piece(0)
        yield b"this is no film"

    page = open_page(launch(cinema(show)), script=WATCH)
    button(page, "Show").click()
    expect(page.locator("#out .ms-problem")).to_be_visible()
    until(page, "watched.hasEnded")
    assert len(list(numbers(saved(page)))) == 50, "what came before can be seen, and kept"


def test_where_nothing_can_be_seen_nothing_can_be_kept(launch: Launch, open_page: OpenPage) -> None:
    calls = iter([piece(0, frames=5), None])

    def show() -> bytes:
        if (video := next(calls)) is None:
            raise gr.Error("Out of film")
        return video

    with gr.Blocks() as demo:
        out = gr.Video(label="Out", elem_id="out")
        gr.Button("Show").click(show, None, out)
    page = open_page(launch(demo))
    button(page, "Show").click()
    until(page, f"document.querySelector('{VIDEO}')?.videoWidth === 320")
    expect(button(page, "Download")).to_have_count(1)
    button(page, "Show").click()
    expect(page.locator("#out .ms-trouble")).to_contain_text("Out of film")
    expect(button(page, "Download")).to_have_count(0)


def test_the_segments_of_a_live_stream_are_one_video(launch: Launch, open_page: OpenPage, tmp_path: Path) -> None:
    pieces = segments(tmp_path, 3)
    page = open_page(launch(cinema(lambda: (yield from pieces))), script=WATCH)
    button(page, "Show").click()
    until(page, "watched.hasEnded")
    assert page.evaluate("watched.stops") == []
    assert [number for _, number in numbers(saved(page))] == list(range(75))


def test_a_frame_stands_until_its_audio_is_over(launch: Launch, open_page: OpenPage) -> None:
    pieces = [piece(number, frames=25, seconds=2) for number in range(2)]
    page = open_page(launch(cinema(lambda: (yield from pieces))), script=WATCH)
    button(page, "Show").click()
    until(page, "watched.hasEnded")
    assert page.evaluate("watched.stops") == []
    assert page.evaluate(f"document.querySelector('{VIDEO}').duration") == pytest.approx(4, abs=0.1)
    shown = seen(page)
    assert shown == sorted(shown)
    assert shown[-1] == 49


def test_a_stream_s_handler_may_return_frames(launch: Launch, open_page: OpenPage) -> None:
    counted = iter(range(1000))
    with gr.Blocks() as demo:
        camera = gr.Image(sources="webcam", label="In", elem_id="in")
        out = gr.Video(label="Out", elem_id="out", streaming=True, autoplay=True, fps=10)
        camera.stream(lambda _: frame(next(counted)), camera, out, stream_every=0.1)
    page = open_page(launch(demo), script=WATCH)
    button(page, "Record").click()
    until(page, "watched.numbers.filter((number) => number >= 0).length > 5")
    shown = seen(page)
    assert shown == sorted(shown)
    button(page, "Stop").click()
    until(page, "watched.hasEnded")
