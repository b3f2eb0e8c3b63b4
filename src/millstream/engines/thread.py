"""Runs handlers in threads of our own: one for each running stream or call, begun with it and ended with it.

Never a shared pool: there a few slow handlers would starve everybody else, and a hung one would block the exit.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from functools import partial
from queue import SimpleQueue
from typing import Final, TypeAlias, TypeVarTuple

from millstream.errors import Busy
from millstream.types import Advance, Call, Calls, Job, Notice, Notify, Program, Result

Task: TypeAlias = Callable[[], Result | None]
Arguments = TypeVarTuple("Arguments")

logger = logging.getLogger("millstream.engine")

MAX_ABANDONED: Final = 64
"""Threads that may hang in handlers before nothing new is begun."""

ABANDON_S: Final = 0.5
"""How long a worker that is closed waits for the handler that it runs."""


class Engine:
    """Threads of the server's own process.

    Args:
        max_abandoned: How many hung handlers are tolerated.
        abandon_s: How long a running handler is waited for when its worker is closed.
    """

    def __init__(self, max_abandoned: int = MAX_ABANDONED, abandon_s: float = ABANDON_S) -> None:
        self.abandon_s = abandon_s
        self._max_abandoned = max_abandoned
        self._workers: set[Worker] = set()
        self._abandoned: dict[Worker, str] = {}
        self._opened = 0

    def start(self, program: Program) -> None:
        self._program = program

    def open(self, binding: int, notify: Notify) -> Worker:
        if len(self._abandoned) >= self._max_abandoned:
            raise Busy(f"{len(self._abandoned)} handlers hang and hold on to their threads")
        self._opened += 1
        worker = Worker(self, self._program.name_of(binding), self._program.open(), notify)
        self._workers.add(worker)
        return worker

    @property
    def is_busy(self) -> bool:
        """Whether a thread works on something that the loop waits for; abandoned ones do not count."""
        return any(worker.is_busy for worker in self._workers)

    def statistics(self) -> Mapping[str, object]:
        return {"opened": self._opened, "threads": len(self._workers), "abandoned": sorted(self._abandoned.values())}

    async def close(self) -> None:
        await asyncio.gather(*(worker.close() for worker in list(self._workers)))

    def abandon(self, worker: Worker) -> None:
        if worker in self._abandoned:
            return
        self._workers.discard(worker)
        self._abandoned[worker] = worker.name
        logger.warning(
            "handler %s does not end although it was cancelled: its thread is abandoned (%d are)",
            worker.name,
            len(self._abandoned),
        )

    def forget(self, worker: Worker) -> None:
        """Note that the thread of a worker has ended."""
        self._workers.discard(worker)
        self._abandoned.pop(worker, None)


class Worker:
    """One thread, and the way to it and back: a task in, one call of the loop out."""

    def __init__(self, engine: Engine, name: str, calls: Calls, notify: Notify) -> None:
        self.name = name
        self._engine = engine
        self._calls = calls
        self._notify = notify
        self._loop = asyncio.get_running_loop()
        self._tasks: SimpleQueue[tuple[Task, asyncio.Future[Result | None]] | None] = SimpleQueue()
        self._pending = 0
        self._closed_at: float | None = None
        self._ended: asyncio.Future[None] = self._loop.create_future()
        threading.Thread(target=self._work, name=f"millstream {name}", daemon=True).start()

    @property
    def is_busy(self) -> bool:
        """Whether the loop waits for the thread; of a closed worker only as long as a healthy one takes to end."""
        if self._closed_at is not None:
            return not self._ended.done() and time.monotonic() < self._closed_at + self._engine.abandon_s
        return self._pending > 0

    async def submit(self, job: Job) -> AsyncGenerator[Result, None]:
        call = self._calls.begin(job, self._notify_in_thread)
        try:
            if call.is_async:
                await self._do(partial(_decode, call))
            while True:
                if call.is_async:
                    await call.call_async()
                result = await self._do(partial(_encode if call.is_async else _run, call))
                assert result is not None
                yield result
                if result.is_last:
                    return
        except GeneratorExit:  # abandoned between two steps, so the thread has nothing else to do
            await self._close_call(call)
            raise
        finally:
            await call.close_async()

    async def _close_call(self, call: Call) -> None:
        try:
            async with asyncio.timeout(self._engine.abandon_s):
                await self._do(partial(_close, call))
        except TimeoutError:
            logger.warning("handler %s does not end although it was closed", self.name)

    async def close(self, wait_s: float | None = None) -> None:
        if self._closed_at is None:
            self._closed_at = time.monotonic()
            self._tasks.put(None)
        if self._ended.done():
            return
        try:
            await asyncio.wait([self._ended], timeout=self._engine.abandon_s if wait_s is None else wait_s)
        except asyncio.CancelledError:
            # Whoever waited is gone; that makes a healthy thread no slower, so it gets its time all the same.
            self._loop.call_later(self._engine.abandon_s, self._give_up)
            raise
        self._give_up()

    def _give_up(self) -> None:
        if not self._ended.done():
            self._engine.abandon(self)

    async def _do(self, task: Task) -> Result | None:
        future: asyncio.Future[Result | None] = self._loop.create_future()
        self._pending += 1
        self._tasks.put((task, future))
        return await future

    def _deliver(self, future: asyncio.Future[Result | None], result: Result | None) -> None:
        self._pending -= 1
        if not future.done():
            future.set_result(result)

    def _end(self) -> None:
        self._engine.forget(self)
        self._ended.set_result(None)

    # ---- in the thread; nothing of the loop may be touched but through `_on_loop` ------------------------------

    def _work(self) -> None:
        while (item := self._tasks.get()) is not None:
            task, future = item
            self._on_loop(self._deliver, future, task())
        self._calls.close()
        self._on_loop(self._end)

    def _notify_in_thread(self, said: Notice | Advance) -> None:
        self._on_loop(self._notify, said)

    def _on_loop(self, function: Callable[[*Arguments], None], *arguments: *Arguments) -> None:
        try:
            self._loop.call_soon_threadsafe(function, *arguments)
        except RuntimeError:
            # The loop is closed: an abandoned thread came back after the server had ended. Nobody is left to tell.
            logger.debug("handler %s ended after its server", self.name)


def _run(call: Call) -> Result:
    """Take all three steps in one hop."""
    call.decode()
    call.call()
    return _encode(call)


def _decode(call: Call) -> None:
    call.decode()


def _close(call: Call) -> None:
    call.close()


def _encode(call: Call) -> Result:
    result = call.encode()
    if result.is_last:
        call.close()
    return result
