"""The engine of worker processes, as the server sees it."""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import Collection, Mapping
from typing import Final, cast

from millstream.engine_limits import DEFAULT_LIMITS, EngineLimits
from millstream.engines import thread
from millstream.engines.process.pool import Pool
from millstream.engines.process.worker import Means, Worker
from millstream.errors import DeclarationError
from millstream.jobs import Notify, Program
from millstream.jobs import Worker as AnyWorker

GRACE_S: Final = 0.5
"""How long a worker that is closed waits for the handler that it runs, unless it is told to wait longer."""


class Engine:
    """Processes of our own, which import the app: a handler that crashes, hangs or leaks costs no more than its call.

    Each takes one call, or one step of a generator, at a time; others wait for a free one. A job whose worker is closed
    has `EngineLimits.abandon_s` to end. After that its process is killed, and replaced.

    Args:
        grace_s: How long a running handler is waited for when its worker is closed.
    """

    def __init__(self, grace_s: float = GRACE_S) -> None:
        self.grace_s = grace_s
        self._workers: set[Worker] = set()
        self._numbers = itertools.count(1)

    def start(self, program: Program, limits: EngineLimits = DEFAULT_LIMITS) -> None:
        """Get ready; processes are started by `prepare`, or with the first worker.

        Raises:
            DeclarationError: Windows has no means to hand shared memory without a name to another process.
        """
        if sys.platform == "win32":
            raise DeclarationError('engine="process" needs Linux or macOS: leave engine= out')
        self._program = program
        threads = thread.Engine(self.grace_s)
        threads.start(program, limits)
        self._means = Means(
            pool=Pool(program, limits),
            threads=threads,
            signatures=program.signatures(),
            limits=limits,
            grace_s=self.grace_s,
        )
        # Not at the top: worker processes import this package, too, and it would delay the start of each.
        from millstream.engines.process.batches import ProcessBatches

        self._batches = ProcessBatches(self._means.pool, self._numbers, self.grace_s)
        self._batches.start(program, limits)

    async def prepare(self, bindings: Collection[int]) -> None:
        """Start the processes, and wait until each has imported and set up the app, or has failed to.

        Raises:
            DeclarationError: The app cannot be found by other processes; the message names the remedy.
        """
        if bindings:
            self._means.pool.open(bindings)
            await self._means.pool.started()

    def open(self, binding: int, notify: Notify) -> AnyWorker:
        self._means.pool.open(range(len(self._means.signatures)))
        if binding in self._batches.makers:
            return self._batches.open(binding, notify)
        worker = Worker(self._means, next(self._numbers), binding, notify)
        self._workers.add(worker)
        worker.ended.add_done_callback(lambda _: self._workers.discard(worker))
        return worker

    def end_session(self, session: str) -> None:
        self._means.pool.end_session(session)
        self._means.threads.end_session(session)

    def statistics(self) -> Mapping[str, object]:
        """Count what runs.

        `threads` counts the workers that are open, as in the engine of threads, `workers` the processes that are ready;
        `deaths` and `recycled` are since the start. `standby` tells whether a process would take over at once.
        """
        pool, batches = self._means.pool, self._batches.statistics()
        running = [worker.name for worker in self._workers if worker.is_running]
        return {
            "threads": len(self._workers) + cast("int", batches["threads"]),
            "running": sorted([*running, *cast("list[str]", batches["running"])]),
            "abandoned": batches["abandoned"],
            "batches": batches["batches"],
            "workers": len(pool.pids),
            "pids": pool.pids,
            "deaths": pool.deaths,
            "recycled": pool.recycled,
            "standby": pool.standby is not None and pool.standby.is_standing_by,
        }

    async def close(self) -> None:
        await asyncio.gather(*(worker.close() for worker in list(self._workers)), self._batches.close())
        await self._means.pool.close()
        await asyncio.gather(*(worker.close() for worker in list(self._workers)))
        await self._means.threads.close()
