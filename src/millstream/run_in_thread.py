"""Runs something that may block in a thread of its own, when no engine is needed for it: files, callbacks.

Of each kind, told apart by its name, so many run at once at most, and others wait in line: a kind that hangs holds up
nothing but itself, and visitors, however many, cannot take all threads of the machine.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Final, TypeAlias, TypeVar
from weakref import WeakKeyDictionary

from millstream.cancellation import wanted_while
from millstream.errors import Busy

T = TypeVar("T")
Work: TypeAlias = tuple[Callable[[], Any], asyncio.Future[Any]]

logger = logging.getLogger("millstream.session")

MAX_OF_A_KIND: Final = 32
"""Threads of one name at once: enough for disks, and for callbacks that wait for something."""


async def run_in_thread(name: str, function: Callable[[], T]) -> T:
    """Call `function` in a daemon thread named for `name`; gives what it returns and raises what it raises.

    What would end a loop or a task (`SystemExit`, `KeyboardInterrupt`, `CancelledError`), or cannot be carried to one
    (`StopIteration`), arrives as a `RuntimeError` that it is the cause of.

    If the waiting task is cancelled the thread runs on, and what came of it is dropped; what asks `check_wanted` ends,
    and what was still in line is not called at all.

    Raises:
        Busy: There is no thread to be had.
    """
    return await begin(name, function)


def begin(name: str, function: Callable[[], T]) -> asyncio.Future[T]:
    """Call `function` as `run_in_thread` does, without waiting: the future tells what came of it."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()
    kind = _kinds.setdefault(loop, {}).setdefault(name, _Kind(name))
    kind.waiting.append((function, future))
    kind.start()
    return future


def pending(loop: asyncio.AbstractEventLoop) -> int:
    """Count what runs aside for a loop."""
    return sum(kind.running for kind in _kinds.get(loop, {}).values())


class _Kind:
    """The work in threads under one name, running and waiting."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._is_short = False
        self.waiting: deque[Work] = deque()
        self.running = 0

    def start(self) -> None:
        """Begin as much of what waits as may run."""
        while self.waiting and self.running < MAX_OF_A_KIND:
            work = self.waiting.popleft()
            if not work[1].done():
                self._begin(work)

    def _begin(self, work: Work) -> None:
        self.running += 1
        try:
            threading.Thread(target=self._run, args=work, name=f"millstream {self._name}", daemon=True).start()
        except RuntimeError as error:
            self.running -= 1
            if not self._is_short:  # said once, until it works again
                logger.error("no thread can be had for %s: %s", self._name, error)
            self._is_short = True
            work[1].set_exception(Busy("The app is busy: this machine is short of threads. Try again in a moment."))
        else:
            self._is_short = False

    def _run(self, function: Callable[[], Any], future: asyncio.Future[Any]) -> None:
        result, error = None, None
        try:
            with wanted_while(lambda: not future.cancelled()):
                result = function()
        except BaseException as raised:  # noqa: BLE001 - carried over to the loop, where it is raised again
            error = raised
        if error is not None and (not isinstance(error, Exception) or isinstance(error, StopIteration)):
            error = _carried(error)
        loop = future.get_loop()
        if not loop.is_closed():
            loop.call_soon_threadsafe(self._deliver, future, result, error)

    def _deliver(self, future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
        self.running -= 1
        self.start()
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)


def _carried(error: BaseException) -> RuntimeError:
    carried = RuntimeError(f"{type(error).__name__} was raised: {error}")
    carried.__cause__ = error
    return carried


_kinds: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, _Kind]]] = WeakKeyDictionary()
