"""`Dropdown`: one of many, or several."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import ClassVar, Final, Literal, Unpack

from millstream.components.options.choices import Choice, Choosing, Chosen, paired
from millstream.declare.component import Tooled
from millstream.declare.event import Event
from millstream.declare.user_warnings import warn_ignored
from millstream.wire.messages import Value


class _Default(Enum):
    FIRST = "the first choice"


FIRST: Final = _Default.FIRST
"""Stands for the initial value of a dropdown that names none."""


class Dropdown(Choosing):
    """A list that opens, to choose from. Handlers get and return a value, or a list of them with `multiselect`.

    Args:
        choices: The values, or pairs of a label and a value.
        value: What is chosen at first, or a function that says so; by default the first choice, with `multiselect`
            none; `None` chooses nothing.
        type: Whether handlers get the `"value"`, or its position among the choices, the `"index"`.
        multiselect: Whether several may be chosen.
        allow_custom_value: Whether the user may enter something else.
        max_choices: How many may be chosen at most.
        filterable: Whether typing narrows the list down.
        num_choices_shown: How many choices the open list shows before it scrolls, if the window has room for them; by
            default 320 pixels of them.
        common: See `Component`.
    """

    prop_names: ClassVar = {"allow_custom_value": ("allow_custom_value", "filterable")}

    change = Event()
    input = Event()
    select = Event()
    focus = Event()
    blur = Event()
    key_up = Event()

    def __init__(
        self,
        choices: Sequence[Choice] | None = None,
        *,
        value: Chosen | _Default = FIRST,
        type: Literal["value", "index"] = "value",
        multiselect: bool | None = None,
        allow_custom_value: bool = False,
        max_choices: int | None = None,
        filterable: bool = True,
        num_choices_shown: int | None = None,
        **common: Unpack[Tooled],
    ) -> None:
        self.allow_custom_value = allow_custom_value
        self.max_choices = max_choices
        self.filterable = filterable or allow_custom_value
        self.num_choices_shown = num_choices_shown
        multiple = bool(multiselect)
        if isinstance(value, _Default):
            value = None if multiple else next((one for _, one in paired(choices)), None)
        super().__init__(choices, value, type, multiple, **common)

    def check(self) -> None:
        if self.max_choices is not None and self.max_choices < 1:
            self.correct("max_choices", None, f"{self.max_choices} is less than 1")
        if self.num_choices_shown is not None and self.num_choices_shown < 1:
            self.correct("num_choices_shown", None, f"{self.num_choices_shown} is less than 1")
        super().check()

    def joined(self) -> None:
        super().joined()
        if self.max_choices is not None and not self.multiple:
            warn_ignored(f"{self.name} without multiselect", ["max_choices"])

    def props(self) -> dict[str, Value]:
        return {
            **super().props(),
            "multiselect": self.multiple,
            "max_choices": self.max_choices,
            "filterable": self.filterable,
            "allow_custom_value": self.allow_custom_value,
            **({"num_choices_shown": self.num_choices_shown} if "num_choices_shown" in self.given else {}),
        }
