"""An alarm keeps its own time, on every loop, and its faults are told to whom they concern."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import uvloop

from millstream.runtime.alarm import Alarm
from millstream.testing.virtual import VirtualLoop

Runner = Callable[[Callable[[], Coroutine[Any, Any, None]]], None]


def on_uvloop(act: Callable[[], Coroutine[Any, Any, None]]) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(act())


def on_asyncio(act: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(act())


def on_virtual_time(act: Callable[[], Coroutine[Any, Any, None]]) -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(act())


LOOPS = pytest.mark.parametrize("run", [on_uvloop, on_asyncio, on_virtual_time])


def unexpected(error: BaseException) -> None:
    raise AssertionError("nothing fails here") from error


@LOOPS
@pytest.mark.parametrize("ahead_s", [-1.0, 0.0, 0.0001, 0.0004, 0.001])
def test_it_knows_its_time_however_near_that_is(run: Runner, ahead_s: float) -> None:
    async def act() -> None:
        rings: list[float] = []
        has_rung = asyncio.Event()
        now = asyncio.get_running_loop().time()
        alarm = Alarm(lambda: (rings.append(now), has_rung.set()), unexpected)
        alarm.set(now + ahead_s)
        assert alarm.due == now + ahead_s
        assert not rings, "it rings later, and not in the middle of something"
        await has_rung.wait()
        assert rings == [now]
        assert alarm.due is None

    run(act)


@LOOPS
def test_a_time_that_was_moved_or_cancelled_does_not_come(run: Runner) -> None:
    async def act() -> None:
        rings: list[str] = []
        now = asyncio.get_running_loop().time()
        moved = Alarm(lambda: rings.append("moved"), unexpected)
        cancelled = Alarm(lambda: rings.append("cancelled"), unexpected)
        for alarm in (moved, cancelled):
            alarm.set(now)
        moved.set(now + 0.002)
        cancelled.cancel()
        cancelled.cancel()
        assert (moved.due, cancelled.due) == (now + 0.002, None)
        await asyncio.sleep(0.01)
        assert rings == ["moved"]

    run(act)


def test_it_may_be_set_again_while_it_rings() -> None:
    async def act() -> None:
        rings: list[float] = []
        loop = asyncio.get_running_loop()

        def ring() -> None:
            rings.append(loop.time())
            if len(rings) < 3:
                alarm.set(loop.time() + 1)

        alarm = Alarm(ring, unexpected)
        alarm.set(1.0)
        await asyncio.sleep(10)
        assert rings == pytest.approx([1.0, 2.0, 3.0])

    on_virtual_time(act)


def test_what_it_raises_is_told_and_it_can_be_used_again() -> None:
    async def act() -> None:
        faults: list[BaseException] = []
        loop = asyncio.get_running_loop()
        alarm = Alarm([].pop, faults.append)
        alarm.set(loop.time())
        await asyncio.sleep(1)
        alarm.set(loop.time())
        await asyncio.sleep(1)
        assert [type(fault) for fault in faults] == [IndexError, IndexError]

    on_virtual_time(act)
