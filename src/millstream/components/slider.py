"""`Slider`: a number out of a range."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import ClassVar, Final, Unpack

from millstream.components.values.plain import boundless_number, written_number
from millstream.declare.arguments import is_number
from millstream.declare.component import Common, Component
from millstream.declare.event import Event
from millstream.declare.user_warnings import warn
from millstream.errors import DeclarationError
from millstream.types import Files, Stored
from millstream.wire.messages import Value

TOLERANCE: Final = 1e-6
"""The distance from a step, in steps, that a number may have: floating point is not exact."""


class Slider(Component):
    """A number that the user chooses by moving a handle. Handlers get and return an `int` or a `float`.

    Args:
        minimum: Left end.
        maximum: Right end.
        value: The initial number, or a function that gives it; the left end by default.
        step: Distance of two numbers; by default a power of ten that makes between 100 and 1000 of them.
        precision: Decimal places that the handler's numbers are rounded to; 0 makes them `int`s.
        randomize: Whether every page starts with a number of its own.
        show_reset_button: Whether there is a button that goes back to the initial value.
        buttons: `["reset"]`, or `[]` for none.
        common: See `Component`.
    """

    prop_names: ClassVar = {"show_reset_button": ("buttons",)}

    change = Event()
    input = Event()
    release = Event()

    def __init__(
        self,
        minimum: float = 0,
        maximum: float = 100,
        value: float | Callable[[], float] | None = None,
        *,
        step: float | None = None,
        precision: int | None = None,
        randomize: bool = False,
        show_reset_button: bool = True,
        buttons: Sequence[str | Component] | None = None,
        **common: Unpack[Common],
    ) -> None:
        self.minimum, self.maximum = minimum, maximum
        self.step = _default_step(minimum, maximum) if step is None else step
        self.precision = precision
        self.buttons = ["reset"] if show_reset_button and (buttons is None or "reset" in buttons) else []
        super().__init__(self._random if randomize else value, **common)

    def check(self) -> None:
        for argument in ("minimum", "maximum", "step"):
            self.check_number(argument, getattr(self, argument))
        if self.minimum > self.maximum:
            raise DeclarationError(f"{self.name}: minimum={self.minimum} is above maximum={self.maximum}")
        if self.step <= 0:
            self.correct("step", -self.step or _default_step(self.minimum, self.maximum), f"{self.step} is not above 0")
        super().check()

    @property
    def is_empty(self) -> bool:
        return not self.is_computed and not self.value

    def props(self) -> dict[str, Value]:
        return {
            **super().props(),
            "minimum": self.minimum,
            "maximum": self.maximum,
            "step": self.step,
            "buttons": list(self.buttons),
        }

    def validate(self, wire: Value, files: Files) -> Stored:
        if not is_number(wire) or not isinstance(wire, int | float):
            raise self.invalid("a finite number", wire)
        if not self._is_within(wire):
            raise self.invalid(f"numbers from {self.minimum} to {self.maximum}", wire)
        number = self._bounded(wire)
        steps = (number - self.minimum) / self.step
        is_on_step = abs(steps - round(steps)) <= TOLERANCE or number in (self.maximum, self._initial)
        if not is_on_step and not self.is_computed:  # "Reset" may bring back any number that a function gave
            raise self.invalid(f"steps of {self.step} from {self.minimum}", wire)
        return self._rounded(number)

    def accept(self, value: object) -> Stored:
        if value is None:
            return self.minimum
        number = boundless_number(value)
        if number is None:
            number = written_number(value)
        if number is None:
            raise self.invalid("a finite number", value)
        if not self._is_within(number):
            warn(f"{self.name} takes numbers from {self.minimum} to {self.maximum}; others are brought back into them")
        return self._rounded(self._bounded(number))

    def _is_within(self, number: float) -> bool:
        slack = TOLERANCE * self.step
        return self.minimum - slack <= number <= self.maximum + slack

    def _bounded(self, number: float) -> float:
        return min(max(self.minimum, number), self.maximum)  # in this order NaN is the minimum

    def _rounded(self, number: float) -> float:
        if self.precision is None:
            return number
        return round(number) if self.precision == 0 else round(number, self.precision)

    def _random(self) -> float:
        most = math.floor((self.maximum - self.minimum) / self.step + TOLERANCE)
        steps = random.randint(0, most)  # noqa: S311 - nobody has to guess it
        number = self.minimum + steps * self.step
        exact = number if isinstance(number, int) else float(f"{number:.12g}")  # 0.15, and not 0.15000000000000002
        return min(exact, self.maximum)


def _default_step(minimum: float, maximum: float) -> float:
    if not (is_number(minimum) and is_number(maximum) and minimum < maximum):
        return 1  # `check` refuses the range with a better message
    power = math.floor(math.log10(maximum - minimum) - 2)
    return 10**power if power >= 0 else float(f"1e{power}")
