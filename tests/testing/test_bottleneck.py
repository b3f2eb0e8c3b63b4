"""The bottleneck of a narrow link, on a clock that the tests pass in."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.testing.bottleneck import SEGMENT_BYTES, Bottleneck

sizes = st.lists(st.integers(1, 60_000), min_size=1, max_size=50)


def test_without_limits_bytes_arrive_at_once() -> None:
    assert Bottleneck().send(1_000_000, 3.0) == 3.0


def test_bytes_take_their_time_and_wait_for_each_other() -> None:
    link = Bottleneck(bytes_per_s=10_000, delay_s=0.05)
    assert link.send(1_000, 1.0) == pytest.approx(1.15)
    assert link.send(1_000, 1.0) == pytest.approx(1.25)
    assert link.send(1_000, 9.0) == pytest.approx(9.15)
    assert link.carried == 3_000


def test_a_rate_that_changes_counts_for_what_comes_next() -> None:
    link = Bottleneck(bytes_per_s=10_000)
    link.send(1_000, 0.0)
    link.bytes_per_s = 1_000
    assert link.send(1_000, 0.0) == pytest.approx(1.1)


def test_room_is_there_as_soon_as_little_enough_waits() -> None:
    link = Bottleneck(bytes_per_s=1_000, buffer_bytes=500)
    link.send(2_000, 0.0)
    assert link.room_at(0.0) == pytest.approx(1.5)
    assert link.room_at(5.0) == 5.0


@pytest.mark.parametrize(
    ("now", "size", "arrival"),
    [(0.0, 1_000, 1.0), (1.5, 1_000, 5.5), (2.5, 1_000, 6.0), (4.999, 0, 5.0), (5.0, 1_000, 6.0), (1.0, 5_000, 9.0)],
)
def test_nothing_leaves_during_a_stall(now: float, size: int, arrival: float) -> None:
    link = Bottleneck(bytes_per_s=1_000, stalls=[(2.0, 3.0)])
    assert link.send(size, now) == pytest.approx(arrival)


def test_a_stall_may_come_at_any_time() -> None:
    link = Bottleneck(bytes_per_s=1_000)
    link.stall(1.0, 2.0)
    assert link.send(100, 1.5) == pytest.approx(3.1)


@given(sizes=sizes, jitter_s=st.floats(0, 1), seed=st.integers(0, 9), rate=st.floats(1_000, 1e8))
def test_bytes_arrive_in_order_at_the_rate_and_the_same_again(
    sizes: list[int], jitter_s: float, seed: int, rate: float
) -> None:
    first, again = (
        [link.send(size, 0.0) for size in sizes]
        for link in (Bottleneck(bytes_per_s=rate, jitter_s=jitter_s, seed=seed) for _ in range(2))
    )
    assert first == again == sorted(first)
    whole = sum(sizes) / rate
    assert whole - 1e-9 <= first[-1] <= whole + jitter_s + 1e-9


def test_a_lost_segment_comes_a_round_trip_later_and_holds_up_what_follows() -> None:
    link = Bottleneck(delay_s=0.05, loss=0.05, seed=1)
    arrivals = [link.send(SEGMENT_BYTES, number / 100) for number in range(1000)]
    late = [arrival - number / 100 - 0.05 for number, arrival in enumerate(arrivals)]
    began = [now for before, now in pairwise([0.0, *late]) if now > before + 1e-6]
    assert arrivals == sorted(arrivals)
    assert {round(each, 3) for each in began} <= {0.1, 0.4, 0.9}, "one round trip; two and a timeout; three and 0.6 s"
    assert 35 <= len(began) <= 65
    assert 200 <= sum(each > 1e-6 for each in late) <= 600


@pytest.mark.parametrize(("loss", "mean_s"), [(0.0, 0.0), (0.5, 0.2), (0.9, 1.0)])
def test_the_more_is_lost_the_later_it_comes(loss: float, mean_s: float) -> None:
    late = [Bottleneck(delay_s=0.05, loss=loss, seed=seed).send(1, 0.0) - 0.05 for seed in range(200)]
    assert sum(late) / len(late) >= mean_s
    assert min(late) == pytest.approx(0.0)


@given(sizes=sizes, rate=st.floats(1_000, 1e8), at=st.floats(0, 5), seconds=st.floats(0, 5))
def test_a_stall_costs_its_duration_and_no_more(sizes: list[int], rate: float, at: float, seconds: float) -> None:
    steady, stalled = Bottleneck(bytes_per_s=rate), Bottleneck(bytes_per_s=rate, stalls=[(at, seconds)])
    for size in sizes:
        late = stalled.send(size, 0.0) - steady.send(size, 0.0)
        assert math.isclose(late, 0.0, abs_tol=1e-9) or math.isclose(late, seconds, abs_tol=1e-9)
