"""`ColorPicker`: a colour that the user chooses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Unpack

from millstream.components.values.css_color import css_color, named_color
from millstream.declare.component import Common, Component
from millstream.declare.event import Event
from millstream.types import Files, Stored
from millstream.wire.messages import Value

FORMS = "a colour such as '#ff8800', '#f80', '#ff880080', 'rgb(255, 136, 0)' or 'rgba(255, 136, 0, 0.5)'"


class ColorPicker(Component):
    """A colour that the user chooses. Handlers get and return a `str`.

    That is `"#rrggbb"`, and with a transparent colour `"#rrggbbaa"`. If the value was given as `rgb(…)` or `rgba(…)`,
    what the user chooses is written so, too. Nothing chosen is `None`.

    Args:
        value: The initial colour: `#rgb`, `#rrggbb`, `#rrggbbaa`, `rgb(…)`, `rgba(…)`, or a name such as `"red"`; or a
            function that gives it.
        common: See `Component`.
    """

    change = Event()
    input = Event()
    release = Event()
    submit = Event()
    focus = Event()
    blur = Event()

    def __init__(self, value: str | Callable[[], str] | None = None, **common: Unpack[Common]) -> None:
        super().__init__(value, **common)

    def validate(self, wire: Value, files: Files) -> Stored:
        return self._read(wire, css_color)

    def accept(self, value: object) -> Stored:
        return self._read(value, named_color)

    def _read(self, value: object, read: Callable[[str], str | None]) -> Stored:
        if value is None or value == "":
            return None
        color = read(value) if isinstance(value, str) else None
        if color is None:
            raise self.invalid(FORMS, value)
        return color
