"""A link is measured by a page that is a formula: packets arrive as fast as they can, and are told of at 10 Hz."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.runtime.audio.bandwidth import Gauge

NEEDED = 48_000.0
"""Bytes a second: 24 kHz, one channel."""

PACKET_S = 0.02


def narrow_after(
    seconds: float,
    bytes_per_s: float,
    way_s: float = 0.05,
    ahead_s: float = 0.0,
    stall: Callable[[float], float] = lambda now: 0.0,
    speaks: Callable[[float], bool] = lambda now: True,
) -> float | None:
    """Send audio in real time, or `ahead_s` before it, over a link; say when it was found to be narrow."""
    gauge, arrivals = Gauge(NEEDED), []
    free_at, sequence = 0.0, 0
    for tick in range(round(seconds * 100)):
        now = tick / 100
        while sequence * PACKET_S - ahead_s <= now:
            sequence += 1
            size = round(NEEDED * PACKET_S)
            gauge.sent(sequence, size, now)
            free_at = max(free_at, now)
            free_at += size / bytes_per_s + stall(free_at)
            arrivals.append(free_at + way_s)
        told = sum(at + way_s <= now for at in arrivals)
        if tick % 10 == 0 and speaks(now) and gauge.received(told, now, is_playing=True):
            return now
    return None


@pytest.mark.parametrize("share", [0.3, 0.7, 0.9])
def test_a_link_that_carries_less_than_the_samples_is_found_out_within_seconds(share: float) -> None:
    found = narrow_after(20.0, share * NEEDED)
    assert found is not None
    assert found < 2.5 + 0.5 / (1 - share)


def test_one_that_carries_just_so_much_is_narrow_when_something_has_to_be_made_up() -> None:
    assert narrow_after(20.0, 1.2 * NEEDED) is None
    assert narrow_after(20.0, 1.2 * NEEDED, ahead_s=5.0) is not None


@pytest.mark.slow
@pytest.mark.parametrize("ahead_s", [0.0, 5.0])
@given(way_s=st.floats(0.0, 1.5), share=st.floats(2.0, 1000.0))
def test_a_broad_link_is_never_narrow_however_long_it_is(ahead_s: float, way_s: float, share: float) -> None:
    assert narrow_after(6.0, share * NEEDED, way_s=way_s, ahead_s=ahead_s) is None


def test_one_hiccup_of_a_second_says_nothing() -> None:
    stalled = iter([1.0])
    assert narrow_after(8.0, 20 * NEEDED, stall=lambda now: next(stalled, 0.0) if now > 3 else 0.0) is None


def test_a_page_that_was_silent_has_measured_nothing() -> None:
    # Locked until a tap at 5 s, or busy with something else for a second now and then.
    assert narrow_after(8.0, 20 * NEEDED, ahead_s=5.0, speaks=lambda now: now > 5) is None
    assert narrow_after(8.0, 0.7 * NEEDED, speaks=lambda now: now % 1 > 0.6) is None


def test_a_page_that_is_paused_has_measured_nothing() -> None:
    gauge = Gauge(NEEDED)
    gauge.sent(1, 960, 0.0)
    gauge.sent(2, 960, 0.0)
    gauge.received(1, 0.1, is_playing=True)
    assert not any(gauge.received(1, tick / 10, is_playing=False) for tick in range(1, 100))
    assert not gauge.received(1, 10.0, is_playing=True)
