"""The conformance suite of lanes. Subclass `LaneSuite` in a test file, with a name that begins with `Test`."""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest

from millstream.errors import BacklogExceeded, LaneClosed
from millstream.runtime.stream.lane import Lane
from millstream.wire.packet import INDEPENDENT, KEY


@dataclass(frozen=True)
class Item:
    """Something to put into a lane; an independent frame unless told otherwise."""

    number: int
    is_key: bool = True
    is_independent: bool = True
    payload: bytes = b"12345678"

    @property
    def flags(self) -> int:
        return self.is_key * KEY + self.is_independent * INDEPENDENT


class LaneSuite:
    """The suite. `bound` is the most items that the lane of `make` may hold."""

    bound: int

    def make(self) -> Lane[Item]:
        """Make an empty lane."""
        raise NotImplementedError

    def test_an_empty_lane_gives_nothing(self) -> None:
        lane = self.make()
        assert len(lane) == 0
        assert lane.take() is None
        assert lane.take_all() == []

    def test_what_was_put_in_last_comes_out_last(self) -> None:
        lane = self.make()
        for number in range(min(3, self.bound)):
            lane.put(Item(number))
        assert lane.take_all()[-1] == Item(min(3, self.bound) - 1)

    def test_a_closed_lane_gives_what_waits_and_then_says_so(self) -> None:
        lane = self.make()
        lane.put(Item(1))
        lane.close()
        lane.close()
        with pytest.raises(LaneClosed):
            lane.put(Item(2))
        assert lane.take() == Item(1)
        with pytest.raises(LaneClosed):
            lane.take()
        with pytest.raises(LaneClosed):
            lane.take_all()

    def test_clear_drops_and_counts(self) -> None:
        lane = self.make()
        lane.put(Item(1), seconds=0.1)
        lane.clear()
        statistics = lane.statistics()
        assert (statistics.dropped, statistics.waiting, statistics.waiting_s, statistics.waiting_bytes) == (1, 0, 0, 0)

    def test_counters_add_up_order_holds_and_so_does_the_bound(self) -> None:
        dice = random.Random(1)  # noqa: S311 - repeatable on purpose
        for _ in range(200):
            lane, out = self.make(), list[Item]()
            for number in range(dice.randrange(60)):
                self.step(lane, out, number, dice)
                statistics = lane.statistics()
                assert statistics.put == statistics.taken + statistics.dropped + statistics.waiting
                assert statistics.waiting == len(lane) <= self.bound
                assert statistics.waiting_bytes == 8 * len(lane)
                assert statistics.waiting_s == pytest.approx(0.1 * len(lane))
                assert statistics.taken == len(out)
            assert [item.number for item in out] == sorted(item.number for item in out)

    def step(self, lane: Lane[Item], out: list[Item], number: int, dice: random.Random) -> None:
        """Do something to the lane by chance."""
        match dice.choice(["put", "put", "put", "put", "take", "take_all", "clear"]):
            case "put":
                try:
                    lane.put(Item(number, dice.random() < 0.5, dice.random() < 0.5), seconds=0.1)
                except BacklogExceeded:
                    assert len(lane) > 0
            case "take":
                item = lane.take()
                out += [] if item is None else [item]
            case "take_all":
                out += lane.take_all()
            case _:
                lane.clear()
