"""One app with many pages: uploads, draining, and that nothing of a session is left. Real threads, on virtual time."""

from __future__ import annotations

import asyncio
import gc
import shutil
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Coroutine, Iterator
from functools import wraps
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import millstream as ms
from millstream.client.page import Page
from millstream.declare.injected import Address, Request
from millstream.engines.thread import Engine
from millstream.errors import Closed, InvalidValue, QuotaExceeded, Refused
from millstream.run_in_thread import run_in_thread
from millstream.runtime.host import Settings
from millstream.runtime.session import Session
from millstream.runtime.stream.stream import Stream
from millstream.server.composition import compose_host
from millstream.testing.virtual import VirtualLoop
from millstream.transports.memory import MemoryTransport, connect

Scene = Callable[..., Coroutine[Any, Any, None]]


def virtual(scene: Scene) -> Callable[..., None]:
    @wraps(scene)
    def run(*arguments: Any, **keywords: Any) -> None:
        loop = VirtualLoop()
        try:
            loop.run_until_complete(scene(*arguments, **keywords))
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            loop.close()

    return run


class App:
    """A host with the thread engine, and pages of it."""

    def __init__(self, demo: ms.Blocks, **settings: Any) -> None:
        self.manifest = demo.freeze()
        self.engine = Engine(grace_s=0.1)
        self.host = compose_host(self.manifest, Settings(**{"grace_s": 0.0, **settings}), self.engine)
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        loop.watch(lambda: self.engine.is_busy)
        self.serving: set[asyncio.Task[None]] = set()

    async def open(self, visitor: str = "", client: Address | None = None) -> Page:
        near, far = connect()
        task = asyncio.ensure_future(self.host.serve(far, Request(client=client), visitor))
        self.serving.add(task)
        task.add_done_callback(self.serving.discard)
        page = Page(self.manifest.page(), near)
        await page.open()
        return page

    async def gone(self) -> None:
        while self.serving:
            await asyncio.wait(self.serving)


def echo(handler: Callable[[np.ndarray], Any] = lambda frame: frame, **options: Any) -> ms.Blocks:
    with ms.Blocks() as demo:
        camera, text = ms.Image(label="Camera", sources="webcam"), ms.Textbox(label="Text")
        state = ms.State([])
        camera.stream(handler, camera, camera, **{"stream_every": 0.0, "concurrency_limit": None, **options})
        ms.Button("Go").click(lambda text, state: (text, [*state, 1]), [text, state], [text, state])
        text.change(lambda text: None, text, None, concurrency_limit=None)
    return demo


def pictures(count: int) -> Iterator[np.ndarray]:
    return (np.full((16, 16, 3), number, np.uint8) for number in range(count))


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("millstream ")]


async def use(app: App, how: str) -> None:
    page = await app.open()
    recording = await page.record(page.find("Camera"))
    await recording.first.wait_for_state("running")
    await recording.feed(pictures(4))
    await page.set(page.find("Text"), how)
    (run,) = await page.fire(page.find("Go"), "click")
    if how == "stop":
        await page.wait_for(lambda: run.is_over)
        await recording.stop()
    await (page.drop() if how == "drop" else page.close())


@pytest.mark.slow
@virtual
async def test_two_hundred_sessions_leave_nothing_behind() -> None:
    of_others = weakref.WeakSet(one for one in gc.get_objects() if type(one) in (Session, Stream))
    app = App(echo())
    await app.host.start()
    await use(app, "stop")
    await app.gone()
    kept: list[weakref.ref[object]] = []
    before = asyncio.all_tasks()
    for number in range(200):
        await use(app, ("stop", "drop", "close")[number % 3])
        kept += [weakref.ref(session) for session in app.host.sessions.values()]
        kept += [weakref.ref(stream) for session in app.host.sessions.values() for stream in session.streams.values()]
    await app.gone()
    assert app.host.sessions == {}
    assert asyncio.all_tasks() == before
    engine = app.engine.statistics()
    assert engine == {"opened": engine["opened"], "threads": 0, "running": [], "abandoned": []}
    while threads():  # noqa: ASYNC110 - what a thread does sets no event of the loop
        await asyncio.sleep(0)
    gc.collect()
    assert [one for one in kept if one() is not None] == []
    assert [one for one in gc.get_objects() if type(one) in (Session, Stream) and one not in of_others] == []
    assert list(app.host._folders.root.iterdir()) == []
    await app.host.close()
    assert not app.host._folders.root.exists()
    assert [name for name in threads() if "clean" not in name] == []


