"""The conformance suite of queues. Subclass `QueueSuite` in a test file, with a name that begins with `Test`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any, Final

from millstream.declare.binding import Binding
from millstream.errors import Busy
from millstream.runtime.queue import SlotQueue
from millstream.testing.virtual import VirtualLoop
from millstream.tickets import Ticket

SETTLE_S: Final = 0.01
"""So much virtual time a queue has to be told what was decided elsewhere."""


class QueuedVisit:
    """A run or stream that writes down what it hears.

    Attributes:
        heard: Names of methods, and positions with the seconds to wait, in order.
        told_at: When it heard of each position.
    """

    def __init__(self, queue: SlotQueue, binding: Binding, visitor: str = "") -> None:
        self.queue, self.binding, self.visitor = queue, binding, visitor or f"visitor {id(self)}"
        self.heard: list[Any] = []
        self.told_at: list[float] = []
        self.ticket: Ticket | None = None

    def ask(self, *, is_farewell: bool = False) -> Ticket:
        """Ask for a slot.

        Raises:
            Busy: It is turned away at once.
        """
        self.ticket = self.queue.join(self, self.binding, self.visitor, is_farewell=is_farewell)
        if self.ticket.is_running:
            self.heard.append("admitted")
        return self.ticket

    async def join(self, *, is_farewell: bool = False) -> QueuedVisit:
        """Ask for a slot, and wait for the answer."""
        try:
            self.ask(is_farewell=is_farewell)
        except Busy as error:
            self.refused(error)
        await asyncio.sleep(SETTLE_S)
        return self

    async def leave(self) -> None:
        """Give up the slot, or the wait, and let others hear of it."""
        assert self.ticket is not None
        self.queue.leave(self.ticket)
        await asyncio.sleep(SETTLE_S)

    def admitted(self) -> None:
        self.heard.append("admitted")

    def extended(self) -> None:
        self.heard.append("extended")

    def expired(self) -> None:
        self.heard.append("expired")

    def surrender(self) -> None:
        self.heard.append("surrender")

    def refused(self, error: Busy) -> None:
        self.heard.append("refused")

    def stands(self, position: int, eta_s: float) -> None:
        self.heard.append((position, round(eta_s)))
        self.told_at.append(asyncio.get_running_loop().time())


class HeldCall:
    """A worker, as far as a queue knows it."""

    def __init__(self) -> None:
        self.released: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.abandon_s = 30.0


class QueueSuite:
    """The suite. Each test has a queue of its own, on virtual time.

    Attributes:
        binding: A binding with a handler; any.
    """

    binding: Binding

    def opened(self, max_waiting: int | None, max_waiting_each: int | None) -> AbstractAsyncContextManager[SlotQueue]:
        """Make a queue on the running loop whose slots are all free, with these bounds and `abandon_s=30`."""
        raise NotImplementedError

    def play(self, scene: Callable[[SlotQueue], Coroutine[Any, Any, None]], *bounds: int | None) -> None:
        """Play a scene with a new queue."""

        async def run() -> None:
            async with self.opened(*(bounds or (None, None))) as queue:
                await scene(queue)
                queue.close()

        loop = VirtualLoop()
        try:
            loop.run_until_complete(run())
        finally:
            loop.close()

    def member(self, queue: SlotQueue, visitor: str = "", time_limit: float | None = 10.0) -> QueuedVisit:
        """Make somebody who shares one slot with all others."""
        return QueuedVisit(queue, replace(self.binding, concurrency_limit=1, time_limit=time_limit), visitor)

    def test_slots_go_round(self) -> None:
        async def scene(queue: SlotQueue) -> None:
            one, two, three = [await self.member(queue).join() for _ in range(3)]
            assert [each.heard for each in (one, two, three)] == [["admitted"], [(1, 10)], [(2, 20)]]
            assert queue.waiting == 2
            await asyncio.sleep(10.1)
            assert one.heard == ["admitted", "expired"]
            assert one.ticket is not None
            queue.rejoin(one.ticket)
            await asyncio.sleep(0.6)
            assert [one.heard[2][0], two.heard[-1], three.heard[-1][0]] == [2, "admitted", 1]
            await two.leave()
            await two.leave()
            assert three.heard[-1] == "admitted"
            assert queue.waiting == 1

        self.play(scene)

    def test_alone_a_slot_is_extended(self) -> None:
        async def scene(queue: SlotQueue) -> None:
            one = await self.member(queue).join()
            await asyncio.sleep(25)
            assert one.heard == ["admitted", "extended", "extended"]
            assert one.ticket is not None
            assert one.ticket.deadline is not None
            assert abs(one.ticket.deadline - 30) < 0.1

        self.play(scene)

    def test_a_full_queue_refuses_and_goes_on(self) -> None:
        async def scene(queue: SlotQueue) -> None:
            one, two, three = [await self.member(queue).join() for _ in range(3)]
            assert three.heard == ["refused"]
            assert (await self.member(queue).join(is_farewell=True)).heard == [(2, 20)]
            await one.leave()
            assert two.heard[-1] == "admitted"

        self.play(scene, 1, None)

    def test_one_visitor_cannot_fill_the_queue(self) -> None:
        async def scene(queue: SlotQueue) -> None:
            own = [await self.member(queue, "anna").join() for _ in range(4)]
            assert own[3].heard == ["refused"]
            assert (await self.member(queue, "bert").join()).heard[-1] == (2, 20)

        self.play(scene, None, 2)

    def test_a_closed_queue_takes_nobody_but_for_those_who_bid_farewell(self) -> None:
        async def scene(queue: SlotQueue) -> None:
            one, two = await self.member(queue).join(), await self.member(queue).join()
            farewell = await self.member(queue).join(is_farewell=True)
            queue.close()
            assert (await self.member(queue).join()).heard == ["refused"]
            await one.leave()
            assert "admitted" not in two.heard
            await two.leave()
            assert farewell.heard[-1] == "admitted"

        self.play(scene)

    def test_a_slot_is_taken_until_the_last_call_in_it_is_released(self) -> None:
        async def scene(queue: SlotQueue) -> None:
            one, two = await self.member(queue).join(), await self.member(queue).join()
            calls = [HeldCall(), HeldCall()]
            assert one.ticket is not None
            for call in calls:
                queue.hold(one.ticket, call)  # type: ignore[arg-type]
            idle = asyncio.ensure_future(queue.idle(one.ticket))
            await one.leave()
            for call in calls:
                assert "admitted" not in two.heard
                assert not idle.done()
                call.released.set_result(None)
                await asyncio.sleep(SETTLE_S)
            assert two.heard[-1] == "admitted"
            await idle

        self.play(scene)

    def test_who_is_away_is_passed_over_and_keeps_the_position(self) -> None:
        async def scene(queue: SlotQueue) -> None:
            one, two, three = [await self.member(queue, time_limit=None).join() for _ in range(3)]
            assert two.ticket is not None
            queue.step_aside([two.ticket])
            await one.leave()
            assert three.heard[-1] == "admitted"
            four = await self.member(queue, time_limit=None).join()
            queue.step_up([two.ticket])
            await asyncio.sleep(SETTLE_S)
            assert two.heard[-1] == (1, -1)
            await three.leave()
            assert two.heard[-1] == "admitted"
            assert "admitted" not in four.heard

        self.play(scene)

    def test_a_slot_of_somebody_who_is_away_is_given_up_when_somebody_waits(self) -> None:
        async def scene(queue: SlotQueue) -> None:
            one = await self.member(queue, time_limit=None).join()
            assert one.ticket is not None
            call = HeldCall()
            queue.hold(one.ticket, call)  # type: ignore[arg-type]
            queue.step_aside([one.ticket])
            await asyncio.sleep(3)
            assert one.heard == ["admitted"]
            await self.member(queue).join()
            await asyncio.sleep(2)
            assert one.heard == ["admitted", "expired"]
            queue.lose_patience([one.ticket])
            assert (one.heard[-1], call.abandon_s) == ("surrender", 0.0)
            queue.step_up([one.ticket])
            assert call.abandon_s == 30.0
            call.released.set_result(None)

        self.play(scene)

    def test_a_ticket_that_is_bequeathed_can_still_leave(self) -> None:
        async def scene(queue: SlotQueue) -> None:
            one = await self.member(queue).join()
            assert one.ticket is not None
            assert isinstance(queue.reference(one.ticket), str)
            queue.bequeath([one.ticket])
            await one.leave()

        self.play(scene)
