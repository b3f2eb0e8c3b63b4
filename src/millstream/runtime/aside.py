"""Runs something that may block in a thread of its own, when no engine is needed for it: files, callbacks."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Final, TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")

_pending: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, int]] = WeakKeyDictionary()


async def aside(name: str, function: Callable[[], T]) -> T:
    """Call `function` in a daemon thread named for `name`; gives what it returns and raises what it raises.

    If the waiting task is cancelled the thread runs on, and what came of it is dropped.
    """
    return await begin(name, function)


def begin(name: str, function: Callable[[], T]) -> asyncio.Future[T]:
    """Call `function` as `aside` does, for who has no task that could wait: the future tells what came of it."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()
    _pending[loop] = pending(loop) + 1

    def deliver(result: T | None, error: BaseException | None) -> None:
        _pending[loop] -= 1
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]  # without an error it is a result

    def run() -> None:
        result, error = None, None
        try:
            result = function()
        except BaseException as raised:  # noqa: BLE001 - carried over to the loop, where it is raised again
            error = raised
        if not loop.is_closed():
            loop.call_soon_threadsafe(deliver, result, error)

    threading.Thread(target=run, name=f"millstream {name}", daemon=True).start()
    return future


def pending(loop: asyncio.AbstractEventLoop) -> int:
    """Count what runs aside for a loop."""
    return _pending.get(loop, 0)
