"""`Checkbox`: yes or no."""

from __future__ import annotations

from collections.abc import Callable
from typing import Unpack

from millstream.components.values.plain import plain_number
from millstream.declare.component import Component, Tooled
from millstream.declare.event import Event
from millstream.types import Files, Stored
from millstream.wire.messages import Value
from millstream.wire.plain import plain_scalar


class Checkbox(Component):
    """A choice of yes and no. Handlers get and return a `bool`.

    Args:
        value: Whether it is checked at first, or a function that says so.
        common: See `Component`.
    """

    editing = Component.editing | {"select"}

    change = Event()
    input = Event()
    select = Event()

    def __init__(self, value: bool | Callable[[], bool] = False, **common: Unpack[Tooled]) -> None:
        super().__init__(value, **common)

    def validate(self, wire: Value, files: Files) -> Stored:
        if not isinstance(wire, bool):
            raise self.invalid("yes or no", wire)
        return wire

    def accept(self, value: object) -> Stored:
        value = plain_scalar(value)
        if value is None or isinstance(value, bool):
            return bool(value)
        if (number := plain_number(value)) is not None:
            return bool(number)
        raise self.invalid("True or False", value)
