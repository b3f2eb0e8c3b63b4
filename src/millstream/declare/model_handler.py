"""Handlers that hold a model: objects of a class with `__call__`, and with `setup`, `warm_up` or `session`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Final, cast

from millstream.declare.set_up import SetUp, checked_set_up, is_set_up
from millstream.errors import DeclarationError
from millstream.types import Handler

SESSION: Final = "session"
"""The parameter of `__call__` that gets what the method of the same name has made for the page."""

METHODS: Final = ("setup", "warm_up", SESSION)
"""A class with one of them holds a model; any other class is called as a function is."""

_MADE: Final = "_millstream_handler"


def handler_object(fn: object, where: str) -> object:
    """Give the handler that stands for what was given: for a class with these methods, one object of it for all events.

    Raises:
        DeclarationError: The class, or the class of the object, cannot be a handler; the message says why.
    """
    if inspect.isclass(fn) and (methods := [name for name in METHODS if inspect.isfunction(getattr(fn, name, None))]):
        _check_call(fn, methods[0], where)
        made = fn.__dict__.get(_MADE)
        if made is None:
            made = _made(fn, where)
            setattr(fn, _MADE, made)  # so that all events of a class share one model
        return made
    if not callable(fn) and is_set_up(getattr(fn, "setup", None)):
        _check_call(type(fn), "setup", where)
    return fn


def set_ups_of(handler: Handler) -> Iterator[SetUp]:
    """Give the methods `setup` and `warm_up` of a handler that is an object, in this order.

    Raises:
        DeclarationError: One of them, or the attribute `devices`, is wrong.
    """
    holder = _holder(handler)
    for name in ("setup", "warm_up"):
        method = getattr(holder, name, None)
        if method is not None and is_set_up(method):
            yield checked_set_up(method, f"{type(holder).__name__}.{name}()", _devices(holder))


def session_maker(
    handler: Handler, parameters: tuple[inspect.Parameter, ...], where: str
) -> Callable[[], object] | None:
    """Give the method that makes a handler's object for one page; `None` if it has none.

    Raises:
        DeclarationError: The handler cannot be called with what it makes.
    """
    holder = _holder(handler)
    method = getattr(type(holder), SESSION, None)  # an attribute of the object may well be a session of its runtime
    if holder is None or not inspect.isfunction(method):
        return None
    name = type(holder).__name__
    if not any(parameter.name == SESSION for parameter in parameters):
        raise DeclarationError(
            f"{where}: {name}.session() makes an object for each page, but {name}.__call__() has no parameter "
            "`session` that gets it: add one, or rename the method"
        )
    maker = functools.partial(method, holder)
    if inspect.iscoroutinefunction(method) or not is_set_up(maker):
        raise DeclarationError(f"{where}: {name}.session() has to be a plain method without arguments")
    return maker


def _holder(handler: object) -> object | None:
    """Look through partials and wrappers at a handler that is an object of a class of the user's; else `None`."""
    while isinstance(handler, functools.partial) or hasattr(handler, "__wrapped__"):
        handler = handler.func if isinstance(handler, functools.partial) else handler.__wrapped__
    return None if inspect.isroutine(handler) or inspect.isclass(handler) else handler


def _made(kind: type, where: str) -> object:
    try:
        inspect.signature(kind).bind()
    except (TypeError, ValueError):
        raise DeclarationError(
            f"{where}: an object of {kind.__name__} is made without arguments, but its __init__() needs some: "
            f"give an object, {kind.__name__}(…)"
        ) from None
    return kind()


def _check_call(kind: type, method: str, where: str) -> None:
    if not any("__call__" in base.__dict__ for base in kind.__mro__):
        raise DeclarationError(
            f"{where}: {kind.__name__} has {method}(), but no __call__(): that is the method that handles the event"
        )


def _devices(holder: object) -> tuple[str, ...] | None:
    """Read the attribute `devices` of a handler: one device, or several."""
    given = getattr(holder, "devices", None)
    if given is None:
        return None
    devices = (given,) if isinstance(given, str) else given
    is_known = isinstance(devices, list | tuple) and all(isinstance(each, str) and each for each in devices)
    if not (is_known and devices):
        name = type(holder).__name__
        raise DeclarationError(f'{name}.devices={given!r} names no devices: write ["cuda:0", "cuda:1"], or "cpu"')
    return tuple(cast("list[str]", devices))
