"""Sessions that outlive their gateway: two real hosts with one store of snapshots, and a page that is moved."""

from __future__ import annotations

import asyncio
import functools
import os
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.runtime.memory_snapshots import MemorySnapshots, MemorySnapshotStore

import millstream as ms
from millstream.admission import Admission
from millstream.client.page import Page
from millstream.client.run import ClientRun
from millstream.declare.injected import Request
from millstream.engines.inline import Engine
from millstream.errors import Busy, Closed
from millstream.run_in_thread import run_in_thread
from millstream.runtime.host import Host, Settings
from millstream.runtime.queue import RunQueue
from millstream.runtime.restoration import INTERRUPTED
from millstream.runtime.snapshots import MAX_UNRESTORED, Parts, _Unrestored
from millstream.runtime.state.temp_folders import TempFolders
from millstream.runtime.state.value_notes import REST_BYTES
from millstream.snapshot_table import KEEP_S
from millstream.testing.virtual import VirtualLoop
from millstream.transports.memory import MemoryTransport, connect
from millstream.wire.encoding import encode_message
from millstream.wire.messages import Hello
from millstream.wire.packet import VERSION

SECRET = b"s" * 32


class Gateways:
    """Some hosts of one app, one of which a page reaches."""

    def __init__(self, demo: ms.Blocks, **settings: Any) -> None:
        self.manifest = demo.freeze()
        self.snapshots = MemorySnapshots()
        self.settings = Settings(grace_s=settings.pop("grace_s", 30.0), show_error=True, **settings)
        self.hosts: list[Host] = []
        self.stores: list[MemorySnapshotStore] = []
        self.pages: list[Page] = []
        self.reached = 0
        self.visitor = "visitor"
        self._serving: list[asyncio.Task[None]] = []
        self._ends: list[MemoryTransport] = []

    async def start(self, secret: bytes = SECRET) -> Host:
        store = self.snapshots.connect()
        host = Host(
            self.manifest,
            self.settings,
            engine=Engine(),
            queue=functools.partial(RunQueue, Admission()),
            folders=TempFolders(),
            snapshots=(store, secret),
        )
        await host.start()
        self.hosts.append(host)
        self.stores.append(store)
        return host

    async def reopen(self) -> MemoryTransport:
        host = self.hosts[self.reached]
        if not host.is_ready:
            raise Closed("nobody is there")
        page_end, server_end = connect()
        self._ends.append(server_end)
        self._serving.append(asyncio.create_task(host.serve(server_end, Request(), self.visitor)))
        return page_end

    async def open(self) -> Page:
        page = Page(self.manifest.page(), await self.reopen(), self.reopen, 20.0)
        await page.open()
        self.pages.append(page)
        return page

    async def kill(self, number: int = 0) -> None:
        """Let the page lose a gateway as if it had been killed: it says and hears nothing more."""
        store = self.stores[number]
        store.vanish()
        self.reached = number + 1
        self.lose()
        for session in self.hosts[number].sessions.values():
            session.end(1001, "killed")  # nothing of it goes on

    def lose(self) -> None:
        """Break the links of all pages."""
        for end in self._ends:
            end.lose()
        self._ends.clear()

    async def upload(self, page: Page, name: str, data: bytes, component: int) -> dict[str, Any]:
        session = page.welcome.session
        return dict(await self.hosts[self.reached].upload(session, name, "text/plain", data, component))

    async def close(self) -> None:
        for page in self.pages:
            await page.close()
        for host in self.hosts:
            await host.close(0.1)
        await asyncio.gather(*self._serving, return_exceptions=True)


@asynccontextmanager
async def gateways(demo: ms.Blocks, count: int = 2, **settings: Any) -> AsyncIterator[Gateways]:
    found = Gateways(demo, **settings)
    for _ in range(count):
        await found.start()
    try:
        yield found
    finally:
        await found.close()


async def back(page: Page) -> None:
    """Wait until the page has been moved."""
    async with asyncio.timeout(20):
        await page.wait_for(lambda: page.welcome is not None and page.welcome.moved)


