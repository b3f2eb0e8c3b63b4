"""Where the page is in a playback, by what it says and by the time since."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.errors import ProtocolError
from millstream.runtime.audio.position import PlaybackPosition
from millstream.wire.messages import Played

RATE = 1_000


def played(samples: int, heard: int, received: int = 0, **changes: Any) -> Played:
    return Played(playback=1, received=received, rate=RATE, samples=samples, played=heard, **changes)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 10.0

    def __call__(self) -> float:
        return self.now


def test_what_was_heard_since_the_last_word_is_estimated_but_never_more_than_there_is() -> None:
    clock = Clock()
    position = PlaybackPosition(clock)
    assert position.heard_s == 0.0
    position.report(played(2_000, 500), 0)
    clock.now += 1.0
    assert (position.position_s, position.heard_s) == (0.5, 1.5)
    clock.now += 9.0
    assert position.heard_s == 2.0


def test_from_a_stop_on_nothing_more_is_heard_and_the_page_has_the_last_word() -> None:
    clock = Clock()
    position = PlaybackPosition(clock)
    position.report(played(2_000, 500), 0)
    clock.now += 0.5
    position.stop()
    clock.now += 5.0
    assert position.heard_s == 1.0
    position.report(played(2_000, 900, state="ended"), 0)
    assert (position.heard_s, position.is_at_end) == (0.9, True)


def test_while_it_is_paused_time_counts_for_nothing() -> None:
    clock = Clock()
    position = PlaybackPosition(clock)
    position.report(played(2_000, 500, state="paused"), 0)
    clock.now += 5.0
    assert (position.heard_s, position.is_paused) == (0.5, True)


@given(st.lists(st.floats(0.01, 1.0), min_size=1, max_size=10), st.data())
def test_what_is_ahead_is_what_flies_and_what_the_page_holds(lengths: list[float], data: st.DataObject) -> None:
    position = PlaybackPosition(Clock())
    for sequence, seconds in enumerate(lengths, 1):
        position.sent(sequence, seconds)
    assert position.ahead_s == pytest.approx(sum(lengths))
    received = data.draw(st.integers(0, len(lengths)))
    held = round(sum(lengths[:received]) * RATE)
    position.report(played(held, 0, received), len(lengths))
    assert position.ahead_s == pytest.approx(held / RATE + sum(lengths[received:]))


@pytest.mark.parametrize("message", [played(1, 2), played(1, 0, received=1), played(-1, -1)])
def test_a_page_cannot_be_where_nothing_is(message: Played) -> None:
    with pytest.raises(ProtocolError):
        PlaybackPosition(Clock()).report(message, 0)
