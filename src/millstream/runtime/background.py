"""Work in the background of one session, which ends with it at the latest."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from millstream.runtime.call.user_code import guarded


class Background:
    """Runs coroutines; one that breaks off costs nobody else anything.

    Args:
        fault: Called with what one of them raises.

    Attributes:
        tasks: Those that are at work.
    """

    def __init__(self, fault: Callable[[BaseException], object]) -> None:
        self.tasks: set[asyncio.Task[None]] = set()
        self._fault = fault
        self._group: asyncio.TaskGroup

    def open(self, group: asyncio.TaskGroup) -> None:
        """Let what is started belong to a group of tasks."""
        self._group = group

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something in the background."""
        task = self._group.create_task(self._contained(work))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        task.add_done_callback(lambda _: work.close())  # of a task that is cancelled before it begins
        return task

    def cancel(self) -> None:
        """End all of it."""
        for task in self.tasks:
            task.cancel()

    async def _contained(self, work: Coroutine[Any, Any, None]) -> None:
        with guarded(self._fault):
            await work
