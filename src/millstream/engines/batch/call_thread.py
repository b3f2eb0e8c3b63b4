"""The thread in which a batched function is called; no two of its calls run at once, in whatever thread."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from time import monotonic, perf_counter
from typing import Any, Final, TypeAlias

from millstream.batches import BatchCall, Outcome, Raised, Share
from millstream.jobs import Arguments

Task: TypeAlias = Callable[[], object]
Tasks: TypeAlias = SimpleQueue[tuple[Task, asyncio.Future[object]] | None]
CalledMember: TypeAlias = tuple[BatchCall, Arguments]

logger = logging.getLogger("millstream.engine")

LOOK_S: Final = 1.0
"""A thread that waits for the function looks so often whether the call that it waits for was given up."""


class CallTime:
    """The time that a function has been at work, without the waits before and in between; read in any thread."""

    def __init__(self) -> None:
        self._noted: tuple[float, float | None] = 0.0, None  # seconds before, and since when; set at once

    def begin(self) -> None:
        """Note that the function is at work from now on."""
        self._noted = self.seconds, perf_counter()

    def end(self) -> None:
        """Note that it is not at work for now; harmless if repeated."""
        self._noted = self.seconds, None

    @property
    def is_running(self) -> bool:
        """True while the function is at work."""
        return self._noted[1] is not None

    @property
    def seconds(self) -> float:
        """The time until now."""
        before_s, since = self._noted
        return before_s if since is None else before_s + perf_counter() - since


class CallThread:
    """One thread of our own, begun with the first call; and the lock that each call of the function holds.

    Args:
        name: What messages call the function.
        hang_s: How long a call that is made in another thread is waited for.

    Attributes:
        name: As given.
        abandoned: Calls that were given up and have not come back.
    """

    def __init__(self, name: str, hang_s: float) -> None:
        self.name, self._hang_s = name, hang_s
        self.abandoned = 0
        self._lock, self._held_at = threading.Lock(), 0.0
        self._giving_up = threading.Lock()
        self._tasks: Tasks | None = None
        self._ended: asyncio.Future[None] | None = None

    def call(self, members: Sequence[CalledMember], time: CallTime, *, is_final: bool) -> list[Outcome] | None:
        """Call the function once for several calls; in a thread, while nothing else calls it.

        Args:
            members: The calls, with their arguments.
            time: Runs while the function is at work.
            is_final: Whether the calls fail if the function raises.

        Returns:
            An outcome for each call; `None` if the function raised, and is to be called again for fewer of them.
        """
        (first, *others), size = [call for call, _ in members], len(members)
        value = first.call_together(others, [arguments for _, arguments in members])
        if not isinstance(value, Raised):
            return [Share(value, index, size) for index in range(size)]
        return [value] * size if is_final else None

    def call_alone(self, call: BatchCall, arguments: Arguments, time: CallTime) -> object:
        """Call the function for one call; as `call` does. Gives what that call accepts."""
        return call.call()

    def end(self, bound_s: float) -> bool:
        """End the call that has run for `bound_s`, if that can be: its outcome comes in a moment then."""
        return False

    def run(self, task: Task) -> asyncio.Future[object]:
        """Do something in the thread while nothing else calls the function; on the loop. What it raises is handed on.

        Raises:
            RuntimeError: No thread can be had.
        """
        future: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        (self._tasks or self._begin()).put((task, future))
        return future

    def _begin(self) -> Tasks:
        loop, tasks = asyncio.get_running_loop(), Tasks()
        ended: asyncio.Future[None] = loop.create_future()
        work = _Thread(self, loop, tasks, ended).work
        threading.Thread(target=work, name=f"millstream batches of {self.name}", daemon=True).start()
        self._tasks, self._ended = tasks, ended
        return tasks

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Call the function in the block, while no other thread does; in any thread but the loop's."""
        lock = self._acquired()
        self._held_at = monotonic()
        try:
            yield
        finally:
            lock.release()

    def _acquired(self) -> threading.Lock:
        """Wait for the lock; there is another one once the call that holds it was given up."""
        while True:
            lock = self._lock
            if not lock.acquire(timeout=LOOK_S):
                self._look(lock)
            elif lock is self._lock:
                return lock
            else:
                lock.release()  # of a call that was given up, and came back while this one waited

    def _look(self, lock: threading.Lock) -> None:
        """Give up the call that holds a lock if it hangs; a batch that hangs is given up by its batcher before."""
        with self._giving_up:
            if lock is self._lock and monotonic() > self._held_at + self._hang_s + 2 * LOOK_S:
                why = f"it was called {self._hang_s:g} seconds ago"
                logger.warning("%s() does not end although %s: others wait for it no longer", self.name, why)
                self.let_others_call()

    def let_others_call(self) -> None:
        """Have nobody wait any longer for the call that holds the function."""
        self._lock = threading.Lock()

    def abandon(self) -> None:
        """Leave the call that runs, and its thread, to themselves: what waits for it is done in another thread."""
        self.let_others_call()
        left, ended = self._tasks, self._ended
        if left is None or ended is None:
            return
        self._tasks = self._ended = None
        self.abandoned += 1
        ended.add_done_callback(self._came_back)
        tasks: Tasks | None = None
        try:
            while not left.empty():
                tasks = tasks or self._begin()
                tasks.put(left.get_nowait())
        except (RuntimeError, Empty) as error:  # no thread can be had, or the call came back just now
            logger.debug("what waits for %s() is done when its call comes back: %s", self.name, error)
        left.put(None)

    async def close(self, wait_s: float) -> None:
        """End the thread after the call that runs; returns when it has, or after `wait_s`."""
        if self._tasks is not None and self._ended is not None:
            self._tasks.put(None)
            await asyncio.wait([self._ended], timeout=wait_s)

    def _came_back(self, _: asyncio.Future[None]) -> None:
        self.abandoned -= 1


class _Thread:
    """The thread, and the way back from it."""

    def __init__(
        self,
        caller: CallThread,
        loop: asyncio.AbstractEventLoop,
        tasks: Tasks,
        ended: asyncio.Future[None],
    ) -> None:
        self._caller, self._loop, self._tasks, self._ended = caller, loop, tasks, ended

    def work(self) -> None:
        while (item := self._tasks.get()) is not None:
            task, future = item
            try:
                with self._caller.holding():
                    result = task()
            except BaseException as error:  # noqa: BLE001 - handed on, as it would end this thread unnoticed
                self._on_loop(_fail, future, error)
            else:
                self._on_loop(_set, future, result)
        self._on_loop(_set, self._ended, None)

    def _on_loop(
        self, settle: Callable[[asyncio.Future[Any], Any], None], future: asyncio.Future[Any], by: object
    ) -> None:
        try:
            self._loop.call_soon_threadsafe(settle, future, by)
        except RuntimeError:  # the loop is closed: an abandoned call came back after the server had ended
            logger.debug("%s() ended after its server", self._caller.name)


def _set(future: asyncio.Future[Any], result: object) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: asyncio.Future[Any], error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)
