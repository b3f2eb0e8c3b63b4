"""The simulation of many users: who is served, waits, or is turned away, while replicas come, go and die."""

import math

import pytest
from benchmarks.scale.cluster import ClusterCase, simulate
from hypothesis import given
from hypothesis import strategies as st

CASES = st.builds(
    ClusterCase,
    users=st.integers(1, 60),
    arrivals_per_s=st.floats(0.2, 20),
    stay_s=st.floats(1, 60),
    patience_s=st.sampled_from([math.inf, 5.0, 30.0]),
    slots=st.integers(1, 30),
    time_limit_s=st.sampled_from([None, 2.0, 20.0]),
    max_waiting=st.sampled_from([None, 0, 5, 40]),
    each=st.integers(1, 5),
    replicas=st.integers(1, 6),
    most=st.integers(1, 10),
    start_s=st.floats(0.5, 20),
    idle_s=st.floats(1, 30),
    zone_lost_at=st.sampled_from([math.inf, 10.0]),
    replica_life_s=st.sampled_from([math.inf, 50.0]),
    return_s=st.sampled_from([(0.1, 1.0), (1.0, 9.0)]),
    seed=st.integers(0, 5),
)


@given(CASES, st.sampled_from([30.0, 100_000.0]))
def test_every_user_is_served_waits_or_is_turned_away(case: ClusterCase, until: float) -> None:
    found = simulate(case, until)
    assert found.users <= case.users
    if until > 1000:
        assert found.users == case.users
        assert found.still_waiting == found.still_running == 0, "nobody is left behind"
        assert len(found.admitted) == len(found.waits_s) == found.finished
    assert all(sample.running + sample.away <= case.slots for sample in found.samples)


@given(CASES)
def test_a_run_can_be_repeated(case: ClusterCase) -> None:
    assert simulate(case, until=100.0) == simulate(case, until=100.0)


@given(CASES)
def test_first_come_first_served(case: ClusterCase) -> None:
    found = simulate(case, until=100_000.0)
    assert found.admitted == sorted(found.admitted)


def test_a_zone_that_is_lost_costs_a_short_gap_and_no_slot() -> None:
    case = ClusterCase(users=300, arrivals_per_s=5.0, stay_s=60.0, slots=300, replicas=40, most=40, zone_lost_at=30.0)
    found = simulate(case)
    assert found.gaps_s
    assert max(found.gaps_s) < 2.0
    assert found.slots_lost == 0
    assert found.finished == 300


def test_a_page_that_comes_back_too_late_waits_again() -> None:
    case = ClusterCase(
        users=200, arrivals_per_s=10.0, stay_s=60.0, slots=100, replicas=20, most=20, zone_lost_at=15.0, return_s=(6, 9)
    )
    found = simulate(case)
    assert found.slots_lost > 0
    assert found.finished == 200


def test_replicas_follow_the_streams_up_and_down() -> None:
    found = simulate(ClusterCase(users=400, arrivals_per_s=2.0, stay_s=60.0, slots=500, replicas=1, most=50, idle_s=20))
    counts = [sample.replicas for sample in found.samples]
    assert max(counts) > 8
    assert counts[-1] < max(counts) / 2
    assert found.moved > 0


def test_estimates_are_within_a_fifth_where_slots_last_equally_long() -> None:
    case = ClusterCase(users=2000, arrivals_per_s=4.0, stay_s=1e9, slots=100, time_limit_s=30.0, each=100, replicas=1)
    found = simulate(case, until=520.0)
    told = [(told_s, was_s) for told_s, was_s in found.estimates if was_s > 5.0]
    assert len(told) > 500
    assert all(was_s == pytest.approx(told_s, rel=0.2) for told_s, was_s in told)


@pytest.mark.slow
def test_a_hundred_thousand_users_and_a_thousand_gpus_take_seconds() -> None:
    case = ClusterCase(
        users=100_000, arrivals_per_s=300.0, slots=64_000, each=64, replicas=1000, most=1000, zone_lost_at=200.0
    )
    found = simulate(case)
    assert found.finished == 100_000
    assert found.admitted == sorted(found.admitted)
