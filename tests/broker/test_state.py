"""The broker's rules through crashes of gateways and brokers, with the queue that gateways really have."""

from __future__ import annotations

import asyncio
import functools
from collections import deque
from collections.abc import Coroutine
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

import millstream as ms
from millstream.broker.encoding import decode_of_broker, decode_of_gateway, encode_broker_message
from millstream.broker.messages import Enrol, Enrolled, Gateways, Goodbye, PutSnapshot, Revoked
from millstream.broker.rebuild_window import REBUILD_S
from millstream.broker.state import BrokerState
from millstream.broker.ticket_owners import KEEP_POSITION_S, KEEP_SLOT_S
from millstream.declare.binding import Binding
from millstream.errors import Busy, ProtocolError
from millstream.runtime.remote_queue import OUTAGE_S, RemoteQueue
from millstream.snapshot_table import KEEP_S
from millstream.testing.virtual import VirtualLoop
from millstream.tickets import Ticket

with ms.Blocks() as _demo:
    ms.Button().click(lambda: None)
PLAIN: Binding = _demo.freeze().bindings[0]
RUN = replace(PLAIN, concurrency_key="run", concurrency_limit=2)
STREAM = replace(PLAIN, concurrency_key="stream", concurrency_limit=1, stream=1, time_limit=3.0)
LONG = replace(STREAM, time_limit=30.0)
LIMITS = {"run": 2, "stream": 1}


class Seat:
    """A run or stream of a gateway: what it has heard, and the order in which it came."""

    def __init__(self, gateway: Gateway, binding: Binding, visitor: str, inherits: str = "") -> None:
        self.gateway, self.binding, self.visitor = gateway, binding, visitor
        self.heard: list[Any] = []
        self.order = next(gateway.world.orders)
        self.ticket: Ticket | None = None
        self.ticket = gateway.queue.join(self, binding, visitor, inherits=inherits)
        gateway.seats.append(self)

    def admitted(self) -> None:
        self.heard.append("admitted")
        self.gateway.world.admitted(self)

    def extended(self) -> None:
        self.heard.append("extended")

    def expired(self) -> None:
        self.heard.append("expired")
        self.order = next(self.gateway.world.orders)
        self.gateway.queue.rejoin(self.ticket)

    def refused(self, error: Busy) -> None:
        self.heard.append(("refused", str(error)))

    def surrender(self) -> None: ...

    def stands(self, position: int, eta_s: float) -> None:
        self.heard.append((position, round(eta_s)))

    def leave(self) -> None:
        self.gateway.queue.leave(self.ticket)
        self.gateway.seats.remove(self)


class Gateway:
    """A gateway whose way to the broker carries real messages, when the world says so."""

    def __init__(self, world: World, name: str, limits: dict[str, int] = LIMITS) -> None:
        self.world, self.name = world, name
        self.seats: list[Seat] = []
        self.unread: deque[bytes] = deque()
        self.is_enrolled = self.is_linked = False
        self.queue = RemoteQueue(self, name, limits)

    def attach_queue(self, listener: Any) -> None:
        self.listener = listener

    def send(self, message: Any) -> None:
        if self.is_linked:
            self.world.unread.append((self.name, encode_broker_message(message)))

    def link(self) -> None:
        self.is_linked = True
        queue = self.listener
        self.send(Enrol(self.name, limits=dict(queue.limits), tickets=queue.records()))

    def lose(self) -> None:
        if self.is_linked:
            self.is_linked = self.is_enrolled = False
            self.unread.clear()
            self.listener.broker_changed(is_connected=False)

    def read(self) -> None:
        while self.unread:
            message = decode_of_broker(self.unread.popleft())
            if isinstance(message, Enrolled):
                self.is_enrolled = True
                self.listener.broker_changed(is_connected=True)
            elif not isinstance(message, Gateways | Revoked):
                self.listener.receive(message)

    def seat(self, binding: Binding = RUN, visitor: str = "", inherits: str = "") -> Seat:
        seat = Seat(self, binding, visitor or f"visitor {next(self.world.orders)}", inherits)
        self.world.settle()
        return seat


