"""A limit counts calls: real threads on the real clock, and visitors who leave while their handlers still work."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest

import millstream as gr
from millstream.client.page import Page
from millstream.declare.injected import Request
from millstream.engines.thread import Engine
from millstream.runtime.host import Settings
from millstream.server.composition import compose_host
from millstream.testing import LoudnessDetector
from millstream.transports.memory import connect

VISITORS = 50
RATE = 16_000
PATIENCE_S = 30.0
GRACE_S = 0.002
"""Every handler here works for longer, so that none ends while its page is being closed."""

nobody = threading.Event()
"""Is never set: waiting for it takes the time that a handler works."""


class Gauge:
    """Counts how many calls are being made at once; everything in a handler happens inside of it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.now = self.most = self.calls = 0

    def __enter__(self) -> None:
        with self._lock:
            self.now += 1
            self.calls += 1
            self.most = max(self.most, self.now)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self.now -= 1


class House:
    """An app with the thread engine, on the running loop, and its visitors."""

    def __init__(self, demo: gr.Blocks, **settings: Any) -> None:
        self.manifest = demo.freeze()
        self.host = compose_host(self.manifest, Settings(**{"grace_s": 0.0, **settings}), Engine(GRACE_S))
        self.serving: set[asyncio.Task[None]] = set()

    async def open(self, visitor: str = "") -> Page:
        near, far = connect()
        task = asyncio.ensure_future(self.host.serve(far, Request(), visitor))
        self.serving.add(task)
        task.add_done_callback(self.serving.discard)
        page = Page(self.manifest.page(), near)
        await page.open()
        return page

    async def close(self) -> None:
        await self.host.close(drain_s=0)
        if self.serving:
            await asyncio.wait(self.serving)


def lived(scene: Callable[[House], Awaitable[None]], demo: gr.Blocks, **settings: Any) -> None:
    async def live() -> None:
        house = House(demo, **settings)
        await house.host.start()
        try:
            async with asyncio.timeout(PATIENCE_S):
                await scene(house)
        finally:
            await house.close()

    asyncio.run(live())


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - what a thread does sets no event of the loop
        await asyncio.sleep(0.002)


def work(gauge: Gauge, seconds: float = 0.02) -> None:
    with gauge:
        nobody.wait(seconds)


# ---- one slot, whatever pages do ------------------------------------------------------------------------------


def plain(gauge: Gauge) -> gr.Blocks:
    return button(lambda: work(gauge))


def asynchronous(gauge: Gauge) -> gr.Blocks:
    async def handle() -> None:
        with gauge:
            try:
                await asyncio.sleep(0.02)
            except asyncio.CancelledError:
                await asyncio.sleep(0.02)  # it has something to put away first
                raise

    return button(handle)


def stubborn(gauge: Gauge) -> gr.Blocks:
    async def handle() -> None:
        with gauge:
            for _ in range(3):
                try:
                    await asyncio.sleep(0.02)
                except asyncio.CancelledError:
                    continue  # never to be written, and often found

    return button(handle)


def generator(gauge: Gauge) -> gr.Blocks:
    def handle() -> Iterator[None]:
        with gauge:
            try:
                for _ in range(3):
                    nobody.wait(0.01)
                    yield
            finally:
                nobody.wait(0.01)

    return button(handle)


def async_generator(gauge: Gauge) -> gr.Blocks:
    async def handle() -> AsyncIterator[None]:
        with gauge:
            try:
                for _ in range(3):
                    await asyncio.sleep(0.01)
                    yield
            finally:
                await asyncio.sleep(0.01)

    return button(handle)


def shared(gauge: Gauge) -> gr.Blocks:
    """Two functions under one id, and what follows one of them."""
    with gr.Blocks() as demo:
        go = gr.Button("Go")
        go.click(lambda: work(gauge), concurrency_id="gpu", trigger_mode="multiple").then(
            lambda: work(gauge), concurrency_id="gpu"
        )
        go.click(lambda: work(gauge), concurrency_id="gpu", trigger_mode="multiple")
    return demo


