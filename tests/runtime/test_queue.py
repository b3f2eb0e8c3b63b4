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
from millstream.testing.virtual import VirtualLoop
from millstream.tickets import Ticket

with ms.Blocks() as _demo:
    ms.Button().click(lambda: None)
BINDING: Binding = replace(_demo.freeze().bindings[0], concurrency_limit=1, time_limit=10.0)


OPEN_ENDED = replace(BINDING, time_limit=None, stream=1, concurrency_key="open")


class Visitor:
    """A run or stream that writes down what it hears, and when."""

    def __init__(self, queue: RunQueue, name: str = "anna") -> None:
        self.queue = queue
        self.name = name
        self.heard: list[Any] = []
        self.heard_at: list[float] = []

    def join(self, binding: Binding = BINDING, *, is_farewell: bool = False) -> Ticket:
        self.ticket = self.queue.join(self, binding, self.name, is_farewell=is_farewell)
        if self.ticket.is_running:
            self.heard.append("admitted")
        return self.ticket

    def admitted(self) -> None:
        self.heard.append("admitted")

    def extended(self) -> None:
        self.heard.append("extended")

    def expired(self) -> None:
        self.heard.append("expired")

    def surrender(self) -> None:
        self.heard.append("surrender")

    def refused(self, error: Busy) -> None:
        self.heard.append(("refused", str(error)))

    def stands(self, position: int, eta_s: float) -> None:
        self.heard.append((position, round(eta_s)))
        self.heard_at.append(asyncio.get_running_loop().time())


def play(scene: Coroutine[Any, Any, None]) -> None:
    loop = VirtualLoop()
    try:
        loop.run_until_complete(scene)
    finally:
        loop.close()


def test_slots_go_round() -> None:
    async def scene() -> None:
        queue = RunQueue(Admission())
        one, two, three = (Visitor(queue) for _ in range(3))
        for visitor in (one, two, three):
            visitor.join()
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


def test_alone_a_slot_is_extended() -> None:
    async def scene() -> None:
        queue = RunQueue(Admission())
        one = Visitor(queue)
        ticket = one.join()
        await asyncio.sleep(25)
        assert one.heard == ["admitted", "extended", "extended"]
        assert ticket.deadline == pytest.approx(30)
        queue.close()

    play(scene())


def test_those_who_wait_hear_at_most_twice_a_second() -> None:
    async def scene() -> None:
        queue = RunQueue(Admission())
        last = None
        visitors = [Visitor(queue) for _ in range(50)]
        for visitor in visitors:
            visitor.join()
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
        one, two = Visitor(queue), Visitor(queue)
        one.join()
        two.join()
        with pytest.raises(Busy):
            Visitor(queue).join()
        queue.close()
        with pytest.raises(Busy, match="restarted"):
            Visitor(queue).join()
        queue.leave(one.ticket)
        assert "admitted" not in two.heard, "nobody is admitted any more"

    play(scene())


class Call:
    """What `hold` needs to know of a worker."""

    def __init__(self) -> None:
        self.released: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def end(self) -> None:
        self.released.set_result(None)


def hold(visitor: Visitor) -> Call:
    call = Call()
    visitor.queue.hold(visitor.ticket, call)  # type: ignore[arg-type]  # no more of a worker is needed
    return call


def test_a_slot_is_taken_until_the_last_call_in_it_is_released() -> None:
    async def scene() -> None:
        queue = RunQueue(Admission(), abandon_s=30.0)
        one, two, three = (Visitor(queue) for _ in range(3))
        for visitor in (one, two, three):
            visitor.join()
        first, second = hold(one), hold(one)
        queue.leave(one.ticket)
        first.end()
        await asyncio.sleep(5)
        assert "admitted" not in two.heard
        assert two.heard[-1] == (1, 30), "at the latest when it is abandoned"
        assert "expired" not in one.heard
        second.end()
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
        one = Visitor(queue)
        one.join()
        call = hold(one)
        idle = asyncio.ensure_future(queue.idle(one.ticket))
        await asyncio.sleep(1)
        assert not idle.done()
        call.end()
        await idle
        queue.leave(one.ticket)
        queue.close()

    play(scene())


def test_those_who_bid_farewell_are_turned_away_from_nothing() -> None:
    async def scene() -> None:
        queue = RunQueue(Admission(0))
        one, two, three = (Visitor(queue) for _ in range(3))
        one.join()
        two.join(is_farewell=True)
        assert "admitted" not in two.heard, "it waits as everybody does"
        queue.close()
        three.join(is_farewell=True)
        queue.leave(one.ticket)
        assert two.heard[-1] == "admitted"
        queue.leave(two.ticket)
        assert three.heard == ["admitted"]

    play(scene())


def test_one_visitor_cannot_fill_the_queue() -> None:
    async def scene() -> None:
        queue = RunQueue(Admission(None, 3))
        visitors = [Visitor(queue) for _ in range(4)]
        for visitor in visitors:
            visitor.join()
        with pytest.raises(Busy, match="of your requests"):
            Visitor(queue).join()
        Visitor(queue, "berta").join()
        queue.close()

    play(scene())


def test_no_waiting_time_is_invented_for_streams_without_a_limit() -> None:
    async def scene() -> None:
        queue = RunQueue(Admission())
        one, two, three = (Visitor(queue) for _ in range(3))
        for visitor in (one, two, three):
            visitor.join(OPEN_ENDED)
        await asyncio.sleep(7)
        queue.leave(one.ticket)
        await asyncio.sleep(1)
        assert three.heard == [(2, -1), (1, -1)]
        queue.close()

    play(scene())


def test_a_long_queue_is_told_in_slices_and_everybody_hears_in_the_end() -> None:
    """Eight thousand wait: however they come and go, in no moment are many of them told, and nobody too often."""

    async def scene() -> None:
        queue = RunQueue(Admission())
        visitors = [Visitor(queue) for _ in range(8000)]
        for visitor in visitors:
            visitor.join()
        for visitor in visitors[:20]:
            queue.leave(visitor.ticket)
            await asyncio.sleep(0.3)
        await asyncio.sleep(30)
        waiting = visitors[21:]
        assert [visitor.heard[-1][0] for visitor in waiting] == list(range(1, len(waiting) + 1))
        told = Counter(at for visitor in visitors for at in visitor.heard_at if at > 0.01)
        assert max(told.values()) <= SLICE
        for visitor in waiting:
            positions = [position for position, _ in visitor.heard]
            assert positions == sorted(positions, reverse=True)
            assert all(later - at >= ANNOUNCE_S - 1e-6 for at, later in pairwise(visitor.heard_at))
        front = visitors[30].heard_at
        assert len(front) > 10, "those in front hear of every move"
        queue.close()

    play(scene())


def test_a_refusal_costs_as_little_in_a_long_queue_as_in_a_short_one() -> None:
    async def scene() -> None:
        calls = []
        for waiting in (10, 8000):
            queue = RunQueue(Admission(waiting))
            for _ in range(waiting + 1):
                Visitor(queue).join()
            profile = Profile()
            with profile:
                for _ in range(100):
                    with pytest.raises(Busy):
                        Visitor(queue).join()
            calls.append(sum(entry.callcount for entry in profile.getstats()))
            queue.close()
        assert calls[1] <= calls[0] + 10

    play(scene())