@virtual
async def test_a_session_whose_handler_hangs_frees_its_slot_and_is_let_go() -> None:
    go = threading.Event()
    called = threading.Event()

    def hang(frame: np.ndarray) -> np.ndarray:
        called.set()
        go.wait(10)
        return frame

    app = App(echo(hang, concurrency_limit=1))
    await app.host.start()
    one, two = await app.open(), await app.open()
    first = await one.record(one.find("Camera"))
    await first.first.wait_for_state("running")
    second = await two.record(two.find("Camera"))
    await second.first.wait_for_state("waiting")
    assert second.first.state == "waiting"
    feeding = asyncio.ensure_future(first.feed(pictures(1)))
    while not called.is_set():  # noqa: ASYNC110 - what a thread does sets no event of the loop
        await asyncio.sleep(0)
    began = time.monotonic()
    await one.drop()
    await second.first.wait_for_state("running")
    assert time.monotonic() - began < 1
    assert app.host.statistics()["engine"]["abandoned"] == ["hang"]  # type: ignore[index]
    go.set()
    await feeding
    await two.close()
    await app.gone()
    await app.host.close()


@virtual
async def test_a_handler_that_sleeps_does_not_hold_up_anybody_else() -> None:
    def slow(frame: np.ndarray) -> np.ndarray:
        threading.Event().wait(0.05)
        return frame

    app = App(echo(slow))
    await app.host.start()
    one, two = await app.open(), await app.open()
    recording = await one.record(one.find("Camera"))
    await recording.first.wait_for_state("running")
    feeding = asyncio.ensure_future(recording.feed(pictures(5)))
    (run,) = await two.fire(two.find("Go"), "click")
    await two.wait_for(lambda: run.is_over)
    await feeding
    for page in (one, two):
        await page.close()
    await app.gone()
    await app.host.close()


# ---- draining --------------------------------------------------------------------------------------------------


@virtual
async def test_a_drained_app_finishes_what_runs_and_tells_everybody() -> None:
    ended: list[bool] = []

    async def handle(frame: np.ndarray) -> np.ndarray:
        await asyncio.sleep(1)
        ended.append(True)
        return frame

    app = App(echo(handle))
    await app.host.start()
    assert app.host.is_ready
    pages = [await app.open() for _ in range(5)]
    recordings = [await page.record(page.find("Camera")) for page in pages]
    for recording in recordings:
        await recording.first.wait_for_state("running")
    feeding = [asyncio.ensure_future(recording.feed(pictures(3))) for recording in recordings]
    await asyncio.sleep(0.1)
    began = asyncio.get_running_loop().time()
    closing = asyncio.ensure_future(app.host.close(5))
    await asyncio.sleep(0)
    assert not app.host.is_ready
    with pytest.raises(Refused, match="restarted"):
        await app.open()
    await closing
    assert asyncio.get_running_loop().time() - began < 2
    assert len(ended) == 5
    for page, recording in zip(pages, recordings, strict=True):
        assert recording.first.reason == "shutdown"
        assert len(recording.first.results) == 1
        transport: Any = page.link.transport
        assert transport.code == 1012
    await asyncio.gather(*feeding)
    await app.gone()


@virtual
async def test_what_does_not_end_in_time_is_cancelled() -> None:
    closed: list[bool] = []

    async def forever(frame: np.ndarray) -> Any:
        try:
            await asyncio.Event().wait()
        finally:
            closed.append(True)

    app = App(echo(forever))
    await app.host.start()
    page = await app.open()
    recording = await page.record(page.find("Camera"))
    await recording.first.wait_for_state("running")
    feeding = asyncio.ensure_future(recording.feed(pictures(1)))
    await asyncio.sleep(0.2)
    began = asyncio.get_running_loop().time()
    await app.host.close(2)
    assert asyncio.get_running_loop().time() - began <= 3.5
    assert closed == [True]
    await feeding
    await app.gone()


@virtual
async def test_closing_before_starting_and_twice_is_allowed() -> None:
    app = App(echo())
    await app.host.close()
    await app.host.start()
    await app.host.close()
    await app.host.close()


