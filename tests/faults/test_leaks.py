"""Pages that vanish in the middle of everything leave nothing behind; pages that do not read hold up nobody."""

from __future__ import annotations

import asyncio
import gc
import itertools
import os
import socket
import struct
import threading
import time
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import psutil
import pytest
from tests.client.media import picture, pictures, ramp
from tests.faults.wire import Vandal, packet
from tests.server.live import serving
from websockets.sync.client import connect

import millstream as gr
from millstream.client import Client, Page
from millstream.client.client import open_page
from millstream.codecs import jpeg
from millstream.frames import Frame
from millstream.runtime.run import Run
from millstream.runtime.send import sender
from millstream.runtime.send.sender import Sender
from millstream.runtime.session import Session
from millstream.runtime.stream.stream import Stream
from millstream.server.app import App
from millstream.transports.websocket import WebSocketTransport
from millstream.wire.messages import Credit, Fire, Open, StreamState

PAGES = 200
AT_ONCE = 25
OWNED = (Session, Stream, Run, WebSocketTransport, Sender)
"""What a page makes on the server."""

NOISE = np.random.default_rng(1).integers(0, 256, (160, 160, 3), np.uint8)


def declare() -> gr.Blocks:
    with gr.Blocks() as demo:
        camera = gr.Image(label="camera", sources=["webcam"])
        camera.stream(lambda frame: frame, camera, camera, stream_every=0.0, concurrency_limit=None)
        mic, state = gr.Audio(label="mic", sources=["microphone"]), gr.State([])
        mic.stream(lambda chunk, kept: [*kept, chunk], [mic, state], state, stream_every=0.05, concurrency_limit=None)
        text = gr.Textbox(label="text")
        gr.Button("count").click(count, None, text, concurrency_limit=None)
        gr.Button("much").click(lambda: "x" * 300_000, None, text, concurrency_limit=None, trigger_mode="multiple")
        demo.unload(lambda: None)
    return demo


def count() -> Iterator[str]:
    number = 0
    while True:
        yield str(number)
        number += 1


@pytest.fixture
def served() -> Iterator[tuple[str, App]]:
    with serving(declare(), grace=0.5) as (url, app):
        yield url, app


def until(condition: Callable[[], bool], timeout_s: float = 5.0) -> float:
    """Wait until it is so; gives the seconds that took."""
    began = time.monotonic()
    event = threading.Event()
    while not condition():
        assert time.monotonic() - began < timeout_s, "it did not come about"
        event.wait(0.01)
    return time.monotonic() - began


def census() -> Counter[str]:
    """Count what belongs to pages, and what the process holds."""
    gc.collect()
    counts = Counter(type(thing).__name__ for thing in gc.get_objects() if isinstance(thing, OWNED))
    counts["threads"] = sum(thread.name.startswith("millstream ") for thread in threading.enumerate())
    counts["files"] = len(os.listdir("/proc/self/fd"))
    return +counts


def tasks(app: App) -> int:
    assert app.loop is not None
    return len(asyncio.all_tasks(app.loop))


def reset(page: Page) -> None:
    """Break the connection as a killed browser does: RST, and nothing else."""
    transport = page.link.transport._socket.transport  # type: ignore[attr-defined]
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def vanish(url: str, number: int) -> None:
    """Open a page, be in the middle of something, and be gone."""
    page = await open_page(url)
    what = number % 5
    if what == 0:
        recording = await page.record(page.find("camera"))
        await recording.first.wait_for_state("running")
        await recording.feed([picture(number)] * 3, rate_hz=100)
    elif what == 1:
        recording = await page.record(page.find("mic"))
        await recording.first.wait_for_state("running")
        await recording.feed(ramp(0.1))
    elif what == 2:
        [run] = await page.fire(page.find("count"), "click")
        await page.wait_for(lambda: bool(run.results))
    elif what == 3:
        await page.fire(page.find("much"), "click")
    else:  # in the middle of a message
        page.link.transport._socket.transport.write(b"\x82\xfe\x40\x00abcd" + bytes(500))  # type: ignore[attr-defined]
        await asyncio.sleep(0)
    reset(page)
    await page.drop()


@pytest.mark.slow
def test_two_hundred_pages_that_vanish_leave_nothing(served: tuple[str, App]) -> None:
    url, app = served

    async def storm(pages: int) -> None:
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(number: int) -> None:
            async with gate:
                await vanish(url, number)

        await asyncio.gather(*(one(number) for number in range(pages)))

    asyncio.run(storm(10))  # everything is imported, every cache is warm
    until(lambda: not app.host.sessions)
    assert app.loop is not None
    until(lambda: set(census()) == {"files"})
    before, before_tasks = census(), tasks(app)
    asyncio.run(storm(PAGES))
    assert until(lambda: not app.host.sessions) < 2
    until(lambda: census() == before)
    assert tasks(app) == before_tasks
    assert app.abandoned() == []
    assert app.host.statistics()["waiting"] == 0
    folder: Path = app.host._folders.root
    assert list(folder.iterdir()) == []


