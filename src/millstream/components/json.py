"""`JSON`: data as a tree that opens and closes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias, Unpack

from millstream.components.values.json_data import exact, json_data, parsed_json
from millstream.declare.component import Common, Component
from millstream.declare.css_size import is_css_size
from millstream.declare.event import Event
from millstream.errors import InvalidValue
from millstream.types import Files, Media, Scratch, Stored
from millstream.wire.messages import Value
from millstream.wire.plain import brief

Data: TypeAlias = Mapping[str, object] | Sequence[object] | str

SIDES = ("height", "max_height", "min_height")


class JSON(Component):
    """Data as a tree that opens and closes. It only shows.

    Handlers return dicts, lists, numbers, arrays, tables, dataclasses, or text that is JSON; they get dicts and lists.
    A new value leaves open what the visitor has opened. It may take 2 MiB.

    Args:
        value: The initial data, or a function that gives it.
        open: Whether everything is open at first; otherwise the outermost two levels are.
        show_indices: Whether the items of lists are numbered.
        height: Height in the page, in pixels or with a CSS unit.
        max_height: Height at which it begins to scroll; 500 by default, `None` for any.
        min_height: Least height.
        buttons: `["copy"]`, which it has by default, or `[]`.
        common: See `Component`.
    """

    takes_objects = True

    change = Event()

    def __init__(
        self,
        value: Data | Callable[[], Data] | None = None,
        *,
        open: bool = False,
        show_indices: bool = False,
        height: int | str | None = None,
        max_height: int | str | None = 500,
        min_height: int | str | None = None,
        buttons: Sequence[str | Component] | None = None,
        **common: Unpack[Common],
    ) -> None:
        self.open, self.show_indices = open, show_indices
        self.height, self.max_height, self.min_height = height, max_height, min_height
        self.buttons = ["copy"] if buttons is None or "copy" in buttons else []
        super().__init__(value, **common)

    def check(self) -> None:
        for side in SIDES:
            if not is_css_size(getattr(self, side)):
                self.correct(side, None, f"{brief(getattr(self, side))} is not a CSS size")
        super().check()

    def settle(self, is_interactive: bool, drives_stream: bool, is_output: bool) -> None:
        super().settle(False, drives_stream, is_output)

    def props(self) -> dict[str, Value]:
        return {
            **super().props(),
            "open": self.open,
            "show_indices": self.show_indices,
            **{side: getattr(self, side) for side in SIDES},
            "buttons": list(self.buttons),
        }

    def validate(self, wire: Value, files: Files) -> Stored:
        return self.accept(wire)

    def accept(self, value: object) -> Stored:
        self.check_size(value)
        try:
            made = parsed_json(value) if isinstance(value, str) else json_data(value)
        except ValueError as error:
            reason = f"{brief(value)} is not: {error}"
            raise InvalidValue(f"{self.name} takes text only if it is JSON, but {reason}") from error
        except TypeError as error:
            raise InvalidValue(f"{self.name} cannot show this {type(value).__name__}: {error}") from error
        self.check_size(made)  # objects that refer to each other become more than they looked
        return made

    def preprocess(self, value: Stored | Media, scratch: Scratch) -> object:
        return json_data(value)  # a copy: handlers may change what they get

    def wire(self, stored: Stored) -> Value:
        return exact(stored)

    def mark(self, stored: Stored) -> object:
        return stored


Json = JSON
