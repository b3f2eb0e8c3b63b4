"""The conformance suite of engines. Subclass `EngineSuite` in a test file, with a name that begins with `Test`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import millstream as ms
from millstream.jobs import Advance, Engine, Job, Notice, Result
from millstream.runtime.call.program import AppProgram
from millstream.runtime.state.path_rules import PathRules

PATIENCE_S = 10.0
RULES = PathRules([], [], Path("nowhere"))


def plain(text: str) -> str:
    """Return at once."""
    return text + "!"


def counting(text: str) -> Iterator[str]:
    """Yield three times."""
    for number in range(3):
        yield f"{text}{number}"


async def waiting(text: str) -> str:
    """Wait on the loop."""
    await asyncio.sleep(0)
    return text + "?"


async def counting_async(text: str) -> AsyncIterator[str]:
    """Yield three times, from the loop."""
    for number in range(3):
        await asyncio.sleep(0)
        yield f"{text}{number}"


def failing(text: str) -> str:
    """Raise."""
    raise ValueError(text)


def failing_later(text: str) -> Iterator[str]:
    """Yield once, then raise."""
    yield text
    raise ValueError(text)


def talking(text: str) -> str:
    """Say something on the way."""
    ms.Info(text)
    return text


def advancing(text: str, progress: ms.Progress = ms.Progress()) -> str:
    """Say how far it is."""
    progress((3, 4), desc=text)
    return text


def leaving(text: str) -> str:
    """Try to end the program."""
    raise SystemExit(text)


async def resisting(text: str) -> None:
    """Take some time to end when it is cancelled."""
    ms.Info("began")
    try:
        await asyncio.Event().wait()
    finally:
        for _ in range(5):
            await asyncio.sleep(0)
        ms.Info(text)


HANDLERS: tuple[Callable[..., object], ...] = (
    plain,
    counting,
    waiting,
    counting_async,
    failing,
    failing_later,
    talking,
    advancing,
    leaving,
    resisting,
)


class EngineSuite:
    """The suite."""

    def engine(self) -> Engine:
        """Make the engine to test."""
        raise NotImplementedError

    def run(self, *handlers: Callable[..., object]) -> list[list[Result]]:
        """Run each handler once, one after the other in a worker of its own, and give their results."""

        async def work(engine: Engine) -> list[list[Result]]:
            return [await _results(engine, handler, self.notices) for handler in handlers]

        results: list[list[Result]] = self._with_engine(work)
        return results

    def _with_engine(self, work: Callable[[Engine], Coroutine[Any, Any, Any]]) -> Any:
        self.notices: list[Notice | Advance] = []
        app = program()

        async def main() -> Any:
            engine = self.engine()
            engine.start(app)
            try:
                async with asyncio.timeout(PATIENCE_S):
                    return await work(engine)
            finally:
                await engine.close()

        return asyncio.run(main())

    def test_a_handler_gives_one_result(self) -> None:
        ((result,),) = self.run(plain)
        assert (_values([result]), result.is_last, result.failure, result.call) == (["a!"], True, None, 1)

    def test_a_generator_gives_a_result_for_each_yield(self) -> None:
        for results in self.run(counting, counting_async):
            assert _values(results) == ["a0", "a1", "a2"]
            assert [result.is_last for result in results] == [False, False, False, True]

    def test_an_async_handler_gives_one_result(self) -> None:
        assert [_values(results) for results in self.run(waiting)] == [["a?"]]

    def test_an_error_is_a_result_and_the_last_one(self) -> None:
        for results in self.run(failing, failing_later, leaving):
            assert results[-1].failure is not None
            assert results[-1].failure.message == "a"
            assert results[-1].is_last
            assert not any(result.failure for result in results[:-1])

    def test_notices_arrive_before_the_engine_is_closed(self) -> None:
        self.run(talking)
        (notice,) = self.notices
        assert isinstance(notice, Notice)
        assert (notice.level, notice.message) == ("info", "a")

    def test_how_far_a_call_is_arrives_before_the_engine_is_closed(self) -> None:
        self.run(advancing)
        (advance,) = self.notices
        assert not isinstance(advance, Notice)
        assert [(level.desc, level.fraction) for level in advance.levels()] == [("a", 0.75)]
        assert advance.call == 1

    def test_the_calls_of_a_worker_follow_each_other(self) -> None:
        async def work(engine: Engine) -> list[str]:
            worker = engine.open(HANDLERS.index(plain), self.notices.append)
            values = []
            for number in range(20):
                values += _values([result async for result in worker.submit(_job(plain, str(number)))])
            await worker.close()
            return values

        assert self._with_engine(work) == [f"{number}!" for number in range(20)]

    def test_workers_work_side_by_side(self) -> None:
        async def work(engine: Engine) -> list[list[Result]]:
            return await asyncio.gather(*(_results(engine, counting, self.notices) for _ in range(10)))

        assert [_values(results) for results in self._with_engine(work)] == [["a0", "a1", "a2"]] * 10

    def test_an_iterator_can_be_closed_early_and_the_worker_goes_on(self) -> None:
        async def work(engine: Engine) -> list[str]:
            worker = engine.open(HANDLERS.index(counting), self.notices.append)
            async with aclosing(worker.submit(_job(counting, "a"))) as results:
                await anext(results)
            values = _values([result async for result in worker.submit(_job(counting, "b"))])
            await worker.close()
            return values

        assert self._with_engine(work) == ["b0", "b1", "b2"]

    def test_closing_twice_is_allowed_and_nothing_is_left(self) -> None:
        async def work(engine: Engine) -> object:
            worker = engine.open(HANDLERS.index(plain), self.notices.append)
            await worker.close()
            await worker.close()
            return engine.statistics()

        statistics = self._with_engine(work)
        assert (statistics["threads"], statistics["abandoned"]) == (0, [])

    def test_a_worker_is_released_when_nothing_of_it_runs_any_more(self) -> None:
        async def work(engine: Engine) -> None:
            for handler in (plain, counting, counting_async):
                worker = engine.open(HANDLERS.index(handler), self.notices.append)
                async with aclosing(worker.submit(_job(handler, "a"))) as results:
                    await anext(results)
                assert not worker.released.done()
                await worker.close(PATIENCE_S)
                assert worker.ended.done()
                assert worker.released.done()

        self._with_engine(work)

    def test_a_worker_whose_coroutine_takes_time_to_end_is_released_after_that(self) -> None:
        async def work(engine: Engine) -> None:
            said: list[str] = []
            has_begun = asyncio.Event()

            def hear(notice: Notice | Advance) -> None:
                assert isinstance(notice, Notice)
                said.append(notice.message)
                has_begun.set()

            worker = engine.open(HANDLERS.index(resisting), hear)
            task = asyncio.ensure_future(_collect(worker.submit(_job(resisting, "a"))))
            worker.released.add_done_callback(lambda _: said.append("released"))
            await has_begun.wait()
            task.cancel()
            await asyncio.wait([task])
            await worker.close(PATIENCE_S)
            await asyncio.sleep(0)
            assert said == ["began", "a", "released"]

        self._with_engine(work)


def program() -> AppProgram:
    """Make an app of all `HANDLERS`, each of which has the binding of its index."""
    with ms.Blocks() as demo:
        text = ms.Textbox()
        for handler in HANDLERS:
            ms.Button().click(handler, text, text)
    return AppProgram(demo.freeze(), RULES, show_error=True, factory=program)


def _job(handler: Callable[..., object], text: str) -> Job:
    return Job(HANDLERS.index(handler), 1, (text,))


async def _collect(results: AsyncGenerator[Result, None]) -> list[Result]:
    return [result async for result in results]


async def _results(engine: Engine, handler: Callable[..., object], notices: list[Notice | Advance]) -> list[Result]:
    worker = engine.open(HANDLERS.index(handler), notices.append)
    try:
        return [result async for result in worker.submit(_job(handler, "a"))]
    finally:
        await worker.close()


def _values(results: list[Result]) -> list[str]:
    return [str(output.value) for result in results for output in result.outputs.values()]
