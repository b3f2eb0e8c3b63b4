"""What is known of the costs of batches, and when they are said to pay."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.engines.batch.costs import AGAIN_S, DOUBTED_S, ENOUGH, Costs


def measured(fixed_s: float, each_s: float, sizes: list[int]) -> Costs:
    costs = Costs()
    for size in sizes:
        costs.add(size, fixed_s + size * each_s, now=1.0)
    return costs


ALONE, EIGHTS = [1] * ENOUGH, [8] * ENOUGH


@pytest.mark.parametrize(
    ("fixed_s", "each_s", "pays"),
    [
        (0.018, 0.0012, True),  # a dense layer of 27648x3072
        (0.0051, 0.0003, True),  # a dense layer of 27648x1024
        (0.00001, 0.00014, False),  # a small convolution: eight cost as much as eight calls
        (0.0002, 0.0, False),  # quicker than the way to it
        (0.004, 0.006, False),  # more than half of it is done for each
    ],
)
def test_a_batch_pays_if_most_of_a_call_is_done_only_once(fixed_s: float, each_s: float, pays: bool) -> None:
    assert measured(fixed_s, each_s, ALONE + EIGHTS).pays is pays


def test_nobody_knows_whether_it_pays_before_both_are_measured() -> None:
    assert measured(0.01, 0.001, ALONE).pays is None
    assert measured(0.01, 0.001, EIGHTS).pays is None
    assert measured(0.01, 0.001, EIGHTS).needs_one(1.0)
    assert not measured(0.01, 0.001, ALONE).needs_one(1.0)
    assert not measured(0.01, 0.001, ALONE + EIGHTS).needs_one(1.0)


def test_what_is_quick_is_never_batched_however_few_there_are() -> None:
    assert measured(0.0001, 0.00005, ALONE).pays is False


def test_a_slow_first_call_changes_nothing() -> None:
    costs = Costs()
    for size in (1, 8):
        costs.add(size, 30.0, now=0.0)
    for size in ALONE + EIGHTS:
        costs.add(size, 0.018 + size * 0.001, now=1.0)
    assert costs.pays is True
    assert costs.expected_s(8) == pytest.approx(0.026)


def test_it_is_measured_again_after_a_while() -> None:
    costs = measured(0.0, 0.001, ALONE + EIGHTS)
    assert not costs.is_batching(1.0 + DOUBTED_S - 0.1)
    later = 1.0 + DOUBTED_S
    assert costs.is_batching(later)
    for size in ALONE + EIGHTS:
        assert costs.is_batching(later)
        costs.add(size, 0.01, later)
    assert costs.pays is True
    assert costs.is_batching(later + AGAIN_S - 0.1)


def test_what_does_not_pay_is_measured_less_and_less_often() -> None:
    costs, now, waits = Costs(), 1.0, []
    for _ in range(6):
        for size in ALONE + EIGHTS:
            costs.add(size, size * 0.001, now)
        before = now
        while not costs.is_batching(now):
            now += 1.0
        waits.append(now - before)
    assert waits == [DOUBTED_S, 2 * DOUBTED_S, 4 * DOUBTED_S, 8 * DOUBTED_S, AGAIN_S, AGAIN_S]
    for size in ALONE + EIGHTS:
        costs.add(size, 0.01, now)
    for size in ALONE + EIGHTS:
        costs.add(size, size * 0.001, now + AGAIN_S)
    assert costs.is_batching(now + AGAIN_S + DOUBTED_S)


def test_the_duration_of_a_size_that_never_was_is_told_from_the_others() -> None:
    assert Costs().expected_s(4) is None
    assert measured(0.01, 0.001, [1, 8]).expected_s(4) == pytest.approx(0.014)
    assert measured(0.01, 0.001, [8]).expected_s(4) == pytest.approx(0.018)
    assert Costs().linear.fixed_s == math.inf


@given(st.floats(0, 0.1), st.floats(0, 0.1), st.lists(st.integers(1, 16), max_size=40), st.integers(1, 16))
def test_what_is_linear_is_found_to_be(fixed_s: float, each_s: float, sizes: list[int], size: int) -> None:
    costs = measured(fixed_s, each_s, sizes)
    if {1} < set(sizes):
        assert costs.linear.fixed_s == pytest.approx(fixed_s, abs=1e-6)
        assert costs.linear.each_s == pytest.approx(each_s, abs=1e-6)
        assert costs.expected_s(size) == pytest.approx(fixed_s + size * each_s, abs=1e-5)
