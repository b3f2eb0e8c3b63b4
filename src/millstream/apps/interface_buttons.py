"""The buttons of an `Interface`, and the events that press them."""

from __future__ import annotations

from collections.abc import Sequence

from millstream.components.button import Button
from millstream.components.clearbutton import ClearButton
from millstream.components.number import Number
from millstream.components.textbox import Textbox
from millstream.declare.component import Component
from millstream.declare.element import detached
from millstream.declare.event import Dependency, Trigger, bind
from millstream.declare.updates import update


def role_button(given: str | Button, role: str) -> Button:
    """Make the button for a role, not yet in its place; a stop button is hidden until it is of use."""
    button = given.unrender() if isinstance(given, Button) else _new_button(given, role)
    if role == "clear" and not isinstance(button, ClearButton):
        button = _new_button(str(button.value), role)
    if role == "stop":
        button.amend(visible=False)
    return button


def _new_button(text: str, role: str) -> Button:
    with detached():
        if role == "clear":
            return ClearButton(value=text)
        return Button(text, variant="primary" if role == "submit" else "stop")


def event_of(part: Component, name: str) -> Trigger | None:
    """Give an event of a component, if it has it."""
    trigger = getattr(part, name, None)
    return trigger if isinstance(trigger, Trigger) else None


def submits_of(inputs: Sequence[Component]) -> list[Trigger]:
    """Give the events of the fields in which Enter runs the function."""
    fields = [part for part in inputs if isinstance(part, Textbox | Number) and getattr(part, "lines", 1) == 1]
    return [trigger for part in fields if (trigger := event_of(part, "submit")) is not None]


def put_in_place(triggers: Sequence[Trigger], hidden: Button, shown: Button, cancels: Dependency | None = None) -> None:
    """Put one button in the place of another."""

    def turned() -> tuple[object, object]:
        return update(visible=False), update(visible=True)

    bind(triggers, turned, None, [hidden, shown], {"queue": False, "show_progress": "hidden", "cancels": cancels})
