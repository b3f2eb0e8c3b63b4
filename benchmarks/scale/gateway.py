"""One gateway frame by frame: cameras, a lane that keeps the newest frame, the GIL, cores, and a handler.

Each stream has one call at a time, as in the real one: what comes meanwhile replaces what waits. Pages get their credit
from the real `Pacing`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from benchmarks.scale.batcher import Batcher
from benchmarks.scale.costs import Frame, Handler
from benchmarks.scale.simulation import Action, Simulation, Station
from millstream.batches import BatchRules
from millstream.runtime.stream.latest import Pacing

WARM_UP_S: Final = 2.0
"""Of a run, in which nothing is counted."""

LEAST_S: Final = 0.0001
"""The least time from one look at the credit to the next."""


@dataclass(frozen=True)
class GatewayCase:
    """A case to be simulated.

    Attributes:
        streams: How many there are.
        rate_hz: Frames a second of each camera.
        handler: What is called.
        frame: What else a frame costs.
        cores: The cores that the process may use at once.
        seconds: How long, after a warm-up.
        max_wait_s: Of a batch.
        jitter: How irregularly frames come and calls last: a standard deviation, as a share.
        way_s: From a page to the server.
        seed: Of all that is random.
    """

    streams: int
    rate_hz: float
    handler: Handler
    frame: Frame
    cores: int = 1
    seconds: float = 10.0
    max_wait_s: float = 0.008
    jitter: float = 0.05
    way_s: float = 0.0005
    seed: int = 0


@dataclass(frozen=True)
class GatewayResult:
    """The outcome: frames a second of all streams, of the slowest one, ages in seconds, frames that were replaced."""

    fps: float
    slowest_fps: float
    age_p50_s: float
    age_p95_s: float
    captured: int
    unsent: int
    handled: int
    replaced: int
    under_way: int

    def holds(self, case: GatewayCase, share: float, p95_s: float) -> bool:
        """Tell whether each stream has its rate, at a latency (p95)."""
        return self.slowest_fps >= share * case.rate_hz and self.age_p95_s <= p95_s


def simulate(case: GatewayCase) -> GatewayResult:
    """Run a case."""
    simulation = Simulation()
    gateway = _Gateway(case, simulation)
    streams = [_Stream(gateway, number) for number in range(case.streams)]
    simulation.run(WARM_UP_S + case.seconds)
    ages = [age for stream in streams for age in stream.ages] or [float("inf")]
    rates = [len(stream.ages) / case.seconds for stream in streams]
    p50, p95 = np.percentile(ages, (50, 95)) if len(ages) > 1 else (ages[0], ages[0])
    return GatewayResult(
        fps=sum(rates),
        slowest_fps=min(rates),
        age_p50_s=float(p50),
        age_p95_s=float(p95),
        captured=sum(stream.captured for stream in streams),
        unsent=sum(stream.unsent for stream in streams),
        handled=sum(stream.handled for stream in streams),
        replaced=sum(stream.replaced for stream in streams),
        under_way=sum(stream.under_way for stream in streams),
    )


def most_streams(case: GatewayCase, share: float = 0.9, p95_s: float = 0.2, limit: int = 4096) -> int:
    """Find the most streams that hold their rate and latency; 0 if not even one does."""

    def holds(streams: int) -> bool:
        tried = replace(case, streams=streams)
        return simulate(tried).holds(tried, share, p95_s)

    least, most = 0, 1
    while most <= limit and holds(most):
        least, most = most, most * 2
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (middle, most) if holds(middle) else (least, middle)
    return least


class _Gateway:
    """The parts that all streams of a process share."""

    def __init__(self, case: GatewayCase, simulation: Simulation) -> None:
        self.case, self.simulation = case, simulation
        self.random, frame = random.Random(case.seed), case.frame
        self.gil = Station(simulation, 1)  # whoever holds it takes a core as well
        self.cores = Station(simulation, case.cores - 1) if case.cores > 1 else self.gil
        device = Station(simulation, 1)
        self.places = {
            "python": self.gil,
            "core": self.cores,
            "model": device,
            "gpu": device,
            "service": Station(simulation, case.streams),
        }
        self._gil_s = frame.gil_s(case.handler)
        rules = BatchRules(case.handler.max_size, case.max_wait_s)
        self.batcher = Batcher(simulation, rules, self.call) if case.handler.max_size > 1 else None

    def varied(self, seconds: float) -> float:
        """Give a duration that is about so long."""
        return max(0.0, seconds * self.random.gauss(1.0, self.case.jitter))

    def decode(self, done: Action) -> None:
        """Do what comes before a call: receive a frame, and decode it."""
        loop_s, codec_s = self._halves()
        self.gil.serve(loop_s, lambda: self.cores.serve(codec_s, done))

    def encode(self, done: Action) -> None:
        """Do what comes after it: encode, and send."""
        loop_s, codec_s = self._halves()
        self.cores.serve(codec_s, lambda: self.gil.serve(loop_s, done))

    def call(self, size: int, done: Action) -> None:
        """Call the handler."""
        handler = self.case.handler
        self.places[handler.runs_on].serve(self.varied(handler.call_s(size)), done)

    def _halves(self) -> tuple[float, float]:
        return self.varied(self._gil_s / 2), self.varied(self.case.frame.codec_ms / 2000)


class _Stream:
    """One camera, the credit that it has, and its calls."""

    def __init__(self, gateway: _Gateway, number: int) -> None:
        self._gateway, self._simulation, self._number = gateway, gateway.simulation, number
        self._pacing = Pacing()
        self._limit = self._sent = 0
        self._ask_at: float | None = None
        self._newest: float | None = None
        self._running: list[float] = []
        self._is_busy = False
        self.ages: list[float] = []
        self.captured = self.unsent = self.handled = self.replaced = 0
        self._ask()
        gateway.simulation.at(gateway.random.random() / gateway.case.rate_hz, self._capture)

    @property
    def under_way(self) -> int:
        """Frames that wait, or are at work."""
        return self.captured - self.unsent - self.handled - self.replaced

    def _capture(self) -> None:
        """Take a frame, and send it if there is credit."""
        now = self._simulation.now
        self.captured += 1
        if self._sent < self._limit:
            self._sent += 1
            sequence = self._sent
            self._simulation.after(self._gateway.case.way_s, lambda: self._receive(sequence, now))
        else:
            self.unsent += 1
        self._simulation.after(self._gateway.varied(1 / self._gateway.case.rate_hz), self._capture)

    def _receive(self, sequence: int, captured: float) -> None:
        self.replaced += self._newest is not None
        self._newest = captured
        self._pacing.received(sequence, self._simulation.now)
        self._ask()
        self._begin()

    def _ask(self) -> None:
        """Raise the credit when the real pacing says so."""
        now = self._simulation.now
        self._limit = self._pacing.limit(now)
        ask_at = self._ask_at = self._pacing.next_at(now)
        if ask_at is not None:
            self._simulation.at(max(ask_at, now + LEAST_S), lambda: self._ask() if ask_at == self._ask_at else None)

    def _begin(self) -> None:
        """Handle the newest frame; beside another one if that is in a batch already."""
        if self._is_busy or self._newest is None or len(self._running) > 1:
            return
        self._is_busy = True
        batcher = self._gateway.batcher
        if batcher is None:
            self._choose(lambda: self._gateway.call(1, self._finish))
        else:
            batcher.join(self._number, self._choose, self._go_on, self._finish)

    def _go_on(self) -> None:
        self._is_busy = False
        self._begin()

    def _choose(self, ready: Action) -> None:
        """Take the newest frame; `ready` comes when it is decoded."""
        assert self._newest is not None
        self._running.append(self._newest)
        self._newest = None
        if len(self._running) == 1:
            self._call_began()
        self._ask()
        self._gateway.decode(ready)

    def _call_began(self) -> None:
        batcher = self._gateway.batcher
        self._pacing.call_began(self._simulation.now, 0.0 if batcher is None else batcher.prepare_s)

    def _finish(self) -> None:
        self._gateway.encode(self._end)

    def _end(self) -> None:
        captured = self._running.pop(0)
        self.handled += 1
        self._pacing.call_ended(self._simulation.now)
        if self._running:
            self._call_began()
        self._ask()
        if self._simulation.now >= WARM_UP_S:
            self.ages.append(self._simulation.now - captured)
        if self._gateway.batcher is None:
            self._is_busy = False
        self._begin()
