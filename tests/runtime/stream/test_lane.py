from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.errors import BacklogExceeded
from millstream.frames import Frame
from millstream.runtime.stream.lane import All, Lane
from millstream.runtime.stream.latest import Latest
from millstream.testing import fake_delta
from millstream.testing.conformance.lane import Item, LaneSuite
from millstream.wire.packet import Flag, Packet, PacketKind


def picture(number: int) -> Item:
    return Item(number)


def key(number: int) -> Item:
    return Item(number, is_independent=False)


def delta(number: int) -> Item:
    return Item(number, is_key=False, is_independent=False)


def disposable(number: int) -> Item:
    """A delta that no later packet needs."""
    return Item(number, is_key=False)


def fill(lane: Lane[Item], *items: Item) -> list[int]:
    for item in items:
        lane.put(item)
    return [item.number for item in lane.take_all()]


@pytest.mark.parametrize(
    ("items", "kept"),
    [
        ([], []),
        ([picture(1), picture(2), picture(3)], [3]),
        ([key(1), delta(2), delta(3)], [1, 2, 3]),
        ([delta(1), delta(2)], [1, 2]),
        ([key(1), delta(2), key(3), delta(4)], [3, 4]),
        ([key(1), disposable(2), disposable(3)], [1, 3]),
        ([key(1), disposable(2), delta(3)], [1, 3]),
        ([key(1), delta(2), picture(3)], [1, 2, 3]),
        ([picture(1), key(2)], [2]),
        ([key(1), picture(2), picture(3), delta(4)], [1, 4]),
    ],
)
def test_latest_keeps_the_newest_and_what_it_needs(items: list[Item], kept: list[int]) -> None:
    assert fill(Latest(), *items) == kept


def test_latest_takes_packets_as_they_come_from_the_wire() -> None:
    lane: Latest[Packet] = Latest()
    for sequence in (1, 2):
        lane.put(Packet(PacketKind.PICTURE, 1, Flag.KEY | Flag.INDEPENDENT, 1, 4, sequence, 0, 0, 0, b"x"))
    packet = lane.take()
    assert packet is not None
    assert packet.sequence == 2


def test_latest_drops_everything_up_to_the_next_key_when_too_many_depend_on_each_other() -> None:
    lane: Latest[Item] = Latest(max_dependent=3)
    assert fill(lane, key(1), delta(2), delta(3)) == [1, 2, 3]
    assert fill(lane, key(4), delta(5), delta(6), delta(7), delta(8), disposable(9)) == []
    assert lane.needs_key
    assert lane.statistics().dropped == 6
    assert fill(lane, picture(10), delta(11)) == [10]
    assert fill(lane, delta(12), picture(13)) == [13]
    assert fill(lane, key(14), delta(15)) == [14, 15]
    assert not lane.needs_key


@pytest.mark.parametrize(
    ("items", "kept"),
    [
        ([picture(1)], [1]),
        ([key(1), delta(2)], [1, 2]),
    ],
)
def test_latest_keeps_what_needs_nothing_that_was_lost(items: list[Item], kept: list[int]) -> None:
    lane: Latest[Item] = Latest()
    for item in items:
        lane.put(item)
    lane.lose()
    assert [item.number for item in lane.take_all()] == kept
    assert not lane.needs_key


@pytest.mark.parametrize("taken", [[key(1)], [delta(1)], [key(1), disposable(2)]])
def test_latest_drops_what_builds_on_something_lost(taken: list[Item]) -> None:
    lane: Latest[Item] = Latest()
    fill(lane, *taken)
    lane.put(delta(3))
    lane.lose()
    assert lane.needs_key
    assert fill(lane, delta(4), key(5), delta(6)) == [5, 6]
    assert not lane.needs_key


def test_all_has_nothing_to_drop_because_of_a_loss() -> None:
    lane: All[Item] = All(10.0)
    lane.put(delta(1))
    lane.lose()
    assert fill(lane, delta(2)) == [1, 2]


