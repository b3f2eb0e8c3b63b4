"""Runs handlers in threads of our own: one for each running stream or call, begun with it and ended with it.

Never a shared pool: there a few slow handlers would starve everybody else, and a hung one would block the exit.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncGenerator, Callable, Collection, Mapping
from dataclasses import replace
from functools import partial
from queue import SimpleQueue
from typing import Any, Final, TypeAlias, TypeVarTuple, cast

from millstream.cancellation import is_wanted
from millstream.engine_limits import DEFAULT_LIMITS, EngineLimits
from millstream.errors import Busy
from millstream.jobs import Advance, Call, Job, Notice, Notify, Program, Result
from millstream.set_up_calls import run_set_ups

Task: TypeAlias = Callable[[], object]
Arguments = TypeVarTuple("Arguments")

logger = logging.getLogger("millstream.engine")

GRACE_S: Final = 0.5
"""How long a worker that is closed waits for the handler that it runs, unless it is told to wait longer."""

NO_THREAD: Final = "The app is busy: this machine has no room for one more call. Try again in a moment."

KEPT: Final = 64
"""Different messages of a handler that wait for the loop; the newest are."""


class Engine:
    """Threads of the server's own process.

    A job whose worker is closed has `EngineLimits.abandon_s` to end. After that it is abandoned: its thread is left to
    itself, named in the log and in `statistics()`, and forgotten when it ends after all.

    Args:
        grace_s: How long a running handler is waited for when its worker is closed.

    Attributes:
        grace_s: As given.
        makers: What makes the workers of certain bindings, which work in another way.
    """

    def __init__(self, grace_s: float = GRACE_S) -> None:
        self.grace_s = grace_s
        self.makers: dict[int, Callable[[Engine, Program, int, Notify], Worker]] = {}
        self._workers: set[Worker] = set()
        self._abandoned: dict[Worker, str] = {}
        self._opened = 0
        self._is_short = False

    def start(self, program: Program, limits: EngineLimits = DEFAULT_LIMITS) -> None:
        self._program = program
        self._set_up_s, self.abandon_s = limits.set_up_s, limits.abandon_s

    async def prepare(self, bindings: Collection[int]) -> None:
        """Call the app's set-up, in a thread; raises what it raises, as no handler could do its work then."""
        await run_set_ups(self._program.set_ups(bindings), self._set_up_s)

    def open(self, binding: int, notify: Notify) -> Worker:
        worker = self.makers.get(binding, Worker)(self, self._program, binding, notify)
        try:
            threading.Thread(target=worker.work, name=f"millstream {worker.name}", daemon=True).start()
        except RuntimeError as error:
            worker.calls.close()
            self._note_short(worker.name, error)
            raise Busy(NO_THREAD) from None
        self._is_short = False
        self._opened += 1
        self._workers.add(worker)
        return worker

    def end_session(self, session: str) -> None:
        self._program.end_session(session)

    @property
    def is_busy(self) -> bool:
        """True if a thread works on something that the loop waits for; abandoned ones do not count."""
        return any(worker.is_busy for worker in self._workers)

    def statistics(self) -> Mapping[str, object]:
        return {
            "opened": self._opened,
            "threads": len(self._workers),
            "running": sorted(worker.name for worker in list(self._workers) if worker.is_running),
            "abandoned": sorted(self._abandoned.values()),
        }

    async def close(self) -> None:
        workers = list(self._workers)
        await asyncio.gather(*(worker.close() for worker in workers))
        for worker in workers:
            worker.abandon("the app is being stopped")

    def abandon(self, worker: Worker, why: str) -> None:
        """Leave the thread of a worker to itself."""
        self._workers.discard(worker)
        self._abandoned[worker] = worker.name
        logger.warning(
            "handler %s does not end although %s: its thread is abandoned and its slot given away (%d are)",
            worker.name,
            why,
            len(self._abandoned),
        )

    def forget(self, worker: Worker) -> None:
        """Note that nothing of a worker runs any more."""
        self._workers.discard(worker)
        self._abandoned.pop(worker, None)

    def _note_short(self, name: str, error: RuntimeError) -> None:
        """Say it once, until it works again: who is refused tries again."""
        if not self._is_short:
            self._is_short = True
            threads, hung = len(self._workers), len(self._abandoned)
            logger.error("no thread can be had for %s (%s): %d are at work, %d hang", name, error, threads, hung)


