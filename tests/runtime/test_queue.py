"""The queue with a clock: who is told what, and when."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine
from cProfile import Profile
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

import millstream as ms
from millstream.admission import Admission
from millstream.announcements import ANNOUNCE_S, SLICE
from millstream.declare.binding import Binding
from millstream.errors import Busy
from millstream.runtime.queue import RunQueue
from millstream.testing.conformance.queue import HeldCall, QueuedVisit
from millstream.testing.virtual import VirtualLoop

with ms.Blocks() as _demo:
    ms.Button().click(lambda: None)
BINDING: Binding = replace(_demo.freeze().bindings[0], concurrency_limit=1, time_limit=10.0)


OPEN_ENDED = replace(BINDING, time_limit=None, stream=1, concurrency_key="open")


def visit(queue: RunQueue, name: str = "anna", binding: Binding = BINDING) -> QueuedVisit:
    return QueuedVisit(queue, binding, name)


def play(scene: Coroutine[Any, Any, None]) -> None:
    loop = VirtualLoop()
    try:
        loop.run_until_complete(scene)
    finally:
        loop.close()


def test_slots_go_round() -> None:
    async def scene() -> None:
        queue = RunQueue(Admission())
        one, two, three = (visit(queue) for _ in range(3))
        for visitor in (one, two, three):
            visitor.ask()
        assert [visitor.heard for visitor in (one, two, three)] == [["admitted"], [(1, 10)], [(2, 20)]]
        await asyncio.sleep(10.1)
        assert one.heard == ["admitted", "expired"]
        queue.rejoin(one.ticket)
        assert (one.heard[-1], two.heard[-1]) == ((2, 20), "admitted")
        await asyncio.sleep(0.6)
        assert three.heard[-1] == (1, 10), "the others hear of it a moment later"
        queue.leave(two.ticket)
        queue.leave(two.ticket)
        assert three.heard[-1] == "admitted"
        assert queue.waiting == 1
        queue.close()

    play(scene())


def test_those_who_wait_hear_at_most_twice_a_second() -> None:
    async def scene() -> None:
        queue = RunQueue(Admission())
        last = None
        visitors = [visit(queue) for _ in range(50)]
        for visitor in visitors:
            visitor.ask()
        last = visitors[-1]
        for visitor in visitors[1:40]:
            queue.leave(visitor.ticket)
            await asyncio.sleep(0.01)
        await asyncio.sleep(1)
        positions = [position for position, _ in last.heard]
        assert positions[0] == 49
        assert positions[-1] == 10
        assert positions == sorted(positions, reverse=True)
        assert len(positions) <= 3
        queue.close()

    play(scene())


def test_a_full_or_closed_queue_takes_nobody() -> None:
    async def scene() -> None:
        queue = RunQueue(Admission(1))
        one, two = visit(queue), visit(queue)
        one.ask()
        two.ask()
        with pytest.raises(Busy):
            visit(queue).ask()
        queue.close()
        with pytest.raises(Busy, match="restarted"):
            visit(queue).ask()
        queue.leave(one.ticket)
        assert "admitted" not in two.heard, "nobody is admitted any more"

    play(scene())


def hold(visitor: QueuedVisit) -> HeldCall:
    call = HeldCall()
    visitor.queue.hold(visitor.ticket, call)  # type: ignore[arg-type]  # no more of a worker is needed
    return call


def test_a_slot_is_taken_until_the_last_call_in_it_is_released() -> None:
    async def scene() -> None:
        queue = RunQueue(Admission(), abandon_s=30.0)
        one, two, three = (visit(queue) for _ in range(3))
        for visitor in (one, two, three):
            visitor.ask()
        first, second = hold(one), hold(one)
        queue.leave(one.ticket)
        first.released.set_result(None)
        await asyncio.sleep(5)
        assert "admitted" not in two.heard
        assert two.heard[-1] == (1, 30), "at the latest when it is abandoned"
        assert "expired" not in one.heard
        second.released.set_result(None)
        await asyncio.sleep(0)
        assert two.heard[-1] == "admitted"
        assert "admitted" not in three.heard
        queue.leave(one.ticket)
        assert "admitted" not in three.heard, "it was given away once"
        queue.close()

    play(scene())


def test_who_goes_to_the_back_waits_until_its_calls_are_released() -> None:
    async def scene() -> None:
        queue = RunQueue(Admission())
        one = visit(queue)
        one.ask()
        call = hold(one)
        idle = asyncio.ensure_future(queue.idle(one.ticket))
        await asyncio.sleep(1)
        assert not idle.done()
        call.released.set_result(None)
        await idle
        queue.leave(one.ticket)
        queue.close()

    play(scene())


def test_those_who_bid_farewell_are_turned_away_from_nothing() -> None:
    async def scene() -> None:
        queue = RunQueue(Admission(0))
        one, two, three = (visit(queue) for _ in range(3))
        one.ask()
        two.ask(is_farewell=True)
        assert "admitted" not in two.heard, "it waits as everybody does"
        queue.close()
        three.ask(is_farewell=True)
        queue.leave(one.ticket)
        assert two.heard[-1] == "admitted"
        queue.leave(two.ticket)
        assert three.heard == ["admitted"]

    play(scene())


def test_one_visitor_cannot_fill_the_queue() -> None:
    async def scene() -> None:
        queue = RunQueue(Admission(None, 3))
        visitors = [visit(queue) for _ in range(4)]
        for visitor in visitors:
            visitor.ask()
        with pytest.raises(Busy, match="of your requests"):
            visit(queue).ask()
        visit(queue, "berta").ask()
        queue.close()

    play(scene())


def test_no_waiting_time_is_invented_for_streams_without_a_limit() -> None:
    async def scene() -> None:
        queue = RunQueue(Admission())
        one, two, three = (visit(queue, binding=OPEN_ENDED) for _ in range(3))
        for visitor in (one, two, three):
            visitor.ask()
        await asyncio.sleep(7)
        queue.leave(one.ticket)
        await asyncio.sleep(1)
        assert three.heard == [(2, -1), (1, -1)]
        queue.close()

    play(scene())


@pytest.mark.slow
def test_a_long_queue_is_told_in_slices_and_everybody_hears_in_the_end() -> None:
    """Eight thousand wait: however they come and go, in no moment are many of them told, and nobody too often."""

    async def scene() -> None:
        queue = RunQueue(Admission())
        visitors = [visit(queue) for _ in range(8000)]
        for visitor in visitors:
            visitor.ask()
        for visitor in visitors[:20]:
            queue.leave(visitor.ticket)
            await asyncio.sleep(0.3)
        await asyncio.sleep(30)
        waiting = visitors[21:]
        assert [visitor.heard[-1][0] for visitor in waiting] == list(range(1, len(waiting) + 1))
        told = Counter(at for visitor in visitors for at in visitor.told_at if at > 0.01)
        assert max(told.values()) <= SLICE
        for visitor in waiting:
            positions = [position for position, _ in visitor.heard]
            assert positions == sorted(positions, reverse=True)
            assert all(later - at >= ANNOUNCE_S - 1e-6 for at, later in pairwise(visitor.told_at))
        front = visitors[30].told_at
        assert len(front) > 10, "those in front hear of every move"
        queue.close()

    play(scene())


def test_a_refusal_costs_as_little_in_a_long_queue_as_in_a_short_one() -> None:
    async def scene() -> None:
        calls = []
        for waiting in (10, 8000):
            queue = RunQueue(Admission(waiting))
            for _ in range(waiting + 1):
                visit(queue).ask()
            profile = Profile()
            with profile:
                for _ in range(100):
                    with pytest.raises(Busy):
                        visit(queue).ask()
            calls.append(sum(entry.callcount for entry in profile.getstats()))
            queue.close()
        assert calls[1] <= calls[0] + 10

    play(scene())
