"""A worker whose calls are made together with those of others: it decodes and encodes in a thread of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Hashable, Iterator
from contextlib import AbstractContextManager, aclosing, contextmanager
from functools import partial
from typing import Final, cast

from millstream.batches import BatchCall
from millstream.engines import thread
from millstream.engines.batch.batcher import Batcher
from millstream.engines.batch.call_thread import CallTime
from millstream.jobs import END, Job, Notify, Program, Result

RETURN_S: Final = 2.0
"""How long a thread may take to come back once the call that it waits for was ended with its process."""


class Worker(thread.Worker):
    """One thread, and the batcher of its binding in the middle of each call. A `BatchWorker`."""

    def __init__(self, batcher: Batcher, engine: thread.Engine, program: Program, binding: int, notify: Notify) -> None:
        super().__init__(engine, program, binding, notify)
        self._batcher = batcher
        self._has_turn = self._is_alone = self._comes_back = False
        self.ended.add_done_callback(lambda _: batcher.forget(self))

    @property
    def is_running(self) -> bool:
        return super().is_running or self._batcher.running(self) is not None

    @property
    def prepare_s(self) -> float:
        return self._batcher.prepare_s

    def turn(self, invited: Callable[[], None], begun: Callable[[], None]) -> AbstractContextManager[None]:
        return self._turn_among(self, invited, begun)

    @contextmanager
    def _turn_among(self, owner: Hashable, invited: Callable[[], None], begun: Callable[[], None]) -> Iterator[None]:
        """Ask for the turn of an owner, unless calls are made by themselves; harmless inside of such a block."""
        if self._has_turn or not self._batcher.is_batching:
            invited()
            yield
            return
        self._has_turn = True
        try:
            self._batcher.join(self, owner, invited, begun)
            yield
        finally:
            self._has_turn = False
            self._batcher.leave(self)

    async def submit(self, job: Job) -> AsyncGenerator[Result, None]:
        if job.role == "handler":
            yield await self._result(cast("BatchCall", self.calls.begin(job)), job.folder)
            return
        async with aclosing(super().submit(job)) as results:
            async for result in results:
                yield result

    async def _result(self, call: BatchCall, session: Hashable) -> Result:
        invited = asyncio.Event()
        with self._turn_among(session, invited.set, _ignore):
            await invited.wait()
            if not self._has_turn:
                result, seconds = cast("tuple[Result, float]", await self._do(partial(self._run_alone, call)))
                self._batcher.alone(seconds)
                return result
            arguments = await self._do(call.arguments)
            outcome = END if arguments is None else await self._batcher.together(self, call, arguments)  # type: ignore[arg-type]
        return cast("Result", await self._do(partial(call.accept, outcome)))

    def _run_alone(self, call: BatchCall) -> tuple[Result, float]:
        """Take all steps; in the worker's thread. Gives how long the function took, too, without the wait for it."""
        caller, arguments, time = self._batcher.caller, call.arguments(), CallTime()
        with caller.holding():
            self._is_alone = True
            time.begin()
            value = END if arguments is None else caller.call_alone(call, arguments, time)
            time.end()
            self._is_alone = False
        return call.accept(value), time.seconds

    async def close(self, wait_s: float | None = None) -> None:
        if (running := self._batcher.running(self)) is not None and self._closed_at is None:
            _ = self._do(running.returned.wait)  # it does not end before the function that was called for it
        await super().close(wait_s)

    def abandon(self, why: str) -> None:
        """Give up what was called for it, and itself.

        If that was ended it is only given up if it does not come back then. If it has not begun, as the function is
        called for others or its process is still to be had, no thread hangs: its slot is given away without a word.
        """
        if self.released.done():
            return
        is_at_work = self._is_alone or self._batcher.is_at_work(self)
        if self._ends_call(why) and not self._comes_back:
            self._comes_back = True
            self._abandonment = self._loop.call_later(RETURN_S, self.abandon, why)
        elif is_at_work or self._comes_back:
            super().abandon(why)
        else:
            self.released.set_result(None)

    def _ends_call(self, why: str) -> bool:
        if not self._is_alone:
            return self._batcher.give_up(self, self._engine.abandon_s, why)
        is_ended = self._batcher.caller.end(self._engine.abandon_s)
        if not is_ended:
            self._batcher.caller.let_others_call()
        return is_ended


def _ignore() -> None:
    """Take no notice that a call by itself has begun: nobody comes after it."""