class Worker:
    """One thread, and the way to it and back: a task in, one call of the loop out."""

    def __init__(self, engine: Engine, program: Program, binding: int, notify: Notify) -> None:
        self._engine = engine
        self.calls = program.open(binding, self._notify_in_thread)
        self.name = self.calls.name
        self._notify = notify
        self._notices: Notices | None = None
        self._loop = asyncio.get_running_loop()
        self._tasks: SimpleQueue[tuple[Task, asyncio.Future[object]] | None] = SimpleQueue()
        self._pending = 0
        self._steps: Steps | None = None
        self._closed_at: float | None = None
        self.abandon_s = engine.abandon_s
        self._abandonment: asyncio.TimerHandle | None = None
        self.ended: asyncio.Future[None] = self._loop.create_future()
        self.released: asyncio.Future[None] = self._loop.create_future()

    @property
    def is_busy(self) -> bool:
        """True if the loop waits for the thread; of a closed worker only as long as a healthy one takes to end."""
        if self._closed_at is not None:
            return not self.ended.done() and time.monotonic() < self._closed_at + self._engine.grace_s
        return self._pending > 0

    @property
    def is_running(self) -> bool:
        """True if something of the handler is at work, waited for or not."""
        return self._pending > 0 or (self._steps is not None and not self._steps.task.done())

    async def submit(self, job: Job) -> AsyncGenerator[Result, None]:
        if self._steps is not None:  # no two calls at once, even if the one before resisted being closed
            await asyncio.wait([self._steps.task])
        call, steps, is_closed_early = self.calls.begin(job), None, False
        try:
            if call.is_async:
                await self._do(call.arguments)
                steps = self._steps = Steps(call)
            while True:
                step = call.run if steps is None else partial(call.accept, await steps.take())
                result = cast("Result", await self._do(step))
                yield result
                if result.is_last:
                    return
        except GeneratorExit:
            is_closed_early = True
            raise
        finally:
            if steps is not None:
                await self._end_steps(steps)
            if is_closed_early:  # between two steps, so the thread has nothing else to do
                await self._close_call(call)

    async def _end_steps(self, steps: Steps) -> None:
        """Close an async handler. One that resists is not waited for: it holds the worker, and with it the slot."""
        if not await steps.close(self._engine.grace_s):
            logger.warning("handler %s does not end although it was closed", self.name)

    async def _close_call(self, call: Call) -> None:
        try:
            async with asyncio.timeout(self._engine.grace_s):
                await self._do(call.close)
        except TimeoutError:
            logger.warning("handler %s does not end although it was closed", self.name)

    async def close(self, wait_s: float | None = None) -> None:
        if self._closed_at is None:
            self._closed_at = time.monotonic()
            seconds = max(self.abandon_s, self._engine.grace_s)  # a healthy thread takes a moment to end, too
            why = f"its page has gone, or it was cancelled, {seconds:g} seconds ago"
            self._abandonment = self._loop.call_later(seconds, self.abandon, why)
            if self._steps is None:
                self._tasks.put(None)
            else:
                self._steps.cancel()
                self._steps.task.add_done_callback(lambda _: self._tasks.put(None))
        if not self.released.done():
            await asyncio.wait([self.released], timeout=self._engine.grace_s if wait_s is None else wait_s)

    def abandon(self, why: str) -> None:
        """Give up a worker that was closed, unless it has ended."""
        if not self.released.done():
            self._engine.abandon(self, why)
            self.released.set_result(None)

    def _do(self, task: Task) -> asyncio.Future[object]:
        """Have the thread do something; what it gives comes as a future of the loop."""
        future: asyncio.Future[object] = self._loop.create_future()
        self._pending += 1
        self._tasks.put((task, future))
        return future

    def _deliver(self, future: asyncio.Future[object], result: object) -> None:
        self._pending -= 1
        if not future.done():
            future.set_result(result)

    def _fail(self, future: asyncio.Future[object], error: BaseException) -> None:
        self._pending -= 1
        if not future.done():
            future.set_exception(error)

    def _pass_on(self) -> None:
        for notice in self._notices.take() if self._notices is not None else ():
            self._notify(notice)

    def _end(self) -> None:
        if self._abandonment is not None:
            self._abandonment.cancel()
        self._engine.forget(self)
        for future in (self.ended, self.released):
            if not future.done():
                future.set_result(None)

    # ---- in the thread; nothing of the loop may be touched but through `_on_loop` ------------------------------

    def work(self) -> None:
        """Do task after task, in a thread of its own."""
        is_wanted.set(lambda: self._closed_at is None)
        while (item := self._tasks.get()) is not None:
            task, future = item
            try:
                result = task()
            except BaseException as error:  # noqa: BLE001 - handed on, as it would end this thread unnoticed
                self._on_loop(self._fail, future, error)
            else:
                self._on_loop(self._deliver, future, result)
        try:
            self.calls.close()
        finally:
            self._on_loop(self._end)

    def _notify_in_thread(self, said: Notice | Advance) -> None:
        if not isinstance(said, Notice):
            self._on_loop(self._notify, said)  # nothing more comes before the loop has looked how far it is
            return
        if self._notices is None:
            self._notices = Notices()
        if self._notices.put(said):
            self._on_loop(self._pass_on)

    def _on_loop(self, function: Callable[[*Arguments], None], *arguments: *Arguments) -> None:
        try:
            self._loop.call_soon_threadsafe(function, *arguments)
        except RuntimeError:
            # The loop is closed: an abandoned thread came back after the server had ended. Nobody is left to tell.
            logger.debug("handler %s ended after its server", self.name)


