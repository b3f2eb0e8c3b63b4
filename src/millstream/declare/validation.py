"""Validators: functions that look at the inputs of an event before its handler runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from millstream.declare.arguments import describe
from millstream.declare.component import Component
from millstream.declare.element import Element
from millstream.declare.handler import HandlerSpec, inspect_handler
from millstream.errors import DeclarationError, InvalidValue
from millstream.jobs import Failure
from millstream.types import Handler
from millstream.wire.plain import brief

UNSAID: Final = "This value is not allowed."
"""The message of a verdict that gives none."""

LONGEST: Final = 1000
"""Characters of a message that the page shows."""


def validate(is_valid: object, message: str = "") -> dict[str, object]:
    """Return this from a `validator=`, once for each input, to say what is wrong with it.

    Args:
        is_valid: Whether the value may go to the handler.
        message: The message shown next to the field if it may not.
    """
    return {"__type__": "validate", "is_valid": bool(is_valid), "message": message}


def checked_validator(fn: Handler | None, inputs: int, handler: HandlerSpec | None, where: str) -> HandlerSpec | None:
    """Look at the validator of an event; `None` if it has none. It takes inputs by name where its handler does.

    Raises:
        DeclarationError: It cannot be called with the event's inputs, or there is nothing to validate for.
    """
    if fn is None:
        return None
    if handler is None:
        raise DeclarationError(f"{where}: validator= needs a function to validate for: give fn=")
    spec = replace(inspect_handler(fn, f"{where}: validator="), keywords=handler.keywords)
    if spec.is_generator:
        raise DeclarationError(f"{where}: the validator {spec.name}() is a generator; return the verdicts")
    spec.check_arity(inputs, f"{where}: validator=")
    return spec


def refusal(verdicts: object, inputs: Sequence[int], elements: Mapping[int, Element], name: str) -> Failure | None:
    """Say what a validator refused, by component; `None` if it let everything through.

    Args:
        verdicts: What it returned: `validate(…)` or `None` for each input, or a dict of them by component.
        inputs: The numbers of the inputs.
        elements: All elements, by number.
        name: What messages call it.

    Raises:
        InvalidValue: It returned something else.
    """
    problems: dict[int, str] = {}
    for number, verdict in _by_input(verdicts, inputs, elements, name):
        if (message := _refused(verdict, name)) is not None:
            problems[number] = message[:LONGEST]
    if not problems:
        return None
    unseen = [text for number, text in problems.items() if not _shows(elements.get(number))]
    shown = {number: text for number, text in problems.items() if _shows(elements.get(number))}
    sentence = " ".join(unseen or shown.values())
    return Failure(sentence, "input", "Check what you entered", is_visible=bool(unseen), problems=shown)


def _shows(element: Element | None) -> bool:
    return isinstance(element, Component) and element.on_page and element.visible


def _by_input(
    verdicts: object, inputs: Sequence[int], elements: Mapping[int, Element], name: str
) -> list[tuple[int, object]]:
    if verdicts is None or isinstance(verdicts, bool) or _is_verdict(verdicts):
        return [(inputs[0] if len(inputs) == 1 else -1, verdicts)]
    if isinstance(verdicts, Mapping):
        numbers = {elements[number]: number for number in inputs}
        if unknown := [key for key in verdicts if key not in numbers]:
            raise InvalidValue(f"{name}() judges {brief(unknown[0])}, which is not one of the inputs")
        return [(numbers[key], verdict) for key, verdict in verdicts.items()]
    remedy = "return gr.validate(…) or None for each"
    if not isinstance(verdicts, list | tuple) or len(verdicts) != len(inputs):
        count = f"{len(verdicts)} verdicts" if isinstance(verdicts, list | tuple) else describe(verdicts)
        raise InvalidValue(f"{name}() returned {count} for {len(inputs)} inputs; {remedy}")
    return list(zip(inputs, verdicts, strict=True))


def _is_verdict(value: object) -> bool:
    return isinstance(value, Mapping) and value.get("__type__") == "validate"


def _refused(verdict: object, name: str) -> str | None:
    """Give the message of a verdict that refuses a value."""
    if isinstance(verdict, Mapping) and verdict.get("__type__") == "validate":
        return None if verdict.get("is_valid") else str(verdict.get("message") or UNSAID)
    if verdict is None or isinstance(verdict, bool):
        return UNSAID if verdict is False else None
    raise InvalidValue(f"{name}() returned {describe(verdict)} for an input; return gr.validate(…), or None")
