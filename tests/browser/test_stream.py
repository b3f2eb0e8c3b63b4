"""The stream event for frames: who may stream, for how long, how fast, and what handlers get and give."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import OpenPage
from tests.browser.glass import Notes, button, record, see, stop, until
from tests.browser.media import COUNTER_FRAMES, FRAMES_PER_SECOND, Clips, read_counter, read_halves

import millstream as gr

pytestmark = pytest.mark.browser

Launch = Callable[..., str]

LEFT_S = """
() => {
  const {currentTime, effect} = document.querySelector("ms-time i").getAnimations()[0];
  return (effect.getTiming().duration - currentTime) / 1000;
}
"""
"""Seconds that the bar shows."""


def echo(handler: Callable[..., Any] = lambda frame: frame, **options: Any) -> gr.Blocks:
    """A camera and what the handler makes of it."""
    options = {"stream_every": 0.1, **options}
    with gr.Blocks() as demo:
        img = gr.Image(sources=["webcam"], label="Camera")
        out = gr.Image(label="Result")
        img.stream(handler, img, out, **options)
    return demo


def waiting(demo: gr.Blocks) -> int:
    count = demo.app.host.statistics()["waiting"]
    assert isinstance(count, int)
    return count


# ---- start and stop ----------------------------------------------------------------------------------------------


def test_the_button_says_what_it_does(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    page = open_page(launch(echo()), video=clips.counter)
    expect(button(page, "Record")).to_have_class("ms-record record-button")
    record(page)
    expect(button(page, "Stop")).to_have_class("ms-record stop-button")
    stop(page)


def test_the_keyboard_records_and_stops(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    page = open_page(launch(echo()), video=clips.counter)
    button(page, "Record").focus()
    page.keyboard.press("Enter")
    expect(button(page, "Stop")).to_be_focused()
    page.keyboard.press("Space")
    expect(button(page, "Record")).to_be_focused()


def test_without_a_limit_there_is_no_bar(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    page = open_page(launch(echo()), video=clips.counter)
    record(page)
    page.locator(".ms-output").wait_for()
    expect(page.get_by_role("progressbar")).to_have_count(0)


def test_a_stream_can_be_recorded_again_and_again(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    notes: Notes[int] = Notes()
    page = open_page(launch(echo(lambda frame: notes.add(1))), video=clips.counter)
    for turn in range(3):
        record(page)
        notes.wait(len(notes.all) + 2)
        stop(page)
        expect(page.locator(".ms-preview")).to_have_count(0)
        assert page.evaluate("eyes.tracks.map((track) => track.readyState)") == ["ended"] * (turn + 1)


def test_the_last_result_stays_after_stop(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    page = open_page(launch(echo()), video=clips.halves)
    record(page)
    until(page, "eyes.colours('.ms-output') === 'blue red'")
    stop(page)
    assert page.evaluate("eyes.colours('.ms-output')") == "blue red"


# ---- the queue ---------------------------------------------------------------------------------------------------


def test_who_waits_sees_position_and_time_and_may_leave(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    demo = echo(time_limit=60)
    url = launch(demo)
    first, second, third = (open_page(url, video=clips.counter) for _ in range(3))
    record(first)
    first.locator(".ms-output").wait_for()
    record(second)
    expect(second.locator(".ms-waiting")).to_contain_text("Next in line, about")
    expect(button(second, "Waiting")).to_be_visible()
    record(third)
    expect(third.locator(".ms-waiting")).to_contain_text("2nd in line, about 2 min")
    button(second, "Waiting").click()
    expect(button(second, "Record")).to_be_visible()
    expect(third.locator(".ms-waiting")).to_contain_text("Next in line")
    assert second.evaluate("eyes.tracks[0].readyState") == "ended"
    assert waiting(demo) == 1


def test_who_waits_captures_nothing(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    notes: Notes[str] = Notes()

    def handler(frame: np.ndarray, request: gr.Request) -> np.ndarray:
        notes.add(str(request.session_hash))
        return frame

    demo = echo(handler)
    url = launch(demo)
    first, second = (open_page(url, video=clips.counter) for _ in range(2))
    record(first)
    notes.wait(1)
    record(second)
    expect(button(second, "Waiting")).to_be_visible()
    seen = notes.wait(len(notes.all) + 10)
    streams = [
        one for session in demo.app.host.statistics()["sessions"].values() for one in session["streams"].values()
    ]
    assert len(set(seen)) == 1
    assert sorted(one["received"] > 0 for one in streams) == [False, True]


def test_slots_are_taken_without_a_click(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    url = launch(echo(time_limit=2))
    first, second = (open_page(url, video=clips.counter) for _ in range(2))
    record(first)
    first.locator(".ms-output").wait_for()
    record(second)
    expect(first.locator(".ms-waiting")).to_contain_text("You go on by yourself")
    expect(button(second, "Stop")).to_be_visible()
    assert first.evaluate("eyes.tracks.map((track) => track.readyState)") == ["live"]
    expect(button(first, "Stop")).to_be_visible()
    expect(button(second, "Waiting")).to_be_visible()


def test_the_end_is_told_once_however_many_slots(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    ends: Notes[str] = Notes()
    with gr.Blocks() as demo:
        img, out = gr.Image(sources=["webcam"]), gr.Image()
        img.stream(lambda frame: frame, img, out, time_limit=1, stream_every=0.1).then(lambda: ends.add("end"))
        img.stop_recording(lambda: ends.add("stop"))
    url = launch(demo)
    first, second = (open_page(url, video=clips.counter) for _ in range(2))
    record(first)
    first.locator(".ms-output").wait_for()
    record(second)
    expect(button(first, "Waiting")).to_be_visible()
    expect(button(first, "Stop")).to_be_visible()
    assert ends.all == []
    stop(first)
    assert sorted(ends.wait(2)) == ["end", "stop"]


def test_alone_it_goes_on_without_a_gap(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    times: Notes[float] = Notes()

    def handler(frame: np.ndarray) -> np.ndarray:
        times.add(time.monotonic())
        return frame

    page = open_page(launch(echo(handler, time_limit=1)), video=clips.counter)
    page.evaluate("""() => {
      window.names = new Set();
      const look = () => {
        names.add(document.querySelector(".ms-record").title + document.querySelectorAll(".ms-veil").length);
        requestAnimationFrame(look);
      };
      window.watch = look;
    }""")
    record(page)
    times.wait(5)
    page.evaluate("watch()")
    seen = times.until(lambda items: items[-1] - items[4] > 3.5)[4:]
    assert max(after - before for before, after in pairwise(seen)) < 0.45
    assert page.evaluate("[...names]") == ["Stop0"]


def test_a_full_queue_says_so_and_can_be_tried_again(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    demo = echo()
    demo.queue(max_size=1)
    url = launch(demo)
    first, second, third = (open_page(url, video=clips.counter) for _ in range(3))
    record(first)
    first.locator(".ms-output").wait_for()
    record(second)
    expect(button(second, "Waiting")).to_be_visible()
    record(third)
    expect(third.get_by_role("alert").first).to_contain_text("busy")
    button(second, "Waiting").click()
    record(third)
    expect(button(third, "Waiting")).to_be_visible()


def test_several_may_stream_at_once(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    url = launch(echo(concurrency_limit=2))
    pages = [open_page(url, video=clips.counter) for _ in range(2)]
    for page in pages:
        record(page)
    for page in pages:
        page.locator(".ms-output").wait_for()
        expect(button(page, "Stop")).to_be_visible()


def test_streams_do_not_hold_other_events_up(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    with gr.Blocks() as demo:
        img, out = gr.Image(sources=["webcam"]), gr.Image()
        text, ask = gr.Textbox(label="Answer"), gr.Button("Ask")
        img.stream(lambda frame: time.sleep(0.2) or frame, img, out)
        ask.click(lambda: "42", None, text)
    url = launch(demo)
    first, second = (open_page(url, video=clips.counter) for _ in range(2))
    record(first)
    first.locator(".ms-output").wait_for()
    record(second)
    expect(button(second, "Waiting")).to_be_visible()
    button(second, "Ask").click()
    expect(second.get_by_role("textbox", name="Answer")).to_have_value("42")


@pytest.mark.parametrize("how", ["close", "navigate"])
def test_a_page_that_is_left_frees_its_slot_at_once(
    launch: Launch, open_page: OpenPage, clips: Clips, how: str
) -> None:
    left: Notes[float] = Notes()
    calls: Notes[tuple[str, float]] = Notes()

    def handler(frame: np.ndarray, request: gr.Request) -> np.ndarray:
        calls.add((str(request.session_hash), time.monotonic()))
        return frame

    with gr.Blocks() as demo:
        img, out = gr.Image(sources=["webcam"]), gr.Image()
        img.stream(handler, img, out, stream_every=0.1)
        demo.unload(lambda: left.add(time.monotonic()))
    url = launch(demo)
    first, second = (open_page(url, video=clips.counter) for _ in range(2))
    record(first)
    owner = calls.wait(1)[0][0]
    record(second)
    expect(button(second, "Waiting")).to_be_visible()
    at = time.monotonic()
    first.close() if how == "close" else first.goto("about:blank")
    gone = left.wait(1)[0]
    following = next(when for who, when in calls.until(lambda items: items[-1][0] != owner) if who != owner)
    assert gone - at < 1.0
    assert following - at < 1.5


# ---- time --------------------------------------------------------------------------------------------------------


def test_the_bar_is_in_step_with_the_servers_clock(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    demo = echo(time_limit=20)
    page = open_page(launch(demo), video=clips.counter)
    record(page)
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "18")
    (session,) = demo.app.host.sessions.values()
    (stream,) = session.streams.values()
    before = time.monotonic()
    shown = page.evaluate(LEFT_S)
    after = time.monotonic()
    deadline = stream.loop.ticket.deadline  # type: ignore[union-attr]  # what the server goes by
    assert deadline is not None
    assert deadline - after - 0.15 < shown < deadline - before + 0.15


def test_a_slow_handler_gets_the_newest_frame(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    calls: Notes[tuple[int, float]] = Notes()
    takes_s = 0.35

    def handler(frame: np.ndarray) -> np.ndarray:
        number = read_counter(frame)
        if number is not None:
            calls.add((number, time.monotonic()))
        time.sleep(takes_s)
        return frame

    demo = echo(handler, stream_every=0)
    page = open_page(launch(demo), video=clips.counter)
    record(page)
    seen = calls.wait(12)
    stop(page)
    births = [at - _unrolled(seen, index) / FRAMES_PER_SECOND for index, (_, at) in enumerate(seen)]
    ages = [birth - min(births) for birth in births]  # beyond that of the freshest
    assert all((after - before) % COUNTER_FRAMES > 6 for (before, _), (after, _) in pairwise(seen))
    # A frame that had waited for a call would be as old as that took. How fresh it is beyond this, benchmarks measure.
    assert max(ages[2:]) < takes_s
    assert demo.app.host.statistics()["ended_streams"]["age"]["p95_s"] < takes_s  # type: ignore[index]


def _unrolled(seen: list[tuple[int, float]], index: int) -> int:
    """The number of a frame, counted on over the end of the video."""
    wraps = sum(after < before for (before, _), (after, _) in pairwise(seen[: index + 1]))
    return seen[index][0] + wraps * COUNTER_FRAMES


GAPS = """
  (count) => Promise.all([...document.querySelectorAll("video.ms-output")].map((video) => new Promise((done) => {
    const seen = [];
    const look = (_, { mediaTime, presentedFrames }) => {
      seen.push([mediaTime, presentedFrames]);
      if (seen.length < count) video.requestVideoFrameCallback(look);
      else done(seen.slice(1).map(([at, frames], index) => (at - seen[index][0]) / (frames - seen[index][1])));
    };
    video.requestVideoFrameCallback(look);
  })))
