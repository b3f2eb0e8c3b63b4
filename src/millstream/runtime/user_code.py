"""The edge to users' code: handlers and callbacks may raise anything, and that ends here."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def guarded(report: Callable[[BaseException], object], passing: tuple[type[BaseException], ...] = ()) -> Iterator[None]:
    """Hand whatever the code inside raises to `report`, which logs it.

    What is `passing` goes through; so does a cancellation of the running task, and Ctrl-C in the main thread.
    """
    try:
        yield
    except passing:
        raise
    except BaseException as error:  # the handler call, one of the three edges; `report` logs it
        if is_for_the_caller(error):
            raise
        report(error)


def is_for_the_caller(error: BaseException) -> bool:
    """Say whether an exception is not the user's code's own: a cancellation of the running task, or Ctrl-C."""
    if isinstance(error, KeyboardInterrupt):
        # Where Python's own handler is not in place, Ctrl-C raises nothing: then it is the user's code that did.
        is_main = threading.current_thread() is threading.main_thread()
        return is_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    return isinstance(error, asyncio.CancelledError) and _is_cancelled()


def _is_cancelled() -> bool:
    """Say whether the running task is being cancelled; user's code may raise `CancelledError` without that."""
    try:
        task = asyncio.current_task()
    except RuntimeError:  # no loop runs in this thread
        return False
    return task is not None and task.cancelling() > 0