def test_what_a_page_held_is_let_go_at_its_end_without_the_garbage_collector() -> None:
    """A session is a knot of objects; what it holds may be large, and must not wait until somebody looks for knots."""

    class Large:
        pass

    kept: list[weakref.ref[Large]] = []

    def keep() -> tuple[Large, str]:
        large = Large()
        kept.append(weakref.ref(large))
        return large, "x" * 300_000

    with gr.Blocks() as demo:
        state, text = gr.State(), gr.Textbox(label="text")
        gr.Button("keep").click(keep, None, [state, text])
    with serving(demo) as (url, app):
        gc.collect()
        gc.disable()
        try:
            for _ in range(3):
                with Client(url) as page:
                    page.click("keep")
            until(lambda: not app.host.sessions)
            until(lambda: not [reference for reference in kept if reference() is not None])
        finally:
            gc.enable()
    assert len(kept) == 3


def test_the_slot_of_a_page_that_is_killed_in_the_middle_of_a_frame_is_free_at_once() -> None:
    with gr.Blocks() as demo:
        camera = gr.Image(label="camera", sources=["webcam"])
        camera.stream(lambda frame: frame, camera, camera, stream_every=0.0)
    with serving(demo, grace=0) as (url, _), Client(url) as page:
        other = Client(url)
        theirs = other.record("camera")
        theirs.wait_for_state("running")
        theirs.feed([picture(1)] * 3)
        mine = page.record("camera")
        page.wait_for(lambda: mine.position == 1)

        async def die() -> None:
            other.page.link.transport._socket.transport.write(b"\x82\xfe\x40\x00abcd" + bytes(500))  # type: ignore[attr-defined]
            reset(other.page)

        began = time.monotonic()
        other.run(die())
        mine.wait_for_state("running")
        assert time.monotonic() - began < 1.0
        other.close()


# ---- pages that do not read ------------------------------------------------------------------------------------


def deaf(url: str) -> Any:
    """Open a WebSocket whose kernel takes next to nothing that is not read."""
    place = urlsplit(url)
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect((place.hostname, place.port))
    return connect(
        f"ws{url.removeprefix('http')}/ws",
        sock=connection,
        origin=url,  # type: ignore[arg-type]  # a NewType of str
        subprotocols=["millstream.1"],  # type: ignore[list-item]
        max_size=None,
        max_queue=1,
        compression=None,
        proxy=None,
    )


@pytest.mark.slow
def test_a_page_that_grants_everything_and_reads_nothing_gets_little_and_then_the_newest(
    served: tuple[str, App],
) -> None:
    url, app = served
    frame = jpeg.open_encoder(0.9).encode(Frame(NOISE)).payload
    assert len(frame) > 15_000
    with deaf(url) as connection, Client(url) as other:
        page = Vandal(connection)
        page.hello(app)
        page.say(Open(stream=1, binding=0))
        page.wait_for(StreamState, state="running")
        page.say(Credit(stream=1, limit=2**62))
        before = psutil.Process().memory_info().rss
        sent = 0
        for number in range(90):  # three seconds of camera, less the time that the other page takes
            if not _may_send(app, number + 1):
                continue
            sent = number + 1
            page.say(packet(frame, sequence=sent, captured_us=sent))
            if number % 30 == 0:
                summary = other.stream("camera", pictures(10), rate_hz=100).summary()
                assert summary.age_max_s < 0.5
        [stream] = next(session for session in app.host.sessions.values() if session.streams).streams.values()
        until(lambda: stream.statistics().handled > 20)
        assert stream.statistics().replaced > 20
        assert psutil.Process().memory_info().rss - before < 24 * 1024 * 1024
        newest = sent
        while not page.pictures or page.pictures[-1].source < newest:
            page.hear()
        stale = page.pictures[:-1]
        assert sum(len(old.payload) for old in stale) < 1024 * 1024, "what was in the kernel's buffers"


def _may_send(app: App, sequence: int) -> bool:
    """Wait until the server wants the packet; a page that does not read cannot know."""
    session = next((found for found in app.host.sessions.values() if 1 in found.streams), None)
    if session is None:
        return False
    receiver = session.streams[1].receiver
    until(lambda: receiver.limit >= sequence and receiver.received == sequence - 1)
    return True


def test_a_page_that_does_not_take_its_messages_is_closed(
    served: tuple[str, App], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "STALL_S", 0.2)
    url, app = served
    with deaf(url) as connection:
        page = Vandal(connection)
        page.hello(app)
        much, runs = 3, itertools.count(1)

        def is_gone() -> bool:
            page.say(Fire(binding=much, run=next(runs)))
            return not app.host.sessions

        until(is_gone)
