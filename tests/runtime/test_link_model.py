"""A camera behind a simulated bottleneck, in virtual time; `LinkModel` alone decides what is sent, and when."""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from millstream.runtime.link_model import (
    LONGEST_VERDICT_S,
    MAX_RATE,
    MAX_WAIT_S,
    MIN_RATE,
    VERDICT_S,
    LinkModel,
    OneWay,
)
from millstream.testing.bottleneck import Bottleneck

CAMERA_S = 1 / 30
SEGMENT = 1400
SMALL = 100
MBIT = 125_000
NEEDED = 48_000.0
"""Bytes a second of audio: 24 kHz, one channel."""


@dataclass
class World:
    """Frames of one or more streams on their way down a link, and acknowledgements on their way up."""

    mbit: float
    rtt_s: float
    jitter_s: float = 0.0
    loss: float = 0.0
    streams: int = 1
    full_bytes: int = 1_000_000
    least_bytes: int = 1500
    competing: float = 0.0
    changes: tuple[tuple[float, float], ...] = ()
    stalls: tuple[tuple[float, float], ...] = ()
    offset_s: float = 1e9
    duration_s: float = 12.0
    seed: int = 1
    queues: list[tuple[float, float]] = field(default_factory=list)
    arrivals: list[tuple[float, int, int, float]] = field(default_factory=list)

    def run(self) -> World:
        self.model = LinkModel()
        self.down, self.up = (
            Bottleneck(
                bytes_per_s=self.mbit * MBIT,
                delay_s=self.rtt_s / 2,
                jitter_s=self.jitter_s,
                loss=self.loss,
                stalls=self.stalls,
                seed=seed,
            )
            for seed in (self.seed, self.seed + 1)
        )
        self.random = random.Random(self.seed)
        self.now, self.tick, self.sequence = 0.0, count(), count(1)
        self.events: list[tuple[float, int, Callable[..., None], tuple[float, ...]]] = []
        self.waiting: dict[int, float] = {}
        self.timer, self.pending = -1.0, 0
        self.line: deque[tuple[int, int, int, float]] = deque()
        for stream in range(self.streams):
            self.at(2 * self.rtt_s + 0.2 + stream * CAMERA_S / self.streams, self.on_camera, stream)
        self.at(0.0, self.on_clock)
        for when, mbit in self.changes:
            self.at(when, self.on_change, mbit)
        if self.competing:
            self.at(3.0, self.on_competing)
        while self.events and self.now < self.duration_s:
            self.now, _, happen, args = heappop(self.events)
            happen(*args)
        return self

    def at(self, when: float, happen: Callable[..., None], *args: float) -> None:
        heappush(self.events, (when, next(self.tick), happen, args))

    def on_change(self, mbit: float) -> None:
        waiting = max(self.down.free_at - self.now, 0) * self.down.bytes_per_s
        self.down.bytes_per_s = self.up.bytes_per_s = mbit * MBIT
        self.down.free_at = self.now + waiting / self.down.bytes_per_s

    def on_competing(self) -> None:
        """Somebody else takes a share of the link, segment by segment."""
        self.down.send(SEGMENT, self.now)
        self.at(self.now + SEGMENT / (self.competing * self.down.bytes_per_s), self.on_competing)

    def on_clock(self) -> None:
        """Compare clocks every half a second: a small message in each direction."""
        asked = self.up.send(SMALL, self.now)
        self.at(asked, self.on_asked, self.now)
        self.at(self.now + 0.5, self.on_clock)

    def on_asked(self, page: float) -> None:
        self.model.up.heard(page + self.offset_s, self.now)
        self.at(self.down.send(SMALL, self.now), self.on_heard, self.now)

    def on_heard(self, answered: float) -> None:
        self.at(self.up.send(SMALL, self.now), self.model.down.heard, answered, self.now + self.offset_s)

    def on_camera(self, stream: int) -> None:
        self.at(self.now + CAMERA_S, self.on_camera, stream)
        self.waiting[stream] = self.now
        self.send()

    def send(self) -> None:
        while self.waiting and self.model.may_send(self.now):
            stream = next(iter(self.waiting))
            captured, sequence = self.waiting.pop(stream), next(self.sequence)
            wanted = self.model.bits_per_s(self.model.down, self.streams) / 8 * CAMERA_S
            known = self.model.down.rate < MAX_RATE
            size = (
                int(min(max(wanted * self.random.uniform(0.8, 1.2), self.least_bytes), self.full_bytes))
                if known
                else 30_000
            )
            self.queues.append((self.now, self.queued_s))
            self.pending += size
            self.model.sent(stream, sequence, size, self.now)
            self.line.append((stream, sequence, size, captured))
            if len(self.line) == 1:
                self.at(self.now, self.on_segment, size)
            self.at_each_frame()
        if self.waiting and self.timer <= self.now:
            self.timer = self.model.send_at(self.now)
            if self.timer > self.now:
                self.at(self.timer, self.send)

    def at_each_frame(self) -> None:
        """To be replaced by a test that looks."""

    def on_segment(self, left: int) -> None:
        """Put the first frame in line into the bottleneck segment by segment, so that others get in between."""
        arrival = self.down.send(min(left, SEGMENT), self.now)
        self.pending -= min(left, SEGMENT)
        if left > SEGMENT:
            self.at(max(self.now, self.down.free_at), self.on_segment, left - SEGMENT)
            return
        self.at(arrival, self.on_arrival, *self.line.popleft())
        if self.line:
            self.at(max(self.now, self.down.free_at), self.on_segment, self.line[0][2])

    def on_arrival(self, stream: int, sequence: int, size: int, captured: float) -> None:
        self.arrivals.append((self.now, stream, size, self.now - captured))
        page = self.now + self.offset_s
        self.at(self.up.send(SMALL, self.now), self.on_ack, stream, sequence, page)

    def on_ack(self, stream: int, sequence: int, page: float) -> None:
        self.model.arrived(stream, sequence, page, self.now)
        self.send()

    @property
    def queued_s(self) -> float:
        """How long a frame that is sent now waits for what is ahead of it, its own kind and others."""
        return max(self.down.free_at - self.now, 0.0) + self.pending / self.down.bytes_per_s

    # what came of it

    def queue_ms(self, since: float = 3.0, percentile: float = 95) -> float:
        return 1000 * float(np.percentile([queue for at, queue in self.queues if at > since], percentile))

    def carried(self, since: float, until: float = 1e9, stream: int | None = None) -> float:
        """Give the bytes a second that arrived."""
        until = min(until, self.duration_s)
        return sum(
            size for at, number, size, _ in self.arrivals if since < at <= until and stream in (None, number)
        ) / (until - since)

    def utilisation(self, since: float = 3.0, until: float = 1e9, mbit: float | None = None) -> float:
        return self.carried(since, until) / ((mbit or self.mbit) * MBIT)