def leaving(gauge: Gauge) -> gr.Blocks:
    def handle() -> None:
        work(gauge)

    with gr.Blocks() as demo:
        gr.Button("Go").click(handle)
        demo.unload(handle)
    return demo


def button(handler: Callable[..., object]) -> gr.Blocks:
    with gr.Blocks() as demo:
        gr.Button("Go").click(handler, trigger_mode="multiple")
    return demo


async def click(page: Page, *, stays: bool = False) -> None:
    runs = await page.fire(page.find("Go"), "click")
    await page.wait_for(lambda: all(run.is_over or (run.state and not stays) for run in runs))
    await asyncio.sleep(0.005)  # so that some leave while they wait, and some while they are served


def camera(gauge: Gauge) -> gr.Blocks:
    with gr.Blocks() as demo:
        picture = gr.Image(label="Source", sources="webcam")
        picture.stream(lambda frame: work(gauge, 0.1), picture, None, stream_every=0.0)
    return demo


async def video(page: Page, *, stays: bool = False) -> None:
    recording = await page.record(page.find("Source"))
    await page.wait_for(lambda: recording.first.state in ("running", "running" if stays else "waiting"))
    if recording.first.state == "running":
        await recording.feed([np.zeros((16, 16, 3), np.uint8)] * 2)


def conversation(gauge: Gauge) -> gr.Blocks:
    def answer(sound: object) -> Iterator[str]:
        with gauge:
            nobody.wait(1.0)
            yield "well"

    reply = gr.ReplyOnPause(answer, detector=LoudnessDetector, pause=0.1)
    with gr.Blocks() as demo:
        mic = gr.Audio(label="Source", sources="microphone")
        mic.stream(reply, mic, gr.Textbox(), stream_every=0.05)
    return demo


