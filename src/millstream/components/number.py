"""`Number`: a field for one number."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Unpack

from millstream.components.values.plain import boundless_number, written_number
from millstream.declare.arguments import is_number
from millstream.declare.component import Component, Tooled
from millstream.declare.event import Event
from millstream.declare.user_warnings import warn
from millstream.errors import DeclarationError, InvalidValue
from millstream.types import Files, Stored
from millstream.wire.messages import Value


class Number(Component):
    """A number that the user types, or that the app shows. Handlers get and return an `int`, a `float` or `None`.

    It begins with 0 if it has neither a value nor a placeholder, and 0 is within its bounds. A user who empties it, or
    a handler or a function that gives `None`, leaves it empty: handlers then get `None`.

    Args:
        value: The initial number, or a function that gives it.
        placeholder: Shown while it is empty.
        precision: Decimal places it is rounded to; 0 makes it an `int`, `None` leaves it unchanged.
        minimum: Smallest number that the user may enter.
        maximum: Largest number that the user may enter.
        step: What the arrow keys add and take away.
        common: See `Component`.
    """

    change = Event()
    input = Event()
    submit = Event()
    focus = Event()
    blur = Event()

    def __init__(
        self,
        value: float | Callable[[], float] | None = None,
        *,
        placeholder: str | None = None,
        precision: int | None = None,
        minimum: float | None = None,
        maximum: float | None = None,
        step: float = 1,
        **common: Unpack[Tooled],
    ) -> None:
        self.placeholder = placeholder
        self.precision = precision
        self.minimum = None if minimum == -math.inf else minimum
        self.maximum = None if maximum == math.inf else maximum
        self.step = step
        super().__init__(value, **common)

    def joined(self) -> None:
        super().joined()
        is_allowed = (self.minimum or 0) <= 0 <= (self.maximum or 0)
        if self.value is None and self.placeholder is None and is_allowed:
            self._initial = 0

    def check(self) -> None:
        for argument in ("minimum", "maximum", "step"):
            self.check_number(argument, getattr(self, argument))
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise DeclarationError(f"{self.name}: minimum={self.minimum} is above maximum={self.maximum}")
        if self.step <= 0:
            self.correct("step", -self.step or 1, f"{self.step} is not above 0")
        super().check()

    def props(self) -> dict[str, Value]:
        return {
            **super().props(),
            "minimum": self.minimum,
            "maximum": self.maximum,
            "step": self.step,
            "precision": self.precision,
            "placeholder": self.placeholder,
        }

    def validate(self, wire: Value, files: Files) -> Stored:
        if wire is None:
            return None
        if not is_number(wire) or not isinstance(wire, int | float):
            raise self.invalid("a finite number or nothing", wire)
        self._check_bounds(wire)
        return self._rounded(wire)

    def declared(self, value: object) -> Stored:
        """Put a number that is beyond the bounds back into them, with a warning."""
        number = self.accept(value)
        if not isinstance(number, int | float):
            return None
        bounded = max(number, number if self.minimum is None else self.minimum)
        bounded = min(bounded, bounded if self.maximum is None else self.maximum)
        if bounded != number:
            bounds = f"minimum={self.minimum}, maximum={self.maximum}"
            warn(f"{self.name}: value={number} is not within {bounds}; {bounded} is taken")
        return self._rounded(bounded) if bounded == number else bounded

    def accept(self, value: object) -> Stored:
        if value is None or value == "":
            return None
        if (boundless := boundless_number(value)) is not None:
            warn(f"{self.name} is empty for numbers that are not finite, such as {boundless}")
            return None
        number = written_number(value)
        if number is None:
            raise self.invalid("a finite number or None", value)
        return self._rounded(number)

    def _check_bounds(self, number: float) -> None:
        if self.minimum is not None and number < self.minimum:
            raise InvalidValue(f"{self.name} takes numbers from {self.minimum}, but got {number}")
        if self.maximum is not None and number > self.maximum:
            raise InvalidValue(f"{self.name} takes numbers up to {self.maximum}, but got {number}")

    def _rounded(self, number: float) -> float:
        if self.precision is None:
            return number
        return round(number) if self.precision == 0 else round(number, self.precision)
