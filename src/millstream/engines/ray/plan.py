"""The pool that this process may use, as its deployment has planned it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class PoolPlan:
    """The actors that run handlers for all replicas of an app.

    Attributes:
        name: Name of the pool on the cluster: apps, and versions of one, share none.
        namespace: The namespace of its actors.
        actors: How many there are.
        num_cpus, num_gpus: The CPUs and GPUs that each reserves.
        start_s: Seconds in which an actor has to have imported the app and set it up.
    """

    name: str
    namespace: str
    actors: int
    num_cpus: float = 1.0
    num_gpus: float = 0.0
    start_s: float = 300.0


class _Planned:
    plan: PoolPlan | None = None


_planned = _Planned()


def plan(pool: PoolPlan | None) -> None:
    """Plan the pool of the engines that this process makes from now on; `None` for none."""
    _planned.plan = pool


def planned() -> PoolPlan | None:
    """Give the pool that engines of this process use."""
    return _planned.plan
