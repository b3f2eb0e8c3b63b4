"""`State`: a value of one visitor that never leaves the server."""

from __future__ import annotations

import copy
import functools
import inspect
import math
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import ClassVar, Final

from millstream.declare.arguments import is_number
from millstream.declare.component import SHORTEST_S, Component
from millstream.declare.event import Event
from millstream.errors import DeclarationError, InvalidValue
from millstream.types import Files, Media, Scratch, Stored
from millstream.wire.messages import Value

MAX_DEPTH: Final = 50
"""The depth to which `mark` looks into nested containers."""


class State(Component):
    """A value that each open page has for itself: what a handler returns for it, the next call gets.

    Args:
        value: The initial value, copied for each page with `copy.deepcopy`; a function or class is called for it.
        render: Whether it joins the tree now.
        time_to_live: Seconds that a value is kept after it was last written, at least 0.01; then the initial one takes
            its place. `None` keeps it as long as the page is open.
        delete_callback: Called with the value when it is dropped.
    """

    on_page = False
    takes_objects = True
    default_label = False
    ignores: ClassVar[tuple[str, ...]] = ("visible",)

    change = Event()

    def __init__(
        self,
        value: object = None,
        render: bool = True,
        *,
        time_to_live: float | None = None,
        delete_callback: Callable[[object], object] | None = None,
        **ignored: object,
    ) -> None:
        self.time_to_live = math.inf if time_to_live is None else time_to_live
        self.delete_callback = delete_callback
        super().__init__(value, render=render, **ignored)  # type: ignore[arg-type]  # checked by the base class

    @property
    def is_computed(self) -> bool:
        """True if `value` is a function or class; any other object that can be called is a value like others."""
        return inspect.isroutine(self.value) or inspect.isclass(self.value) or isinstance(self.value, functools.partial)

    @property
    def is_prepared(self) -> bool:
        """True if there is nothing to copy: a copy may take its time, and runs code of the value's own class."""
        return not self.is_computed and (self.value is None or type(self.value) in (bool, int, float, str, bytes))

    def check(self) -> None:
        if not (self.time_to_live == math.inf or (is_number(self.time_to_live) and self.time_to_live > 0)):
            raise DeclarationError(
                f"{self.name}: time_to_live={self.time_to_live!r} is not a number above 0, in seconds"
            )
        if self.time_to_live < SHORTEST_S:
            self.correct("time_to_live", SHORTEST_S, f"{self.time_to_live!r} is too short")
        if self.delete_callback is not None and not callable(self.delete_callback):
            raise DeclarationError(f"{self.name}: delete_callback={self.delete_callback!r} is not a function")
        super().check()

    def received(self, value: object) -> object:
        """Keep whatever it is: a member of an enum, or a number of numpy, stays one."""
        return value

    def declared(self, value: object) -> Stored:
        try:
            return copy.deepcopy(value)
        except Exception as error:  # whatever an object raises that is copied
            raise InvalidValue(
                f"{self.name}: its {type(value).__name__} cannot be copied for each page ({error}); "
                "give a function that makes a new one"
            ) from error

    def initial(self) -> Stored:
        """Give a new session its own value: a deep copy, or what the function gives."""
        return self.value() if self.is_computed and callable(self.value) else self.declared(self.value)

    def validate(self, wire: Value, files: Files) -> Stored:
        raise InvalidValue(f"{self.name} lives on the server: the page cannot set it")

    def preprocess(self, value: Stored | Media, scratch: Scratch) -> object:
        """Give the very object that the session keeps."""
        return value

    def accept(self, value: object) -> Stored:
        return value

    def mark(self, stored: Stored) -> object:
        """Give a copy of the value that shows changes inside of containers, arrays and objects with their own hash."""
        return _mark(stored, MAX_DEPTH)


def _mark(value: object, depth: int) -> object:
    kind = type(value).__name__
    if value is None or isinstance(value, str | int | float | bytes | bool):
        return kind, value
    if depth and isinstance(value, list | tuple):
        return kind, tuple(_mark(one, depth - 1) for one in value)
    if depth and isinstance(value, AbstractSet):
        return kind, frozenset(value)
    if depth and isinstance(value, Mapping):
        return kind, tuple((key, _mark(one, depth - 1)) for key, one in value.items())
    if hasattr(value, "tobytes") and hasattr(value, "dtype") and hasattr(value, "shape"):
        return kind, value.shape, str(value.dtype), hash(value.tobytes())
    return kind, id(value), _own_hash(value)


def _own_hash(value: object) -> int | None:
    """Give what an object of the app's says of its contents; `None` of one that says nothing."""
    if type(value).__hash__ in (object.__hash__, None):
        return None
    try:
        return hash(value)
    except (TypeError, ValueError, ArithmeticError, AttributeError, LookupError):  # a list in a frozen dataclass, say
        return None
