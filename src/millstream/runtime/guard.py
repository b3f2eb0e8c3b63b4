"""The edge to users' code: handlers and callbacks may raise anything, and that ends here."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def guarded(report: Callable[[BaseException], object], passing: tuple[type[BaseException], ...] = ()) -> Iterator[None]:
    """Hand whatever the code inside raises to `report`, which logs it.

    What is `passing` goes through; so does a cancellation of the task, and Ctrl-C in the main thread.
    """
    try:
        yield
    except passing:
        raise
    except BaseException as error:  # the handler call, one of the three edges; `report` logs it
        if _is_for_the_caller(error):
            raise
        report(error)


def _is_for_the_caller(error: BaseException) -> bool:
    if isinstance(error, KeyboardInterrupt):
        return threading.current_thread() is threading.main_thread()
    return isinstance(error, asyncio.CancelledError) and _is_on_a_loop()


def _is_on_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
