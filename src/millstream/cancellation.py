"""Whether somebody still waits for what a thread does: long work asks between two steps, and ends if nobody does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Cancelled(Exception):
    """Nobody waits for the work any more: who began it has left, or has stopped it."""


def _always() -> bool:
    return True


_is_wanted: ContextVar[Callable[[], bool]] = ContextVar("is_wanted", default=_always)


@contextmanager
def wanted_while(is_wanted: Callable[[], bool]) -> Iterator[None]:
    """Let what runs inside, in this thread, go on only while `is_wanted()`, which any thread may change."""
    token = _is_wanted.set(is_wanted)
    try:
        yield
    finally:
        _is_wanted.reset(token)


def check_wanted() -> None:
    """Go on if somebody waits.

    Raises:
        Unwanted: Nobody does.
    """
    if not _is_wanted.get()():
        raise Cancelled("nobody waits for this any more")