# ---- uploads ---------------------------------------------------------------------------------------------------


async def given(app: App, secret: str, visitor: str, data: bytes, name: str = "a.txt", announced: int = 0) -> Any:
    async with app.host.begin_upload(secret, visitor, name, announced) as upload:
        for start in range(0, len(data), 1000):
            await upload.write(data[start : start + 1000])
        return await upload.finish("text/plain")


def files_of(app: App, secret: str) -> list[Path]:
    return [path for path in app.host.sessions[secret].store.folder.rglob("*") if path.is_file()]


@virtual
async def test_uploads_belong_to_a_session_and_its_visitor() -> None:
    app = App(echo(), max_file_size=100, max_session_bytes=150)
    await app.host.start()
    page, other = await app.open("ann"), await app.open("bob")
    assert page.welcome is not None
    secret = page.welcome.session
    for session, visitor in [(secret, "bob"), ("guess", "ann")]:
        with pytest.raises(InvalidValue, match="closed"):
            app.host.begin_upload(session, visitor, "a.txt")
    value = await given(app, secret, "ann", b"x" * 60, "a.TXT")
    assert value == {"file": value["file"], "name": "a.TXT", "type": "text/plain", "size": 60}
    blob = app.host.file("ann", value["file"])
    assert blob is not None
    assert blob.path is not None
    assert (await run_in_thread("test", blob.path.read_bytes), blob.path.name) == (b"x" * 60, "a.TXT")
    assert app.host.file("bob", value["file"]) is None
    assert app.host.file("ann", "guess") is None
    await app.host.upload(secret, "b", "", b"x" * 90)
    with pytest.raises(QuotaExceeded):
        await app.host.upload(secret, "c", "", b"x")
    with pytest.raises(QuotaExceeded, match="100 bytes"):
        await app.host.upload(secret, "c", "", b"x" * 101)
    for one in (page, other):
        await one.close()
    await app.gone()
    assert not await run_in_thread("test", blob.path.exists)
    with pytest.raises(InvalidValue):
        await app.host.upload(secret, "c", "", b"x")
    assert app.host.statistics()["stored_bytes"] == 0
    await app.host.close()


@virtual
async def test_what_does_not_fit_is_refused_at_its_first_byte_and_leaves_nothing() -> None:
    app = App(echo(), max_file_size=3000, max_session_bytes=5000)
    await app.host.start()
    page = await app.open()
    assert page.welcome is not None
    secret = page.welcome.session
    with pytest.raises(QuotaExceeded, match="3000 bytes"):
        app.host.begin_upload(secret, "", "a", announced=3001)
    with pytest.raises(QuotaExceeded, match="3000 bytes"):
        await given(app, secret, "", b"x" * 3001)
    await given(app, secret, "", b"x" * 2500)
    with pytest.raises(QuotaExceeded, match="session"):
        app.host.begin_upload(secret, "", "a", announced=2501)
    with pytest.raises(QuotaExceeded, match="session"):
        await given(app, secret, "", b"x" * 2501)
    assert len(await run_in_thread("test", lambda: files_of(app, secret))) == 1
    assert app.host.statistics()["stored_bytes"] == 2500
    await given(app, secret, "", b"x" * 2500, announced=2500)
    await page.close()
    await app.gone()
    await app.host.close()


@virtual
async def test_room_is_taken_before_it_is_written_in_a_session_of_an_address_and_in_all() -> None:
    app = App(echo(), max_session_bytes=3000, max_address_bytes=5000, max_total_bytes=8000)
    await app.host.start()
    secrets, pages = [], []
    for host in ("10.0.0.1", "10.0.0.1", "10.0.0.2", "2001:db8::1", "2001:db8::2"):
        page = await app.open(client=Address(host, 1))
        assert page.welcome is not None
        pages.append(page)
        secrets.append(page.welcome.session)
    uploads = [app.host.begin_upload(secrets[0], "", "a", announced=3000)]
    for secret, whose in [(secrets[0], "session"), (secrets[1], "address")]:
        with pytest.raises(QuotaExceeded, match=whose):
            app.host.begin_upload(secret, "", "a", announced=2001 if whose == "address" else 1)
    uploads += [app.host.begin_upload(secret, "", "a", announced=2000) for secret in (secrets[1], secrets[2])]
    with pytest.raises(QuotaExceeded, match="all visitors"):
        app.host.begin_upload(secrets[3], "", "a", announced=1001)
    uploads.append(app.host.begin_upload(secrets[3], "", "a", announced=600))
    with pytest.raises(QuotaExceeded, match="all visitors"):
        app.host.begin_upload(secrets[4], "", "a", announced=401)
    assert app.host.statistics()["stored_bytes"] == 7600
    for upload in uploads:
        async with upload:
            await upload.write(b"x")
    assert app.host.statistics()["stored_bytes"] == 0
    assert await run_in_thread("test", lambda: files_of(app, secrets[0])) == []
    for page in pages:
        await page.close()
    await app.gone()
    await app.host.close()


