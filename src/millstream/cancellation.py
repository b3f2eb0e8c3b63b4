"""Cancellation of long work in threads: it checks between two steps whether anybody still waits for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Cancelled(Exception):
    """Nobody waits for the work any more: its visitor has left, or it was cancelled."""


def _always() -> bool:
    return True


is_wanted: ContextVar[Callable[[], bool]] = ContextVar("is_wanted", default=_always)
"""Says whether somebody waits for what this thread does. A thread that ends with its work sets it once."""


@contextmanager
def wanted_while(is_so: Callable[[], bool]) -> Iterator[None]:
    """Let `check_wanted` raise within the block, in this thread, once `is_so()` is false."""
    token = is_wanted.set(is_so)
    try:
        yield
    finally:
        is_wanted.reset(token)


def check_wanted() -> None:
    """Continue if somebody waits for the work.

    Raises:
        Unwanted: Nobody does.
    """
    if not is_wanted.get()():
        raise Cancelled("nobody waits for this any more")
