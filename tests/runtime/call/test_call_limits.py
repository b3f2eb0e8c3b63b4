"""Who may have how many calls at once: what is left is always shared out by halves."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Collection, Coroutine, Mapping
from functools import wraps
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import millstream as gr
from millstream.engine_limits import DEFAULT_LIMITS, EngineLimits
from millstream.errors import Busy
from millstream.jobs import Job, Notify, Program, Result, Worker
from millstream.runtime.call.call_limits import CallLimits, CallOwner
from millstream.runtime.settings import Settings

with gr.Blocks() as _demo:
    for _ in range(4):
        gr.Button().click(lambda: None)
BINDINGS = _demo.freeze().bindings


class Idler:
    """A worker that does nothing, until the test lets it end."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[None] = loop.create_future()
        self.released: asyncio.Future[None] = loop.create_future()
        self.abandon_s = 30.0

    async def submit(self, job: Job) -> AsyncGenerator[Result, None]:
        raise NotImplementedError
        yield

    async def close(self, wait_s: float | None = None) -> None:
        self.ended.set_result(None)
        if not self.released.done():
            self.released.set_result(None)


class Idleness:
    """An engine of idlers."""

    def start(self, program: Program, limits: EngineLimits = DEFAULT_LIMITS) -> None:
        raise NotImplementedError

    async def prepare(self, bindings: Collection[int]) -> None:
        raise NotImplementedError

    def open(self, binding: int, notify: Notify) -> Worker:
        return Idler()

    def statistics(self) -> Mapping[str, object]:
        return {}

    async def close(self) -> None:
        raise NotImplementedError


def on_a_loop(scene: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    @wraps(scene)
    def run(*arguments: Any, **keywords: Any) -> None:
        asyncio.run(scene(*arguments, **keywords))

    return run


def call_limits(**bounds: int) -> CallLimits:
    return CallLimits(Idleness(), Settings(**bounds))  # type: ignore[arg-type]  # bounds are whole numbers


def work(call_limits: CallLimits, binding: int = 0, visitor: str = "anna", address: str = "") -> Worker:
    return call_limits.open(BINDINGS[binding], CallOwner(visitor, address), lambda said: None)


def fill(call_limits: CallLimits, binding: int, address: str = "") -> list[Worker]:
    """Open as many as can be had, each for another visitor."""
    workers = []
    while True:
        try:
            workers.append(work(call_limits, binding, f"{binding} {address} {len(workers)}", address))
        except Busy:
            return workers


@on_a_loop
async def test_each_event_gets_half_of_what_is_left_and_so_does_each_address() -> None:
    bounded = call_limits(max_calls=16)
    assert [len(fill(bounded, binding)) for binding in range(4)] == [8, 4, 2, 1]
    bounded = call_limits(max_calls=16)
    assert [len(fill(bounded, binding, "10.0.0.1")) for binding in range(4)] == [8, 0, 0, 0]
    assert [len(fill(bounded, binding, "10.0.0.2")) for binding in range(1, 4)] == [4, 0, 0]


@on_a_loop
async def test_a_visitor_gets_so_many_and_again_when_some_have_ended() -> None:
    bounded = call_limits(max_calls_each=3)
    workers = [work(bounded, binding) for binding in range(3)]
    with pytest.raises(Busy, match="3 of your calls are still running"):
        work(bounded, 3)
    work(bounded, 3, "berta")
    workers[0].released.set_result(None)
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        work(bounded, 3)
    await workers[1].close()
    await asyncio.sleep(0)
    work(bounded, 3)


@on_a_loop
async def test_an_event_whose_calls_hang_is_refused_for_itself_and_named_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bounded = call_limits(max_abandoned=2)
    workers = [work(bounded, 0, str(number)) for number in range(3)]
    for worker in workers[:2]:
        worker.released.set_result(None)
    await asyncio.sleep(0)
    for _ in range(3):
        with pytest.raises(Busy, match="does not respond"):
            work(bounded, 0)
    work(bounded, 1)
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert "<lambda> is refused (3 of its calls run, 2 hang)" in record.getMessage()
    await workers[0].close()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    work(bounded, 0)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from("abc"), st.booleans(), st.booleans()), max_size=60))
@on_a_loop
async def test_the_bounds_hold_and_nothing_is_counted_for_ever(
    steps: list[tuple[int, str, bool, bool]],
) -> None:
    bounded = call_limits(max_calls=8, max_calls_each=4)
    open_: list[tuple[Worker, str]] = []
    for binding, visitor, is_ending, is_abandoned in steps:
        if is_ending and open_:
            worker, _ = open_.pop(0)
            if is_abandoned:
                worker.released.set_result(None)
                await asyncio.sleep(0)
            await worker.close()
            await asyncio.sleep(0)
        else:
            try:
                open_.append((work(bounded, binding, visitor, visitor), visitor))
            except Busy:
                pass
        assert len(open_) < 8
        assert all(sum(owner == each for _, owner in open_) <= 4 for each in "abc")
    for worker, _ in open_:
        await worker.close()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not bounded._calls
    assert not bounded._abandoned