"""
"""What the browser takes for the seconds of a frame, of so many frames of each `<video>` of a stream."""


def test_a_live_frame_need_not_wait_for_a_slow_refresh(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    """Chromium refreshes a page whose videos all have 30 frames per second 30 times a second, not 60."""
    with gr.Blocks() as demo:
        img = gr.Image(sources=["webcam"])
        first, second = gr.Image(), gr.Image()
        img.stream(lambda frame: (frame, frame), img, [first, second], stream_every=0)
    page = open_page(launch(demo), video=clips.counter)
    record(page)
    expect(page.locator("video.ms-output")).to_have_count(2)
    both = page.evaluate(GAPS, 10)
    assert [len(gaps) for gaps in both] == [9, 9]
    assert all(gap == pytest.approx(1 / 120, abs=1e-5) for gaps in both for gap in gaps), both


def test_every_frame_is_kept_on_demand(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    numbers: Notes[int | None] = Notes()

    def handler(frame: np.ndarray) -> None:
        numbers.add(read_counter(frame))
        time.sleep(0.12)

    page = open_page(launch(echo(handler, stream_every=0.1, keep="all")), video=clips.counter)
    record(page)
    numbers.wait(12)
    stop(page)
    seen = [number for number in numbers.all if number is not None]
    assert seen == sorted(seen)
    assert len(set(seen)) == len(seen)


# ---- values ------------------------------------------------------------------------------------------------------


def test_a_text_that_grows_goes_on_from_what_the_user_wrote(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    with gr.Blocks() as demo:
        img, text = gr.Image(sources=["webcam"]), gr.Textbox(label="Text", interactive=True)
        img.stream(lambda _, text: f"{text}.", [img, text], text, stream_every=0.2)
    page = open_page(launch(demo), video=clips.counter)
    record(page)
    field = page.get_by_role("textbox", name="Text")
    until(page, "document.querySelector('textarea').value.startsWith('...')")
    field.fill("x")
    until(page, "document.querySelector('textarea').value.startsWith('x..')")


def test_states_belong_to_one_page(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    sizes: Notes[int] = Notes()
    with gr.Blocks() as demo:
        img, state, text = gr.Image(sources=["webcam"]), gr.State(value=[]), gr.Textbox(label="Count")

        def count(_: np.ndarray, seen: list[int]) -> tuple[list[int], str]:
            seen.append(1)
            sizes.add(len(seen))
            return seen, str(len(seen))

        img.stream(count, [img, state], [state, text], stream_every=0.2)
    url = launch(demo)
    first = open_page(url, video=clips.counter)
    record(first)
    until(first, "document.querySelector('textarea').value >= 5")
    stop(first)
    second = open_page(url, video=clips.counter)
    record(second)
    until(second, "document.querySelector('textarea').value >= 1")
    stop(second)
    begins = [place for place, size in enumerate(sizes.all) if size == 1]
    assert len(begins) == 2
    assert begins[1] >= 5


def test_clear_during_a_call_is_not_undone(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    inside, go = threading.Event(), threading.Event()

    def handler(_: np.ndarray, count: int) -> tuple[int, str]:
        if count == 0:
            inside.set()
            go.wait(10)
        return count + 100, str(count + 100)

    with gr.Blocks() as demo:
        img, count, text = gr.Image(sources=["webcam"]), gr.State(0), gr.Textbox(label="Count")
        clear = gr.Button("Clear")
        img.stream(handler, [img, count], [count, text], stream_every=0.2)
        clear.click(lambda: (7, "cleared"), None, [count, text])
    page = open_page(launch(demo), video=clips.counter)
    record(page)
    assert inside.wait(10)
    button(page, "Clear").click()
    expect(page.get_by_role("textbox", name="Count")).to_have_value("cleared")
    go.set()
    until(page, "/^\\d+07$/.test(document.querySelector('textarea').value)")


def test_an_async_handler_streams(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    async def handler(frame: np.ndarray) -> np.ndarray:
        await asyncio.sleep(0.01)
        return frame

    page = open_page(launch(echo(handler)), video=clips.halves)
    record(page)
    until(page, "eyes.colours('.ms-output') === 'blue red'")


@pytest.mark.parametrize("kind", ["plain", "async"])
def test_a_generators_frames_are_all_shown(launch: Launch, open_page: OpenPage, clips: Clips, kind: str) -> None:
    def steps(_: np.ndarray) -> Iterator[np.ndarray]:
        for level in (40, 120, 200):
            yield np.full((60, 80, 3), level, np.uint8)
            time.sleep(0.1)

    async def async_steps(_: np.ndarray) -> AsyncIterator[np.ndarray]:
        for level in (40, 120, 200):
            yield np.full((60, 80, 3), level, np.uint8)
            await asyncio.sleep(0.1)

    page = open_page(launch(echo(steps if kind == "plain" else async_steps)), video=clips.counter)
    record(page)
    for level in (40, 120, 200):
        until(page, "Math.abs(eyes.brightness('.ms-output') - arg) < 4", level)


def test_none_clears_the_output(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    empty = threading.Event()
    page = open_page(launch(echo(lambda frame: None if empty.is_set() else frame)), video=clips.counter)
    record(page)
    page.locator(".ms-output").wait_for()
    empty.set()
    expect(page.locator(".ms-output")).to_have_count(0)
    empty.clear()
    page.locator(".ms-output").wait_for()


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        ("grey", lambda: np.full((60, 80), 100, np.uint8)),
        ("float", lambda: np.full((60, 80, 3), 100 / 255)),
        ("alpha", lambda: np.dstack([np.full((60, 80, 3), 100, np.uint8), np.full((60, 80), 255, np.uint8)])),
    ],
)
def test_any_form_of_array_is_shown(
    launch: Launch, open_page: OpenPage, clips: Clips, kind: str, make: Callable[[], np.ndarray]
) -> None:
    page = open_page(launch(echo(lambda _: make())), video=clips.counter)
    record(page)
    until(page, "Math.abs(eyes.brightness('.ms-output') - 100) < 4")
    assert see(page).shape == (60, 80, 3), kind


def test_a_transparent_result_shows_what_is_behind(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    with gr.Blocks() as demo:
        img = gr.Image(sources=["webcam"])
        img.stream(lambda _: np.zeros((60, 80, 4), np.uint8), img, img, stream_every=0.1)
    page = open_page(launch(demo), video=clips.counter)
    record(page)
    page.locator(".ms-output").wait_for()
    alpha = """() => {
      const canvas = new OffscreenCanvas(1, 1), context = canvas.getContext("2d");
      context.drawImage(document.querySelector(".ms-output"), 0, 0);
      return context.getImageData(0, 0, 1, 1).data[3];
    }"""
    assert page.evaluate(alpha) == 0


def test_the_apps_wishes_for_the_camera_are_obeyed(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    notes: Notes[tuple[tuple[int, ...], tuple[str, str]]] = Notes()
    with gr.Blocks() as demo:
        options = gr.WebcamOptions(mirror=False, constraints={"width": {"exact": 320}, "height": {"exact": 240}})
        img = gr.Image(sources=["webcam"], webcam_options=options)
        img.stream(lambda frame: notes.add((frame.shape, read_halves(frame))), img)
    page = open_page(launch(demo), video=clips.halves)
    record(page)
    assert notes.wait(1)[0] == ((240, 320, 3), ("red", "blue"))
    assert page.locator(".ms-preview").evaluate("(video) => getComputedStyle(video).transform") == "none"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"type": "pil"}, "PIL (640, 480) RGB"),
        ({"type": "pil", "image_mode": "L"}, "PIL (640, 480) L"),
        ({"image_mode": "L"}, "array (480, 640) uint8 True"),
        ({}, "array (480, 640, 3) uint8 True"),
    ],
)
def test_the_handler_gets_the_type_that_it_asked_for(
    launch: Launch, open_page: OpenPage, clips: Clips, arguments: dict[str, Any], expected: str
) -> None:
    def describe(frame: Any) -> str:
        if isinstance(frame, np.ndarray):
            return f"array {frame.shape} {frame.dtype} {frame.flags.writeable and frame.flags.c_contiguous}"
        return f"PIL {frame.size} {frame.mode}"

    with gr.Blocks() as demo:
        img, text = gr.Image(sources="webcam", **arguments), gr.Textbox(label="Got")
        img.stream(describe, img, text)
    page = open_page(launch(demo), video=clips.counter)
    record(page)
    expect(page.get_by_role("textbox", name="Got")).to_have_value(expected)


# ---- endings -----------------------------------------------------------------------------------------------------


def broken(frame: np.ndarray) -> np.ndarray:
    raise ValueError("the secret of the house")


@pytest.mark.parametrize("show_error", [False, True])
def test_an_error_ends_the_stream_once(
    launch: Launch, open_page: OpenPage, clips: Clips, caplog: pytest.LogCaptureFixture, show_error: bool
) -> None:
    caplog.set_level(logging.ERROR)
    page = open_page(launch(echo(broken), show_error=show_error), video=clips.counter)
    record(page)
    expect(button(page, "Record")).to_be_visible()
    expect(page.get_by_role("alert").first).to_be_visible()
    assert ("the secret of the house" in page.locator("body").inner_text()) is show_error
    assert sum(record.exc_info is not None for record in caplog.records) == 1


def test_a_users_error_is_shown_and_the_stream_can_start_again(
    launch: Launch, open_page: OpenPage, clips: Clips
) -> None:
    calls: Notes[int] = Notes()

    def handler(frame: np.ndarray) -> np.ndarray:
        calls.add(1)
        if len(calls.all) == 3:
            raise gr.Error("Too dark in here", print_exception=False)
        return frame

    page = open_page(launch(echo(handler)), video=clips.counter)
    record(page)
    alert, failed = page.get_by_text("Too dark in here"), page.get_by_text("Error", exact=True)
    expect(page.get_by_role("alert").filter(has_text="Too dark in here")).to_be_visible()
    expect(alert).to_have_count(1)
    expect(failed).to_have_count(1)  # on the output
    expect(button(page, "Record")).to_be_visible()
    assert page.evaluate("eyes.tracks[0].readyState") == "ended"
    record(page)
    calls.wait(6)
    expect(button(page, "Stop")).to_be_visible()
    expect(failed).to_have_count(0)


def test_cancels_ends_a_stream(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    closed: Notes[int] = Notes()

    def handler(frame: np.ndarray) -> Iterator[np.ndarray]:
        try:
            while True:
                yield frame
                time.sleep(0.05)
        finally:
            closed.add(1)

    with gr.Blocks() as demo:
        img, out, halt = gr.Image(sources=["webcam"]), gr.Image(), gr.Button("Halt")
        run = img.stream(handler, img, out)
        halt.click(None, cancels=[run])
    page = open_page(launch(demo), video=clips.counter)
    record(page)
    page.locator(".ms-output").wait_for()
    button(page, "Halt").click()
    expect(button(page, "Record")).to_be_visible()
    closed.wait(1)
    assert page.evaluate("eyes.tracks[0].readyState") == "ended"


def test_a_generator_is_closed_when_its_page_is(launch: Launch, open_page: OpenPage) -> None:
    closed: Notes[int] = Notes()

    def forever() -> Iterator[str]:
        try:
            while True:
                yield "x"
                time.sleep(0.05)
        finally:
            closed.add(1)

    with gr.Blocks() as demo:
        run, text = gr.Button("Run"), gr.Textbox(label="Text")
        run.click(forever, None, text)
    page = open_page(launch(demo))
    button(page, "Run").click()
    expect(page.get_by_role("textbox", name="Text")).to_have_value("x")
    page.close()
    closed.wait(1, deadline_s=2)


def test_nothing_survives_its_stream(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    demo = echo()
    page = open_page(launch(demo), video=clips.counter)
    record(page)
    page.locator(".ms-output").wait_for()
    stop(page)
    before = threading.active_count()
    for _ in range(3):
        record(page)
        expect(button(page, "Stop")).to_be_visible()
        stop(page)
    (session,) = demo.app.host.statistics()["sessions"].values()  # type: ignore[union-attr]
    assert session["streams"] == {}
    assert session["stored_bytes"] == 0
    assert threading.active_count() <= before


def test_pages_are_told_apart(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    """Two pages that stream at once get their own frames."""

    def handler(frame: np.ndarray, level: float) -> np.ndarray:
        return np.full((60, 80, 3), int(level), np.uint8)

    with gr.Blocks() as demo:
        img, level, out = gr.Image(sources=["webcam"]), gr.Slider(0, 255, value=0, label="Level"), gr.Image()
        img.stream(handler, [img, level], out, stream_every=0.1, concurrency_limit=2)
    url = launch(demo)
    pages: list[tuple[Page, int]] = [(open_page(url, video=clips.counter), level) for level in (60, 180)]
    for page, wanted in pages:
        page.get_by_role("slider", name="Level").fill(str(wanted))
        record(page)
    for page, wanted in pages:
        until(page, "Math.abs(eyes.brightness('.ms-output') - arg) < 4", wanted)


# ---- unusual, but allowed ----------------------------------------------------------------------------------------


def test_two_handlers_share_one_camera(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    with gr.Blocks() as demo:
        img, text, other = gr.Image(sources=["webcam"]), gr.Textbox(label="Width"), gr.Textbox(label="Height")
        img.stream(lambda frame: str(frame.shape[1]), img, text, stream_every=0.1)
        img.stream(lambda frame: str(frame.shape[0]), img, other, stream_every=0.3)
    page = open_page(launch(demo), video=clips.counter)
    record(page)
    expect(page.get_by_role("textbox", name="Width")).to_have_value("640")
    expect(page.get_by_role("textbox", name="Height")).to_have_value("480")
    assert page.evaluate("eyes.tracks.length") == 1
    stop(page)


def test_two_cameras_stream_side_by_side(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    with gr.Blocks() as demo:
        for name in ("one", "two"):
            img, out = gr.Image(sources=["webcam"], elem_id=name), gr.Image(elem_id=f"{name}-out")
            img.stream(lambda frame, name=name: frame if name == "one" else frame // 4, img, out, stream_every=0.1)
    page = open_page(launch(demo), video=clips.counter)
    record(page.locator("#one"))
    record(page.locator("#two"))
    until(page, "eyes.counter('#one-out .ms-output') >= 0")
    until(page, "eyes.brightness('#two-out .ms-output') > 0 && eyes.brightness('#two-out .ms-output') < 70")
    stop(page.locator("#one"))
    expect(button(page.locator("#two"), "Stop")).to_be_visible()


def test_stop_before_the_start_leaves_nothing_open(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    demo = echo()
    page = open_page(launch(demo), video=clips.counter)
    page.evaluate("() => { for (let i = 0; i < 4; i++) document.querySelector('.ms-record').click(); }")
    page.evaluate("() => document.querySelector('.ms-record').click()")
    page.evaluate("() => document.querySelector('.ms-record').click()")
    if button(page, "Record").count() == 0:
        page.locator(".ms-record").click()
    expect(button(page, "Record")).to_be_visible()
    until(page, "eyes.tracks.every((track) => track.readyState === 'ended')")
    record(page)
    page.locator(".ms-output").wait_for()


def test_a_hidden_component_streams_on(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    with gr.Blocks() as demo:
        img, text = gr.Image(sources=["webcam"], elem_id="img"), gr.Textbox(label="Count")
        count, hide, show = gr.State(0), gr.Button("Hide"), gr.Button("Show")
        img.stream(lambda _, count: (count + 1, count), [img, count], [count, text], stream_every=0.1)
        hide.click(lambda: gr.Image(visible=False), None, img)
        show.click(lambda: gr.Image(visible=True), None, img)
    page = open_page(launch(demo), video=clips.counter)
    record(page)
    until(page, "document.querySelector('textarea').value > 1")
    button(page, "Hide").click()
    expect(page.locator("#img")).to_be_hidden()
    before = int(page.get_by_role("textbox").input_value())
    until(page, "document.querySelector('textarea').value > arg + 5", before)
    button(page, "Show").click()
    expect(page.locator(".ms-preview")).to_be_visible()


@pytest.mark.parametrize("change", [{"interactive": False}, {"sources": ["upload"]}])
def test_what_records_can_be_stopped_whatever_becomes_of_it(
    change: dict[str, object], launch: Launch, open_page: OpenPage, clips: Clips
) -> None:
    with gr.Blocks() as demo:
        img, text = gr.Image(sources=["webcam"], elem_id="img"), gr.Textbox(label="Count")
        img.stream(lambda _: "seen", img, text, stream_every=0.1)
        gr.Button("Change").click(lambda: gr.update(**change), None, img)
    page = open_page(launch(demo), video=clips.counter)
    record(page)
    expect(page.get_by_role("textbox")).to_have_value("seen")
    button(page, "Change").click()
    expect(page.locator("#img .ms-record[data-state=running]")).to_be_visible()
    button(page, "Stop").click()
    expect(page.locator("#img .ms-record")).to_have_count(0)
    expect(page.locator("#img .ms-preview")).to_have_count(0)


def test_who_clicks_while_others_run_sees_the_queue(launch: Launch, open_page: OpenPage) -> None:
    go = threading.Event()
    with gr.Blocks() as demo:
        text, run = gr.Textbox(label="Text", elem_id="text"), gr.Button("Run")
        run.click(lambda: go.wait(10) and "done", None, text)
    url = launch(demo)
    first, second = open_page(url), open_page(url)
    button(first, "Run").click()
    until(first, "document.querySelector('#text [role=status], #text .ms-run, #text .ms-progress') !== null")
    button(second, "Run").click()
    expect(second.locator("#text")).to_contain_text("ext in line")
    go.set()
    for page in (first, second):
        expect(page.get_by_role("textbox", name="Text")).to_have_value("done")


def test_a_button_runs_once_at_a_time(launch: Launch, open_page: OpenPage) -> None:
    go, calls = threading.Event(), Notes[int]()

    def work() -> str:
        calls.add(1)
        go.wait(10)
        return str(len(calls.all))

    with gr.Blocks() as demo:
        text, run = gr.Textbox(label="Text"), gr.Button("Run")
        run.click(work, None, text)
    page = open_page(launch(demo))
    button(page, "Run").click()
    calls.wait(1)
    button(page, "Run").click()
    button(page, "Run").click()
    go.set()
    expect(page.get_by_role("textbox", name="Text")).to_have_value("1")
    button(page, "Run").click()
    expect(page.get_by_role("textbox", name="Text")).to_have_value("2")


def test_one_limit_holds_for_events_of_one_id(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    with gr.Blocks() as demo:
        for name in ("one", "two"):
            img = gr.Image(sources=["webcam"], elem_id=name)
            img.stream(lambda frame, name=name: frame, img, img, concurrency_id="camera")
    page = open_page(launch(demo), video=clips.counter)
    record(page.locator("#one"))
    expect(button(page.locator("#one"), "Stop")).to_be_visible()
    record(page.locator("#two"))
    expect(button(page.locator("#two"), "Waiting")).to_be_visible()
    stop(page.locator("#one"))
    expect(button(page.locator("#two"), "Stop")).to_be_visible()


def test_a_slow_call_at_stop_is_waited_for_in_the_background(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    inside, go = threading.Event(), threading.Event()

    def handler(frame: np.ndarray) -> np.ndarray:
        inside.set()
        go.wait(10)
        return frame

    page = open_page(launch(echo(handler)), video=clips.counter)
    record(page)
    assert inside.wait(10)
    button(page, "Stop").click()
    until(page, "eyes.tracks[0].readyState === 'ended'")
    go.set()
    expect(button(page, "Record")).to_be_visible()
