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
        is_invited: Whether the next call is to be chosen, in the turn that was taken last.
        goes_on: Whether another turn may follow: no call has begun in the last one, or its batch has, or it is over.
    """

    def __init__(self, worker: BatchWorker, tasks: asyncio.TaskGroup, *, overlap: bool) -> None:
        self.worker, self._tasks, self._overlap = worker, tasks, overlap
        self._calls: list[asyncio.Task[None]] = []
        self._wake: Callable[[], None] = _ignore
        self.is_invited, self.goes_on = False, True

    @property
    def prepare_s(self) -> float:
        """The time before the end of the running call at which the next frame is wanted."""
        return self.worker.prepare_s if self._overlap else 0.0

    @property
    def last(self) -> asyncio.Task[None] | None:
        """The newest call, unless it is over."""
        return self._calls[-1] if self._calls else None

    def turn(self, wake: Callable[[], None]) -> AbstractContextManager[None]:
        """Take part in the next batch: see `BatchWorker.turn`. `wake` is called when something has changed."""
        self.is_invited, self._wake = False, wake
        return self.worker.turn(self._invited, self._begun if self._overlap else _ignore)

    def begin(self, call: Coroutine[None, None, None]) -> None:
        """Begin a call in a turn."""
        self.goes_on = False
        task = self._tasks.create_task(call)
        self._calls.append(task)
        task.add_done_callback(self._end)

    def withdraw(self) -> None:
        """End a call that waits for the one before it: the stream, or its slot, is over."""
        if len(self._calls) > 1:
            self._calls[-1].cancel()

    async def room(self) -> None:
        """Wait until no more than one call runs."""
        while len(self._calls) > 1:
            await asyncio.wait(self._calls[:1])

    async def settled(self) -> None:
        """Wait until no call runs."""
        while self._calls:
            await asyncio.wait(self._calls)

    def _invited(self) -> None:
        self.is_invited = True
        self._wake()

    def _begun(self) -> None:
        self.goes_on = True
        self._wake()

    def _end(self, task: asyncio.Task[None]) -> None:
        if task is self.last:
            self._begun()
        self._calls.remove(task)


def _ignore() -> None:
    """Take no notice that a batch has begun: nothing of the next call may happen before the end of this one."""
