"""A server that is stopped sends its pages away in batches, and what has begun goes on to its end."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any, cast

import pytest
from tests.runtime.test_host import App, virtual

import millstream as ms
from millstream.declare.injected import Request
from millstream.runtime.drain import BATCH, PAUSE_S, drain
from millstream.runtime.session import Session
from millstream.transports.memory import connect
from millstream.wire.encoding import encode_message
from millstream.wire.messages import Hello
from millstream.wire.packet import VERSION


class Page:
    """What draining sees of a session."""

    def __init__(self, work_s: float = 0.0) -> None:
        self.work: set[asyncio.Task[None]] = set()
        self.drained_at = self.ended_at = -1.0
        self._work_s = work_s

    def drain(self) -> set[asyncio.Task[None]]:
        self.drained_at = asyncio.get_running_loop().time()
        if self._work_s:
            task = asyncio.ensure_future(asyncio.sleep(self._work_s))
            self.work.add(task)
            task.add_done_callback(self.work.discard)
        return self.work

    def end(self, code: int, reason: str) -> None:
        assert (code, self.ended_at) == (1012, -1.0)
        self.ended_at = asyncio.get_running_loop().time()
        for task in self.work:
            task.cancel()


async def drained(pages: list[Page], drain_s: float) -> float:
    began = asyncio.get_running_loop().time()
    await drain(cast("list[Session]", pages), drain_s)
    return asyncio.get_running_loop().time() - began


@virtual
async def test_B24_idle_pages_are_sent_away_in_batches() -> None:
    pages = [Page() for _ in range(200)]
    assert await drained(pages, 10) == pytest.approx(200 / BATCH * PAUSE_S - PAUSE_S)
    assert set(Counter(round(page.ended_at, 3) for page in pages).values()) == {BATCH}


@virtual
async def test_many_pages_are_sent_away_within_half_of_the_time() -> None:
    pages = [Page(work_s=0.5) for _ in range(5000)]
    assert await drained(pages, 4) < 2.7
    assert all(page.ended_at == pytest.approx(page.drained_at + 0.5, abs=PAUSE_S) for page in pages)


@virtual
async def test_each_page_goes_when_its_work_is_done_and_all_when_the_time_is_over() -> None:
    pages = [Page(0), Page(1), Page(3), Page(60)]
    assert await drained(pages, 5) == pytest.approx(5)
    assert [page.ended_at - pages[0].ended_at for page in pages] == pytest.approx([0, 1, 3, 5])


@virtual
async def test_without_a_drain_all_go_at_once() -> None:
    pages = [Page(60) for _ in range(50)]
    assert await drained(pages, 0) == 0
    assert all(page.ended_at == page.drained_at or page.drained_at == -1 for page in pages)


@virtual
async def test_what_waits_and_what_follows_is_finished_and_nothing_new_begins() -> None:
    called: list[str] = []

    def slow(name: str) -> Callable[[], Coroutine[Any, Any, str]]:
        async def handle() -> str:
            await asyncio.sleep(1)
            called.append(name)
            return name

        return handle

    with ms.Blocks() as demo:
        out = ms.Textbox(label="Out")
        first = ms.Button("first").click(slow("first"), None, out, concurrency_id="one", concurrency_limit=1)
        first.then(slow("followed"), None, out)
        ms.Button("second").click(slow("second"), None, out, concurrency_id="one", concurrency_limit=1)
        ms.Timer(0.1).tick(lambda: called.append("tick"))
        camera = ms.Image(label="Camera", sources="webcam")
        camera.stream(lambda frame: called.append("frame"), camera, None)

    app = App(demo)
    await app.host.start()
    one, two = await app.open(), await app.open()
    [running] = await one.fire(one.find("first"), "click")
    await one.wait_for(lambda: running.state == "running")
    [waiting] = await two.fire(two.find("second"), "click")
    await two.wait_for(lambda: waiting.state == "waiting")
    closing = asyncio.ensure_future(app.host.close(10))
    await asyncio.sleep(0.01)
    called.clear()
    [late] = await two.fire(two.find("first"), "click")
    await two.wait_for(lambda: late.is_over)
    recording = await one.record(one.find("Camera"))
    await one.wait_for(lambda: recording.first.state == "ended")
    assert recording.first.reason == "shutdown", "which a page takes as a reason to begin again where it goes on"
    assert {session.events.last_run for session in app.host.sessions.values()} == {1}, "it may be asked for again"
    assert (late.state, late.error) == ("failed", "The app is being restarted. Try again in a moment.")
    await closing
    assert sorted(called) == ["first", "followed", "second"]
    assert (running.state, waiting.state) == ("done", "done")
    assert (one.values[one.find("Out")], two.values[two.find("Out")]) == ("followed", "second")
    for page in (one, two):
        transport: Any = page.link.transport
        assert transport.code == 1012
    await app.gone()


@virtual
async def test_a_page_that_is_about_to_begin_is_sent_away_too() -> None:
    """Its initial values were still being computed when the app was stopped."""
    go, called = threading.Event(), threading.Event()

    def compute() -> str:
        called.set()
        go.wait(10)
        return "late"

    with ms.Blocks() as demo:
        ms.Textbox(compute)
    app = App(demo)
    await app.host.start()
    near, far = connect()
    serving = asyncio.ensure_future(app.host.serve(far, Request()))
    await near.send(encode_message(Hello(seq=1, version=VERSION, build="", page_us=0)))
    while not called.is_set():  # noqa: ASYNC110 - a thread sets it
        await asyncio.sleep(0)
    closing = asyncio.ensure_future(app.host.close(1))
    await asyncio.sleep(0)
    go.set()
    await asyncio.wait([closing, serving])
    assert near.code == 1012
    assert not app.host.sessions
