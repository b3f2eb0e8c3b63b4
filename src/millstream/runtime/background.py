"""Work in the background of one session, which ends with it at the latest."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


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
        self._loop = asyncio.get_running_loop()

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something in the background."""
        task = self._loop.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def close(self) -> None:
        """End all of it, and what it begins meanwhile."""
        while self.tasks:
            for task in self.tasks:
                task.cancel()
            await asyncio.wait(self.tasks)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fault(error)
