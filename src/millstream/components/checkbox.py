"""`Checkbox`: yes or no."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Unpack

from millstream.components.plain import plain_number
from millstream.types import Files, Stored
from millstream.ui.component import Common, Component
from millstream.ui.events import Event
from millstream.wire.messages import Value


class Checkbox(Component):
    """A choice of yes and no. Handlers get and return a `bool`.

    Args:
        value: Whether it is checked at first, or a function that says so.
        common: See `Component`.
    """

    editing: ClassVar[frozenset[str]] = Component.editing | {"select"}

    change = Event()
    input = Event()
    select = Event()

    def __init__(self, value: bool | Callable[[], bool] = False, **common: Unpack[Common]) -> None:
        super().__init__(value, **common)

    def validate(self, wire: Value, files: Files) -> Stored:
        if not isinstance(wire, bool):
            raise self.invalid("yes or no", wire)
        return wire

    def accept(self, value: object) -> Stored:
        if value is None or isinstance(value, bool):
            return bool(value)
        is_one_bit = str(getattr(value, "dtype", "")) == "bool" and getattr(value, "shape", None) == ()
        if is_one_bit or plain_number(value) in (0, 1):
            return bool(value)
        raise self.invalid("True or False", value)
