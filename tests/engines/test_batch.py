"""Several workers, one call: what each of them gets, and what becomes of the others when something goes wrong."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import millstream as ms
from millstream.batches import BatchStatistics
from millstream.codecs import jpeg
from millstream.engine_limits import DEFAULT_LIMITS, EngineLimits
from millstream.engines.batch import Engine, batcher, call_thread, former
from millstream.engines.batch.worker import Worker
from millstream.frames import Frame
from millstream.jobs import Job, Notice, Result
from millstream.runtime.call.program import AppProgram
from millstream.testing.conformance.engines import RULES
from millstream.wire.packet import INDEPENDENT, KEY, Packet, PacketKind

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def nobody_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let those who are invited together be called together, however busy the machine is."""
    monkeypatch.setattr(former, "SLACK", 800.0)


async def until(condition: Callable[[], object]) -> None:
    while not condition():  # noqa: ASYNC110 - a thread ends, of which nobody is told
        await asyncio.sleep(0.001)


class Words:
    """A function of a list of words, which says how often it was called with what; it can be held up."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.begun = threading.Event()
        self.at_work = self.most_at_work = 0

    def shout(self, words: list[str]) -> Sequence[object]:
        self.batches.append(words)
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        self.begun.set()
        self.gate.wait()
        self.at_work -= 1
        return self.answer(words)

    def answer(self, words: list[str]) -> Sequence[object]:
        if "bad" in words:
            raise ValueError("bad word")
        return [[word.upper() for word in words]]


@asynccontextmanager
async def running(
    *functions: Callable[..., object], outputs: int = 1, limits: EngineLimits = DEFAULT_LIMITS, **options: object
) -> AsyncIterator[Engine]:
    with ms.Blocks() as demo:
        word, out = ms.Textbox(), [ms.Textbox(label=f"Out {number}") for number in range(outputs)]
        for function in functions:
            ms.Button().click(function, word, out, batch=True, **{"max_batch_size": 8, "max_wait": 600, **options})  # type: ignore[arg-type]
    engine = Engine()
    engine.start(AppProgram(demo.freeze(), RULES, show_error=True), limits)
    try:
        yield engine
    finally:
        await engine.close()


def workers(engine: Engine, count: int, said: list[object] | None = None, binding: int = 0) -> list[Worker]:
    heard: list[object] = [] if said is None else said
    opened = [engine.open(binding, heard.append) for _ in range(count)]
    assert all(isinstance(worker, Worker) for worker in opened)
    return opened  # type: ignore[return-value]


async def result_of(worker: Worker, word: str, binding: int = 0) -> Result:
    (result,) = [each async for each in worker.submit(Job(binding, 1, (word,)))]
    return result


def text_of(result: Result) -> str:
    return result.failure.message if result.failure else " ".join(str(out.value) for out in result.outputs.values())


def call_one_by_one(engine: Engine) -> None:
    """Have batches not pay, from now on."""
    costs = engine._batchers[0].costs
    costs.pays, costs._judged_at = False, asyncio.get_running_loop().time()


async def called_together(engine: Engine, words: Words, given: Sequence[str]) -> list[str]:
    """Have all be called as one: the first keeps the function busy until the others have come."""
    first, *others = workers(engine, 1 + len(given))
    words.gate.clear()
    words.begun.clear()
    busy = asyncio.ensure_future(result_of(first, "first"))
    await asyncio.to_thread(words.begun.wait)
    waiting = [asyncio.ensure_future(result_of(worker, word)) for worker, word in zip(others, given, strict=True)]
    await asyncio.sleep(0)
    words.gate.set()
    results = await asyncio.gather(*waiting)
    await busy
    for worker in (first, *others):
        await worker.close()
    return [text_of(result) for result in results]


async def test_calls_that_come_while_the_function_is_busy_are_one_call() -> None:
    words = Words()
    async with running(words.shout) as engine:
        assert await called_together(engine, words, ["a", "b", "c"]) == ["A", "B", "C"]
        statistics = engine.statistics()["batches"]
    assert words.batches == [["first"], ["a", "b", "c"]]
    assert isinstance(statistics, dict)
    (batches,) = statistics.values()
    assert isinstance(batches, BatchStatistics)
    assert (batches.batches, batches.calls, batches.pays) == (2, 4, None)
    assert batches.wait_s > 0
    assert batches.call_s > 0


async def test_no_more_than_allowed_are_one_call() -> None:
    words = Words()
    words.answer = lambda given: (time.sleep(0.05), [[word.upper() for word in given]])[1]  # type: ignore[method-assign, return-value]
    async with running(words.shout, max_batch_size=2) as engine:
        assert await called_together(engine, words, list("abcde")) == list("ABCDE")
    assert [len(batch) for batch in words.batches] == [1, 2, 2, 1]


async def test_who_is_to_blame_fails_alone() -> None:
    words = Words()
    async with running(words.shout) as engine:
        assert await called_together(engine, words, ["a", "b", "bad", "c"]) == ["A", "B", "bad word", "C"]
    assert words.batches[1:] == [["a", "b", "bad", "c"], ["a", "b"], ["bad", "c"], ["bad"], ["c"]]


async def test_a_batch_of_a_function_that_always_raises_is_not_taken_apart_until_it_works() -> None:
    words = Words()
    works = words.answer
    words.answer = fail  # type: ignore[method-assign]
    async with running(words.shout) as engine:
        calls = []
        for _ in range(3):
            before = len(words.batches)
            assert await called_together(engine, words, list("abcd")) == ["broken"] * 4
            calls.append(len(words.batches) - before - 1)
        assert calls == [7, 7, 1]
        words.answer = works  # type: ignore[method-assign]
        assert await called_together(engine, words, ["a", "b"]) == ["A", "B"]
        assert await called_together(engine, words, ["a", "bad"]) == ["A", "bad word"]


def fail(words: list[str]) -> Sequence[object]:
    raise ValueError("broken")


async def test_an_exception_in_the_place_of_a_value_fails_its_call_alone() -> None:
    words = Words()
    words.answer = lambda given: [[ms.Error("too dark") if word == "b" else word for word in given]]  # type: ignore[method-assign]
    async with running(words.shout) as engine:
        assert await called_together(engine, words, ["a", "b", "c"]) == ["a", "too dark", "c"]
    assert len(words.batches) == 2


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda given: given, r"shout\(\) has batch=True and 1 output \(Textbox 'Out 0'\), but returned a list: "),
        (lambda given: [["x"]], r"shout\(\) has batch=True and was called with 3 values for each input, but returned"),
        (lambda given: [["x"] * 4], r"returned 4 values for Textbox 'Out 0'; return a list for each output, with one"),
        (lambda given: None, r"but returned None; return a list with a list for each output, of 3 values: one for"),
        (lambda given: [given, given], r"but returned 2 lists; return a list with a list for each output"),
        (lambda given: ["xyz"], r"but returned str 'xyz' for Textbox 'Out 0'; return a list for each output"),
        (lambda given: [np.float64(1)], r"for Textbox 'Out 0'; return a list for each output"),
        (lambda given: ([word] for word in given), r"but returned a generator"),
    ],
)
async def test_what_is_no_list_for_each_output_is_an_error_of_each_call(
    answer: Callable[[list[str]], Sequence[object]], message: str
) -> None:
    words = Words()
    async with running(words.shout) as engine:
        words.answer = lambda given: answer(given) if "first" not in given else [["FIRST"]]  # type: ignore[method-assign]
        texts = await called_together(engine, words, ["a", "b", "c"])
        for text in texts:
            with pytest.raises(AssertionError, match=message):
                raise AssertionError(text)
        words.answer = lambda given: [[word.upper() for word in given]]  # type: ignore[method-assign]
        assert await called_together(engine, words, ["d", "e"]) == ["D", "E"], "the next batch goes on"


async def test_several_outputs_are_a_list_each() -> None:
    words = Words()
    words.answer = lambda given: (given, np.array([len(word) for word in given]))  # type: ignore[method-assign]
    async with running(words.shout, outputs=2) as engine:
        assert await called_together(engine, words, ["a", "bb"]) == ["a 1", "bb 2"]


async def test_all_pages_of_a_batch_see_what_it_says() -> None:
    words, said = Words(), []

    def answer(given: list[str], progress: ms.Progress = ms.Progress()) -> list[list[str]]:
        if len(given) > 1:
            ms.Info("two")
            ms.Progress()(0.5)
        return [given]

    words.answer = answer  # type: ignore[assignment]
    async with running(words.shout) as engine:
        first, *others = workers(engine, 3, said)
        words.gate.clear()
        tasks = [asyncio.ensure_future(result_of(first, "first"))]
        await asyncio.to_thread(words.begun.wait)
        tasks += [asyncio.ensure_future(result_of(worker, "a")) for worker in others]
        await asyncio.sleep(0)
        words.gate.set()
        await asyncio.gather(*tasks)
    assert [notice.message for notice in said if isinstance(notice, Notice)] == ["two"] * 2
    assert [each.levels()[0].fraction for each in said if not isinstance(each, Notice)] == [0.5] * 2  # type: ignore[attr-defined]


async def test_who_is_cancelled_in_a_batch_costs_nobody_else_and_ends_with_it() -> None:
    words = Words()
    async with running(words.shout) as engine:
        one, other = workers(engine, 2)
        words.gate.clear()
        first = asyncio.ensure_future(result_of(one, "a"))
        await asyncio.to_thread(words.begun.wait)
        second = asyncio.ensure_future(result_of(other, "b"))
        first.cancel()
        await asyncio.wait([first])
        await one.close(0.01)
        assert not one.released.done(), "its call is still at work"
        words.gate.set()
        assert text_of(await second) == "B"
        await one.released
        assert engine.statistics()["abandoned"] == []


async def test_who_leaves_before_the_call_is_not_waited_for() -> None:
    words = Words()
    async with running(words.shout) as engine:
        one, other, third = workers(engine, 3)
        words.gate.clear()
        first = asyncio.ensure_future(result_of(one, "a"))
        await asyncio.to_thread(words.begun.wait)
        second, last = (asyncio.ensure_future(result_of(worker, "b")) for worker in (other, third))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.wait([second])
        await other.close()
        words.gate.set()
        assert [text_of(await first), text_of(await last)] == ["A", "B"]
    assert words.batches == [["a"], ["b"]]


async def test_a_stream_chooses_its_frame_only_when_the_function_is_free() -> None:
    words, chosen, begun = Words(), [], asyncio.Event()
    async with running(words.shout) as engine:
        one, other = workers(engine, 2)

        async def stream() -> str:
            invited = asyncio.Event()
            with other.turn(invited.set, begun.set):
                await invited.wait()
                chosen.append(words.at_work)
                return text_of(await result_of(other, "newest"))

        words.gate.clear()
        busy = asyncio.ensure_future(result_of(one, "a"))
        await asyncio.to_thread(words.begun.wait)
        streaming = asyncio.ensure_future(stream())
        await asyncio.sleep(0.01)
        assert chosen == []
        words.gate.set()
        assert await streaming == "NEWEST"
        assert chosen == [0]
        await busy


async def test_a_stream_prepares_its_next_frame_while_its_last_one_is_called() -> None:
    words = Words()
    async with running(words.shout) as engine:
        (worker,) = workers(engine, 1)
        engine._batchers[0].costs.add(1, 0.01, asyncio.get_running_loop().time())
        words.gate.clear()
        runs, turns = [], []
        for word in ("a", "b"):
            invited, begun = asyncio.Event(), asyncio.Event()
            turns.append(begun)
            with worker.turn(invited.set, begun.set):
                await invited.wait()
                runs.append(asyncio.ensure_future(result_of(worker, word)))
                if word == "a":
                    await begun.wait()
                    assert not runs[0].done()
                    continue
                await until(lambda: engine._batchers[0]._parts)
                assert words.batches == [["a"]], "it is not called before the last one is over"
                assert not begun.is_set()
                words.gate.set()
                await begun.wait()
        assert [text_of(await run) for run in runs] == ["A", "B"]
    assert words.batches == [["a"], ["b"]]
    assert words.most_at_work == 1


def test_calls_of_one_stream_that_overlap_have_their_own_files_and_progress(tmp_path: Path) -> None:
    def count(paths: list[str], progress: ms.Progress = ms.Progress()) -> list[list[int]]:
        progress(0.5)
        return [[len(paths)] for _ in paths]

    said: list[Any] = []
    with ms.Blocks() as demo:
        picture, out = ms.Image(type="filepath"), ms.Textbox()
        picture.change(count, picture, out, batch=True)
    calls = AppProgram(demo.freeze(), RULES, show_error=True).open(0, said.append)
    jobs = [Job(0, number, (frame_job(10, 1.0).packets[0],), folder=tmp_path) for number in (1, 2)]
    first, second = calls.begin(jobs[0]), calls.begin(jobs[1])
    paths = [Path(str(call.arguments()[0][0])) for call in (first, second)]  # type: ignore[index]
    first.accept(first.call())
    assert [path.exists() for path in paths] == [False, True], "the second call still needs its own"
    second.accept(second.call())
    assert not paths[1].exists()
    assert [each.call for each in said if not isinstance(each, Notice)] == [1, 2]
    assert calls.running == set()


def test_marks_belong_to_the_frame_of_their_call_though_the_next_one_has_another_size() -> None:
    def find(frames: list[np.ndarray]) -> list[list[object]]:
        return [[ms.Boxes([[40, 40, 60, 60]]) for _ in frames]]

    with ms.Blocks() as demo:
        camera = ms.Image(sources=["webcam"])
        camera.stream(find, camera, ms.Image(), batch=True)
    calls = AppProgram(demo.freeze(), RULES, show_error=True).open(0, print)
    big, small = (replace(frame_job(10, 1.0, picture_of(side)), inputs=(None,)) for side in (64, 16))
    payloads = []
    for jobs in ([big], [big, small]):
        made = [calls.begin(job) for job in jobs]
        for call in made:
            call.arguments()
        (output,) = made[0].accept(made[0].call()).outputs.values()
        payloads.append(bytes(output.value.payload))  # type: ignore[attr-defined]
        for call in made[1:]:
            call.accept(call.call())
    assert payloads[0] == payloads[1]


async def test_the_batch_does_not_wait_for_who_has_nothing_to_submit() -> None:
    words = Words()
    async with running(words.shout) as engine:
        one, other = workers(engine, 2)
        entered = asyncio.Event()

        async def nothing() -> None:
            with other.turn(entered.set, entered.set):
                await entered.wait()

        tasks = [asyncio.ensure_future(nothing()), asyncio.ensure_future(result_of(one, "a"))]
        await asyncio.wait_for(asyncio.gather(*tasks), 3)
        assert entered.is_set()
    assert words.batches == [["a"]]


@pytest.mark.parametrize("limits", [EngineLimits(abandon_s=0.1), EngineLimits(hang_s=0.1)])
async def test_a_batch_that_hangs_is_given_up_and_the_next_one_goes_on(
    limits: EngineLimits, caplog: pytest.LogCaptureFixture
) -> None:
    words = Words()
    async with running(words.shout, limits=limits) as engine:
        engine.grace_s = 0.05
        one, other = workers(engine, 2)
        words.gate.clear()
        first = asyncio.ensure_future(result_of(one, "a"))
        await asyncio.to_thread(words.begun.wait)
        second = asyncio.ensure_future(result_of(other, "b"))
        if limits.abandon_s < 1:
            first.cancel()
            await asyncio.wait([first])
            await one.close(5.0)
            assert one.released.done()
            assert not one.ended.done()
        else:
            assert "does not end although it was called 0.1 seconds ago" in text_of(await first)
        await until(lambda: len(words.batches) == 2)
        assert engine.statistics()["abandoned"] == ["shout"] * (2 if limits.abandon_s < 1 else 1)
        words.gate.set()
        assert text_of(await second) == "B"
        await until(lambda: not engine.statistics()["abandoned"])
    assert "shout() does not end although" in caplog.text


async def test_who_was_in_a_batch_that_was_given_up_takes_no_later_one_with_it() -> None:
    words = Words()
    async with running(words.shout, limits=EngineLimits(abandon_s=0.1)) as engine:
        engine.grace_s = 0.05
        one, other, third = workers(engine, 3)
        words.gate.clear()
        hung = [asyncio.ensure_future(result_of(worker, "a")) for worker in (one, other)]
        await asyncio.to_thread(words.begun.wait)
        assert words.batches == [["a", "a"]]
        for task in hung:
            task.cancel()
        await asyncio.wait(hung)
        await one.close(0)
        later = asyncio.ensure_future(result_of(third, "b"))
        await asyncio.sleep(0)
        other.abandon_s = 0.2
        await other.close(0)
        await one.released
        await until(lambda: len(words.batches) == 2)
        await other.released
        words.gate.set()
        assert text_of(await later) == "B"


async def test_who_is_given_up_soon_costs_the_others_of_its_batch_nothing() -> None:
    words = Words()
    async with running(words.shout) as engine:
        engine.grace_s = 0.01
        one, other = workers(engine, 2)
        words.gate.clear()
        both = [asyncio.ensure_future(result_of(worker, "a")) for worker in (one, other)]
        await asyncio.to_thread(words.begun.wait)
        assert words.batches == [["a", "a"]]
        one.abandon_s = 0.0  # others wait for its slot
        both[0].cancel()
        await one.close(5.0)
        assert one.released.done()
        assert not one.ended.done()
        words.gate.set()
        assert text_of(await both[1]) == "A"


async def test_a_batch_that_waits_for_that_of_another_event_outlives_it() -> None:
    words = Words()

    def shout(given: list[str]) -> Sequence[object]:
        if given == ["a"]:
            return words.shout(given)
        time.sleep(0.1)
        return words.answer(given)

    async with running(shout, shout, limits=EngineLimits(hang_s=0.3)) as engine:
        (one,), (other,) = workers(engine, 1, binding=0), workers(engine, 1, binding=1)
        words.gate.clear()
        hung = asyncio.ensure_future(result_of(one, "a", 0))
        await asyncio.to_thread(words.begun.wait)
        assert text_of(await result_of(other, "b", 1)) == "B"
        assert "does not end although" in text_of(await hung)
        words.gate.set()


async def test_who_waits_for_a_function_does_not_give_up_the_call_that_it_waits_for() -> None:
    words = Words()
    async with running(words.shout, limits=EngineLimits(abandon_s=0.05)) as engine:
        engine.grace_s = 0.01
        one, other = workers(engine, 2)
        words.gate.clear()
        busy = asyncio.ensure_future(result_of(one, "a"))
        await asyncio.to_thread(words.begun.wait)
        call_one_by_one(engine)
        waiting = asyncio.ensure_future(result_of(other, "b"))
        await asyncio.sleep(0)
        waiting.cancel()
        await other.close(5.0)
        assert other.released.done()
        words.gate.set()
        assert text_of(await busy) == "A"


async def test_what_calls_took_that_were_made_by_themselves_is_counted_without_their_wait() -> None:
    took_s: list[float] = []

    def shout(given: list[str]) -> list[list[str]]:
        began_at = time.perf_counter()
        time.sleep(0.05)
        took_s.append(time.perf_counter() - began_at)
        return [given]

    async with running(shout) as engine:
        crowd = workers(engine, 4)
        call_one_by_one(engine)
        await asyncio.gather(*(result_of(worker, "a") for worker in crowd))
        assert engine._batchers[0].statistics().call_s == pytest.approx(sum(took_s), abs=0.1)


async def test_a_call_that_hangs_by_itself_is_not_waited_for_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_thread, "LOOK_S", 0.01)
    words = Words()
    async with running(
        lambda given: words.shout(given) if given == ["a"] else [given], limits=EngineLimits(hang_s=0.1)
    ) as engine:
        one, other = workers(engine, 2)
        call_one_by_one(engine)
        words.gate.clear()
        hung = asyncio.ensure_future(result_of(one, "a"))
        await asyncio.to_thread(words.begun.wait)
        assert text_of(await asyncio.wait_for(result_of(other, "b"), 3)) == "b"
        words.gate.set()
        assert text_of(await hung) == "A"


def test_a_call_that_was_given_up_and_comes_back_lets_no_two_others_call_at_once() -> None:
    caller = call_thread.CallThread("shout", 60.0)

    class Held:
        """The lock of a call that is given up, and comes back, while another one waits for it."""

        is_locked = False

        def acquire(self, timeout: float) -> bool:
            caller.let_others_call()
            self.is_locked = True
            return True

        def release(self) -> None:
            self.is_locked = False

    held = caller._lock = Held()  # type: ignore[assignment]
    with caller.holding():
        assert not held.is_locked
        assert caller._lock.locked()
    assert not caller._lock.locked()


async def test_without_a_thread_a_call_fails_and_the_next_one_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    words = Words()
    async with running(words.shout) as engine:
        one, other = workers(engine, 2)

        def no_thread(_: threading.Thread) -> None:
            raise RuntimeError("can't start new thread")

        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", no_thread)
            assert "no room for one more call" in text_of(await asyncio.wait_for(result_of(one, "a"), 3))
        assert text_of(await asyncio.wait_for(result_of(other, "b"), 3)) == "B"


async def test_a_mistake_of_ours_in_the_thread_costs_one_batch(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def mistake(*_: object) -> object:
        raise SystemExit("no such thing")

    words = Words()
    async with running(words.shout) as engine:
        one, other = workers(engine, 2)
        with monkeypatch.context() as patch:
            patch.setattr(batcher, "_is_one_call", mistake)
            assert "no such thing" in text_of(await asyncio.wait_for(result_of(one, "a"), 3))
        assert text_of(await asyncio.wait_for(result_of(other, "b"), 3)) == "B"
    assert "a batch of shout() failed, by a mistake in Millstream" in caplog.text


async def test_what_does_not_pay_is_called_one_by_one_and_that_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    words = Words()
    async with running(words.shout) as engine:
        crowd = workers(engine, 6)
        for _ in range(12):
            await asyncio.gather(*(result_of(worker, "a") for worker in crowd))
        statistics = engine.statistics()["batches"]
        for worker in crowd:
            await worker.close()
    assert isinstance(statistics, dict)
    assert statistics["shout"].pays is False
    assert [len(batch) for batch in words.batches[-36:]] == [1] * 36
    (record,) = [record for record in caplog.records if "does not pay" in record.getMessage()]
    assert record.levelno == logging.WARNING
    assert record.getMessage().startswith("shout() has batch=True, which does not pay: a call of one takes 0.")
    assert statistics["shout"].calls == 72
    assert words.most_at_work == 1, "no two calls at once, also one by one"


async def test_no_two_calls_of_one_function_run_at_once_whatever_events_it_is_bound_to() -> None:
    words = Words()
    words.answer = lambda given: (time.sleep(0.005), [given])[1]  # type: ignore[method-assign, return-value]
    async with running(words.shout, words.shout) as engine:
        crowd = [worker for binding in (0, 1) for worker in workers(engine, 3, binding=binding)]
        for _ in range(5):
            await asyncio.gather(*(result_of(worker, "a", number // 3) for number, worker in enumerate(crowd)))
        for worker in crowd:
            await worker.close()
    assert words.most_at_work == 1


def mean_of(frames: list[np.ndarray], offsets: list[float]) -> list[list[str]]:
    return [[f"{frame.mean() + offset:.0f}" for frame, offset in zip(frames, offsets, strict=True)]]


async def test_what_cannot_be_decoded_is_in_no_batch() -> None:
    with ms.Blocks() as demo:
        camera = ms.Image(sources="webcam")
        camera.stream(mean_of, [camera, ms.Number(0)], ms.Textbox(), batch=True)
    engine = Engine()
    engine.start(AppProgram(demo.freeze(), RULES, show_error=True))
    crowd = workers(engine, 3)
    jobs = [frame_job(10, 1.0), frame_job(50, 2.0, b"no JPEG"), frame_job(90, 3.0)]
    first, broken, last = await asyncio.gather(
        *(anext(worker.submit(job)) for worker, job in zip(crowd, jobs, strict=True))
    )
    assert broken.failure is not None
    assert broken.failure.kind == "media"
    assert [text_of(first), text_of(last)] == ["11", "93"]
    await engine.close()


def picture_of(side: int, shade: int = 10) -> bytes:
    return jpeg.open_encoder(1.0).encode(Frame(np.full((side, side, 3), shade, np.uint8))).payload


def frame_job(shade: int, offset: float, payload: bytes | None = None) -> Job:
    data = picture_of(16, shade)
    packet = Packet(PacketKind.PICTURE, jpeg.NUMBER, KEY | INDEPENDENT, 1, 0, 1, 0, 0, 0, payload or data)
    return Job(0, shade + 1, (None, offset), (packet,), stream=1)
