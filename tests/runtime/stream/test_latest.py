"""The page's camera, the link and the handler are played in virtual time; `Pacing` alone decides about the credit."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from millstream.runtime.stream.latest import CAMERA_S, MAX_WINDOW, MIN_WINDOW, Pacing

ENCODE_S = 0.006


@dataclass
class World:
    """One stream from the camera to the handler. All times in seconds."""

    rtt_s: float
    handler_s: float
    every_s: float = 0.0
    jitter: float = 0.0
    tells_rtt: bool = True
    seed: int = 1
    duration_s: float = 20.0
    warm_up_s: float = 3.0
    outlier_s: float = 0.0
    camera_s: float = CAMERA_S
    ages: list[float] = field(default_factory=list)
    calls: list[tuple[float, float]] = field(default_factory=list)
    arrivals: list[float] = field(default_factory=list)
    limits: list[tuple[float, int]] = field(default_factory=list)

    def run(self) -> World:
        self.random = random.Random(self.seed)
        self.pacing = Pacing(self.every_s)
        if self.tells_rtt:
            self.pacing.measured(self.rtt_s, ENCODE_S)
        self.now, self.tick = 0.0, count()
        self.events: list[tuple[float, int, str, tuple[float, ...]]] = []
        self.page_limit = self.sent = self.known_limit = 0
        self.due = self.encoder_free = 0.0
        self.lane: tuple[int, float] | None = None
        self.began: float | None = None
        self.up_free = self.down_free = 0.0
        self.timers = 0
        self.at(0.011, "camera")
        self.ask()
        while self.events and self.now < self.duration_s:
            self.now, _, name, args = heappop(self.events)
            getattr(self, "on_" + name)(*args)
        return self

    def at(self, when: float, name: str, *args: float) -> None:
        heappush(self.events, (when, next(self.tick), name, args))

    def noisy(self, value: float) -> float:
        return value * (1 + self.random.uniform(-self.jitter, self.jitter))

    # the page

    def on_camera(self) -> None:
        self.at(self.now + self.camera_s, "camera")
        is_due = self.now >= self.due - self.camera_s / 2
        if self.sent < self.page_limit and is_due and self.now >= self.encoder_free:
            late = self.now - self.due > self.camera_s
            self.due = self.now + self.every_s if late else self.due + self.every_s
            self.sent += 1
            self.encoder_free = self.now + ENCODE_S
            self.up_free = max(self.up_free, self.encoder_free + self.noisy(self.rtt_s / 2))
            self.at(self.up_free, "packet", self.sent, self.now)

    def on_credit(self, limit: int) -> None:
        self.page_limit = max(self.page_limit, limit)

    # the server

    def on_packet(self, sequence: int, captured: float) -> None:
        self.arrivals.append(self.now)
        self.pacing.received(sequence, self.now, round(captured * 1e6))
        self.lane = (sequence, captured)
        self.work()
        self.ask()

    def work(self) -> None:
        if self.began is None and self.lane is not None:
            self.began, (_, captured) = self.now, self.lane
            self.lane = None
            self.ages.append(self.now - captured)
            self.pacing.call_began(self.now)
            is_outlier = self.outlier_s and self.random.random() < 0.02
            self.at(self.now + (self.outlier_s if is_outlier else self.noisy(self.handler_s)), "returned")

    def on_returned(self) -> None:
        assert self.began is not None
        self.calls.append((self.began, self.now))
        self.began = None
        self.pacing.call_ended(self.now)
        self.work()
        self.ask()

    def on_timer(self) -> None:
        self.timers += 1
        self.ask()

    def ask(self) -> None:
        limit = self.pacing.limit(self.now)
        assert limit >= self.known_limit
        if limit > self.known_limit:
            self.known_limit = limit
            self.limits.append((self.now, limit))
            self.down_free = max(self.down_free, self.now + self.noisy(self.rtt_s / 2))
            self.at(self.down_free, "credit", limit)
        next_at = self.pacing.next_at(self.now)
        if next_at is not None:
            assert next_at > self.now - 1e-9
            # A timer of a real loop is never early and may be a little late.
            self.at(max(next_at, self.now) + self.random.uniform(0, 0.001), "timer")

    # what came of it

    def settled(self) -> list[tuple[float, float]]:
        return [(began, ended) for began, ended in self.calls if began > self.warm_up_s]

    @property
    def utilisation(self) -> float:
        calls = self.settled()
        return sum(ended - began for began, ended in calls) / (calls[-1][1] - calls[0][0])

    @property
    def calls_per_s(self) -> float:
        calls = self.settled()
        return (len(calls) - 1) / (calls[-1][0] - calls[0][0])

    @property
    def age_p95(self) -> float:
        return float(np.percentile(self.ages[len(self.ages) // 5 :], 95))

    @property
    def age_bound(self) -> float:
        return max(self.every_s, CAMERA_S) + self.rtt_s + ENCODE_S + 0.020

    @property
    def frames_per_call(self) -> float:
        return len(self.arrivals) / len(self.calls)


RTTS = (0.005, 0.05, 0.2)
JITTERS = (0.0, 0.1, 0.3)
EVERY = (0.0, 0.1)


@pytest.mark.parametrize("jitter", JITTERS)
@pytest.mark.parametrize("every_s", EVERY)
@pytest.mark.parametrize("rtt_s", RTTS)
def test_a_fast_handler_gets_the_camera_s_full_rate(rtt_s: float, every_s: float, jitter: float) -> None:
    world = World(rtt_s, 0.005, every_s, jitter).run()
    assert world.calls_per_s > 0.97 / max(every_s, CAMERA_S)
    assert world.age_p95 <= world.age_bound


@pytest.mark.parametrize("jitter", JITTERS)
@pytest.mark.parametrize("every_s", EVERY)
@pytest.mark.parametrize("rtt_s", RTTS)
def test_a_slow_handler_never_idles_and_its_frames_are_fresh(rtt_s: float, every_s: float, jitter: float) -> None:
    world = World(rtt_s, 0.2, every_s, jitter).run()
    assert world.utilisation > 0.9
    assert world.age_p95 <= world.age_bound


@pytest.mark.slow
def test_a_frame_is_captured_so_late_that_the_handler_waits_for_some() -> None:
    worlds = [World(0.005, 0.2, jitter=jitter, seed=seed).run() for jitter in (0.02, 0.05, 0.1) for seed in range(8)]
    ages = [age for world in worlds for age in world.ages[len(world.ages) // 5 :]]
    assert np.mean(ages) < 0.032
    assert min(world.utilisation for world in worlds) > 0.995


@pytest.mark.parametrize("every_s", EVERY)
@pytest.mark.parametrize("rtt_s", RTTS)
def test_a_steady_slow_handler_costs_little_uplink(rtt_s: float, every_s: float) -> None:
    assert World(rtt_s, 0.2, every_s).run().frames_per_call < 1.6


@pytest.mark.parametrize("rtt_s", RTTS)
def test_a_handler_a_little_slower_than_the_camera_is_the_bottleneck(rtt_s: float) -> None:
    assert World(rtt_s, 0.040, jitter=0.1).run().utilisation > 0.9


def test_a_slow_handler_on_a_long_path_is_fed_without_a_known_round_trip() -> None:
    assert World(0.2, 0.2, tells_rtt=False).run().utilisation > 0.9


def test_a_slow_first_call_is_forgotten_soon() -> None:
    class SlowStart(World):
        def noisy(self, value: float) -> float:
            is_first_call = value == self.handler_s and not self.calls
            return 2.0 if is_first_call else super().noisy(value)

    world = SlowStart(0.005, 0.005, warm_up_s=3.5).run()
    assert world.calls[0][1] - world.calls[0][0] == pytest.approx(2.0)
    assert world.calls_per_s > 29


def test_hiccups_of_a_fast_handler_do_not_slow_the_stream() -> None:
    world = World(0.05, 0.005, jitter=0.1, outlier_s=0.1, duration_s=40).run()
    assert world.calls_per_s > 27
    assert world.age_p95 <= world.age_bound


def test_timers_are_few() -> None:
    world = World(0.05, 0.2, jitter=0.3).run()
    assert world.timers < 5 * len(world.arrivals)


def test_frames_stay_fresh_while_a_call_takes_much_longer_than_expected() -> None:
    class Stuck(World):
        def noisy(self, value: float) -> float:
            is_stuck_call = value == self.handler_s and len(self.calls) == 30
            return 5.0 if is_stuck_call else super().noisy(value)

    world = Stuck(0.05, 0.2, duration_s=15).run()
    assert world.calls[30][1] - world.calls[30][0] == pytest.approx(5.0)
    assert world.ages[31] <= world.age_bound


@pytest.mark.parametrize(
    ("rtt_s", "interval_s", "window"),
    [(0.005, 0.0, 2), (0.05, 0.0, 3), (0.2, 0.0, 7), (0.2, 0.1, 3), (2.0, 0.0, MAX_WINDOW)],
)
def test_the_window_fills_the_path(rtt_s: float, interval_s: float, window: int) -> None:
    pacing = Pacing(interval_s)
    assert pacing.window == MIN_WINDOW
    pacing.measured(rtt_s)
    assert pacing.window == window
    assert pacing.limit(0.0) == window


def test_a_route_that_gets_longer_or_shorter_is_followed() -> None:
    pacing = Pacing()
    for rtt_s, window in ((0.005, 2), (0.2, 7), (0.005, 2)):
        pacing.measured(rtt_s)
        assert pacing.window == window


def test_on_a_narrow_link_no_more_frames_are_on_their_way_than_pass_it() -> None:
    pacing = Pacing()
    pacing.measured(0.1, frame_s=0.1)
    assert pacing.window == 3


def test_nothing_is_asked_for_while_the_window_is_full() -> None:
    pacing = Pacing()
    assert pacing.limit(0.0) == MIN_WINDOW
    assert pacing.next_at(0.0) is None


def test_credit_is_given_at_the_end_of_a_call_at_the_latest() -> None:
    pacing = slow_pacing()
    pacing.call_began(10.0)
    held = pacing.limit(10.0)
    assert pacing.limit(10.01) == held
    pacing.call_ended(10.02)
    assert pacing.limit(10.02) > held


def test_on_a_path_longer_than_can_be_foreseen_the_window_is_filled() -> None:
    pacing = Pacing()
    pacing.measured(2.0)
    pacing.call_began(0.0)
    pacing.call_ended(0.04)
    pacing.call_began(1.0)
    now = 1.0
    while (next_at := pacing.next_at(now)) is not None:
        now = max(next_at, now)
        pacing.limit(now)
    assert pacing.limit(now) == MAX_WINDOW
    assert now < 1.0 + 2.0


def test_an_end_without_a_beginning_is_harmless() -> None:
    pacing = Pacing()
    pacing.call_ended(1.0)
    assert pacing.limit(1.0) == MIN_WINDOW


def test_a_paused_stream_measures_nothing_while_it_waits() -> None:
    pacing = slow_pacing()
    limit = pacing.limit(10.0)
    pacing.pause()
    pacing.received(limit, 500.0)
    pacing.call_began(500.0)
    next_at = pacing.next_at(500.0)
    assert next_at is not None
    assert 500.05 < next_at < 500.2


def slow_pacing() -> Pacing:
    """A stream whose handler takes 0.2 s, whose frames take 0.05 s, and which has nothing on its way at 10 s."""
    pacing = Pacing()
    for second in range(10):
        pacing.call_began(float(second))
        pacing.limit(second + 0.1)
        pacing.call_ended(second + 0.2)
        pacing.received(pacing.limit(second + 0.2), second + 0.25)
    return pacing


@settings(max_examples=30, deadline=None)
@given(
    rtt_s=st.floats(0, 0.5),
    handler_s=st.floats(0, 2),
    every_s=st.floats(0, 1),
    jitter=st.floats(0, 0.9),
    tells_rtt=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_whatever_happens_the_stream_goes_on(
    rtt_s: float, handler_s: float, every_s: float, jitter: float, tells_rtt: bool, seed: int
) -> None:
    world = World(rtt_s, handler_s, every_s, jitter, tells_rtt, seed, duration_s=8).run()
    assert world.calls
    assert world.now - world.calls[-1][1] < 2 * max(handler_s, every_s) * (1 + jitter) + 2 * rtt_s + 0.2
    assert all(limit - len([a for a in world.arrivals if a <= at]) <= MAX_WINDOW for at, limit in world.limits)


@pytest.mark.parametrize(("handler_s", "jitter", "least"), [(0.02, 0.8, 44), (0.024, 0.5, 39), (0.026, 0.4, 36)])
def test_a_camera_that_is_faster_than_declared_keeps_an_uneven_handler_busy(
    handler_s: float, jitter: float, least: float
) -> None:
    world = World(0.0, handler_s, camera_s=1 / 60, jitter=jitter, duration_s=10.0).run()
    late = [began for began, _ in world.calls if began > world.warm_up_s]
    assert len(late) / (world.duration_s - world.warm_up_s) > least


def test_a_jittering_camera_is_not_taken_for_a_faster_one() -> None:
    pacing, rng, captured_us = Pacing(), random.Random(3), 0
    for number in range(1, 3000):
        captured_us = round(number * CAMERA_S * 1e6 + rng.uniform(-8000, 8000))
        pacing.received(number, number * CAMERA_S, captured_us)
    assert pacing._camera_s == CAMERA_S


def test_a_page_that_claims_an_endless_number_of_frames_a_second_is_believed_up_to_a_bound() -> None:
    pacing = Pacing()
    for number in range(1, 100):
        pacing.received(number, number * CAMERA_S, 5)
    assert pacing._camera_s == pytest.approx(1 / 120)


def test_a_frame_that_is_prepared_during_the_call_is_asked_for_so_much_earlier() -> None:
    asked_at = []
    for early_s in (0.0, 0.05):
        pacing, now = Pacing(), 0.0
        for number in range(1, 20):
            pacing.received(number, now)
            pacing.call_began(now, early_s)
            now += 0.3
            pacing.call_ended(now)
        pacing.received(20, now)
        pacing.call_began(now, early_s)
        pacing.limit(now)
        asked_at.append(pacing.next_at(now))
    assert asked_at[0] is not None
    assert asked_at[1] is not None
    assert asked_at[0] - asked_at[1] >= 0.05 - 1e-9
