"""Handlers in actors of a Ray cluster, which the replicas of an app share: light gateways, heavy actors.

`plan()` says, in a replica, that there is a pool. Then the `Engine` opens a `Worker` for each stream or call, which has
a `PoolMember` of the `ActorPool` run its jobs. Over there a `PoolActor` gives them to the engine of batches, so that
calls of pages of different replicas are made as one. Without a pool, as under `launch()`, handlers run in threads.
"""

from __future__ import annotations

from millstream.engines.ray.engine import Engine
from millstream.engines.ray.plan import PoolPlan, plan

__all__ = ["Engine", "PoolPlan", "plan"]
