"""Set-up of an app: what is called once in each process that calls handlers, to load a model for instance."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TypeAlias

from millstream.errors import DeclarationError

SetUp: TypeAlias = Callable[[], object]


def checked_set_up(fn: SetUp) -> SetUp:
    """Give a function that can be called without arguments, and does its work then.

    Raises:
        DeclarationError: This one does not.
    """
    if not callable(fn):
        raise DeclarationError(f"setup() takes a function, but got {fn!r}")
    name = getattr(fn, "__name__", type(fn).__name__)
    if inspect.iscoroutinefunction(fn) or inspect.isgeneratorfunction(fn) or inspect.isasyncgenfunction(fn):
        raise DeclarationError(f"setup(): {name}() has to be a plain function that returns when all is loaded")
    if not _takes_nothing(fn):
        raise DeclarationError(f"setup(): {name}() is called without arguments, but needs some")
    return fn


def set_up_of(handler: object) -> SetUp | None:
    """Give the method `setup` of a handler that is an object of a class of the user's; `None` without one."""
    if inspect.isroutine(handler) or inspect.isclass(handler):
        return None
    method = getattr(handler, "setup", None)
    return method if callable(method) and _takes_nothing(method) else None


def _takes_nothing(fn: Callable[..., object]) -> bool:
    try:
        inspect.signature(fn).bind()
    except (TypeError, ValueError):
        return False
    return True
