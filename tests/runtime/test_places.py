"""The queue with a clock: who is told what, and when."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

import pytest

import millstream as ms
from millstream.admission import Ticket
from millstream.errors import Busy
from millstream.runtime.places import Places
from millstream.testing.virtual import VirtualLoop
from millstream.ui.events import Binding

with ms.Blocks() as _demo:
    ms.Button().click(lambda: None)
BINDING: Binding = replace(_demo.freeze().bindings[0], concurrency_limit=1, time_limit=10.0)


class Visitor:
    """A guest that writes down what it hears."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.heard: list[Any] = []

    def join(self) -> Ticket:
        self.ticket = self.places.join(self, BINDING, "session")
        return self.ticket

    def admitted(self) -> None:
        self.heard.append("admitted")

    def extended(self) -> None:
        self.heard.append("extended")

    def expired(self) -> None:
        self.heard.append("expired")

    def stands(self, position: int, eta_s: float) -> None:
        self.heard.append((position, round(eta_s)))


def play(scene: Coroutine[Any, Any, None]) -> None:
    loop = VirtualLoop()
    try:
        loop.run_until_complete(scene)
    finally:
        loop.close()


def test_turns_go_round() -> None:
    async def scene() -> None:
        places = Places(None)
        one, two, three = (Visitor(places) for _ in range(3))
        for visitor in (one, two, three):
            visitor.join()
        assert [visitor.heard for visitor in (one, two, three)] == [["admitted"], [(1, 10)], [(2, 20)]]
        await asyncio.sleep(10.1)
        assert one.heard == ["admitted", "expired"]
        places.rejoin(one.ticket)
        assert (one.heard[-1], two.heard[-1]) == ((2, 20), "admitted")
        await asyncio.sleep(0.6)
        assert three.heard[-1] == (1, 10), "the others hear of it a moment later"
        places.leave(two.ticket)
        places.leave(two.ticket)
        assert three.heard[-1] == "admitted"
        assert places.waiting == 1
        places.close()

    play(scene())


def test_alone_a_turn_is_extended() -> None:
    async def scene() -> None:
        places = Places(None)
        one = Visitor(places)
        ticket = one.join()
        await asyncio.sleep(25)
        assert one.heard == ["admitted", "extended", "extended"]
        assert ticket.deadline == pytest.approx(30)
        places.close()

    play(scene())


def test_those_who_wait_hear_at_most_twice_a_second() -> None:
    async def scene() -> None:
        places = Places(None)
        last = None
        visitors = [Visitor(places) for _ in range(50)]
        for visitor in visitors:
            visitor.join()
        last = visitors[-1]
        for visitor in visitors[1:40]:
            places.leave(visitor.ticket)
            await asyncio.sleep(0.01)
        await asyncio.sleep(1)
        positions = [position for position, _ in last.heard]
        assert positions[0] == 49
        assert positions[-1] == 10
        assert positions == sorted(positions, reverse=True)
        assert len(positions) <= 3
        places.close()

    play(scene())


def test_a_full_or_closed_queue_takes_nobody() -> None:
    async def scene() -> None:
        places = Places(1)
        one, two = Visitor(places), Visitor(places)
        one.join()
        two.join()
        with pytest.raises(Busy):
            Visitor(places).join()
        places.close()
        with pytest.raises(Busy, match="restarted"):
            Visitor(places).join()
        places.leave(one.ticket)
        assert "admitted" not in two.heard, "nobody is admitted any more"

    play(scene())
