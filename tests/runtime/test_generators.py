"""Generators on every kind of event: each yield is delivered in order, and whatever ends them, they are closed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import numpy as np
import pytest
from tests.server.live import serving

import millstream as ms
from millstream.client.client import Client
from millstream.client.plain_values import plain_value
from millstream.testing.page import TestPage


def counting(count: int = 3) -> Callable[..., Iterator[str]]:
    def count_up(*_: object) -> Iterator[str]:
        for number in range(count):
            yield str(number)

    return count_up


def noted(changes: list[str], demo: ms.Blocks, out: ms.Textbox) -> ms.Blocks:
    with demo:
        out.change(changes.append, out, None, trigger_mode="multiple", concurrency_limit=None)
    return demo


# ---- where they may be -----------------------------------------------------------------------------------------


def test_all_outputs_of_each_yield_arrive_together_and_in_order() -> None:
    def produce(count: int) -> Iterator[tuple[str, Any, Any, int]]:
        for number in range(5):
            picture = np.full((8, 8, 3), number * 40, np.uint8)
            sound = 8_000, np.full(80, number, np.int16)
            yield str(number), picture, sound, count + number

    seen: list[int] = []
    with ms.Blocks() as demo:
        text, image, audio = ms.Textbox(label="Text"), ms.Image(label="Image", format="png"), ms.Audio(label="Audio")
        state = ms.State(10)
        ms.Button("Go").click(produce, state, [text, image, audio, state]).then(seen.append, state, None)
    with TestPage(demo) as page:
        (run,) = page.click("Go")
        assert [result.values[text.id] for result in run.results] == ["0", "1", "2", "3", "4"]
        pictures: list[Any] = [page.run(plain_value(result.values[image.id], page.download)) for result in run.results]
        assert [int(picture.mean()) for picture in pictures] == [0, 40, 80, 120, 160]
        assert all(audio.id in result.values for result in run.results)
        rate, samples = page.value("Audio")
        assert (rate, set(samples.tolist())) == (8_000, {4})
        page.advance(0.1)
    assert seen == [14]


def test_a_plain_function_may_hand_on_a_generator() -> None:
    closed: list[str] = []

    def count(up_to: int) -> Iterator[str]:
        try:
            for number in range(up_to):
                yield str(number)
        finally:
            closed.append("closed")

    with ms.Blocks() as demo:
        text = ms.Textbox(label="Text")
        going = ms.Button("Go").click(lambda: count(1_000), None, text)
        ms.Button("Stop").click(None, cancels=going)
    with TestPage(demo, handler_time=0.1) as page:
        (run,) = page.click("Go", wait=False)
        page.advance(0.45)
        assert [result.values[text.id] for result in run.results] == ["0", "1", "2", "3"]
        page.click("Stop")
        page.advance(0.2)
    assert closed == ["closed"]


@pytest.mark.parametrize("event", ["click", "change", "load", "then", "on", "submit"])
def test_each_yield_is_seen_on_any_event(event: str) -> None:
    changes: list[str] = []
    with ms.Blocks() as demo:
        source, out = ms.Textbox(label="Source"), ms.Textbox(label="Out")
        go = ms.Button("Go")
        match event:
            case "click":
                go.click(counting(), None, out)
            case "change":
                source.change(counting(), source, out)
            case "load":
                demo.load(counting(), None, out)
            case "then":
                go.click(lambda: None).then(counting(), None, out)
            case "on":
                ms.on([go.click, source.submit], counting(), source, out)
            case "submit":
                source.submit(counting(), source, out)
    with TestPage(noted(changes, demo, out)) as page:
        page.set("Source", "x")
        page.fire("Source", "submit")
        if event != "submit":
            page.click("Go")
        page.advance(1)
        assert page.value("Out") == "2"
    assert changes[:3] == ["0", "1", "2"]


def test_an_interface_shows_each_yield() -> None:
    demo = ms.Interface(counting(), "text", "text")
    with TestPage(demo) as page:
        (run,) = [run for run in page.click("Submit") if run.results and len(run.results) > 1]
        assert [list(result.values.values()) for result in run.results] == [["0"], ["1"], ["2"]]


# ---- what ends them --------------------------------------------------------------------------------------------


def endless(closed: list[str]) -> Callable[..., Iterator[str]]:
    def count_up(*_: object) -> Iterator[str]:
        try:
            for number in range(10_000):
                yield str(number)
        finally:
            closed.append("closed")

    return count_up


def endless_async(closed: list[str]) -> Callable[..., AsyncIterator[str]]:
    async def count_up(*_: object) -> AsyncIterator[str]:
        try:
            yield "0"
            await asyncio.sleep(3600)
            yield "never"
        finally:
            closed.append("closed")

    return count_up


@pytest.mark.parametrize("make", [endless, endless_async])
@pytest.mark.parametrize("how", ["cancels", "user", "page", "link"])
def test_they_are_closed(make: Callable[[list[str]], Callable[..., Any]], how: str) -> None:
    closed: list[str] = []
    with ms.Blocks() as demo:
        out = ms.Textbox(label="Out")
        run = ms.Button("Go").click(make(closed), None, out)
        ms.Button("Stop").click(None, cancels=[run])
    with TestPage(demo, handler_time=0.1) as page, page.another() as other:
        (began,) = other.click("Go", wait=False)
        page.advance(1)
        assert (began.state, closed) == ("running", [])
        match how:
            case "cancels":
                other.click("Stop")
            case "user":
                other.cancel(began)
            case "page":
                other.close()
            case "link":
                other.drop()
        page.advance(0.5)
        assert closed == ["closed"]


@pytest.mark.parametrize("make", [endless, endless_async])
def test_stop_of_an_interface_closes_its_generator(make: Callable[[list[str]], Callable[..., Any]]) -> None:
    closed: list[str] = []
    demo = ms.Interface(make(closed), "text", "text")
    with TestPage(demo, handler_time=0.1) as page:
        page.click("Submit", wait=False)
        page.advance(1)
        page.click("Stop")
        page.advance(0.5)
        assert closed == ["closed"]
        assert (page.props("Submit")["visible"], page.props("Stop")["visible"]) == (True, False)
        assert page.value("output") != ""


def test_a_generator_that_is_busy_between_two_yields_is_closed_when_it_comes_back() -> None:
    closed, busy, go_on = threading.Event(), threading.Event(), threading.Event()

    def work() -> Iterator[str]:
        try:
            yield "first"
            busy.set()
            go_on.wait(20)
            yield "second"
        finally:
            closed.set()

    with ms.Blocks() as demo:
        out = ms.Textbox(label="Out")
        run = ms.Button("Go").click(work, None, out)
        ms.Button("Stop").click(None, cancels=[run])
    with serving(demo) as (url, _), Client(url) as page:
        (began,) = page.click("Go", wait=False)
        page.wait_for(lambda: len(began.results) == 1)
        assert busy.wait(10)
        page.click("Stop")
        assert began.state == "cancelled", "the page need not wait for it"
        assert not closed.is_set()
        go_on.set()
        assert closed.wait(10)
        assert page.value("Out") == "first", "what it yields after that is nobody's"


def test_a_failure_keeps_what_was_shown() -> None:
    def fail() -> Iterator[str]:
        yield "shown"
        raise ms.Error("enough")

    with ms.Blocks() as demo:
        out = ms.Textbox(label="Out")
        ms.Button("Go").click(fail, None, out)
    with TestPage(demo) as page:
        (run,) = page.click("Go")
        assert (run.state, run.error, page.value("Out")) == ("failed", "enough", "shown")
