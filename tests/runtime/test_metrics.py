"""Counters and histograms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.runtime.metrics import AGE_BOUNDS_S, Histogram, StreamMetrics

DURATIONS = st.lists(st.floats(0, 10), max_size=50)


@given(DURATIONS)
def test_a_quantile_is_an_upper_bound_and_never_beyond_the_largest_value(values: list[float]) -> None:
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    assert histogram.count == len(values)
    assert histogram.max_s == max(values, default=0.0)
    for fraction in (0.5, 0.95, 1.0):
        exact = sorted(values)[max(0, -int(-fraction * len(values) // 1) - 1)] if values else 0.0
        assert exact <= histogram.quantile_s(fraction) <= histogram.max_s


@given(DURATIONS, DURATIONS)
def test_merging_counts_both(one: list[float], two: list[float]) -> None:
    a, b, both = Histogram(), Histogram(), Histogram()
    for value in one:
        a.add(value)
        both.add(value)
    for value in two:
        b.add(value)
        both.add(value)
    a.merge(b)
    assert a.counts == both.counts
    assert a.statistics()["mean_s"] == pytest.approx(both.statistics()["mean_s"])
    assert a.max_s == both.max_s


def test_what_is_older_than_the_last_bound_is_counted_too() -> None:
    histogram = Histogram()
    histogram.add(AGE_BOUNDS_S[-1] + 1)
    assert histogram.statistics() == {"count": 1, "mean_s": 31.0, "p50_s": 31.0, "p95_s": 31.0, "max_s": 31.0}
    assert Histogram().statistics()["mean_s"] == 0.0


def test_what_was_noted_counts_once_it_is_sorted_in() -> None:
    metrics = StreamMetrics()
    metrics.age.noted += [0.25, 40.0]
    metrics.call.noted.append(0.004)
    for _ in range(2):  # the second time there is nothing to sort in
        metrics.fold()
        assert (metrics.age.count, metrics.age.max_s, metrics.call.count) == (2, 40.0, 1)
    assert metrics.age.noted == metrics.call.noted == []


def test_streams_add_up() -> None:
    one, two = StreamMetrics(received=2, backlog_s=1.0), StreamMetrics(received=3, backlog_s=0.5, broken=1)
    one.merge(two)
    statistics = one.statistics()
    assert (statistics["received"], statistics["broken"], statistics["backlog_s"]) == (5, 1, 1.0)
