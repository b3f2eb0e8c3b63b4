"""Batches in worker processes: members decode and encode in threads of the server, and the function is called there."""

from __future__ import annotations

import asyncio
import itertools
import math
from collections.abc import Sequence
from concurrent.futures import CancelledError
from dataclasses import replace
from typing import cast

from millstream.batches import BatchCall, FarOutcome, Outcome
from millstream.engine_limits import DEFAULT_LIMITS, EngineLimits
from millstream.engines import batch
from millstream.engines.batch.call_thread import CalledMember, CallThread, CallTime
from millstream.engines.process.messages import CalledTogether, CallTogether, OrderReply
from millstream.engines.process.pending_order import PendingOrder
from millstream.engines.process.pool import Pool, Unavailable
from millstream.engines.process.process import Process
from millstream.jobs import Advance, Arguments, Failure, Notice, Program, Signature

STOPPED = Failure("It was stopped.")


class ProcessBatches(batch.Engine):
    """The engine of batches, whose functions are called in worker processes.

    A call that hangs, or whose members have all gone, is ended with its process: no thread is abandoned for it.

    Args:
        pool: The processes.
        numbers: Numbers the callers among all workers of the pool.
        grace_s: How long a running handler is waited for when its worker is closed.
    """

    def __init__(self, pool: Pool, numbers: itertools.count[int], grace_s: float) -> None:
        super().__init__(grace_s)
        self._pool, self._numbers = pool, numbers

    def start(self, program: Program, limits: EngineLimits = DEFAULT_LIMITS) -> None:
        self._signatures = program.signatures()
        super().start(program, replace(limits, hang_s=math.inf))  # each process watches its calls itself

    def caller(self, name: str, limits: EngineLimits) -> BatchCaller:
        return BatchCaller(name, self._pool, self._numbers, self._signatures)


class BatchCaller(CallThread):
    """Has a function called in whatever process is free; its thread waits for that.

    Args:
        name: What messages call the function.
        pool: The processes.
        numbers: Numbers it among the workers of the pool, once for each binding.
        signatures: The names of the bindings.
    """

    def __init__(self, name: str, pool: Pool, numbers: itertools.count[int], signatures: Sequence[Signature]) -> None:
        super().__init__(name, math.inf)
        self._pool, self._numbers, self._signatures = pool, numbers, signatures
        self._workers: dict[int, int] = {}
        self._loop = asyncio.get_running_loop()
        self._at: Process | None = None
        self._last: Process | None = None
        self._order: asyncio.Task[object] | None = None
        self._calls: Sequence[BatchCall] = ()
        self._is_closed = False

    # ---- on the loop -------------------------------------------------------------------------------------------

    def end(self, bound_s: float) -> bool:
        if self._at is not None:
            self._at.kill("abandoned", bound_s)
        elif self._order is not None:
            self._order.cancel()
        return self._order is not None

    async def close(self, wait_s: float) -> None:
        self._is_closed = True
        if self._at is None and self._order is not None:
            self._order.cancel()
        await super().close(wait_s)

    def _hear(self, said: Notice | Advance) -> None:
        for call in self._calls:
            call.tell(said)

    async def _call(self, members: Sequence[CalledMember], time: CallTime, is_final: bool) -> list[FarOutcome] | None:
        self._calls = [call for call, _ in members]
        binding, is_async = self._calls[0].job.binding, self._calls[0].is_async
        developers = [call.job.is_developers for call in self._calls]
        arguments = [arguments for _, arguments in members]
        order = CallTogether(self._worker(binding), binding, arguments, developers, is_async, is_final)
        self._order = asyncio.current_task()
        try:
            return await self._outcomes(order, time)
        finally:
            self._order = None

    def _worker(self, binding: int) -> int:
        """Give the number by which processes know the calls of a binding, and this what they say."""
        if binding not in self._workers:
            self._workers[binding] = next(self._numbers)
            self._pool.listeners[self._workers[binding]] = self._hear
        return self._workers[binding]

    async def _outcomes(self, order: CallTogether, time: CallTime) -> list[FarOutcome] | None:
        """Have a process call the function; one that has died before it began is replaced by another."""
        refusals = [self._pool.refusal(order.binding, is_developers) for is_developers in order.developers]
        if any(refusals):
            return [FarOutcome(failure=refusal) for refusal in refusals]
        reply: OrderReply | None = None
        while reply is None:
            if self._is_closed:
                return [FarOutcome(failure=STOPPED)] * len(order.arguments)
            time.end()
            try:
                process = await self._pool.turn(None, self._last)
            except Unavailable as error:
                return [FarOutcome(failure=error.failure)] * len(order.arguments)
            time.begin()
            reply = await self._reply(process, order)
        if isinstance(reply, CalledTogether):
            return reply.outcomes
        failure = cast("Failure", reply.failure)
        if failure.is_lost or order.is_final:  # no call that was lost is made again
            return [FarOutcome(failure=failure)] * len(order.arguments)
        return None

    async def _reply(self, process: Process, order: CallTogether) -> OrderReply | None:
        self._at = self._last = process
        try:
            return await process.ask(PendingOrder(order, order.binding, self._signatures[order.binding], 0))
        finally:
            self._at = None
            self._pool.done(process, order.binding)

    # ---- in the thread -----------------------------------------------------------------------------------------

    def call(self, members: Sequence[CalledMember], time: CallTime, *, is_final: bool) -> list[Outcome] | None:
        made = asyncio.run_coroutine_threadsafe(self._call(members, time, is_final), self._loop)
        try:
            return cast("list[Outcome] | None", made.result())
        except CancelledError:  # before any process had begun with it
            return [FarOutcome(failure=STOPPED)] * len(members)

    def call_alone(self, call: BatchCall, arguments: Arguments, time: CallTime) -> object:
        outcomes = self.call([(call, arguments)], time, is_final=True)
        return cast("list[Outcome]", outcomes)[0]
