"""`Choosing`, the base of `Dropdown`, `Radio` and `CheckboxGroup`: a value is one of a list, or several."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date, time, timedelta
from pathlib import PurePath
from typing import Literal, TypeAlias, Unpack, cast
from uuid import UUID

from millstream.components.values.plain import LARGEST_WHOLE, plain_number, plain_text
from millstream.declare.arguments import describe
from millstream.declare.component import Component, Tooled
from millstream.declare.i18n import key_or_text
from millstream.declare.user_warnings import warn
from millstream.errors import DeclarationError, InvalidValue
from millstream.types import Files, Media, Scratch, Stored
from millstream.wire.messages import Value
from millstream.wire.plain import plain_scalar

Scalar: TypeAlias = str | int | float | None
Choice: TypeAlias = Scalar | tuple[str, Scalar]
Mark: TypeAlias = tuple[str, object]
Chosen: TypeAlias = Scalar | Sequence[Scalar] | Callable[[], object] | None

MAX_CUSTOM = 10_000
"""Longest value, in characters, that a user may add to the choices."""


class _NoChoice(InvalidValue):
    """A value is none of the choices."""


class Choosing(Component):
    """A component whose value is one of its choices, or a list of them.

    Args:
        choices: The values, or pairs of a label and a value.
        value: What is chosen at first, or a function that says so.
        type: Whether handlers get the `"value"`, or its position among the choices, the `"index"`.
        multiple: Whether several may be chosen.
        common: See `Component`.

    Attributes:
        choices: Pairs of a label and a value.
    """

    editing = Component.editing | {"select"}
    allow_custom_value = False
    max_choices: int | None = None

    def __init__(
        self,
        choices: Sequence[Choice] | None,
        value: Chosen,
        type: Literal["value", "index"],
        multiple: bool,
        /,  # a subclass names its own: `multiple=` is none of them
        **common: Unpack[Tooled],
    ) -> None:
        self.choices = paired(choices)
        self.type = type
        self.multiple = multiple
        super().__init__(value, **common)

    @property
    def values(self) -> list[Scalar]:
        """The values of the choices, in order."""
        return [value for _, value in self.choices]

    def check(self) -> None:
        self.check_one_of("type", self.type, ("value", "index"))
        pairs: list[tuple[object, object]] = list(self.choices)  # so far only the signature says what they are
        for label, value in pairs:
            if not (value is None or isinstance(value, bool | str) or plain_number(value) is not None):
                pair, what = describe((label, value)), "choices: a choice is text, a number, or a pair (label, value)"
                raise DeclarationError(f"{self.name}: {what}, not {pair}")
        super().check()

    def props(self) -> dict[str, Value]:
        return {**super().props(), "choices": [[label, value] for label, value in self.choices]}

    def validate(self, wire: Value, files: Files) -> Stored:
        if not self.multiple:
            return None if wire is None else self._find(wire, self._known())
        if not isinstance(wire, list):
            raise self.invalid("a list of choices", wire)
        if len(wire) > (self.max_choices or len(self.choices) or MAX_CUSTOM) and not self.allow_custom_value:
            raise self.unfit(f"at most {self.max_choices or len(self.choices)} choices", f"{len(wire)} choices")
        known = self._known()
        return self._limited([self._find(one, known) for one in wire])

    def accept(self, value: object) -> Stored:
        if not self.multiple:
            return None if value is None else self._find(value, self._known())
        if value is None:
            return []
        if isinstance(value, str | int | float) or not isinstance(value, Sequence):
            value = [value]
        known = self._known()
        found = [self._find(one, known) for one in value]
        return self._limited(list({_mark(one): one for one in found}.values()))

    def declared(self, value: object) -> Stored:
        """Leave out, with a warning, what is no choice: the choices may be made later."""
        if not self.multiple and isinstance(value, list | tuple) and len(value) < 2:
            value = value[0] if value else None
        if self.multiple and self.max_choices and isinstance(value, list | tuple) and len(value) > self.max_choices:
            warn(f"{self.name}: value={describe(value)} is more than max_choices={self.max_choices}; the first count")
            value = value[: self.max_choices]
        try:
            return self.accept(value)
        except _NoChoice as error:
            warn(f"{error}; nothing is chosen instead")
            return [] if self.multiple else None

    def preprocess(self, value: Stored | Media, scratch: Scratch) -> object:
        if self.type == "value" or value is None:
            return super().preprocess(value, scratch)
        positions = {_mark(one): place for place, one in reversed(list(enumerate(self.values)))}
        return [positions.get(_mark(one)) for one in value] if isinstance(value, list) else positions.get(_mark(value))

    def _known(self) -> dict[Mark, Scalar]:
        """Give each choice by its mark; of equal ones the first."""
        return {_mark(value): value for value in reversed(self.values)}

    def _find(self, value: object, known: Mapping[Mark, Scalar]) -> Scalar:
        """Look a value up among the choices, and give the choice's own: `1` and `1.0` are the same to the page.

        Raises:
            InvalidValue: It is none of them, and values of the user's own are not allowed.
        """
        choice = _scalar(plain_scalar(value))
        if choice is None or isinstance(choice, str | int | float):
            if _mark(choice) in known:
                return known[_mark(choice)]
            if self.allow_custom_value and choice is not None and len(str(choice)) <= MAX_CUSTOM:
                return choice
        raise _NoChoice(
            f"{self.name} has no choice {describe(value)}: it has {describe(self.values)}; "
            "update(choices=…) changes them"
        )

    def _limited(self, chosen: list[Scalar]) -> list[Scalar]:
        if self.max_choices is not None and len(chosen) > self.max_choices:
            raise self.unfit(f"at most {self.max_choices} choices", f"{len(chosen)}")
        if len(set(map(_mark, chosen))) < len(chosen):
            raise self.invalid("each choice once", chosen)
        return chosen


def paired(choices: Sequence[Choice] | None) -> list[tuple[str, Scalar]]:
    """Give each choice as a label and a value; a value alone is its own label."""
    return [_pair(choice) for choice in choices or ()]


def _pair(choice: Choice) -> tuple[str, Scalar]:
    if isinstance(choice, list | tuple) and len(choice) == 2:  # JSON knows no tuples
        label, value = choice
        return plain_text(label), _scalar(value)
    return "None" if choice is None else plain_text(choice), _scalar(choice)


def _scalar(value: object) -> Scalar:
    """Give a value as the page can send it back; what has no such form, as it is.

    A date or a path is its text, and so is a whole number beyond 2**53, which the page would round.
    """
    is_large = type(value) is int and abs(value) > LARGEST_WHOLE
    if is_large or isinstance(value, str | PurePath | date | time | timedelta | UUID):
        return key_or_text(plain_text(value))
    if isinstance(value, float) and math.isnan(value):  # how pandas says that there is none
        return None
    number = None if isinstance(value, bool) else plain_number(value)
    return cast("Scalar", value) if number is None else number


def _mark(value: object) -> Mark:
    """Tell choices apart as the page does: `1` and `1.0` are the same, `True` and `"1"` are others."""
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__, value