def test_all_keeps_everything_in_order() -> None:
    assert fill(All(10), *(picture(number) for number in range(5))) == [0, 1, 2, 3, 4]


def test_take_gives_one_at_a_time_then_none() -> None:
    lane: All[Item] = All(10)
    lane.put(picture(1))
    lane.put(picture(2))
    assert [lane.take(), lane.take(), lane.take()] == [picture(1), picture(2), None]
    assert lane.take_all() == []


def test_all_refuses_more_seconds_than_allowed_and_keeps_what_it_has() -> None:
    lane: All[Item] = All(max_seconds=1.0)
    lane.put(picture(1), seconds=0.5)
    lane.put(picture(2), seconds=0.5)
    with pytest.raises(BacklogExceeded, match=r"1\.5 s wait.*1 s are allowed.*max_backlog"):
        lane.put(picture(3), seconds=0.5)
    assert len(lane) == 2
    assert lane.statistics().put == 2


def test_all_takes_a_single_item_that_is_longer_than_the_bound() -> None:
    lane: All[Item] = All(max_seconds=1.0)
    lane.put(picture(1), seconds=5.0)
    with pytest.raises(BacklogExceeded):
        lane.put(picture(2), seconds=0.1)


def test_all_refuses_more_bytes_than_allowed() -> None:
    lane: All[Item] = All(10, max_bytes=12)
    lane.put(picture(1))
    with pytest.raises(BacklogExceeded, match="16 bytes wait"):
        lane.put(picture(2))
    with pytest.raises(BacklogExceeded, match="13 bytes"):
        All[Item](10, max_bytes=12).put(Item(1, payload=bytes(13)))


def test_all_refuses_more_items_than_allowed() -> None:
    lane: All[Item] = All(10, max_count=1)
    lane.put(picture(1))
    with pytest.raises(BacklogExceeded, match="1 packets wait"):
        lane.put(picture(2))


class TestLatest(LaneSuite):
    bound = 5

    def make(self) -> Lane[Item]:
        return Latest(self.bound)


class TestAll(LaneSuite):
    bound = 5

    def make(self) -> Lane[Item]:
        return All(100, max_count=self.bound)


@given(st.lists(st.tuples(st.sampled_from(["key", "delta", "disposable", "picture"]), st.booleans()), max_size=60))
def test_latest_never_drops_a_packet_that_a_kept_one_needs(steps: list[tuple[str, bool]]) -> None:
    make = {"key": key, "delta": delta, "disposable": disposable, "picture": picture}
    lane: Latest[Item] = Latest(max_dependent=5)
    state: int | None = None  # number of the last packet that the decoder's frame is built on
    chain: dict[int, int | None] = {}  # what each delta was made from
    last_reference: int | None = None
    for number, (name, takes) in enumerate([("key", False), *steps]):
        item = make[name](number)
        chain[number] = None if item.is_key else last_reference
        if not item.is_independent:
            last_reference = number
        lane.put(item)
        for taken in lane.take_all() if takes else []:
            assert taken.is_key or chain[taken.number] == state
            if not taken.is_independent:
                state = taken.number


@given(st.lists(st.integers(0, 4), min_size=1, max_size=30))
def test_what_comes_out_of_latest_can_always_be_decoded(waits: list[int]) -> None:
    """Frames of a delta codec; the reader comes after each of `waits` more of them."""
    lane: Latest[Item] = Latest(max_dependent=4)
    encoder, decoder = fake_delta.open_encoder(1.0), fake_delta.open_decoder()
    number = 0
    for wait in waits:
        for _ in range(wait):
            number += 1
            encoded = encoder.encode(Frame(np.full((2, 2, 3), number, np.uint8)))
            lane.put(Item(number, encoded.is_key, encoded.is_independent, bytes(encoded.payload)))
        decoded = [decoder.decode(packet.payload) for packet in lane.take_all()]
        if wait and decoded:
            assert decoded[-1].pixels[0, 0, 0] == number, "the newest is there"