async def talk(page: Page, *, stays: bool = False) -> None:
    recording = await page.record(page.find("Source"))
    await page.wait_for(lambda: recording.first.state in ("running", "running" if stays else "waiting"))
    if recording.first.state == "running":
        said = np.concatenate([np.full(RATE // 4, 8000, np.int16), np.zeros(RATE // 4, np.int16)])
        await recording.feed((RATE, said))
        await asyncio.sleep(0.02)


KINDS: dict[Callable[[Gauge], gr.Blocks], Callable[..., Awaitable[None]]] = {
    **dict.fromkeys((plain, asynchronous, stubborn, generator, async_generator, shared, leaving), click),
    camera: video,
    conversation: talk,
}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_one_slot_is_one_call_however_many_leave(kind: Callable[[Gauge], gr.Blocks]) -> None:
    gauge, act = Gauge(), KINDS[kind]

    async def visit(house: House, number: int) -> None:
        page = await house.open()
        await act(page)
        await (page.drop() if number % 2 else page.close())

    async def scene(house: House) -> None:
        for first in range(0, VISITORS, 5):
            await asyncio.gather(*(visit(house, number) for number in range(first, first + 5)))
            await asyncio.sleep(0.01 * (first % 4))
        last = await house.open()
        before = gauge.calls
        await act(last, stays=True)
        await until(lambda: gauge.calls > before)
        await last.close()
        await until(lambda: gauge.now == 0)

    lived(scene, kind(gauge))
    assert gauge.calls > 1
    assert gauge.most == 1


@pytest.mark.parametrize("how", ["cancels", "button"])
def test_a_cancelled_call_keeps_its_slot_until_it_returns(how: str) -> None:
    gauge = Gauge()
    with gr.Blocks() as demo:
        event = gr.Button("Go").click(lambda: work(gauge, 0.05), trigger_mode="multiple")
        gr.Button("Stop").click(None, cancels=[event])

    async def scene(house: House) -> None:
        page = await house.open()
        for _ in range(10):
            [run] = await page.fire(page.find("Go"), "click")
            await page.wait_for(lambda run=run: run.state == "running")
            if how == "cancels":
                await page.fire(page.find("Stop"), "click")
            else:
                await page.cancel(run)
            await page.wait_for(lambda run=run: run.is_over)
        await until(lambda: gauge.now == 0)

    lived(scene, demo)
    assert gauge.calls == 10
    assert gauge.most == 1


def test_an_abandoned_call_gives_its_slot_away_once(caplog: pytest.LogCaptureFixture) -> None:
    """When it returns after all, another has long had its slot: nobody else is let in for it."""
    gauge, hang, count = Gauge(), threading.Event(), [0]

    def handle() -> None:
        count[0] += 1
        if count[0] == 1:
            hang.wait(PATIENCE_S)
            return
        with gauge:
            nobody.wait(0.1)

    async def scene(house: House) -> None:
        first, others = await house.open(), [await house.open() for _ in range(4)]
        await first.fire(first.find("Go"), "click")
        await until(lambda: count[0] == 1)
        await first.drop()
        runs = [(page, (await page.fire(page.find("Go"), "click"))[0]) for page in others]
        await until(lambda: gauge.calls == 1)
        hang.set()
        for page, run in runs:
            await page.wait_for(lambda run=run: run.is_over)
        assert house.host.statistics()["engine"]["abandoned"] == []  # type: ignore[index]

    with caplog.at_level(logging.WARNING):
        lived(scene, button(handle), abandon_s=0.2)
    assert (gauge.calls, gauge.most) == (4, 1)
    [warning] = [record.getMessage() for record in caplog.records]
    assert "handle does not end" in warning
    assert "its slot given away" in warning


def test_a_hung_slot_holds_up_neither_the_end_of_the_app_nor_what_follows_a_page() -> None:
    hang, called, gone = threading.Event(), threading.Event(), threading.Event()

    def handle() -> None:
        called.set()
        hang.wait(PATIENCE_S)

    with gr.Blocks() as demo:
        gr.Button("Go").click(handle, concurrency_id="one")
        demo.unload(gone.set, concurrency_id="one")

    async def scene(house: House) -> None:
        page = await house.open()
        await page.fire(page.find("Go"), "click")
        await until(called.is_set)
        await page.drop()
        await until(lambda: house.host.statistics()["engine"]["threads"] == 1)  # type: ignore[index]
        assert not gone.is_set(), "it keeps to the limit"
        async with asyncio.timeout(5):
            await house.close()
        assert gone.is_set()
        assert house.host.statistics()["engine"]["abandoned"] == ["handle"]  # type: ignore[index]
        hang.set()

    lived(scene, demo)


@pytest.mark.parametrize("kind", ["camera", "conversation"])
def test_what_follows_a_cancelled_stream_does_not_wait_for_a_handler_that_hangs(kind: str) -> None:
    gauge, hang = Gauge(), threading.Event()

    def handle(_: object) -> None:
        with gauge:
            hang.wait(PATIENCE_S)

    with gr.Blocks() as demo:
        out = gr.Textbox(label="Out")
        if kind == "camera":
            source: Any = gr.Image(label="Source", sources="webcam")
            stream = source.stream(handle, source, None, stream_every=0.0)
        else:
            source = gr.Audio(label="Source", sources="microphone")
            reply = gr.ReplyOnPause(handle, detector=LoudnessDetector, pause=0.1)
            stream = source.stream(reply, source, out, stream_every=0.05)
        stream.then(lambda: "after", None, out)
        gr.Button("Stop").click(None, cancels=[stream])
    act = video if kind == "camera" else talk

    async def scene(house: House) -> None:
        page, other = await house.open(), await house.open("other")
        await act(page, stays=True)
        await until(lambda: gauge.now == 1)
        await page.fire(page.find("Stop"), "click")
        async with asyncio.timeout(5):
            await page.wait_for(lambda: page.values[page.find("Out")] == "after")
        recording = await other.record(other.find("Source"))
        await other.wait_for(lambda: recording.first.state != "opening")
        assert recording.first.state == "waiting", "the call keeps the slot"
        hang.set()
        await until(lambda: gauge.now == 0)

    lived(scene, demo)
    assert gauge.most == 1


# ---- many who hang ---------------------------------------------------------------------------------------------


def test_two_hundred_hung_or_leaving_visitors_leave_everybody_else_served() -> None:
    hang = threading.Event()
    with gr.Blocks() as demo:
        gr.Button("Hang").click(lambda: hang.wait(PATIENCE_S), concurrency_limit=None)
        out = gr.Textbox(label="Out")
        gr.Button("Good").click(lambda: "good", None, out)
        count = [0]

        def sometimes() -> str:
            count[0] += 1
            if count[0] <= 200:
                hang.wait(PATIENCE_S)
            return "well"

        gr.Button("Sometimes").click(sometimes, None, out, concurrency_limit=None)

    async def ask(page: Page, name: str) -> object:
        [run] = await page.fire(page.find(name), "click")
        await page.wait_for(lambda: run.is_over)
        return page.values[page.find("Out")]

    async def scene(house: House) -> None:
        other = await house.open("other")
        for number in range(200):
            page = await house.open(f"visitor {number}")
            await page.fire(page.find("Sometimes"), "click")
            await until(lambda number=number: count[0] == number + 1)
            if number % 2:
                await page.drop()
            if number % 50 == 0:
                assert await ask(other, "Good") == "good"
        assert await ask(other, "Good") == "good"
        await until(lambda: len(house.host.statistics()["engine"]["abandoned"]) == 100)  # type: ignore[index]
        assert await ask(other, "Sometimes") == "well"
        hang.set()
        await until(lambda: house.host.statistics()["engine"]["abandoned"] == [])  # type: ignore[index]

    lived(scene, demo, abandon_s=0.2)


@pytest.mark.parametrize("what", ["event", "visitor", "share"])
def test_bounds_are_each_for_themselves(what: str, caplog: pytest.LogCaptureFixture) -> None:
    """Refused is who has too much; the log names the handler, once."""
    hang = threading.Event()
    with gr.Blocks() as demo:
        for name in ("Hang", "Other"):
            gr.Button(name).click(partial(hang.wait, PATIENCE_S), concurrency_limit=None, trigger_mode="multiple")
    bounds = {"event": {"max_abandoned": 3}, "visitor": {"max_calls_each": 3}, "share": {"max_calls": 6}}[what]

    async def scene(house: House) -> None:
        for number in range(3):
            page = await house.open("anna" if what == "visitor" else f"visitor {number}")
            await page.fire(page.find("Hang"), "click")
            await page.wait_for(lambda page=page: any(run.state == "running" for run in page.runs.values()))
            await page.drop()
        if what == "event":
            await until(lambda: len(house.host.statistics()["engine"]["abandoned"]) == 3)  # type: ignore[index]
        page = await house.open("anna")
        for _ in range(3):
            [refused] = await page.fire(page.find("Hang"), "click")
            await page.wait_for(lambda refused=refused: refused.is_over)
            assert refused.state == "failed"
        page = await house.open("berta")
        [run] = await page.fire(page.find("Other"), "click")
        await page.wait_for(lambda: run.state != "waiting")
        assert run.state == "running"
        hang.set()
        await page.wait_for(lambda: run.is_over)

    with caplog.at_level(logging.ERROR):
        lived(scene, demo, **{"abandon_s": 0.1 if what == "event" else 30.0, **bounds})
    [line] = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert line.startswith("handler wait is refused")


def test_a_page_lives_on_where_no_thread_can_be_had(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with gr.Blocks() as demo:
        out = gr.Textbox(label="Out")
        gr.Button("Go").click(lambda: "good", None, out)
        picture = gr.Image(label="Source", sources="webcam")
        picture.stream(lambda frame: None, picture, None)

    def no_thread(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def scene(house: House) -> None:
        page = await house.open()
        with monkeypatch.context() as patched:
            patched.setattr(threading.Thread, "start", no_thread)
            for _ in range(3):
                [run] = await page.fire(page.find("Go"), "click")
                await page.wait_for(lambda run=run: run.is_over)
                assert (run.state, run.error[:16]) == ("failed", "The app is busy:")
            recording = await page.record(page.find("Source"))
            await page.wait_for(lambda: recording.first.reason == "busy")
        [run] = await page.fire(page.find("Go"), "click")
        await page.wait_for(lambda: run.is_over)
        assert page.values[page.find("Out")] == "good"
        await page.close()

    with caplog.at_level(logging.WARNING):
        lived(scene, demo)
    [line] = [record.getMessage() for record in caplog.records]
    assert line.startswith("no thread can be had")
