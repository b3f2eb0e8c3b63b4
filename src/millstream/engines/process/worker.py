"""The near end of a worker: the jobs of one stream, or of one call, step by step in worker processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import cast

from millstream.engine_limits import EngineLimits
from millstream.engines import thread
from millstream.engines.process import words
from millstream.engines.process.messages import Begin, CloseCall, Control, Next, Order
from millstream.engines.process.pending_order import PendingOrder
from millstream.engines.process.pool import Pool, Unavailable
from millstream.engines.process.process import Process
from millstream.jobs import Job, Notify, Result, Signature
from millstream.wire.packet import Packet, PacketKind


@dataclass(frozen=True, kw_only=True)
class Means:
    """The means that all workers share.

    Attributes:
        pool: The processes.
        threads: Runs the jobs that listen, which call no handler, in the server: they must not wait for a process.
        signatures: The names of the bindings.
        limits: The bounds on calls.
        grace_s: How long a worker that is closed is waited for.
    """

    pool: Pool
    threads: thread.Engine
    signatures: tuple[Signature, ...]
    limits: EngineLimits
    grace_s: float


class Worker:
    """Runs jobs in whatever process is free, as long as nothing of them stays there between two steps.

    A generator stays in its process, and so does a stream whose frames build on each other, or that plays something.

    Args:
        means: What it shares with others.
        number: Its number in the processes.
        binding: The binding whose handler is called.
        notify: Called with what the handler says.
    """

    def __init__(self, means: Means, number: int, binding: int, notify: Notify) -> None:
        self._means, self._pool = means, means.pool
        self._number, self._binding, self._notify = number, binding, notify
        self._signature = means.signatures[binding]
        self._session = ""
        self._listener: thread.Worker | None = None
        self._home: Process | None = None
        self._last: Process | None = None
        self._at: Process | None = None
        self._visited: set[Process] = set()
        self._step: asyncio.Task[Result] | None = None
        self._is_suspended = self._is_pinned = False
        self._ending: asyncio.Task[None] | None = None
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.released = self.ended
        self.abandon_s = means.limits.abandon_s
        self._pool.listeners[number] = notify

    @property
    def name(self) -> str:
        """The name of its handler in messages."""
        return self._signature.handler

    @property
    def is_running(self) -> bool:
        """True if something of its handler is at work."""
        return self._at is not None

    async def submit(self, job: Job) -> AsyncGenerator[Result, None]:
        if job.role == "listen":
            async with aclosing(self._listening().submit(job)) as heard:
                async for result in heard:
                    yield result
            return
        await self._settle()  # a step that nobody waits for any more
        failure = self._pool.refusal(self._binding, job.is_developers)
        if failure is not None:
            yield Result(job.call, {}, failure)
            return
        self._is_pinned = self._is_pinned or _is_dependent(job)
        self._session = job.session if self._signature.keeps_sessions else ""
        result = await self._take(Begin(self._number, job), job.call)
        try:
            while True:
                yield result
                if result.is_last:
                    return
                result = await self._take(Next(self._number), job.call)
        except GeneratorExit:
            await asyncio.wait([asyncio.ensure_future(self._settle())], timeout=self._means.grace_s)
            raise

    def _listening(self) -> thread.Worker:
        if self._listener is None:
            self._listener = self._means.threads.open(self._binding, self._notify)
        return self._listener

    async def _take(self, order: Order, call: int) -> Result:
        """Take a step. If nobody waits for it any more it is cancelled, as far as that can be."""
        step = self._step = asyncio.ensure_future(self._make(order, call))
        try:
            return await asyncio.shield(step)
        except asyncio.CancelledError:
            self._leave()
            raise

    async def _make(self, order: Order, call: int) -> Result:
        """Have a process take a step; one that has died before it began is replaced by another."""
        result: Result | None = None
        while result is None:
            if self._home is not None and self._home.is_dead:
                is_lost, self._is_suspended, self._home = self._is_suspended, False, None
                if is_lost:
                    return Result(call, {}, words.lost_by_another(self.name))
            try:
                process = self._at = await self._pool.turn(self._home, self._last, self._session)
            except Unavailable as error:
                return Result(call, {}, error.failure)
            try:
                pending = PendingOrder(order, self._binding, self._signature, call)
                result = cast("Result | None", await process.ask(pending))
                self._note(process, result)
            finally:
                self._at = None
                self._pool.done(process, self._binding)
        return result

    def _note(self, process: Process, result: Result | None) -> None:
        """Note whether something of it stays in a process until the next step."""
        if process is not self._last:
            self._visited = {process, *(other for other in self._visited if not other.is_dead)}
        self._last = process
        self._is_suspended = result is not None and not result.is_last
        if result is not None and any(output.sound is not None for output in result.outputs.values()):
            self._is_pinned = True
        self._stay(process if self._is_suspended or self._is_pinned else None)

    def _stay(self, home: Process | None) -> None:
        if home is not self._home:
            if self._home is not None:
                self._pool.settle(self._home, -1)
            if home is not None:
                self._pool.settle(home, 1)
            self._home = home

    def _leave(self) -> None:
        """Let a step that has begun know that nobody waits for it; what has not begun never does."""
        if self._at is not None:
            self._at.tell(Control.CANCEL, self._number)
        elif self._step is not None:
            self._step.cancel()

    async def _settle(self) -> None:
        """Wait for a step that nobody waits for any more, and close a generator that nobody asks any more."""
        while self._step is not None:
            step = self._step
            await asyncio.wait([step])
            if step is self._step:
                self._step = (
                    asyncio.ensure_future(self._make(CloseCall(self._number), 0)) if self._is_suspended else None
                )

    async def close(self, wait_s: float | None = None) -> None:
        if self._ending is None:
            self._ending = asyncio.ensure_future(self._end())
        if not self.ended.done():
            await asyncio.wait([self.ended], timeout=self._means.grace_s if wait_s is None else wait_s)

    async def _end(self) -> None:
        """Close what runs, and let go of what is left in processes."""
        self._abandon_later()
        if self._step is not None and not self._step.done():
            self._leave()
        await self._settle()
        self._abandonment.cancel()
        if self._listener is not None:
            await self._listener.close()
            await asyncio.wait([self._listener.released])
        self._stay(None)
        for process in self._visited:
            process.forget(self._number)
        del self._pool.listeners[self._number]
        self.ended.set_result(None)

    def _abandon_later(self) -> None:
        seconds = max(self.abandon_s, self._means.grace_s)
        self._abandonment = asyncio.get_running_loop().call_later(seconds, self._abandon, seconds)

    def _abandon(self, seconds: float) -> None:
        """End the process of a handler that does not end; one that only waits for its turn has not begun to."""
        if self._at is not None:
            self._at.kill("abandoned", seconds)
        self._abandon_later()


def _is_dependent(job: Job) -> bool:
    """Tell whether the frames of a job build on those of the job before."""
    packets = cast("tuple[Packet, ...]", job.packets)
    return any(packet.kind is PacketKind.PICTURE and not packet.is_independent for packet in packets)