def on_virtual_time(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run a test on a loop whose time passes only while everybody waits."""

    @functools.wraps(test)
    def run(**fixtures: Any) -> None:
        loop = VirtualLoop()
        task = loop.create_task(test(**fixtures))
        try:
            loop.run_until_complete(task)
        finally:
            if not task.done():
                task.cancel()
                loop.run_until_complete(asyncio.wait([task]))
            loop.close()

    return run


def counter() -> ms.Blocks:
    with ms.Blocks() as demo:
        state, shown = ms.State(0), ms.Number(label="Shown")
        ms.Button("Count").click(lambda n: (n + 1, n + 1), state, [state, shown])
    return demo


async def fired(page: Page, button: str) -> ClientRun:
    [run] = await page.fire(page.find(button), "click")
    return run


async def clicked(page: Page, button: str) -> ClientRun:
    [run] = await page.fire(page.find(button), "click")
    await page.wait_for(lambda: run.is_over)
    return run


@on_virtual_time
async def test_a_counter_goes_on_and_nothing_is_loaded_again() -> None:
    loads: list[int] = []
    with ms.Blocks() as demo:
        state, shown = ms.State(0), ms.Number(label="Shown")
        ms.Button("Count").click(lambda n: (n + 1, n + 1), state, [state, shown])
        demo.load(lambda: loads.append(1))
    async with gateways(demo) as there:
        page = await there.open()
        for _ in range(3):
            await clicked(page, "Count")
        assert page.values[page.find("Shown")] == 3
        await asyncio.sleep(1.0)
        await there.kill()
        await back(page)
        run = await clicked(page, "Count")
        assert (run.state, page.values[page.find("Shown")]) == ("done", 4)
        assert loads == [1]


def jpegs(count: int) -> list[np.ndarray]:
    return [np.full((48, 64, 3), 8 * (number % 30), np.uint8) for number in range(count)]


@on_virtual_time
async def test_a_camera_streams_on_and_its_state_lacks_a_second_at_most() -> None:
    with ms.Blocks() as demo:
        camera, state = ms.Image(label="Camera", sources="webcam"), ms.State({"frames": 0})
        shown, count = ms.Image(label="Shown"), ms.Number(label="Frames")

        def handle(frame: np.ndarray, seen: dict[str, int]) -> tuple[np.ndarray, dict[str, int], int]:
            seen["frames"] += 1
            return frame, seen, seen["frames"]

        camera.stream(handle, [camera, state], [shown, state, count], stream_every=0.1)
    async with gateways(demo) as there:
        page = await there.open()
        recording = await page.record(page.find("Camera"))
        await recording.first.wait_for_state("running")
        feeding = asyncio.create_task(recording.feed(jpegs(100), 10))
        await asyncio.sleep(3.55)
        before = page.values[page.find("Frames")]
        assert before >= 34
        await there.kill()
        await back(page)
        moved_at, results = asyncio.get_running_loop().time(), recording.first.summary().results
        await page.wait_for(lambda: recording.first.summary().results > results)
        assert asyncio.get_running_loop().time() - moved_at < 0.5
        assert before - 10 <= page.values[page.find("Frames")] <= before + 2
        await feeding
        assert recording.first.summary().results > results + 40
        assert recording.first.state == "running"
        assert len(page.streams) == 1, "it is the same stream"
        await recording.stop()
        assert recording.first.reason == "user"


@on_virtual_time
async def test_what_the_user_does_meanwhile_happens_once() -> None:
    clicks: list[str] = []
    with ms.Blocks() as demo:
        text, said = ms.Textbox(label="Text"), ms.Textbox(label="Said")
        ms.Button("Send").click(lambda value: (clicks.append(value), value)[1], text, said, trigger_mode="multiple")
    async with gateways(demo) as there:
        page = await there.open()
        runs = []
        for number in range(40):
            if number == 20:
                await there.kill()
            await page.set(page.find("Text"), str(number))
            runs += await page.fire(page.find("Send"), "click")
            await asyncio.sleep(0.07)
        await page.wait_for(lambda: all(run.is_over for run in runs))
        assert clicks == [str(number) for number in range(40)]
        assert page.values[page.find("Said")] == "39"
        assert {run.state for run in runs} <= {"done", "failed"}


@on_virtual_time
async def test_an_edit_that_was_not_written_down_is_said_again_and_causes_nothing_twice() -> None:
    changes: list[str] = []
    with ms.Blocks() as demo:
        text, said = ms.Textbox(label="Text"), ms.Textbox(label="Said")
        text.change(changes.append, text)
        ms.Button("Send").click(lambda value: value, text, said)
    async with gateways(demo) as there:
        page = await there.open()
        await page.set(page.find("Text"), "new")
        await asyncio.sleep(0.1)
        assert changes == ["new"]
        await there.kill()
        await back(page)
        await clicked(page, "Send")
        assert page.values[page.find("Said")] == "new"
        assert changes == ["new"]


@on_virtual_time
async def test_an_edit_causes_nothing_twice_even_if_the_next_gateway_dies_before_it_is_said_again() -> None:
    changes: list[str] = []
    with ms.Blocks() as demo:
        text, said = ms.Textbox(label="Text"), ms.Textbox(label="Said")
        text.change(changes.append, text)
        ms.Button("Send").click(lambda value: value, text, said)
    async with gateways(demo, count=3) as there:
        page = await there.open()
        await page.set(page.find("Text"), "new")
        await asyncio.sleep(0.1)
        put = there.stores[1].put

        def put_and_die(key: bytes, head: bytes, body: bytes | None = None) -> None:
            put(key, head, body)
            if there.stores[1].puts == 2:  # under the token that the page has, and the next one, which it never gets
                asyncio.get_running_loop().create_task(there.kill(1))

        there.stores[1].put = put_and_die
        await there.kill()
        await back(page)
        assert there.stores[2].puts > 0
        await clicked(page, "Send")
        assert page.values[page.find("Said")] == "new"
        assert changes == ["new"]


@on_virtual_time
async def test_a_call_that_ran_fails_in_words_and_what_follows_it_goes_on() -> None:
    calls: list[str] = []

    async def work() -> str:
        calls.append("work")
        await asyncio.sleep(60)
        return "done"

    with ms.Blocks() as demo:
        out = ms.Textbox(label="Out")
        working = ms.Button("Work").click(work, None, out)
        working.then(lambda: calls.append("then"))
        working.success(lambda: calls.append("success"))
        working.failure(lambda: calls.append("failure"))
    async with gateways(demo) as there:
        page = await there.open()
        [run] = await page.fire(page.find("Work"), "click")
        await asyncio.sleep(0.5)
        await there.kill()
        await page.wait_for(lambda: run.is_over)
        assert (run.state, run.error) == ("failed", INTERRUPTED)
        assert [toast.message for toast in page.toasts] == [INTERRUPTED]
        await asyncio.sleep(0.1)
        assert sorted(calls) == ["failure", "then", "work"]
        [again] = await page.fire(page.find("Work"), "click")
        await asyncio.sleep(0.1)
        assert (again.state, calls.count("work")) == ("running", 2)


@on_virtual_time
async def test_what_waits_in_the_queue_is_called_after_all() -> None:
    calls: list[int] = []

    async def work(number: float) -> float:
        calls.append(int(number))
        await asyncio.sleep(5)
        return number

    with ms.Blocks() as demo:
        number, out = ms.Number(label="Number"), ms.Number(label="Out")
        ms.Button("Work").click(work, number, out, trigger_mode="multiple")
    async with gateways(demo) as there:
        page = await there.open()
        runs = []
        for value in (1, 2):
            await page.set(page.find("Number"), value)
            runs += await page.fire(page.find("Work"), "click")
            await asyncio.sleep(1.5)
        assert [run.state for run in runs] == ["running", "waiting"]
        await there.kill()
        await page.wait_for(lambda: runs[1].is_over)
        assert [run.state for run in runs] == ["failed", "done"]
        assert calls == [1, 2]
        assert page.values[page.find("Out")] == 2


@on_virtual_time
async def test_a_run_with_large_inputs_that_waits_costs_no_other_its_own() -> None:
    calls: list[int] = []

    async def work(text: str) -> None:
        calls.append(len(text))
        await asyncio.sleep(5)

    with ms.Blocks() as demo:
        text = ms.Textbox(label="Text")
        ms.Button("Work").click(work, text, trigger_mode="multiple")
    async with gateways(demo) as there:
        page = await there.open()
        runs = []
        for size in (1, REST_BYTES, 2):
            await page.set(page.find("Text"), "x" * size)
            runs += await page.fire(page.find("Work"), "click")
            await asyncio.sleep(0.5)
        await there.kill()
        await page.wait_for(lambda: all(run.is_over for run in runs))
        assert [run.state for run in runs] == ["failed", "failed", "done"]
        assert calls == [1, 2]


@on_virtual_time
async def test_an_owner_that_is_alive_lets_go_and_unload_runs_once_in_the_end() -> None:
    unloads: list[str] = []
    with ms.Blocks() as demo:
        ms.Button("Go")
        demo.unload(lambda: unloads.append("unload"))
    async with gateways(demo) as there:
        page = await there.open()
        first = there.hosts[0]
        there.reached = 1
        there.lose()
        await back(page)
        await asyncio.sleep(0.1)
        assert not first.sessions
        assert unloads == []
        assert len(there.hosts[1].sessions) == 1
        await page.close()
        await asyncio.sleep(0.1)
        assert unloads == ["unload"]
        assert there.snapshots.table.size == 0


@on_virtual_time
async def test_a_session_is_moved_again_and_again() -> None:
    async with gateways(counter(), count=5) as there:
        page = await there.open()
        for number in range(1, 5):
            await clicked(page, "Count")
            assert page.values[page.find("Shown")] == number
            await asyncio.sleep(1.0)
            token = page.welcome.resume
            await there.kill(number - 1)
            await page.wait_for(lambda token=token: page.welcome.resume != token)
        await clicked(page, "Count")
        assert page.values[page.find("Shown")] == 5


@on_virtual_time
async def test_values_that_nobody_has_touched_since_are_moved_again() -> None:
    async with gateways(counter(), count=3) as there:
        page = await there.open()
        await clicked(page, "Count")
        await asyncio.sleep(1.0)
        for number in range(2):
            token = page.welcome.resume
            await there.kill(number)
            await page.wait_for(lambda token=token: page.welcome.resume != token)
            await asyncio.sleep(2.0)
        await clicked(page, "Count")
        assert page.values[page.find("Shown")] == 2


@on_virtual_time
async def test_the_token_of_another_visitor_restores_nothing() -> None:
    async with gateways(counter()) as there:
        page = await there.open()
        await clicked(page, "Count")
        await asyncio.sleep(1.0)
        await there.kill()
        there.visitor = "somebody else"
        with pytest.raises(Closed, match="given up the session"):
            await page.wait_for(lambda: False)
        assert not there.hosts[1].sessions or all(not each.store.used for each in there.hosts[1].sessions.values())


@on_virtual_time
async def test_however_often_a_token_is_shown_one_gateway_has_the_session() -> None:
    async with gateways(counter(), count=3) as there:
        page = await there.open()
        await clicked(page, "Count")
        await asyncio.sleep(1.0)
        hello = Hello(version=VERSION, build=there.manifest.build, page_us=0, resume=page.welcome.resume)
        tag = next(iter(there.hosts[0].sessions.values())).tag
        await there.kill()
        for number in (1, 2, 1, 2):
            there.reached = number
            transport = await there.reopen()
            await transport.send(encode_message(hello))
            await transport.receive()
            await asyncio.sleep(0.1)
            tags = [session.tag for host in there.hosts[1:] for session in host.sessions.values()]
            assert tags.count(tag) == 1
            assert tag in [session.tag for session in there.hosts[number].sessions.values()]


@on_virtual_time
async def test_a_page_that_comes_twice_while_its_session_is_restored_gets_it_and_no_new_one() -> None:
    async with gateways(counter()) as there:
        page = await there.open()
        await clicked(page, "Count")
        await asyncio.sleep(1.0)
        hello = encode_message(
            Hello(version=VERSION, build=there.manifest.build, page_us=0, resume=page.welcome.resume)
        )
        [tag] = [session.tag for session in there.hosts[0].sessions.values()]
        await there.kill()
        first, second = await there.reopen(), await there.reopen()
        for transport in (first, second):
            await transport.send(hello)
        await first.receive()
        with pytest.raises(Closed):
            await second.receive()
        third = await there.reopen()
        await third.send(hello)
        await third.receive()
        assert [session.tag for session in there.hosts[1].sessions.values()] == [tag]


@on_virtual_time
async def test_a_session_that_cannot_be_restored_for_want_of_a_thread_is_restored_when_its_page_comes_again() -> None:
    failures: list[Busy] = []

    async def run(name: str, function: Callable[[], Any]) -> Any:
        if len(failures) < 2:
            failures.append(Busy("no threads"))
            raise failures[-1]
        return await run_in_thread(name, function)

    async with gateways(counter()) as there:
        page = await there.open()
        await clicked(page, "Count")
        await asyncio.sleep(1.0)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("millstream.runtime.snapshots.run_in_thread", run)
            await there.kill()
            await back(page)
        assert len(failures) == 2
        await clicked(page, "Count")
        assert page.values[page.find("Shown")] == 2
        assert not any(isinstance(each, _Unrestored) for each in there.hosts[1]._shared.snapshots._sessions.values())


@on_virtual_time
async def test_a_session_that_comes_to_a_gateway_which_is_being_stopped_goes_on_in_the_next() -> None:
    async with gateways(counter(), count=3) as there:
        page = await there.open()
        await clicked(page, "Count")
        await asyncio.sleep(1.0)
        take, closing = there.stores[1].take, list[asyncio.Task[None]]()

        async def take_and_stop(key: bytes) -> tuple[bytes, bytes] | None:
            found = await take(key)
            there.reached = 2
            closing.append(asyncio.create_task(there.hosts[1].close(0.1)))
            await asyncio.sleep(0)
            return found

        there.stores[1].take = take_and_stop
        await there.kill()
        await back(page)
        assert len(closing) == 1
        await clicked(page, "Count")
        assert page.values[page.find("Shown")] == 2


@on_virtual_time
async def test_snapshots_that_cannot_be_restored_are_kept_for_a_while_and_so_many() -> None:
    async with gateways(counter(), count=1) as there:
        snapshots = there.hosts[0]._shared.snapshots
        for number in range(MAX_UNRESTORED + 1):
            snapshots._put_back(bytes([number]) * 32, (b"head", b"body"))
        assert len(snapshots._sessions) == MAX_UNRESTORED
        await asyncio.sleep(KEEP_S + 1.0)
        assert not snapshots._sessions
        assert there.snapshots.table.size == 0


@on_virtual_time
async def test_a_store_that_was_tampered_with_restores_nothing(caplog: Any) -> None:
    async with gateways(counter()) as there:
        page = await there.open()
        await clicked(page, "Count")
        await asyncio.sleep(1.0)
        await there.kill()
        for entry in there.snapshots.table._entries.values():
            entry.body = entry.body[:-1] + bytes([entry.body[-1] ^ 1])
        with pytest.raises(Closed, match="given up the session"):
            await page.wait_for(lambda: False)
    assert "is not as a gateway of this app has signed it" in caplog.text


@on_virtual_time
async def test_another_secret_restores_nothing() -> None:
    async with gateways(counter(), count=1) as there:
        await there.start(b"another")
        page = await there.open()
        await asyncio.sleep(1.0)
        await there.kill()
        with pytest.raises(Closed, match="given up the session"):
            await page.wait_for(lambda: False)


class Unfit:
    """Holds what cannot be pickled."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.count = 0


@on_virtual_time
async def test_a_state_that_cannot_be_written_down_begins_anew_with_one_warning(caplog: Any) -> None:
    with ms.Blocks() as demo:
        odd, fine = ms.State(Unfit, label="the model"), ms.State(0)
        shown = ms.Textbox(label="Shown")

        def count(odd: Unfit, fine: int) -> tuple[Unfit, int, str]:
            odd.count += 1
            return odd, fine + 1, f"{odd.count} {fine + 1}"

        ms.Button("Count").click(count, [odd, fine], [odd, fine, shown])
    async with gateways(demo) as there:
        page, other = await there.open(), await there.open()
        for each in (page, other):
            await clicked(each, "Count")
            await clicked(each, "Count")
        await asyncio.sleep(1.0)
        warnings = [record.getMessage() for record in caplog.records]
        await there.kill()
        await back(page)
        await clicked(page, "Count")
        assert page.values[page.find("Shown")] == "1 3"
    assert len(warnings) == 1
    assert "State 'the model' cannot be written down" in warnings[0]


@on_virtual_time
async def test_changed_properties_and_visibility_go_on() -> None:
    with ms.Blocks() as demo:
        text, shown = ms.Textbox(label="Text"), ms.Textbox(label="Shown")
        ms.Button("Hide").click(lambda: ms.update(visible=False), None, text)
        ms.Button("Read").click(lambda value: value, text, shown)
    async with gateways(demo) as there:
        page = await there.open()
        await clicked(page, "Hide")
        await asyncio.sleep(1.0)
        await there.kill()
        await back(page)
        (session,) = there.hosts[1].sessions.values()
        assert session._values.component(page.find("Text")).visible is False
        await clicked(page, "Read")
        await page.set(page.find("Text"), "hidden")
        with pytest.raises(Closed, match="hidden"):
            await page.wait_for(lambda: False)


@pytest.mark.blocking
@on_virtual_time
async def test_a_file_goes_along_and_has_another_address() -> None:
    with ms.Blocks() as demo:
        file, said = ms.File(label="File"), ms.Textbox(label="Said")
        ms.Button("Read").click(lambda path: Path(path).read_text(), file, said)
    async with gateways(demo) as there:
        page = await there.open()
        value = [await there.upload(page, "notes.txt", b"hello", page.find("File"))]
        await page.set(page.find("File"), value)
        await asyncio.sleep(1.0)
        await page.link.compare_clocks()
        await asyncio.sleep(0.1)
        await there.kill()
        await back(page)
        await page.wait_for(lambda: page.values[page.find("File")] != value)
        moved = page.values[page.find("File")]
        assert there.hosts[1].file("visitor", moved[0]["file"]).name == "notes.txt"
        await clicked(page, "Read")
        assert page.values[page.find("Said")] == "hello"


@pytest.mark.blocking
@on_virtual_time
async def test_the_replacement_of_a_killed_gateway_leaves_its_files_to_pages_that_come_back_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # servers of other tests would remove what is not locked
    with ms.Blocks() as demo:
        file, said = ms.File(label="File"), ms.Textbox(label="Said")
        ms.Button("Read").click(lambda path: Path(path).read_text(), file, said)
    async with gateways(demo, count=1) as there:
        page = await there.open()
        await page.set(page.find("File"), [await there.upload(page, "notes.txt", b"hello", page.find("File"))])
        await asyncio.sleep(1.0)
        await page.link.compare_clocks()
        await asyncio.sleep(0.1)
        folders = there.hosts[0]._folders
        os.close(folders._lock)
        folders._lock = None  # as at its end
        await there.start()
        await there.kill()
        await back(page)
        await clicked(page, "Read")
        assert page.values[page.find("Said")] == "hello"
        assert folders.root.exists()
        await asyncio.sleep(there.settings.grace_s + 1.0)
        while folders.root.exists():  # noqa: ASYNC110 - a thread removes it
            await asyncio.sleep(0.01)


@on_virtual_time
async def test_what_a_microphone_said_and_nobody_has_handled_is_said_again() -> None:
    heard: list[np.ndarray] = []
    with ms.Blocks() as demo:
        mic, total = ms.Audio(label="Mic", sources="microphone"), ms.Number(label="Total")

        def listen(chunk: tuple[int, np.ndarray], before: int) -> tuple[int, int]:
            heard.append(chunk[1])
            return before + len(chunk[1]), before + len(chunk[1])

        state = ms.State(0)
        mic.stream(listen, [mic, state], [state, total], stream_every=0.1)
    async with gateways(demo) as there:
        page = await there.open()
        recording = await page.record(page.find("Mic"))
        await recording.first.wait_for_state("running")
        samples = np.arange(1, 8 * 8000 + 1).astype(np.int16)
        feeding = asyncio.create_task(recording.feed((8000, samples)))
        await asyncio.sleep(3.05)
        await there.kill()
        await back(page)
        await feeding
        await recording.stop()
        await recording.first.wait_for_state("ended")
        assert np.array_equal(np.concatenate(heard), samples)
        assert len(samples) - 8000 <= page.values[page.find("Total")] <= len(samples)


@on_virtual_time
async def test_a_snapshot_is_small_and_none_is_put_while_nothing_happens() -> None:
    async with gateways(counter()) as there:
        page = await there.open()
        await clicked(page, "Count")
        await asyncio.sleep(1.0)
        assert there.snapshots.table.size < 600
        before = there.stores[0].puts
        for _ in range(20):
            await page.link.compare_clocks()
            await asyncio.sleep(1.0)
        assert there.stores[0].puts == before


@on_virtual_time
async def test_an_edit_in_no_snapshot_since_that_is_too_large_is_said_again(caplog: Any) -> None:
    with ms.Blocks() as demo:
        text, said = ms.Textbox(label="Text"), ms.Textbox(label="Said")
        ms.Button("Send").click(lambda value: value, text, said)
    async with gateways(demo) as there:
        page = await there.open()
        await page.set(page.find("Text"), "old")
        await asyncio.sleep(2.0)
        (session,) = there.hosts[0].sessions.values()
        journal = session._context.journal
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("millstream.runtime.snapshots.MAX_SNAPSHOT_BYTES", 100)
            await page.set(page.find("Text"), "new")
            for _ in range(3):
                await asyncio.sleep(1.1)
                await page.link.compare_clocks()
            assert journal.seen < session.page.seen
            await there.kill()
        await back(page)
        await clicked(page, "Send")
        assert page.values[page.find("Said")] == "new"
    assert sum("is not kept" in record.message for record in caplog.records) == 1


@on_virtual_time
async def test_an_edit_is_forgotten_by_its_page_as_soon_as_a_snapshot_fits_again() -> None:
    with ms.Blocks() as demo:
        ms.Textbox(label="Text")
    async with gateways(demo) as there:
        page = await there.open()
        (session,) = there.hosts[0].sessions.values()
        journal = session._context.journal
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("millstream.runtime.snapshots.MAX_SNAPSHOT_BYTES", 100)
            await page.set(page.find("Text"), "new")
            await asyncio.sleep(2.0)
            await page.link.compare_clocks()
            assert journal.seen < session.page.seen
        await asyncio.sleep(2.0)
        await page.link.compare_clocks()
        await asyncio.sleep(0.1)
        assert journal.seen == session.page.seen


@on_virtual_time
async def test_a_store_that_begins_anew_is_told_everything_again() -> None:
    async with gateways(counter()) as there:
        page = await there.open()
        await clicked(page, "Count")
        await asyncio.sleep(1.0)
        there.snapshots.forget()
        await asyncio.sleep(0.1)
        await there.kill()
        await back(page)
        await clicked(page, "Count")
        assert page.values[page.find("Shown")] == 2


@on_virtual_time
async def test_a_snapshot_that_arrives_too_late_is_kept_for_its_page() -> None:
    async with gateways(counter()) as there:
        page = await there.open()
        await clicked(page, "Count")
        await asyncio.sleep(1.0)
        store = there.stores[1]
        take, takes = store.take, []

        async def take_late(key: bytes) -> Parts | None:
            takes.append(key)
            found = await take(key)
            if len(takes) == 1:
                store._owner.late(key, *found)
                raise Closed("the page has gone meanwhile")
            return found

        store.take = take_late
        await there.kill()
        await back(page)
        assert len(takes) == 1, "it was still there"
        await clicked(page, "Count")
        assert page.values[page.find("Shown")] == 2


@on_virtual_time
async def test_a_server_that_is_stopped_hands_its_pages_over_and_loses_nothing() -> None:
    unloads, clicks = [], []

    async def click(value: str) -> str:
        clicks.append(value)
        await asyncio.sleep(0.5)
        return value

    with ms.Blocks() as demo:
        camera, state = ms.Image(label="Camera", sources="webcam"), ms.State(0)
        count, text, said = ms.Number(label="Frames"), ms.Textbox(label="Text"), ms.Textbox(label="Said")
        camera.stream(lambda frame, n: (n + 1, n + 1), [camera, state], [state, count], stream_every=0.1)
        ms.Button("Send").click(click, text, said, trigger_mode="multiple")
        demo.unload(lambda: unloads.append(1))
    async with gateways(demo) as there:
        page = await there.open()
        recording = await page.record(page.find("Camera"))
        await recording.first.wait_for_state("running")
        feeding = asyncio.create_task(recording.feed(jpegs(60), 10))
        runs, stopping = [], None
        for number in range(20):
            await page.set(page.find("Text"), str(number))
            runs += await page.fire(page.find("Send"), "click")
            await asyncio.sleep(0.15)
            if number == 9:
                there.reached = 1
                stopping = asyncio.create_task(there.hosts[0].close(10.0))
        await page.wait_for(lambda: all(run.is_over for run in runs))
        assert {run.state for run in runs} == {"done"}
        assert clicks == [str(number) for number in range(20)]
        await stopping
        await feeding
        assert page.welcome.moved
        assert recording.first.state == "running"
        assert page.values[page.find("Frames")] == recording.first.summary().results
        assert unloads == []
        assert len(page.streams) == 1
        assert page.toasts == []


@on_virtual_time
async def test_a_page_that_nobody_takes_over_is_unloaded_where_it_was() -> None:
    unloads: list[int] = []
    with ms.Blocks() as demo:
        ms.Button("Go")
        demo.unload(lambda: unloads.append(1))
    async with gateways(demo, count=1) as there:
        await there.open()
        began = asyncio.get_running_loop().time()
        await there.hosts[0].close(5.0)
        assert asyncio.get_running_loop().time() - began < 3.0
        assert unloads == [1]


@on_virtual_time
async def test_a_page_whose_next_gateway_takes_its_time_to_start_goes_on_and_is_unloaded_once() -> None:
    unloads: list[int] = []
    demo = counter()
    with demo:
        demo.unload(lambda: unloads.append(1))
    async with gateways(demo, count=1) as there:
        page = await there.open()
        await clicked(page, "Count")
        await there.hosts[0].close(5.0)
        there.stores[0].vanish()  # as its process does
        await asyncio.sleep(8.0)
        assert unloads == [1]
        await there.start()
        there.reached = 1
        await clicked(page, "Count")
        assert page.welcome.moved
        assert page.values[page.find("Shown")] == 2
        await there.hosts[1].close(5.0)  # and once more
        await there.start()
        there.reached = 2
        await clicked(page, "Count")
        assert page.values[page.find("Shown")] == 3
        await page.close()
        await asyncio.sleep(1.0)
        assert unloads == [1]
        assert there.hosts[2].sessions == {}


@on_virtual_time
async def test_a_stream_that_writes_nothing_goes_on_as_well() -> None:
    frames: list[int] = []
    with ms.Blocks() as demo:
        camera = ms.Image(label="Camera", sources="webcam")
        camera.stream(lambda frame: frames.append(1), camera, None, stream_every=0.1)
    async with gateways(demo) as there:
        page = await there.open()
        recording = await page.record(page.find("Camera"))
        await recording.first.wait_for_state("running")
        feeding = asyncio.create_task(recording.feed(jpegs(60), 10))
        for _ in range(3):
            await asyncio.sleep(1.0)
            await page.link.compare_clocks()
        await there.kill()
        await back(page)
        before = len(frames)
        await feeding
        assert len(frames) > before + 20
        assert recording.first.state == "running"


@on_virtual_time
async def test_an_event_that_waits_for_the_run_before_it_is_not_lost() -> None:
    calls: list[float] = []

    async def work(number: float) -> None:
        calls.append(number)
        await asyncio.sleep(5.0)

    with ms.Blocks() as demo:
        number = ms.Number(label="Number")
        ms.Button("Work").click(work, number, trigger_mode="always_last")
    async with gateways(demo) as there:
        page = await there.open()
        runs = []
        for value in (1, 2):
            await page.set(page.find("Number"), value)
            runs.append(await fired(page, "Work"))
            await asyncio.sleep(1.2)
            await page.link.compare_clocks()
        await there.kill()
        await page.wait_for(lambda: all(run.is_over for run in runs))
        assert [run.state for run in runs] == ["failed", "done"]
        assert calls == [1, 2]


@on_virtual_time
async def test_an_element_that_is_hidden_later_on_may_still_be_acted_on_for_a_moment() -> None:
    with ms.Blocks() as demo:
        text = ms.Textbox(label="Text")
        ms.Button("Rename").click(lambda: ms.update(label="Text"), None, text)
        ms.Button("Hide").click(lambda: ms.update(visible=False), None, text)
    async with gateways(demo) as there:
        page = await there.open()
        await clicked(page, "Rename")
        await asyncio.sleep(1.0)
        await there.kill()
        await back(page)
        (session,) = there.hosts[1].sessions.values()
        assert session._sender.told.knows(page.find("Text"), page.link._received.ack.seen)
        session._sender.told.owe([page.find("Text")])
        assert not session._sender.told.knows(page.find("Text"), page.link._received.ack.seen)


@on_virtual_time
async def test_a_recording_that_was_stopped_is_whole_before_its_server_stops() -> None:
    heard: list[np.ndarray] = []
    with ms.Blocks() as demo:
        mic = ms.Audio(label="Mic", sources="microphone")

        async def listen(chunk: tuple[int, np.ndarray]) -> None:
            heard.append(chunk[1])
            await asyncio.sleep(0.3)

        mic.stream(listen, mic, None, stream_every=0.1)
    async with gateways(demo) as there:
        page = await there.open()
        recording = await page.record(page.find("Mic"))
        await recording.first.wait_for_state("running")
        samples = np.arange(1, 2 * 8000 + 1).astype(np.int16)
        await recording.feed((8000, samples))
        stopping = asyncio.create_task(recording.stop())
        await asyncio.sleep(0.01)
        there.reached = 1
        closing = asyncio.create_task(there.hosts[0].close(10.0))
        await stopping
        await recording.first.wait_for_state("ended")
        assert recording.first.reason == "user"
        assert np.array_equal(np.concatenate(heard), samples)
        await closing
        await back(page)
