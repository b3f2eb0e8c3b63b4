"""Batches whose function is called in a worker process: real processes, which the tests of this file share."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.engines import batched_app

from millstream.batches import BatchStatistics
from millstream.codecs import jpeg
from millstream.engine_limits import EngineLimits
from millstream.engines.batch import former
from millstream.engines.process import Engine
from millstream.engines.process.messages import CallTogether
from millstream.engines.process.wire import packed
from millstream.frames import Frame
from millstream.jobs import Advance, Arguments, Job, Notice, Result, Worker
from millstream.wire.packet import INDEPENDENT, KEY, Packet, PacketKind

SHOUT, ODD, BY_COMPONENT, LATER, TELL, BRIGHTER = range(6)
PATIENCE_S = 30.0


class Room:
    """An engine, and the loop that it belongs to, in a thread."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self.engine = Engine()
        self.limits = EngineLimits(workers=2, abandon_s=0.3)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(asyncio.wait_for(work, PATIENCE_S), self.loop).result()

    async def start(self) -> None:
        self.engine.start(batched_app.program(), self.limits)
        await self.engine.prepare(range(6))

    async def results(self, jobs: Sequence[Job], said: list[Notice | Advance]) -> list[Result]:
        """Make calls at once, each by a worker of its own."""
        workers = [self.engine.open(job.binding, said.append) for job in jobs]
        results = await asyncio.gather(*(result_of(worker, job) for worker, job in zip(workers, jobs, strict=True)))
        await asyncio.gather(*(worker.close() for worker in workers))
        return results

    def together(self, binding: int, *words: str, said: list[Notice | Advance] | None = None) -> list[str]:
        jobs = [Job(binding, number, (word,), is_developers=True) for number, word in enumerate(words)]
        return [text_of(result) for result in self.run(self.results(jobs, [] if said is None else said))]

    def end(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


async def result_of(worker: Worker, job: Job) -> Result:
    (result,) = [each async for each in worker.submit(job)]
    return result


def text_of(result: Result) -> str:
    return result.failure.message if result.failure else " | ".join(str(out.value) for out in result.outputs.values())


@pytest.fixture(scope="module")
def engines_room() -> Iterator[Room]:
    """All tests share it; it is closed in the middle of a batch, and nothing may be left of that."""
    before = set(threading.enumerate())
    room = Room()
    room.run(room.start())
    yield room
    hung = asyncio.run_coroutine_threadsafe(room.results([Job(SHOUT, 1, ("hang",))], []), room.loop)
    while room.engine.statistics()["running"] != ["shout"]:
        threading.Event().wait(0.001)
    room.run(room.engine.close())
    hung.cancel()
    room.run(asyncio.sleep(0))
    room.end()
    for thread in set(threading.enumerate()) - before:
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


@pytest.fixture
def room(engines_room: Room, monkeypatch: pytest.MonkeyPatch) -> Room:
    """Nobody is late, however busy the machine is, and nobody knows yet what a call takes."""
    monkeypatch.setattr(former, "SLACK", 800.0)
    for batcher in engines_room.engine._batches._batchers.values():
        batcher.costs.__init__()  # type: ignore[misc]
        batcher._failures = 0
    return engines_room


def statistics(room: Room, name: str) -> BatchStatistics:
    found = room.engine.statistics()["batches"]
    assert isinstance(found, dict)
    made = found[name]
    assert isinstance(made, BatchStatistics)
    return made


def test_calls_that_come_together_are_one_call_in_one_worker_process(room: Room) -> None:
    before = statistics(room, "shout")
    texts = [text.split() for text in room.together(SHOUT, "a", "b", "c")]
    assert [text[:2] for text in texts] == [["A", "3"], ["B", "3"], ["C", "3"]]
    (pid,) = {int(text[2]) for text in texts}
    assert pid in room.engine.statistics()["pids"]  # type: ignore[operator]
    after = statistics(room, "shout")
    assert (after.batches - before.batches, after.calls - before.calls) == (1, 3)
    assert after.call_s > before.call_s


def test_a_model_gets_the_decoded_frames_of_all_and_each_gets_its_own_back(room: Room) -> None:
    results = room.run(room.results([frame_job(shade, offset) for shade, offset in ((10, 1), (50, 2), (90, 3))], []))
    assert [result.failure for result in results] == [None] * 3
    frames = [next(out.value for out in result.outputs.values() if isinstance(out.value, Packet)) for result in results]
    assert [round(shade_of(packet)) for packet in frames] == [11, 52, 93]
    names = {str(out.value) for result in results for out in result.outputs.values() if isinstance(out.value, str)}
    (name,) = names
    device, pid, size = name.split()
    assert (device, size) == ("cuda:7", "3")
    assert int(pid) != os.getpid()


def shade_of(packet: Packet) -> float:
    decoded = jpeg.open_decoder().decode(packet.payload)
    assert isinstance(decoded, Frame)
    return float(decoded.pixels.mean())


def frame_job(shade: int, offset: float) -> Job:
    data = jpeg.open_encoder(1.0).encode(Frame(np.full((48, 64, 3), shade, np.uint8))).payload
    packet = Packet(PacketKind.PICTURE, jpeg.NUMBER, KEY | INDEPENDENT, 1, 0, 1, 0, 0, 0, data)
    return Job(BRIGHTER, shade, (None, offset), (packet,), stream=1)


def test_pixels_are_in_no_pickle() -> None:
    arguments: list[Arguments] = [([np.zeros((480, 640, 3), np.uint8), 1.0], {}) for _ in range(8)]
    pickle, *pixels = packed(CallTogether(1, BRIGHTER, arguments, [False] * 8, is_async=False, is_final=True))
    assert len(pickle) < 4_000
    assert [len(part) for part in pixels] == [480 * 640 * 3] * 8


def test_who_is_to_blame_fails_alone_and_the_developer_reads_the_line(room: Room) -> None:
    *good, bad, last = room.together(SHOUT, "a", "b", "bad", "c")
    assert [text.split()[:2] for text in (*good, last)] == [["A", "2"], ["B", "2"], ["C", "1"]]
    assert bad.startswith("ValueError: bad word\nbatched_app.py, line")


def test_a_batch_that_is_hopeless_is_not_taken_apart_any_more(room: Room) -> None:
    for _ in range(3):
        assert all(text.startswith("ValueError") for text in room.together(SHOUT, "bad", "bad"))
    assert room.engine._batches._batchers[SHOUT]._failures == 3


def test_an_exception_an_update_and_a_component_are_for_one_call_each(room: Room) -> None:
    jobs = [Job(ODD, number, (word,)) for number, word in enumerate(["error", "raised", "update", "component", "skip"])]
    error, raised, update, component, skip = room.run(room.results(jobs, []))
    assert error.failure is not None
    assert (error.failure.message, error.failure.title) == ("too dark", "Look")
    assert raised.failure is not None
    assert raised.failure.message.startswith("Something went wrong in the app. (")
    (changed,), (third,) = update.outputs.values(), component.outputs.values()
    assert (changed.value, changed.changes["label"]) == ("new", "Other")
    assert third.changes["label"] == "Third"
    assert skip.outputs == {}


def test_what_cannot_leave_its_process_fails_alone(room: Room) -> None:
    plain, lock = room.together(ODD, "plain", "lock")
    assert plain == "plain"
    assert lock.startswith("odd() returned a lock for Textbox 'First', which cannot leave its worker process")


def test_what_cannot_go_to_a_process_fails_alone(room: Room) -> None:
    jobs = [Job(ODD, 1, ("plain",)), Job(ODD, 2, (threading.Lock(),))]
    plain, lock = [text_of(result) for result in room.run(room.results(jobs, []))]
    assert plain == "plain"
    assert lock.startswith("odd() cannot be called: the value of Textbox 'Word', of type lock, cannot go to a worker")


def test_a_dict_by_component_and_an_async_function_work_as_in_threads(room: Room) -> None:
    assert room.together(BY_COMPONENT, "a", "b") == ["A", "B"]
    assert room.together(LATER, "a", "b") == ["a later", "b later"]


def test_all_pages_of_a_batch_see_what_it_says(room: Room) -> None:
    said: list[Notice | Advance] = []
    assert room.together(TELL, "a", "b", said=said) == ["a", "b"]
    assert [each.message for each in said if isinstance(each, Notice)] == ["for 2"] * 2
    shown = [each for each in said if not isinstance(each, Notice)]
    assert [(each.call, each.levels()[0].fraction) for each in shown] == [(0, 0.5), (1, 0.5)]


def test_what_does_not_pay_is_called_one_by_one(room: Room) -> None:
    batcher = room.engine._batches._batchers[SHOUT]
    batcher.costs.pays, batcher.costs._judged_at = False, room.loop.time()
    assert [text.split()[:2] for text in room.together(SHOUT, "a", "b")] == [["A", "1"], ["B", "1"]]
    assert room.together(SHOUT, "bad")[0].startswith("ValueError: bad word\nbatched_app.py, line")


def test_a_process_that_dies_costs_each_member_its_call_and_no_call_is_made_twice(room: Room, tmp_path: Path) -> None:
    counted = tmp_path / "counted"
    texts = room.together(SHOUT, "a", f"counted {counted}", "b")
    assert texts == ["shout() was lost: its worker process ended itself with exit code 3, as os._exit() does."] * 3
    assert counted.read_text() == "x"
    assert [text.split()[:2] for text in room.together(SHOUT, "a", "b")] == [["A", "2"], ["B", "2"]]


def test_a_batch_that_hangs_is_ended_with_its_process(room: Room) -> None:
    said = "shout() was lost: its worker process gave no result for 1 seconds and was ended (hang_after)."
    object.__setattr__(room.limits, "hang_s", 1.0)  # for this call alone: others may take long on a busy machine
    try:
        assert room.together(SHOUT, "hang", "b") == [said] * 2
    finally:
        object.__setattr__(room.limits, "hang_s", 300.0)


def test_a_batch_whose_member_has_gone_is_ended_with_its_process(room: Room, caplog: pytest.LogCaptureFixture) -> None:
    async def leave() -> tuple[str, object]:
        one, other = (room.engine.open(SHOUT, lambda said: None) for _ in range(2))
        calls = [asyncio.ensure_future(result_of(worker, Job(SHOUT, 1, ("hang",)))) for worker in (one, other)]
        batcher = room.engine._batches._batchers[SHOUT]
        while batcher._running is None:  # noqa: ASYNC110 - a thread prepares the call, of which nobody is told
            await asyncio.sleep(0.001)
        calls[0].cancel()
        await asyncio.wait([calls[0]])
        await one.close(PATIENCE_S)
        text = text_of(await calls[1])
        await asyncio.gather(one.ended, other.close(PATIENCE_S))
        return text, room.engine.statistics()["abandoned"]

    text, abandoned = room.run(leave())
    assert "went on for 0.3 seconds after its call was cancelled, and was ended" in text
    assert abandoned == []
    assert "abandoned and its slot" not in caplog.text, "its thread comes back"
