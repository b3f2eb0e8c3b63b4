"""`CheckboxGroup`: any of a few, all of them in view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal, Unpack

from millstream.components.options.choices import Choice, Choosing, Chosen
from millstream.declare.component import Tooled
from millstream.declare.event import Event


class CheckboxGroup(Choosing):
    """A few choices, of which any number may be selected. Handlers get and return a list of values.

    Args:
        choices: The values, or pairs of a label and a value.
        value: What is chosen at first, or a function that says so; nothing by default.
        type: Whether handlers get the `"value"`s, or their positions among the choices, the `"index"`.
        show_select_all: Whether a checkbox above the choices selects all of them, or none.
        common: See `Component`.
    """

    addons: ClassVar[Mapping[str, str]] = {"show_select_all": "selectall"}
    prop_names: ClassVar[Mapping[str, tuple[str, ...]]] = {"show_select_all": ("addons",)}

    change = Event()
    input = Event()
    select = Event()

    def __init__(
        self,
        choices: Sequence[Choice] | None = None,
        *,
        value: Chosen = None,
        type: Literal["value", "index"] = "value",
        show_select_all: bool = False,
        **common: Unpack[Tooled],
    ) -> None:
        self.show_select_all = show_select_all
        super().__init__(choices, value, type, True, **common)


Checkboxgroup = CheckboxGroup