RATES = (0.3, 1.0, 4.0, 20.0, 100.0)
RTTS = (0.002, 0.04, 0.1, 0.4)


@pytest.mark.parametrize("jitter_s", [0.0, 0.005])
@pytest.mark.parametrize("rtt_s", RTTS)
@pytest.mark.parametrize("mbit", RATES)
def test_the_link_is_full_and_its_queue_nearly_empty(mbit: float, rtt_s: float, jitter_s: float) -> None:
    world = World(mbit, rtt_s, jitter_s).run()
    assert world.queue_ms() < 100
    assert world.utilisation() > 0.8


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(mbit=st.floats(0.3, 100), rtt_s=st.floats(0.002, 0.4), jitter_s=st.floats(0, 0.005), seed=st.integers(0, 99))
def test_so_it_is_on_any_link(mbit: float, rtt_s: float, jitter_s: float, seed: int) -> None:
    world = World(mbit, rtt_s, jitter_s, seed=seed, duration_s=9).run()
    assert world.queue_ms() < 100
    assert world.utilisation() > 0.8


@pytest.mark.parametrize("rtt_s", RTTS)
@pytest.mark.parametrize("mbit", RATES)
def test_the_rate_that_is_encoded_for_does_not_swing(mbit: float, rtt_s: float) -> None:
    world = World(mbit, rtt_s)
    rates: list[float] = []
    world.at_each_frame = lambda: rates.append(world.model.down.rate)  # type: ignore[method-assign]
    world.run()
    settled = np.array(rates[len(rates) // 2 :]) / (mbit * MBIT)
    assert settled.std() < 0.12
    assert 0.8 < settled.mean() < 1.2


@pytest.mark.parametrize("rtt_s", RTTS)
@pytest.mark.parametrize("mbit", [1.0, 4.0, 20.0])
def test_a_rate_that_halves_and_doubles_is_followed(mbit: float, rtt_s: float) -> None:
    world = World(mbit, rtt_s, changes=((6.0, mbit / 2), (12.0, mbit)), duration_s=18).run()
    half = [queue for at, queue in world.queues if 8 < at < 12]
    assert np.percentile(half, 95) < 0.1
    assert world.utilisation(8, 12, mbit / 2) > 0.8
    assert world.utilisation(14, 18) > 0.8


def test_a_link_that_gets_ten_times_narrower_is_followed_in_one_and_a_half_seconds() -> None:
    world = World(20.0, 0.02, changes=((6.0, 2.0), (12.0, 20.0)), full_bytes=30_000, duration_s=18).run()
    assert max(queue for at, queue in world.queues if 7.5 < at < 12) < 0.1
    assert max(age for at, _, _, age in world.arrivals if at > 7.5) < 0.5
    assert world.carried(14, 18) > 0.9 * 30 * 30_000


@pytest.mark.parametrize("share", [0.3, 0.5])
@pytest.mark.parametrize("mbit", [1.0, 4.0, 20.0])
def test_what_a_competing_download_leaves_is_used(mbit: float, share: float) -> None:
    world = World(mbit, 0.04, competing=share, duration_s=15).run()
    assert world.queue_ms(6) < 100
    assert world.utilisation(6, mbit=mbit * (1 - share)) > 0.8


@pytest.mark.parametrize("mbit", [1.0, 4.0, 20.0, 100.0])
def test_little_is_sent_into_a_link_that_stands_still(mbit: float) -> None:
    world = World(mbit, 0.04, stalls=((5.0, 3.0),), duration_s=12).run()
    stuck = [at for at, _ in world.queues if 5.0 < at < 8.0]
    assert len(stuck) <= 6
    assert world.utilisation(9) > 0.8
    assert world.queue_ms(9) < 100


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_B29_a_lossy_narrow_and_unsteady_link_is_adapted_to(seed: int) -> None:
    world = World(2.0, 0.1, jitter_s=0.02, loss=0.05, seed=seed, duration_s=30).run()
    since = [(at, age) for at, _, _, age in world.arrivals if at > 3]
    assert len(since) > 10 * (world.duration_s - 3)
    assert np.percentile([age for _, age in since], 95) < 1.5
    assert np.diff([at for at, _ in since]).max() < 2
    assert world.utilisation() > 0.6


def test_streams_share_the_link_fairly() -> None:
    world = World(4.0, 0.04, streams=3).run()
    shares = [world.carried(3, stream=stream) for stream in range(3)]
    assert max(shares) < 1.25 * min(shares)
    assert world.utilisation() > 0.8
    assert world.queue_ms() < 100


def test_a_longer_route_is_learnt() -> None:
    way = OneWay()
    for second in range(30):
        way.heard(float(second), second + (0.02 if second < 5 else 0.08))
    assert way.base_s == pytest.approx(0.08)
    way.heard(31.0, 31.03)
    assert way.base_s == pytest.approx(0.03)


def test_a_link_that_was_held_up_at_first_is_fast_again_however_small_its_frames_are() -> None:
    way, late_s = OneWay(), [0.0005, 0.02, 0.0005, 0.001, 0.03, 0.001, 0.0005, 0.02]
    way.heard(0.0, 0.01)
    for sent in (0.1, 0.4, 0.7, 1.0):
        way.passed(2700, sent, sent + 0.21)
    assert way.rate < 15_000, "the machine does too much else, so all frames are late"
    for number in range(24):
        sent = 2 + number * CAMERA_S
        way.passed(400, sent, sent + 0.01 + late_s[number % 8])
    assert way.rate > 100_000, "most are early now, which they cannot be on a slow link"


@pytest.mark.parametrize("jitter_s", [0.0, 0.003, 0.01, 0.03])
@pytest.mark.parametrize(("rate", "size"), [(20_000, 120), (20_000, 300), (50_000, 300), (50_000, 800), (200_000, 500)])
def test_small_frames_make_no_link_much_faster_than_it_is(rate: int, size: int, jitter_s: float) -> None:
    ratios = []
    for seed in range(3):
        way, link = OneWay(), Bottleneck(bytes_per_s=rate, delay_s=0.02, jitter_s=jitter_s, seed=seed)
        for frame in range(600):
            now = frame * CAMERA_S
            if frame % 15 == 0:
                way.heard(now, link.send(SMALL, now))
            sent, carried = now + CAMERA_S / 2, 3000 if frame in (30, 31) else size
            way.passed(carried, sent, link.send(carried, sent))
            ratios += [way.rate / rate] * (frame > 40)
    assert np.quantile(ratios, 0.99) < 1.3
    assert max(ratios) < 2.5


def test_before_anything_has_arrived_two_frames_are_on_their_way() -> None:
    model = LinkModel()
    model.down.heard(0.0, 0.01)
    assert model.rtt_s == 0
    for sequence in (1, 2):
        assert model.may_send(0.0)
        model.sent(1, sequence, 30_000, 0.0)
    assert not model.may_send(100.0)
    assert model.bits_per_s(model.down, 1) == math.inf
    model.arrived(1, 1, 0.11, 0.12)
    assert model.in_flight == 30_000
    assert model.down.rate == pytest.approx(300_000)
    assert not model.may_send(0.12)
    assert model.may_send(0.2)


def test_a_page_that_tells_no_times_is_left_to_its_credit() -> None:
    model = LinkModel()
    for sequence in range(100):
        assert model.may_send(0.0)
        model.sent(1, sequence, 30_000, 0.0)
    model.arrived(1, 50, 0.1, 0.1)
    assert model.down.rate == math.inf
    assert model.in_flight == 49 * 30_000


def test_what_is_forgotten_is_not_waited_for() -> None:
    model = LinkModel()
    for stream in (1, 2):
        model.sent(stream, 1, 100, 0.0)
    model.forget(1)
    assert model.in_flight == 100
    model.forget()
    assert model.in_flight == 0
    assert model.may_send(0.0)


times = st.one_of(st.floats(-1e18, 1e18), st.floats(0, 10))


@given(
    told=st.lists(
        st.tuples(
            st.sampled_from(["heard up", "heard down", "sent", "arrived", "passed"]), st.integers(0, 9), times, times
        )
    )
)
def test_whatever_a_page_claims_is_bounded(told: list[tuple[str, int, float, float]]) -> None:
    model, now, sent = LinkModel(), 100.0, 0
    for what, number, one, two in told:
        now += 0.01
        if what == "heard up":
            model.up.heard(one, now)
        elif what == "heard down":
            model.down.heard(one, two)
        elif what == "sent":
            sent += 1
            model.sent(1, sent, 1000 + number * 5000, now)
        elif what == "arrived":
            model.arrived(number % 3, number, one, now)
        else:
            model.up.passed(number * 1000, one, now)
        for way in (model.up, model.down):
            assert MIN_RATE <= way.rate <= MAX_RATE or way.rate == math.inf
            assert way.queue_s >= 0
        assert model.rtt_s >= 0
        assert now <= model.send_at(now) <= now + MAX_WAIT_S
        assert 0 <= model.in_flight <= sent * 50_000
    model.forget()
    assert model.may_send(now + MAX_WAIT_S + 1e-6)


def test_frames_that_pass_slowly_tell_what_audio_has_to_expect() -> None:
    link = LinkModel()
    link.down.heard(0.0, 0.0)
    for number in range(20):
        link.down.passed(10_000, number * 1.0, number * 1.0 + 10_000 / NEEDED)
    assert link.down.rate == pytest.approx(NEEDED, rel=0.05)
    assert not link.carries(NEEDED, 20.0)
    assert link.carries(NEEDED / 2, 20.0)


def test_a_verdict_holds_for_minutes_and_each_time_for_twice_as_long() -> None:
    link = LinkModel()
    assert link.carries(NEEDED, 0.0)
    now, spells = 0.0, []
    for _ in range(6):
        assert link.narrow(now)
        assert not link.narrow(now + 1), "while it is known nothing changes"
        begin = now
        while not link.carries(NEEDED, now):
            now += 10
        spells.append(now - begin)
    assert spells == [VERDICT_S, 2 * VERDICT_S, 4 * VERDICT_S, 8 * VERDICT_S, LONGEST_VERDICT_S, LONGEST_VERDICT_S]