class Notices:
    """Messages of a handler that the loop has not seen yet; equal ones are counted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[Notice, int] = {}

    def put(self, notice: Notice) -> bool:
        """Add one, in any thread; gives whether it is the first, so that the loop has to be told."""
        with self._lock:
            is_first = not self._counts
            self._counts[notice] = self._counts.pop(notice, 0) + notice.count
            if len(self._counts) > KEPT:
                del self._counts[next(iter(self._counts))]
            return is_first

    def take(self) -> list[Notice]:
        """Take all of them, in the order in which each was said last."""
        with self._lock:
            counts, self._counts = self._counts, {}
        return [replace(notice, count=count) for notice, count in counts.items()]


class Steps:
    """The steps of an async call, all in one task of its own, whose end is that of the coroutine.

    Whoever asks for them may be cancelled and go, while a handler that resists its cancellation goes on here.
    """

    def __init__(self, call: Call) -> None:
        self._call = call
        self._asked: asyncio.Queue[asyncio.Future[object] | None] = asyncio.Queue()
        self._is_taking = False
        self.task = asyncio.ensure_future(self._live())

    async def take(self) -> object:
        """Take one step, and give what it gave. Cancelling this cancels the handler, and so does closing it."""
        asked: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._asked.put_nowait(asked)
        either: list[asyncio.Future[Any]] = [asked, self.task]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not asked.done():
            await self.task  # which raises what ended it
            raise asyncio.CancelledError("closed before the step could begin")
        return asked.result()

    async def close(self, wait_s: float) -> bool:
        """End it, and wait for that; gives whether it has ended in time."""
        self.cancel()
        if not self.task.done():
            await asyncio.wait([self.task], timeout=wait_s)
        return self.task.done()

    def cancel(self) -> None:
        """Cancel a step that is being taken; between two, close the generator."""
        if self._is_taking:
            self._is_taking = False
            self.task.cancel()
        self._asked.put_nowait(None)

    async def _live(self) -> None:
        try:
            while (asked := await self._asked.get()) is not None:
                self._is_taking = True
                value = await self._call.call_async()
                self._is_taking = False
                asked.set_result(value)
        finally:
            self._is_taking = False
            await self._call.close_async()