@virtual
async def test_an_upload_that_outlives_its_page_is_refused_and_leaves_nothing() -> None:
    app = App(echo())
    await app.host.start()
    page = await app.open()
    assert page.welcome is not None
    begun = app.host.begin_upload(page.welcome.session, "", "a")
    under_way = app.host.begin_upload(page.welcome.session, "", "a")
    folder = app.host.sessions[page.welcome.session].store.folder
    async with under_way:
        await under_way.write(bytes(300_000))
        await page.close()
        await app.gone()
        with pytest.raises(InvalidValue, match="closed"):
            await under_way.write(b"x")
        with pytest.raises(InvalidValue, match="closed"):
            await under_way.finish("")
    async with begun:
        with pytest.raises(InvalidValue, match="closed"):
            await begun.write(b"x")
    assert not await run_in_thread("test", folder.exists)
    assert app.host.statistics()["stored_bytes"] == 0
    await app.host.close()


@virtual
async def test_the_last_of_the_disk_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tempfile.gettempdir())
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(total=10_000, free=600))
    app = App(echo())
    await app.host.start()
    page = await app.open()
    assert page.welcome is not None
    secret = page.welcome.session
    await given(app, secret, "", b"x" * 100, announced=100)
    for announced in (0, 101):
        with pytest.raises(OSError, match="space"):
            await given(app, secret, "", b"x" * 101, announced=announced)
    assert app.host.statistics()["stored_bytes"] == 100
    await page.close()
    await app.gone()
    await app.host.close()


@virtual
async def test_replaced_files_of_an_output_are_deleted(tmp_path: Path) -> None:
    with ms.Blocks() as demo:
        out = ms.Image(label="Out", format="png")
        noise = np.random.default_rng(1).integers(0, 255, (1300, 1300, 3), dtype=np.uint8)
        ms.Button("Go").click(lambda: noise, None, out)
    app = App(demo)
    await app.host.start()
    page = await app.open()
    (session,) = app.host.sessions.values()
    for _ in range(4):
        (run,) = await page.fire(page.find("Go"), "click")
        await page.wait_for(lambda run=run: run.is_over)  # type: ignore[misc]
    await asyncio.sleep(0.1)
    files = await run_in_thread("test", lambda: list(session.store.folder.iterdir()))
    assert len(files) == 2
    assert all(one.stat().st_size > 4_000_000 for one in files)
    await page.close()
    await app.gone()
    await app.host.close()


@virtual
async def test_statistics_are_plain_data() -> None:
    app = App(echo())
    await app.host.start()
    page = await app.open()
    recording = await page.record(page.find("Camera"))
    await recording.first.wait_for_state("running")
    await recording.feed(pictures(3))
    (session,) = app.host.statistics()["sessions"].values()  # type: ignore[attr-defined]
    assert session["streams"]["1"]["received"] == 3
    assert app.host.statistics()["served"] == 1
    assert "<Session" in repr(next(iter(app.host.sessions.values())))
    await page.close()
    await app.gone()
    await app.host.close()


@virtual
async def test_a_lost_link_before_hello_is_no_matter() -> None:
    app = App(echo())
    await app.host.start()
    ends: tuple[MemoryTransport, MemoryTransport] = connect()
    serving = asyncio.ensure_future(app.host.serve(ends[1], Request()))
    await asyncio.sleep(0)
    ends[0].lose()
    await serving
    with pytest.raises(Closed):
        await ends[0].receive()
    await app.host.close()
