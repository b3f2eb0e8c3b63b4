"""Calls of one stream that overlap: while its batch is called the next frame is chosen and decoded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager

from millstream.batches import BatchWorker


class OverlappingCalls:
    """The running calls of one stream: one in a batch, and perhaps the next one, whose results come after its own.

    Args:
        worker: Makes them.
        tasks: Where they run; what one of them raises ends them all.
        overlap: Whether a call may begin before the one before it is over.

    Attributes:
        worker: As given.
    """

    def __init__(self, worker: BatchWorker, tasks: asyncio.TaskGroup, *, overlap: bool) -> None:
        self.worker, self._tasks, self._overlap = worker, tasks, overlap
        self._calls: list[asyncio.Task[None]] = []
        self._goes_on = asyncio.Event()

    @property
    def prepare_s(self) -> float:
        """The time before the end of the running call at which the next frame is wanted."""
        return self.worker.prepare_s if self._overlap else 0.0

    @property
    def last(self) -> asyncio.Task[None] | None:
        """The newest call, unless it is over."""
        return self._calls[-1] if self._calls else None

    def turn(self, invited: Callable[[], None]) -> AbstractContextManager[None]:
        """Take part in the next batch: see `BatchWorker.turn`."""
        return self.worker.turn(invited, self._goes_on.set if self._overlap else _ignore)

    async def begin(self, call: Coroutine[None, None, None]) -> None:
        """Begin a call in a turn; returns when another turn may follow: when its batch has begun, or it is over."""
        self._goes_on.clear()  # whatever the call before it has set
        task = self._tasks.create_task(call)
        self._calls.append(task)
        task.add_done_callback(self._end)
        await self._goes_on.wait()

    async def room(self) -> None:
        """Wait until no more than one call runs."""
        while len(self._calls) > 1:
            await asyncio.wait(self._calls[:1])

    async def settled(self) -> None:
        """Wait until no call runs."""
        while self._calls:
            await asyncio.wait(self._calls)

    def _end(self, task: asyncio.Task[None]) -> None:
        if task is self.last:
            self._goes_on.set()
        self._calls.remove(task)


def _ignore() -> None:
    """Take no notice that a batch has begun: nothing of the next call may happen before the end of this one."""