class World:
    """Gateways and a broker on virtual time; nothing travels but in `settle`."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.orders = count(1)
        self.names = count(1)
        self.gateways: dict[str, Gateway] = {}
        self.unread: deque[tuple[str, bytes]] = deque()
        self.admissions: list[Seat] = []
        self.broker: BrokerState | None = BrokerState(0.0, is_first=True)

    def gateway(self, **options: Any) -> Gateway:
        name = f"g{next(self.names)}"
        gateway = self.gateways[name] = Gateway(self, name, **options)
        if self.broker is not None:
            gateway.link()
        self.settle()
        return gateway

    def settle(self) -> None:
        """Let all that was said be heard."""
        now = self.loop.time()
        if self.broker is not None:
            self.broker.wake(now)
        self._hand_out()
        while self.unread and self.broker is not None:
            name, data = self.unread.popleft()
            self.broker.receive(name, decode_of_gateway(data), now)
            self._hand_out()

    def _hand_out(self) -> None:
        for name, message in self.broker.take() if self.broker is not None else ():
            if name in self.gateways and self.gateways[name].is_linked:
                self.gateways[name].unread.append(encode_broker_message(message))
        for gateway in list(self.gateways.values()):
            gateway.read()

    async def wait(self, seconds: float) -> None:
        """Let time pass, and wake the broker whenever something is due."""
        until = self.loop.time() + seconds
        while self.loop.time() < until:
            due = self.broker.due if self.broker is not None else None
            await asyncio.sleep(max(min(until, due if due is not None else until) - self.loop.time(), 0.0))
            self.settle()

    def kill_broker(self) -> None:
        self.broker = None
        self.unread.clear()
        for gateway in self.gateways.values():
            gateway.lose()

    def start_broker(self) -> None:
        self.broker = BrokerState(self.loop.time(), expected=list(self.gateways))

    def link_all(self) -> None:
        for gateway in self.gateways.values():
            if not gateway.is_linked:
                gateway.link()
                self.settle()

    def cut(self, gateway: Gateway) -> None:
        """Lose a connection: what is on the way in either direction is gone."""
        gateway.lose()
        self.unread = deque(each for each in self.unread if each[0] != gateway.name)
        if self.broker is not None:
            self.broker.lost(gateway.name, self.loop.time())
        self.settle()

    def kill(self, gateway: Gateway) -> None:
        del self.gateways[gateway.name]
        gateway.queue.close()
        self.cut(gateway)

    def seats(self) -> list[Seat]:
        return [seat for gateway in self.gateways.values() for seat in gateway.seats]

    def running(self, key: str) -> int:
        return sum(seat.ticket.has_slot for seat in self.seats() if seat.binding.concurrency_key == key)

    def admitted(self, seat: Seat) -> None:
        self.admissions.append(seat)
        earlier = [
            other
            for other in self.seats()
            if other.ticket is not None and other.ticket.is_waiting
            if other.binding is seat.binding and other.order < seat.order
            if other.gateway.is_enrolled and not other.ticket.is_away
        ]
        assert not earlier, f"{seat.order} goes before {[other.order for other in earlier]}"


def play(scene: Coroutine[Any, Any, None]) -> None:
    loop = VirtualLoop()
    try:
        loop.run_until_complete(scene)
    finally:
        loop.close()


def virtual(scene: Any) -> Any:
    @functools.wraps(scene)
    def test(**fixtures: Any) -> None:
        play(scene(**fixtures))

    return test


@virtual
async def test_gateways_share_a_limit_first_come_first_served() -> None:
    world = World()
    one, two = world.gateway(), world.gateway()
    seats = [gateway.seat() for _ in range(3) for gateway in (one, two)]
    assert [seat.ticket.has_slot for seat in seats] == [True, True, False, False, False, False]
    assert seats[2].heard == [(1, -1)]
    for leaving, next_one in zip(seats[:4], seats[2:], strict=True):
        leaving.leave()
        world.settle()
        assert next_one.heard[-1] == "admitted"


@virtual
async def test_a_slot_whose_time_is_up_goes_to_another_gateway() -> None:
    world = World()
    one, two = world.gateway(), world.gateway()
    first, second = one.seat(STREAM), two.seat(STREAM)
    await world.wait(3.1)
    assert first.heard[:2] == ["admitted", "expired"]
    assert second.heard[-1] == "admitted"
    assert second.ticket.deadline == pytest.approx(world.loop.time() + 2.9, abs=0.01)
    await world.wait(3.0)
    assert first.heard[-1] == "admitted"


@virtual
async def test_a_broker_that_begins_anew_admits_nobody_before_all_have_enrolled() -> None:
    world = World()
    one, two = world.gateway(), world.gateway()
    first, second, third = one.seat(STREAM), two.seat(STREAM), one.seat(STREAM)
    world.kill_broker()
    assert second.heard[-1] == (0, -1), "those who wait are told"
    await world.wait(0.2)
    late = two.seat(STREAM)
    assert late.heard == [(0, -1)], "and so are those who come now"
    world.start_broker()
    two.link()
    world.settle()
    assert not second.ticket.has_slot, "only the other gateway knows that the slot is taken"
    one.link()
    world.settle()
    assert first.ticket.is_running
    await world.wait(0.6)
    assert [seat.heard[-1][0] for seat in (second, third, late)] == [1, 2, 3]
    first.leave()
    world.settle()
    assert second.ticket.is_running


@virtual
async def test_all_who_wait_hear_of_their_position_from_a_broker_that_begins_anew() -> None:
    world = World()
    gateway = world.gateway()
    gateway.seat(STREAM)
    waiting = [gateway.seat(STREAM, visitor) for visitor in ("anna", "bert", "anna")]
    await world.wait(0.6)
    assert [seat.heard[-1][0] for seat in waiting] == [1, 2, 3]
    world.kill_broker()
    world.start_broker()
    gateway.link()
    world.settle()
    await world.wait(0.6)
    assert [seat.heard[-1][0] for seat in waiting] == [1, 2, 3]


@virtual
async def test_those_who_wait_hear_of_their_position_again_when_their_gateway_is_back() -> None:
    world = World()
    gateway = world.gateway()
    gateway.seat(STREAM)
    waiting = gateway.seat(STREAM)
    await world.wait(0.6)
    world.cut(gateway)
    assert waiting.heard[-1] == (0, -1)
    await world.wait(0.1)
    gateway.link()
    world.settle()
    await world.wait(0.6)
    assert waiting.heard[-1][0] == 1


@virtual
async def test_an_extension_that_was_lost_on_the_way_is_sent_again() -> None:
    world = World()
    gateway = world.gateway()
    running = gateway.seat(STREAM)
    await world.wait(2.9)
    world.cut(gateway)
    await world.wait(0.2)
    assert running.ticket.deadline == pytest.approx(3.0, abs=0.01)
    gateway.link()
    world.settle()
    assert running.heard[-1] == "extended"
    assert running.ticket.deadline == pytest.approx(6.0, abs=0.01)


@virtual
async def test_a_gateway_that_never_enrols_is_waited_for_no_longer_than_a_second() -> None:
    world = World()
    one, two = world.gateway(), world.gateway()
    two.seat(STREAM)
    waiting = one.seat(STREAM)
    world.kill_broker()
    world.start_broker()
    one.link()
    world.settle()
    await world.wait(REBUILD_S - 0.01)
    assert not waiting.ticket.has_slot
    await world.wait(0.02)
    assert waiting.ticket.has_slot


@virtual
async def test_a_late_gateway_gives_up_the_slot_that_was_given_away() -> None:
    world = World()
    one, two = world.gateway(), world.gateway()
    held = two.seat(LONG)
    waiting = one.seat(LONG)
    world.cut(two)
    await world.wait(KEEP_SLOT_S + 0.01)
    assert waiting.ticket.has_slot
    assert held.ticket.has_slot, "it works on"
    two.link()
    world.settle()
    assert held.heard[-2:] == ["expired", (1, 30)]


@virtual
async def test_a_restored_session_takes_over_slot_and_position() -> None:
    world = World()
    one, two = world.gateway(), world.gateway()
    running, waiting, behind = one.seat(STREAM, "anna"), one.seat(STREAM, "bert"), two.seat(STREAM)
    references = [one.queue.reference(seat.ticket) for seat in (running, waiting)]
    world.kill(one)
    await world.wait(1.0)
    heirs = [two.seat(STREAM, name, reference) for name, reference in zip(("anna", "bert"), references, strict=True)]
    assert heirs[0].ticket.is_running
    assert heirs[0].ticket.deadline == pytest.approx(3.0, abs=0.01), "the time goes on"
    assert heirs[1].heard[-1][0] == 1
    heirs[0].leave()
    heirs[1].order = waiting.order
    world.settle()
    assert heirs[1].ticket.has_slot
    assert not behind.ticket.has_slot


@virtual
async def test_what_was_bequeathed_outlives_the_goodbye_and_the_ticket() -> None:
    world = World()
    one, two = world.gateway(), world.gateway()
    seat = one.seat(STREAM, "anna")
    reference = one.queue.reference(seat.ticket)
    other = two.seat(STREAM)
    one.queue.bequeath([seat.ticket])
    seat.leave()
    world.settle()
    assert not other.ticket.has_slot, "it is kept for the heir"
    heir = two.seat(STREAM, "anna", reference)
    assert heir.ticket.has_slot
    assert not two.seat(STREAM, "eve", reference).ticket.has_slot, "there is one heir"


@virtual
async def test_only_the_same_visitor_inherits() -> None:
    world = World()
    one, two = world.gateway(), world.gateway()
    reference = one.queue.reference(one.seat(STREAM, "anna").ticket)
    world.kill(one)
    assert not two.seat(STREAM, "eve", reference).ticket.has_slot


@virtual
async def test_tickets_of_a_lost_gateway_end() -> None:
    world = World()
    one, two = world.gateway(), world.gateway()
    one.seat(LONG)
    one.seat(LONG)
    other = two.seat(LONG)
    world.kill(one)
    await world.wait(KEEP_SLOT_S - 0.1)
    assert not other.ticket.has_slot
    await world.wait(0.2)
    assert other.ticket.has_slot, "who waits before it is away"
    await world.wait(KEEP_POSITION_S)
    other.leave()
    world.settle()
    assert len(world.broker._slots.owners) == 0


@virtual
async def test_without_a_broker_nobody_waits_for_ever_and_what_runs_runs_on() -> None:
    world = World()
    gateway = world.gateway()
    running, waiting = gateway.seat(STREAM), gateway.seat(STREAM)
    world.kill_broker()
    await world.wait(OUTAGE_S - 0.1)
    assert waiting.ticket.is_waiting
    await world.wait(0.2)
    assert waiting.heard[-1][0] == "refused"
    with pytest.raises(Busy, match="cannot be reached"):
        gateway.queue.join(waiting, STREAM, "anna")
    assert running.ticket.is_running
    waiting.leave()
    world.start_broker()
    gateway.link()
    world.settle()
    assert gateway.seat(STREAM).heard[-1] == (1, 3), "the slot that ran on is known, and was extended"


@virtual
async def test_one_that_cannot_be_notified_costs_no_other_its_position(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    gateway = world.gateway()
    gateway.seat(STREAM)
    faulty, waiting = gateway.seat(STREAM), gateway.seat(STREAM)
    faulty.stands = lambda position, eta_s: 1 / 0
    world.kill_broker()
    assert waiting.heard[-1] == (0, -1)
    assert "could not be notified" in caplog.text


@virtual
async def test_a_full_queue_refuses_in_words() -> None:
    world = World()
    world.broker = BrokerState(0.0, is_first=True)
    gateway = world.gateway()
    world.broker._slots._admission._max_waiting = 1
    gateway.seat(STREAM)
    gateway.seat(STREAM)
    turned_away = gateway.seat(STREAM)
    assert turned_away.heard == [("refused", "The app is busy: too many people are waiting. Try again in a moment.")]
    turned_away.leave()


@virtual
async def test_what_has_no_limit_needs_no_broker() -> None:
    world = World()
    gateway = world.gateway()
    world.kill_broker()
    free = gateway.seat(replace(RUN, concurrency_key="free", concurrency_limit=None))
    assert free.ticket.is_running
    gateway.queue.step_aside([free.ticket])
    gateway.queue.step_up([free.ticket])
    free.leave()


@virtual
async def test_a_stranger_is_not_heard() -> None:
    broker = BrokerState(0.0, is_first=True)
    with pytest.raises(ProtocolError, match="has not enrolled"):
        broker.receive("", decode_of_gateway(b"\x81\xa4type\xa4ping"), 0.0)


@virtual
async def test_builds_share_slots() -> None:
    broker = BrokerState(0.0, is_first=True)
    for number, build in enumerate(("old", "new")):
        broker.receive("", Enrol(f"g{number}", build), 0.0)
    assert [message.addresses for _, message in broker.take() if isinstance(message, Gateways)][-1] == {
        "g0": "",
        "g1": "",
    }


@virtual
async def test_the_snapshots_of_a_gateway_that_has_gone_are_due_whatever_is_said_or_not() -> None:
    broker = BrokerState(0.0, is_first=True)
    for name, key in (("g0", b"j"), ("g1", b"k")):
        broker.receive("", Enrol(name), 0.0)
        broker.receive(name, PutSnapshot(key, b"head", b"body"), 0.0)
    assert broker.due is None
    broker.receive("g0", Goodbye(), 5.0)
    broker.lost("g1", 6.0)
    for ends in (5.0 + KEEP_S, 6.0 + KEEP_S):
        assert broker.due == ends
        broker.wake(ends)
    assert broker.due is None
    assert len(broker._snapshots) == 0


class Storm(RuleBasedStateMachine):
    """Visitors come and go while gateways and brokers crash."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = VirtualLoop()
        self.orphaned: list[tuple[str, Binding, str]] = []
        self.do(self.begin)

    def do(self, scene: Any) -> None:
        async def run() -> None:
            result = scene()
            if asyncio.iscoroutine(result):
                await result
            self.world.settle()

        self.loop.run_until_complete(run())

    def begin(self) -> None:
        self.world = World()
        self.world.gateway()
        self.world.gateway()

    def pick(self, data: Any) -> Gateway:
        return data.draw(st.sampled_from(list(self.world.gateways.values())))

    @rule(data=st.data(), binding=st.sampled_from([RUN, STREAM]))
    def join(self, data: Any, binding: Binding) -> None:
        gateway = self.pick(data)

        def scene() -> None:
            try:
                seat = gateway.seat(binding)
            except Busy:
                return
            if not gateway.is_enrolled:
                seat.order = 10**9  # nobody knows of it yet

        self.do(scene)

    @rule(data=st.data())
    def leave(self, data: Any) -> None:
        if seats := self.world.seats():
            self.do(data.draw(st.sampled_from(seats)).leave)

    @rule(data=st.data(), is_away=st.booleans())
    def come_and_go(self, data: Any, is_away: bool) -> None:
        if seats := self.world.seats():
            seat = data.draw(st.sampled_from(seats))
            queue = seat.gateway.queue
            self.do(lambda: (queue.step_aside if is_away else queue.step_up)([seat.ticket]) and None)

    @rule(seconds=st.sampled_from([0.3, 1.1, 2.5]))
    def wait(self, seconds: float) -> None:
        self.do(lambda: self.world.wait(seconds))

    @rule(data=st.data(), back_s=st.sampled_from([0.0, 0.4, 2.0]))
    def restart_broker(self, data: Any, back_s: float) -> None:
        async def scene() -> None:
            self.world.kill_broker()
            await self.world.wait(back_s)
            self.world.start_broker()
            for gateway in data.draw(st.permutations(list(self.world.gateways.values()))):
                gateway.link()
                self.world.settle()

        self.do(scene)

    @rule(data=st.data(), back_s=st.sampled_from([0.0, 1.0]))
    def cut(self, data: Any, back_s: float) -> None:
        gateway = self.pick(data)

        async def scene() -> None:
            self.world.cut(gateway)
            await self.world.wait(back_s)
            gateway.link()

        self.do(scene)

    @rule(data=st.data())
    def kill_gateway(self, data: Any) -> None:
        gateway = self.pick(data)

        def scene() -> None:
            self.orphaned += [
                (gateway.queue.reference(seat.ticket), seat.binding, seat.visitor) for seat in gateway.seats
            ]
            self.world.kill(gateway)
            if len(self.world.gateways) < 2:
                self.world.gateway()

        self.do(scene)

    @rule(data=st.data())
    def restore(self, data: Any) -> None:
        gateway = self.pick(data)
        if self.orphaned and gateway.is_enrolled:
            reference, binding, visitor = self.orphaned.pop()

            def scene() -> None:
                seat = Seat(gateway, binding, visitor, reference)
                seat.order = -next(self.world.orders)  # it may have been here for long
                self.world.settle()
                seat.order = 10**9  # nothing is checked against it: others went before while it was away

            self.do(scene)

    @invariant()
    def no_limit_is_exceeded(self) -> None:
        for key, limit in LIMITS.items():
            assert self.world.running(key) <= limit, f"{self.world.running(key)} run under {key}"

    def teardown(self) -> None:
        def present() -> None:
            for seat in self.world.seats():
                seat.gateway.queue.step_up([seat.ticket])

        self.do(self.world.link_all)
        self.do(present)
        self.do(lambda: self.world.wait(KEEP_POSITION_S + 1))
        for _ in range(len(self.world.seats()) + 1):
            running = [seat for seat in self.world.seats() if not seat.ticket.is_waiting]
            assert running or not self.world.seats(), "somebody waits, and nobody runs"
            for seat in running:
                self.do(seat.leave)
        assert not self.world.seats(), "somebody starves"
        assert len(self.world.broker._slots.owners) == 0, "a ticket has leaked"
        self.loop.close()


Storm.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestStorm = Storm.TestCase
