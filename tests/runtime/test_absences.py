"""Pages that are away keep nobody waiting, and there are not too many of them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest
import simplejpeg
from tests.client.media import picture
from tests.runtime.test_link import StubbornPage, virtual

import millstream as ms
from millstream.admission import Admission
from millstream.engines.thread import Engine
from millstream.runtime.absences import HOLD_S, MAX_AWAY_EACH, Absences
from millstream.runtime.host import Settings
from millstream.runtime.queue import RunQueue
from millstream.server.composition import compose_host
from millstream.tickets import Ticket
from millstream.wire.encoding import encode_packet
from millstream.wire.messages import Fire, Open, RunState, StreamState
from millstream.wire.packet import CodecNumber, Flag, Packet, PacketKind

ABANDON_S = 30.0


class Call:
    """The part of a worker that the queue knows."""

    def __init__(self) -> None:
        self.released: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.abandon_s = ABANDON_S


class Somebody:
    """A stream in the queue, and the session that it is of."""

    def __init__(self, queue: RunQueue, binding: Any, address: str = "10.0.0.1") -> None:
        self.address = address
        self.heard: list[str] = []
        self.ended: list[int] = []
        self.calls: list[Call] = []
        self.queue = queue
        self.ticket: Ticket = queue.join(self, binding, f"visitor {id(self)}")

    def begins_a_call(self) -> Call:
        call = Call()
        self.calls.append(call)
        self.queue.hold(self.ticket, call)  # type: ignore[arg-type]  # no more of a worker is needed
        return call

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
        if not self.calls:
            self.queue.rejoin(self.ticket)

    def surrender(self) -> None:
        self.heard.append("surrender")
        self.queue.leave(self.ticket)

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
    absences, away, waits = Absences(queue, ABANDON_S), Somebody(queue, binding), Somebody(queue, binding)
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
    absences, away, waits = Absences(queue, ABANDON_S), Somebody(queue, binding), Somebody(queue, binding)
    absences.begin(away, silent_s=HOLD_S + 5)
    await asyncio.sleep(0.1)
    assert waits.ticket.has_slot


@virtual
async def test_a_slot_that_nobody_wants_is_kept(binding: Any) -> None:
    queue = RunQueue(Admission())
    absences, away = Absences(queue, ABANDON_S), Somebody(queue, binding)
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
async def test_a_call_that_does_not_return_keeps_its_slot_no_longer_than_after_a_page_was_closed(binding: Any) -> None:
    queue = RunQueue(Admission())
    absences, away, _waits = Absences(queue, ABANDON_S), Somebody(queue, binding), Somebody(queue, binding)
    call = away.begins_a_call()
    absences.begin(away, silent_s=0.0)
    await asyncio.sleep(HOLD_S + ABANDON_S - 0.1)
    assert away.heard == ["expired"]
    assert call.abandon_s == ABANDON_S
    await asyncio.sleep(0.2)
    assert away.heard == ["expired", "surrender"]
    assert call.abandon_s == 0.0, "the time that it has to end is over"
    absences.end(away, is_back=False)


@virtual
async def test_a_call_whose_slot_nobody_wants_goes_on_until_somebody_does(binding: Any) -> None:
    queue = RunQueue(Admission())
    absences, away = Absences(queue, ABANDON_S), Somebody(queue, binding)
    away.begins_a_call()
    absences.begin(away, silent_s=0.0)
    await asyncio.sleep(HOLD_S + 2 * ABANDON_S)
    assert away.heard == []
    Somebody(queue, binding)
    await asyncio.sleep(3)
    assert away.heard == ["expired", "surrender"]
    absences.end(away, is_back=False)


@virtual
async def test_a_page_that_is_back_before_that_keeps_its_call(binding: Any) -> None:
    queue = RunQueue(Admission())
    absences, away, _waits = Absences(queue, ABANDON_S), Somebody(queue, binding), Somebody(queue, binding)
    away.begins_a_call()
    absences.begin(away, silent_s=0.0)
    await asyncio.sleep(HOLD_S + ABANDON_S / 2)
    absences.end(away, is_back=True)
    await asyncio.sleep(2 * ABANDON_S)
    assert away.heard == ["expired"]


@virtual
async def test_the_calls_of_a_page_that_is_back_have_all_the_time_again_that_they_may_take_to_end(binding: Any) -> None:
    queue = RunQueue(Admission())
    absences, away = Absences(queue, ABANDON_S), Somebody(queue, binding)
    call = away.begins_a_call()
    absences.begin(away, silent_s=0.0)
    await asyncio.sleep(HOLD_S + ABANDON_S + 1)
    assert call.abandon_s == 0.0
    absences.end(away, is_back=True)
    assert call.abandon_s == ABANDON_S


@pytest.mark.parametrize("kind", ["run", "stream"])
@virtual
async def test_a_handler_that_hangs_is_abandoned_while_its_page_may_still_come_back(kind: str) -> None:
    released = threading.Event()

    def hang(*_: object) -> None:
        released.wait()

    with ms.Blocks() as demo:
        camera = ms.Image(sources="webcam")
        camera.stream(hang, camera, None)
        ms.Button("Go").click(hang, None, None)
    host = compose_host(demo.freeze(), Settings(grace_s=600.0, abandon_s=ABANDON_S), Engine())
    await host.start()
    away, waits = StubbornPage(host), StubbornPage(host)
    for page in (away, waits):
        await page.open()
        if kind == "run":
            await page.say(Fire(binding=1, run=1))
        else:
            await page.say(Open(stream=1, binding=0))
        if page is away and kind == "stream":
            await page.wait(lambda: "running" in away.states(StreamState))
            payload = simplejpeg.encode_jpeg(picture(1))
            frame = Packet(PacketKind.PICTURE, CodecNumber.JPEG, Flag.INDEPENDENT, 1, 1, 1, 0, 0, 0, payload)
            await page.near.send(encode_packet(frame))
    states = partial(waits.states, RunState if kind == "run" else StreamState)
    await waits.wait(lambda: "waiting" in states())
    away.near.lose()
    await asyncio.sleep(HOLD_S + ABANDON_S - 1)
    assert "running" not in states()
    await asyncio.sleep(3)
    assert states()[-1] == "running"
    assert len(host.sessions) == 2, "its page may still come back"
    await away.come_back()
    await away.wait(lambda: {"cancelled", "ended"} & {*away.states(RunState), *away.states(StreamState)} != set())
    released.set()
    await host.close(0)
    await asyncio.sleep(1)


@virtual
async def test_who_waits_and_is_away_hears_nothing_until_it_is_back(binding: Any) -> None:
    queue = RunQueue(Admission())
    holds, first, second = (Somebody(queue, binding) for _ in range(3))
    absences = Absences(queue, ABANDON_S)
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
    absences = Absences(queue, ABANDON_S)
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
