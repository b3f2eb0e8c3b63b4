"""Handlers that return nonsense, raise, hang, or never come to an end, over the real socket with real threads."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from tests.client.media import picture
from tests.server.live import serving

import millstream as gr
from millstream.client import Client
from millstream.server.app import App

MEBIBYTE = 1024 * 1024
released = threading.Event()


class Strange:
    def __repr__(self) -> str:
        raise RuntimeError("not even a repr")


def raises() -> None:
    raise ValueError("the secret /etc/passwd")


def raises_a_base_exception() -> None:
    raise KeyboardInterrupt


def exits() -> None:
    raise SystemExit(3)


def raises_without_a_text() -> None:
    raise Strange2


class Strange2(Exception):
    def __str__(self) -> str:
        raise RuntimeError("not even a text")


def half_a_generator() -> Iterator[tuple[str, str]]:
    yield "one", "two"
    raise ValueError("after the first")


def never_yields() -> Iterator[tuple[str, str]]:
    return
    yield


async def never_yields_async() -> AsyncIterator[tuple[str, str]]:
    return
    yield


def recurses() -> Any:
    return recurses()


WRONG: dict[str, Callable[[], Any]] = {
    "none for two": lambda: None,
    "too few": lambda: ("a",),
    "a string for two": lambda: "ab",
    "a dict of names": lambda: {"one": 1},
    "a component of elsewhere": lambda: {gr.Textbox(): "x"},
    "an update of another kind": lambda: (gr.Slider(3), "b"),
    "an unknown argument": lambda: (gr.update(nonsense=1), "b"),
    "a wrong argument": lambda: (gr.update(lines=-1), "b"),
    "raises": raises,
    "exits": exits,
    "interrupts": raises_a_base_exception,
    "an error without a text": raises_without_a_text,
    "a generator that breaks": half_a_generator,
    "recurses": recurses,
}


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[str, App]]:
    with gr.Blocks() as demo:
        one, two = gr.Textbox(label="one"), gr.Textbox(label="two")
        for name, handler in WRONG.items():
            gr.Button(name).click(handler, None, [one, two], concurrency_limit=None)
        gr.Button("never yields").click(never_yields, None, [one, two])
        gr.Button("never yields async").click(never_yields_async, None, [one, two])
        gr.Button("good").click(lambda: ("good", "good"), None, [one, two])
        image, sound, label = gr.Image(label="image"), gr.Audio(label="sound"), gr.Label(label="label")
        menu, number = gr.Dropdown(["a"], label="menu"), gr.Number(label="number")
        value = gr.State()
        for part in (image, sound, label, menu, number):
            gr.Button(f"{part.label} of").click(lambda make: make(), value, part)
        gr.Button("text of").click(lambda make: make(), value, one)
        part_of = {"image": image, "sound": sound, "label": label, "menu": menu, "number": number}
        for name, cases in BAD_RESULTS.items():
            for index, make in enumerate(cases):
                gr.Button(f"{name} {index}").click(make, None, part_of[name])
    with serving(demo) as (url, app):
        yield url, app


BAD_RESULTS: dict[str, list[Callable[[], Any]]] = {
    "image": [
        lambda: 7,
        lambda: "no such file.png",
        lambda: "/etc/passwd",
        lambda: Path("/etc/passwd"),
        lambda: "file:///etc/passwd",
        lambda: {"path": "/etc/passwd"},
        lambda: np.zeros((0, 0, 3), np.uint8),
        lambda: np.zeros((4, 4, 7), np.uint8),
        lambda: np.zeros((100_000, 1, 3), np.uint8),
        lambda: np.full((4, 4, 3), np.nan),
        lambda: np.full((4, 4, 3), 1000),
        lambda: np.zeros((4, 4, 3), complex),
        lambda: np.array([Strange()], object),
        lambda: np.broadcast_to(np.uint8(0), (40_000, 40_000, 3)),
        lambda: [[1, 2], [3, 4]],
    ],
    "sound": [
        lambda: 7,
        lambda: (0, np.zeros(10, np.int16)),
        lambda: (16_000, "samples"),
        lambda: (16_000, np.zeros((2, 1000), np.int16)),
        lambda: (-1, np.zeros(10)),
        lambda: (float("nan"), np.zeros(10)),
        lambda: b"not a file of sound",
        lambda: "/etc/passwd",
        lambda: np.zeros(10),
    ],
    "label": [lambda: {"a": "b"}, lambda: [1], lambda: {"a": float("nan")}, Strange],
    "menu": [lambda: "zz", lambda: ["a"], Strange, lambda: {"a": 1}],
    "number": [lambda: "many", lambda: float("nan"), lambda: [1], Strange, lambda: 10**400],
}


@pytest.fixture
def page(served: tuple[str, App]) -> Iterator[Client]:
    with Client(served[0]) as page:
        yield page


def errors(log: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in log.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize("name", WRONG)
def test_a_handler_that_goes_wrong_fails_its_run_and_nothing_else(
    page: Client, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    [run] = page.click(name)
    assert run.state == "failed"
    assert run.error.startswith("Something went wrong in the app.")
    [record] = errors(caplog)
    assert record.exc_info is not None
    number = run.error.split("(")[1].rstrip(")")
    assert number in record.getMessage(), "the number in the page leads to the line in the log"
    [good] = page.click("good")
    assert (good.state, page.value("two")) == ("done", "good")


@pytest.mark.parametrize("name", ["never yields", "never yields async"])
def test_a_generator_that_yields_nothing_changes_nothing(page: Client, name: str) -> None:
    [run] = page.click(name)
    assert (run.state, run.results) == ("done", [])


@pytest.mark.parametrize(
    "name", [f"{name} {index}" for name, cases in BAD_RESULTS.items() for index in range(len(cases))]
)
def test_a_result_that_does_not_fit_is_explained_to_the_developer_alone(
    page: Client, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    before = psutil.Process().memory_info().rss
    [run] = page.click(name)
    assert run.state == "failed"
    assert "passwd" not in run.error
    [record] = errors(caplog)
    assert record.exc_info is not None
    explanation = str(record.exc_info[1])
    assert name.split(maxsplit=1)[0] in explanation.lower() or "file" in explanation
    assert len(explanation) < 600
    assert psutil.Process().memory_info().rss - before < 64 * MEBIBYTE


def test_the_developer_may_show_errors() -> None:
    with gr.Blocks() as demo:
        gr.Button("raises").click(raises)
    with serving(demo, show_error=True) as (url, _), Client(url) as page:
        assert page.click("raises")[0].error == "the secret /etc/passwd"


# ---- handlers without an end -----------------------------------------------------------------------------------


def hang(*_: object) -> None:
    released.wait(30)


def count_for_ever() -> Iterator[int]:
    number = 0
    while True:
        yield number
        number += 1


ABANDON_S = 0.7


@pytest.fixture
def hanging() -> Iterator[tuple[str, App]]:
    released.clear()
    with gr.Blocks() as demo:
        camera, out = gr.Image(label="camera", sources=["webcam"]), gr.Number(label="out")
        camera.stream(lambda frame: hang(), camera, None, stream_every=0.0)
        echo = gr.Image(label="echo", sources=["webcam"])
        echo.stream(lambda frame: frame, echo, echo, stream_every=0.0, concurrency_limit=None)
        for number in range(3):
            gr.Button(f"hang {number}").click(hang, None, None, concurrency_limit=None)
        event = gr.Button("for ever").click(count_for_ever, None, out)
        gr.Button("stop").click(None, None, None, cancels=event)
        slow = gr.Button("async")
        slow.click(asyncio.sleep, gr.Number(30, label="seconds"), None)
    with serving(demo, abandon_after=ABANDON_S, grace=0) as (url, app):
        try:
            yield url, app
        finally:
            released.set()


def until(condition: Callable[[], bool], timeout_s: float = 5.0) -> float:
    """Wait until it is so; gives the seconds that took."""
    began = time.monotonic()
    event = threading.Event()
    while not condition():
        assert time.monotonic() - began < timeout_s, "it did not come about"
        event.wait(0.005)
    return time.monotonic() - began


def given_up(app: App) -> list[str]:
    """Name the handlers whose threads have been left to themselves."""
    names: list[str] = app.host.statistics()["engine"]["abandoned"]  # type: ignore[index, assignment]
    return names


def test_hung_handlers_of_one_user_cost_nobody_else_anything(
    hanging: tuple[str, App], caplog: pytest.LogCaptureFixture
) -> None:
    url, app = hanging
    with Client(url) as page:
        with Client(url) as hog:
            hog.record("camera").wait_for_state("running")
            for number in range(3):
                hog.click(f"hang {number}", wait=False)
            recording = page.stream("echo", [picture(9)] * 30)
            assert recording.summary().results >= 20
            assert recording.summary().age_p95_s < 0.3
        until(lambda: len(given_up(app)) == 3)
        until(lambda: len(app.host.sessions) == 1)
        named = [record.getMessage() for record in caplog.records]
        assert len(named) == 3
        assert all("handler hang does not end" in text for text in named)
        released.set()
        until(lambda: app.abandoned() == [])


@pytest.mark.parametrize("presses_stop", [False, True])
def test_the_slot_of_a_killed_page_whose_handler_hangs_is_given_away_when_it_is_abandoned(
    hanging: tuple[str, App], presses_stop: bool, caplog: pytest.LogCaptureFixture
) -> None:
    url, app = hanging
    with Client(url) as page:
        hog = Client(url)
        recording = hog.record("camera")
        recording.wait_for_state("running")
        recording.feed([picture(1)] * 2)
        waiting = page.record("camera")
        page.wait_for(lambda: waiting.position == 1)
        if presses_stop:
            hog.run(recording.recording.first.uplink.stop())
        began = time.monotonic()
        hog.drop()
        waiting.wait_for_state("running")
        assert ABANDON_S <= time.monotonic() - began < ABANDON_S + 1.0
        assert len(given_up(app)) == 1
        [warning] = [record.getMessage() for record in caplog.records]
        assert "handler <lambda> does not end" in warning


def test_a_generator_without_an_end_is_stopped_by_cancels_by_its_user_and_by_a_closed_page(
    hanging: tuple[str, App],
) -> None:
    url, app = hanging
    threads = threading.active_count()
    with Client(url) as page:
        [first] = page.click("for ever", wait=False)
        page.wait_for(lambda: len(first.results) > 5)
        page.click("stop")
        assert first.state == "cancelled"
        [second] = page.click("for ever", wait=False)
        page.wait_for(lambda: len(second.results) > 5)
        page.cancel(second)
        page.wait_for(lambda: second.is_over)
        [third] = page.click("for ever", wait=False)
        page.wait_for(lambda: len(third.results) > 5)
    until(lambda: not app.host.sessions)
    until(lambda: threading.active_count() <= threads)
    assert app.abandoned() == []


def test_after_a_cancelled_run_the_next_click_counts_though_the_old_handler_still_works(
    hanging: tuple[str, App],
) -> None:
    url, _ = hanging
    with Client(url) as page:
        [first] = page.click("hang 0", wait=False)
        page.wait_for(lambda: first.state == "running")
        assert page.click("hang 0", wait=False) == [], "a second click during a run is ignored"
        page.cancel(first)
        page.wait_for(lambda: first.is_over)
        [second] = page.click("hang 0", wait=False)
        page.wait_for(lambda: second.state == "running")
        released.set()
        page.wait_for(lambda: second.is_over)
        assert (first.state, second.state) == ("cancelled", "done")


def test_an_async_handler_that_sleeps_ends_with_its_page(hanging: tuple[str, App]) -> None:
    url, app = hanging
    with Client(url) as page:
        [run] = page.click("async", wait=False)
        page.wait_for(lambda: run.state == "running")
        page.cancel(run)
        page.wait_for(lambda: run.is_over)
        page.click("async", wait=False)
    assert until(lambda: not app.host.sessions) < 2
    assert app.abandoned() == []
