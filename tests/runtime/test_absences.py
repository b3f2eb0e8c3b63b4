"""Pages that are away keep nobody waiting, and there are not too many of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from tests.runtime.test_link import virtual

import millstream as ms
from millstream.admission import Admission
from millstream.runtime.absences import HOLD_S, MAX_AWAY_EACH, Absences
from millstream.runtime.queue import RunQueue
from millstream.tickets import Ticket


class Somebody:
    """A stream in the queue, and the session that it is of."""

    def __init__(self, queue: RunQueue, binding: Any, address: str = "10.0.0.1") -> None:
        self.address = address
        self.heard: list[str] = []
        self.ended: list[int] = []
        self.queue = queue
        self.ticket: Ticket = queue.join(self, binding, f"visitor {id(self)}")

    @property
    def tickets(self) -> Sequence[Ticket]:
        return [self.ticket]

    def end(self, code: int, reason: str) -> None:
        self.ended.append(code)

    def admitted(self) -> None:
        self.heard.append("admitted")

    def extended(self) -> None:
        self.heard.append("extended")

    def expired(self) -> None:
        self.heard.append("expired")
        self.queue.rejoin(self.ticket)

    def stands(self, position: int, eta_s: float) -> None:
        self.heard.append(f"waits at {position}")


@pytest.fixture
def binding() -> Any:
    with ms.Blocks() as demo:
        camera = ms.Image(sources="webcam")
        camera.stream(lambda frame: None, camera, None)
    return demo.freeze().bindings[0]


@virtual
async def test_a_slot_is_kept_for_a_while_and_then_until_somebody_wants_it(binding: Any) -> None:
    queue = RunQueue(Admission())
    absences, away, waits = Absences(queue), Somebody(queue, binding), Somebody(queue, binding)
    absences.begin(away, silent_s=0.0)
    await asyncio.sleep(HOLD_S - 0.1)
    assert away.ticket.has_slot
    await asyncio.sleep(0.2)
    assert away.heard[0] == "expired"
    assert waits.ticket.has_slot
    queue.leave(waits.ticket)
    assert not away.ticket.has_slot
    absences.end(away, is_back=True)
    assert away.heard[-1] == "admitted"


@virtual
async def test_what_was_silent_before_its_link_was_found_lost_keeps_its_slot_no_longer(binding: Any) -> None:
    queue = RunQueue(Admission())
    absences, away, waits = Absences(queue), Somebody(queue, binding), Somebody(queue, binding)
    absences.begin(away, silent_s=HOLD_S + 5)
    await asyncio.sleep(0.1)
    assert waits.ticket.has_slot


@virtual
async def test_a_slot_that_nobody_wants_is_kept(binding: Any) -> None:
    queue = RunQueue(Admission())
    absences, away = Absences(queue), Somebody(queue, binding)
    absences.begin(away, silent_s=0.0)
    await asyncio.sleep(50)
    assert away.ticket.has_slot
    absences.end(away, is_back=True)
    later = Somebody(queue, binding)
    await asyncio.sleep(50)
    assert away.ticket.has_slot
    assert later.ticket.is_waiting
    assert away.heard == []


@virtual
async def test_who_waits_and_is_away_hears_nothing_until_it_is_back(binding: Any) -> None:
    queue = RunQueue(Admission())
    holds, first, second = (Somebody(queue, binding) for _ in range(3))
    absences = Absences(queue)
    absences.begin(second, silent_s=0.0)
    told = list(second.heard)
    queue.leave(first.ticket)
    await asyncio.sleep(5)
    assert second.heard == told == ["waits at 2"]
    absences.end(second, is_back=True)
    assert second.heard[-1] == "waits at 1"
    queue.leave(holds.ticket)
    assert second.heard[-1] == "admitted"


@virtual
async def test_of_too_many_of_one_network_the_one_that_is_away_for_longest_is_given_up(binding: Any) -> None:
    queue = RunQueue(Admission())
    absences = Absences(queue)
    other = Somebody(queue, binding, "10.0.0.2")
    absences.begin(other, silent_s=0.0)
    crowd = [Somebody(queue, binding, f"2001:db8::{number:x}") for number in range(MAX_AWAY_EACH + 1)]
    for each in crowd:
        absences.begin(each, silent_s=0.0)
    assert [each.ended for each in crowd] == [[1001]] + [[]] * MAX_AWAY_EACH
    assert other.ended == []
    assert absences.make_room()
    assert other.ended == [1001]
    for each in crowd:
        absences.end(each, is_back=False)
        absences.end(each, is_back=False)
    assert len(absences) == 0
    assert not absences.make_room()
