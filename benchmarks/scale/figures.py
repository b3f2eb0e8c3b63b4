"""The figures of `docs/scale.md`: what is simulated for it, and what comes of that."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from benchmarks.scale import cluster, gateway
from benchmarks.scale.cluster import ClusterCase, ClusterResult
from benchmarks.scale.costs import Costs, Frame, Handler
from benchmarks.scale.gateway import GatewayCase

RATE_HZ: Final = 15.0
FREE: Final = Frame("", 0.0, 0.0, 0.0)
"""The frame of a GPU to which many gateways send: what it costs beside the call is theirs."""

SLOTS, LIMIT_S, STAY_S, USERS, MOST_WAITING = 1000, 120.0, 180.0, 20_000, 4000
LOADS: Final = (0.8, 0.95, 1.05, 1.2, 1.5)

GPUS, ZONE_USERS, LOST_AT, UNTIL = 1000, 100_000, 400.0, 700.0
BELOW: Final = 0.9


@dataclass(frozen=True)
class Size:
    """Streams of one process, of one core and of one GPU; `None` where there is no GPU."""

    handler: Handler
    process: int
    cores: int
    gpu: int | None

    @property
    def core(self) -> float:
        """Streams of one core."""
        return self.process / self.cores

    def price(self, costs: Costs) -> float:
        """Give what 1,000 streams cost in an hour."""
        gpus = 1000 / self.gpu * costs.prices.gpu if self.gpu else 0.0
        return 1000 / self.core * costs.prices.core + gpus


def sizes(costs: Costs) -> list[Size]:
    """Find how many streams each handler allows, at 90 % of their rate and a p95 below 200 ms."""
    found = []
    for handler in costs.handlers.values():
        case = GatewayCase(1, RATE_HZ, handler, costs.frame)
        is_gpu = handler.runs_on == "gpu"
        gpu = gateway.most_streams(replace(case, frame=FREE)) if is_gpu else None
        cores = 2 if handler.runs_on == "model" else 1  # the model takes one
        found.append(Size(handler, gateway.most_streams(case), cores, gpu))
    return found


def compared(costs: Costs) -> dict[str, tuple[float, float]]:
    """Give each measured case: frames a second measured, and simulated."""
    return {
        name: (case.fps, gateway.simulate(GatewayCase(case.streams, case.rate_hz, case.handler, costs.frame, 2)).fps)
        for name, case in costs.measured.items()
    }


def compared_queue(costs: Costs) -> tuple[float, float]:
    """Give the measured case of a queue: the mean wait for the next slot, in seconds, measured and simulated."""
    case = costs.measured_queue
    users = ClusterCase(
        users=case.visitors, arrivals_per_s=case.visitors, stay_s=1e6, slots=case.slots, time_limit_s=case.time_limit_s
    )
    return case.wait_s, float(np.mean(cluster.simulate(users, until=case.seconds).later_waits_s))


def latencies(costs: Costs, name: str, counts: range) -> list[tuple[int, float]]:
    """Give the latency (p95, in seconds) by the number of streams of one GPU."""
    case = GatewayCase(1, RATE_HZ, costs.handlers[name], FREE)
    return [(count, gateway.simulate(replace(case, streams=count)).age_p95_s) for count in counts]


@dataclass(frozen=True)
class Promise:
    """The queue at a load: waits in seconds, the share of users turned away, and how good the estimates were.

    Attributes:
        kept: The share of estimates that were not exceeded by more than a fifth.
        error: The median of how far they were off, as a share of the wait.
    """

    load: float
    p50_s: float
    p95_s: float
    refused: float
    kept: float | None
    error: float | None


def promises() -> list[Promise]:
    """Find what the queue does at each load."""
    return [_promise(load) for load in LOADS]


def _promise(load: float) -> Promise:
    arrivals = load * SLOTS / STAY_S
    case = ClusterCase(
        users=USERS,
        arrivals_per_s=arrivals,
        stay_s=STAY_S,
        slots=SLOTS,
        time_limit_s=LIMIT_S,
        max_waiting=MOST_WAITING,
        replicas=100,
        most=100,
    )
    found = cluster.simulate(case)
    p50, p95 = np.percentile(found.waits_s, (50, 95))
    told = [(told_s, was_s) for told_s, was_s in found.estimates if was_s > 1.0]
    kept = float(np.mean([was_s <= 1.2 * told_s for told_s, was_s in told])) if told else None
    error = float(np.median([abs(told_s - was_s) / was_s for told_s, was_s in told])) if told else None
    return Promise(load, float(p50), float(p95), found.refused / found.users, kept, error)


@dataclass(frozen=True)
class Loss:
    """The loss of one zone of three."""

    title: str
    result: ClusterResult
    cut: int
    below_s: float
    worst: float

    def gap_s(self, percent: float) -> float:
        """Give a percentile of how long the streams stood still that were cut."""
        return float(np.percentile(self.result.gaps_s, percent))


def losses(costs: Costs, each: int) -> list[Loss]:
    """Lose a zone of a cluster of 1,000 GPUs, each with room for so many streams."""
    slots = GPUS * each
    base = ClusterCase(
        users=ZONE_USERS,
        arrivals_per_s=0.6 * slots / STAY_S,
        stay_s=STAY_S,
        slots=slots,
        each=each,
        replicas=GPUS,
        most=GPUS,
        zone_lost_at=LOST_AT,
        return_s=(costs.page_return.least_s, costs.page_return.most_s),
        opening_s=costs.page.opening_ms / 1000,
        start_s=costs.page_return.replica_start_s,
    )
    cases = {
        "80 % full, replicas start in 12 s": replace(base, target=0.8),
        "80 % full, machines start in 120 s": replace(base, target=0.8, start_s=120.0),
        "60 % full, machines start in 120 s": replace(base, target=0.6, start_s=120.0),
    }
    return [_loss(title, case) for title, case in cases.items()]


def _loss(title: str, case: ClusterCase) -> Loss:
    found = cluster.simulate(replace(case, replicas=_settled(case)), until=UNTIL)
    after = [sample.rate for sample in found.samples if sample.at > LOST_AT]
    return Loss(title, found, len(found.gaps_s), sum(rate < BELOW for rate in after), min(after))


def _settled(case: ClusterCase) -> int:
    """Give the replicas that the autoscaler keeps for those who stream in the long run."""
    return min(case.most, round(case.arrivals_per_s * case.stay_s / case.each / case.target))
