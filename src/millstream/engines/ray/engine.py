"""The engine of a pool, as a gateway sees it."""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import Collection, Mapping
from functools import partial

from millstream.engine_limits import DEFAULT_LIMITS, EngineLimits
from millstream.engines import batch, thread
from millstream.engines.process.wire import packed
from millstream.engines.ray.messages import PoolOrder
from millstream.engines.ray.plan import planned
from millstream.engines.ray.pool import ActorPool
from millstream.engines.ray.worker import Worker
from millstream.jobs import Notify, Program
from millstream.jobs import Worker as AnyWorker


class Engine:
    """Actors that all replicas of an app share; where none are planned, threads of this process.

    A job whose worker is closed has `EngineLimits.abandon_s` to end; then its actor abandons it, as in a thread. A job
    whose actor dies is lost, and its page is told so.
    """

    def __init__(self) -> None:
        self._plan = planned()
        self._local = batch.Engine()
        self._pool: ActorPool | None = None
        self._workers: set[Worker] = set()
        self._numbers = itertools.count(1)

    def start(self, program: Program, limits: EngineLimits = DEFAULT_LIMITS) -> None:
        self._program, self._limits = program, limits
        self._signatures = program.signatures()
        self._local.start(program, limits)

    async def prepare(self, bindings: Collection[int]) -> None:
        """Have the actors set up the app, or do so here.

        Raises:
            DeclarationError: They cannot find the app, or do not become ready; the message says why.
        """
        if self._plan is None:
            await self._local.prepare(bindings)
            return
        order = PoolOrder(
            factory=bytes(packed(self._program.factory())[0]),
            signatures=self._signatures,
            bindings=tuple(bindings),
            limits=self._limits,
            paths=tuple(sys.path),
        )
        self._pool = ActorPool(self._plan, order)
        await self._pool.start()

    def open(self, binding: int, notify: Notify) -> AnyWorker:
        if self._pool is None:
            return self._local.open(binding, notify)
        listening = partial(self._listening, binding, notify)
        worker = Worker(self._pool, next(self._numbers), binding, self._signatures[binding], notify, listening)
        worker.abandon_s = self._limits.abandon_s
        self._workers.add(worker)
        worker.ended.add_done_callback(lambda _: self._workers.discard(worker))
        return worker

    def _listening(self, binding: int, notify: Notify) -> thread.Worker:
        return self._local.open(binding, notify)

    def end_session(self, session: str) -> None:
        self._local.end_session(session)
        for member in self._pool.members if self._pool is not None else ():
            member.tell("end_session", session)

    def statistics(self) -> Mapping[str, object]:
        local = self._local.statistics()
        if self._pool is None:
            return local
        running = sorted(worker.name for worker in self._workers if worker.is_running)
        return {**local, "threads": len(self._workers), "running": running, "actors": len(self._pool.members)}

    async def close(self) -> None:
        await asyncio.gather(*(worker.close() for worker in list(self._workers)))
        if self._pool is not None:
            await self._pool.close()
        await self._local.close()
