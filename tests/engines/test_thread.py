"""The thread engine with real threads, on the real clock: short waits for states, no sleeping."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

import millstream as ms
from millstream import engines
from millstream.declare.manifest import Manifest
from millstream.engine_limits import EngineLimits
from millstream.engines.thread import Engine, Steps
from millstream.errors import Busy, DeclarationError
from millstream.jobs import Job, Notice, Result
from millstream.runtime.call.program import AppProgram
from millstream.runtime.state.path_rules import PathRules

pytestmark = pytest.mark.anyio

RULES = PathRules([], [], Path("nowhere"))


def program(*handlers: Callable[..., object]) -> AppProgram:
    with ms.Blocks() as demo:
        text = ms.Textbox()
        for handler in handlers:
            ms.Button().click(handler, text, text)
    manifest: Manifest = demo.freeze()
    return AppProgram(manifest, RULES, show_error=True)


class Runner:
    """An engine with one handler."""

    def __init__(self, handler: Callable[..., object], grace_s: float = 0.05, abandon_s: float = 0.1) -> None:
        self.engine = Engine(grace_s)
        self.engine.start(program(handler), EngineLimits(abandon_s=abandon_s))
        self.notices: list[Notice] = []
        self.worker = self.engine.open(0, self.notices.append)

    async def results(self, text: str = "a", call: int = 1) -> list[Result]:
        return [result async for result in self.worker.submit(Job(0, call, (text,)))]

    async def values(self, text: str = "a") -> list[object]:
        return [output.value for result in await self.results(text) for output in result.outputs.values()]


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("millstream ")]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - what a thread does sets no event of the loop
            await asyncio.sleep(0.001)


async def test_a_handler_runs_in_one_thread_of_its_own_and_it_ends_with_the_worker() -> None:
    names: list[str] = []
    runner = Runner(lambda text: names.append(threading.current_thread().name))
    for _ in range(3):
        await runner.results()
    assert names == ["millstream <lambda>"] * 3
    assert runner.engine.statistics()["threads"] == 1
    await runner.worker.close()
    await runner.worker.close()
    await until(lambda: threads() == [])
    assert runner.engine.statistics() == {"opened": 1, "threads": 0, "running": [], "abandoned": []}


async def test_a_mistake_of_ours_in_a_step_reaches_whoever_waits_and_the_thread_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runner = Runner(str.upper)
    call = runner.worker.calls.begin(Job(0, 1, ("a",)))
    with monkeypatch.context() as broken:
        broken.setattr(type(call), "run", lambda self: int("ours"))
        with pytest.raises(ValueError, match="ours"):
            async with asyncio.timeout(5):
                await runner.results()
        assert not runner.worker.is_busy
    assert await runner.values("b") == ["B"]
    await runner.worker.close()
    assert runner.worker.ended.done()


async def test_a_generator_takes_its_next_step_only_when_it_is_asked_to() -> None:
    steps: list[int] = []

    def count(text: str) -> Iterator[str]:
        for number in range(10):
            steps.append(number)
            yield str(number)

    runner = Runner(count)
    async with aclosing(runner.worker.submit(Job(0, 1, ("a",)))) as results:
        for number in range(3):
            await anext(results)
            assert steps == list(range(number + 1))
    await runner.worker.close()
    assert steps == [0, 1, 2]


async def test_closing_the_iterator_closes_the_generator_and_the_worker_goes_on() -> None:
    closed: list[str] = []

    def count(text: str) -> Iterator[str]:
        try:
            while True:
                yield text
        finally:
            closed.append(threading.current_thread().name)

    runner = Runner(count)
    async with aclosing(runner.worker.submit(Job(0, 1, ("a",)))) as results:
        await anext(results)
    assert closed == ["millstream count"]
    async with aclosing(runner.worker.submit(Job(0, 2, ("b",)))) as results:
        result = await anext(results)
    assert [output.value for output in result.outputs.values()] == ["b"]
    await runner.worker.close()
    assert len(closed) == 2


async def test_closing_the_worker_closes_a_generator_after_its_running_step() -> None:
    closed: list[bool] = []
    go = threading.Event()

    def slow(text: str) -> Iterator[str]:
        try:
            go.wait(5)
            yield text
        finally:
            closed.append(True)

    runner = Runner(slow, grace_s=2.0)
    task = asyncio.ensure_future(runner.results())
    await until(lambda: runner.engine.is_busy)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    closing = asyncio.ensure_future(runner.worker.close())
    await asyncio.sleep(0)
    go.set()
    await closing
    assert closed == [True]


async def test_async_handlers_run_on_the_loop_between_decoding_and_encoding() -> None:
    async def handle(text: str) -> str:
        assert threading.current_thread() is threading.main_thread()
        await asyncio.sleep(0)
        ms.Info("half way")
        return text * 2

    runner = Runner(handle)
    assert await runner.values() == ["aa"]
    await until(lambda: [notice.message for notice in runner.notices] == ["half way"])
    await runner.worker.close()


async def test_an_async_generator_is_closed_on_the_loop() -> None:
    closed: list[str] = []

    async def count(text: str) -> AsyncIterator[str]:
        try:
            while True:
                yield text
        finally:
            closed.append(threading.current_thread().name)

    runner = Runner(count)
    async with aclosing(runner.worker.submit(Job(0, 1, ("a",)))) as results:
        await anext(results)
        await anext(results)
    assert closed == [threading.main_thread().name]
    await runner.worker.close()


async def test_a_cancelled_async_handler_is_cancelled_where_it_waits() -> None:
    cancelled: list[bool] = []

    async def wait(text: str) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    runner = Runner(wait)
    task = asyncio.ensure_future(runner.results())
    await until(lambda: not runner.engine.is_busy and runner.worker._pending == 0 and not task.done())
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await runner.worker.close()
    assert cancelled == [True]


@pytest.mark.blocking
async def test_a_handler_that_warns_without_end_neither_floods_the_loop_nor_fills_the_memory() -> None:
    many = 20_000

    def warn(text: str) -> str:
        for number in range(many):
            ms.Warning("again")
            ms.Warning(f"number {number}")
        said.set()
        return text

    said, runner = threading.Event(), Runner(warn)
    results = asyncio.ensure_future(runner.results())
    await asyncio.sleep(0)  # the handler begins, and the loop has no time for it until it has said everything
    said.wait(30)
    await results
    await runner.worker.close()
    assert sum(notice.count for notice in runner.notices if notice.message == "again") == many
    assert len(runner.notices) <= 64
    assert runner.notices[-1].message == f"number {many - 1}"


async def test_notices_come_while_the_handler_works() -> None:
    go = threading.Event()

    def handle(text: str) -> str:
        ms.Info("working")
        go.wait(5)
        return text

    runner = Runner(handle)
    task = asyncio.ensure_future(runner.results())
    await until(lambda: len(runner.notices) == 1)
    assert not task.done()
    go.set()
    await task
    await runner.worker.close()


async def test_a_handler_that_hangs_is_abandoned_named_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    go = threading.Event()

    def hang(text: str) -> str:
        go.wait(10)
        return text

    runner = Runner(hang)
    task = asyncio.ensure_future(runner.results())
    await until(lambda: runner.engine.is_busy)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    began = time.monotonic()
    await runner.worker.close()
    assert not runner.worker.released.done(), "it has some time, but nobody has to wait"
    await runner.worker.close(60)
    assert time.monotonic() - began < 1
    assert runner.engine.statistics()["abandoned"] == ["hang"]
    assert "handler hang does not end although its page has gone, or it was cancelled, 0.1 seconds ago" in caplog.text
    assert not runner.worker.ended.done()
    go.set()
    await until(lambda: runner.engine.statistics()["abandoned"] == [])
    assert runner.worker.ended.done()
    assert len(caplog.records) == 1


async def test_a_generator_that_resists_being_closed_is_not_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    go = threading.Event()

    def stubborn(text: str) -> Iterator[str]:
        try:
            yield text
        finally:
            go.wait(10)

    runner = Runner(stubborn)
    async with aclosing(runner.worker.submit(Job(0, 1, ("a",)))) as results:
        await anext(results)
    assert "stubborn does not end although it was closed" in caplog.text
    await runner.worker.close(60)
    assert runner.engine.statistics()["abandoned"] == ["stubborn"]
    go.set()
    await until(lambda: threads() == [])


async def test_a_healthy_thread_is_not_abandoned_because_its_close_was_cancelled(
    caplog: pytest.LogCaptureFixture,
) -> None:
    runner = Runner(lambda text: text)
    await runner.results()
    closing = asyncio.ensure_future(runner.worker.close())
    await asyncio.sleep(0)
    closing.cancel()
    await until(lambda: threads() == [])
    await asyncio.sleep(2 * runner.engine.abandon_s)
    assert runner.worker.ended.done()
    assert runner.engine.statistics()["abandoned"] == []
    assert caplog.records == []


async def test_a_cancelled_close_still_abandons() -> None:
    go = threading.Event()
    runner = Runner(lambda text: go.wait(10))
    task = asyncio.ensure_future(runner.results())
    await until(lambda: runner.engine.is_busy)
    closing = asyncio.ensure_future(runner.worker.close(60))
    await asyncio.sleep(0.01)
    closing.cancel()
    await asyncio.gather(closing, return_exceptions=True)
    assert runner.engine.statistics()["abandoned"] == [], "a thread that is about to end gets its time"
    await until(lambda: runner.engine.statistics()["abandoned"] == ["<lambda>"])
    go.set()
    await task
    await until(lambda: threads() == [])


async def test_a_healthy_thread_gets_its_time_whatever_the_app_allows(caplog: pytest.LogCaptureFixture) -> None:
    runner = Runner(lambda text: text, grace_s=2.0, abandon_s=0.0)
    await runner.results()
    await runner.worker.close()
    assert runner.worker.ended.done()
    assert caplog.records == []


async def test_an_engine_that_is_closed_abandons_at_once(caplog: pytest.LogCaptureFixture) -> None:
    go = threading.Event()
    runner = Runner(lambda text: go.wait(10), abandon_s=60)
    task = asyncio.ensure_future(runner.results())
    await until(lambda: runner.engine.is_busy)
    await runner.engine.close()
    assert runner.engine.statistics()["abandoned"] == ["<lambda>"]
    assert "although the app is being stopped" in caplog.text
    go.set()
    await task
    await until(lambda: threads() == [])


async def test_an_async_handler_that_resists_its_cancellation_holds_its_worker_and_nobody_else(
    caplog: pytest.LogCaptureFixture,
) -> None:
    goes_on, is_over = asyncio.Event(), asyncio.Event()

    async def stubborn(text: str) -> None:
        while not goes_on.is_set():
            try:
                await goes_on.wait()
            except asyncio.CancelledError:
                continue
        is_over.set()

    runner = Runner(stubborn, abandon_s=0.3)
    task = asyncio.ensure_future(runner.results())
    await until(lambda: runner.worker._steps is not None and runner.worker._steps._is_taking)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await runner.worker.close()
    assert not runner.worker.released.done()
    await runner.worker.close(60)
    assert runner.engine.statistics()["abandoned"] == ["stubborn"]
    goes_on.set()
    await until(runner.worker.ended.done)
    assert is_over.is_set()
    assert runner.engine.statistics()["abandoned"] == []
    await until(lambda: threads() == [])


async def test_the_steps_of_an_async_call_are_taken_in_one_task() -> None:
    tasks: list[object] = []

    async def count(text: str) -> AsyncIterator[str]:
        async with asyncio.timeout(60):
            for _ in range(3):
                tasks.append(asyncio.current_task())
                yield text

    runner = Runner(count)
    assert await runner.values() == ["a"] * 3
    assert len(set(tasks)) == 1
    await runner.worker.close()


async def test_a_step_that_is_asked_for_after_the_call_was_closed_is_cancelled() -> None:
    async def handle(text: str) -> str:
        return text

    steps = Steps(program(handle).open(0, lambda said: None).begin(Job(0, 1, ("a",))))
    steps.cancel()
    with pytest.raises(asyncio.CancelledError):
        await steps.take()


async def test_where_no_thread_can_be_had_the_user_is_told_and_the_log_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    runner = Runner(lambda text: text)
    start = threading.Thread.start
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", no_thread)
        for _ in range(3):
            with pytest.raises(Busy, match="no room for one more call"):
                runner.engine.open(0, runner.notices.append)
    assert threading.Thread.start is start
    [record] = caplog.records
    assert "no thread can be had for <lambda>" in record.getMessage()
    await runner.engine.open(0, runner.notices.append).close()
    assert await runner.values() == ["a"]
    await runner.worker.close()


def no_thread(thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


async def test_the_engine_closes_all_workers() -> None:
    runner = Runner(lambda text: text)
    runner.engine.open(0, runner.notices.append)
    assert runner.engine.statistics()["threads"] == 2
    await runner.engine.close()
    assert runner.engine.statistics()["threads"] == 0
    await until(lambda: threads() == [])


def test_a_thread_that_comes_back_after_its_loop_is_harmless() -> None:
    go = threading.Event()

    async def play() -> None:
        runner = Runner(lambda text: go.wait(10))
        task = asyncio.ensure_future(runner.results())
        await until(lambda: runner.engine.is_busy)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await runner.worker.close()

    asyncio.run(play())
    go.set()
    for thread in threading.enumerate():
        if thread.name.startswith("millstream "):
            thread.join(5)
    assert threads() == []


def test_engines_are_found_by_name() -> None:
    assert isinstance(engines.load("thread"), Engine)
    for name in ("no_such", "../thread", "", "thread.x"):
        with pytest.raises(DeclarationError, match="does not exist"):
            engines.load(name)
