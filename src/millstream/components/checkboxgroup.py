"""`CheckboxGroup`: any of a few, all of them in view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal, Unpack

from millstream.components.options.choices import Choice, Choosing, Chosen
from millstream.declare.component import Common
from millstream.declare.event import Event


class CheckboxGroup(Choosing):
    """A few choices, of which any number may be selected. Handlers get and return a list of values.

    Args:
        choices: The values, or pairs of a label and a value.
        value: What is chosen at first, or a function that says so; nothing by default.
        type: Whether handlers get the `"value"`s, or their positions among the choices, the `"index"`.
        common: See `Component`.
    """

    ignores: ClassVar[tuple[str, ...]] = ("show_select_all", "buttons")

    change = Event()
    input = Event()
    select = Event()

    def __init__(
        self,
        choices: Sequence[Choice] | None = None,
        *,
        value: Chosen = None,
        type: Literal["value", "index"] = "value",
        **common: Unpack[Common],
    ) -> None:
        super().__init__(choices, value, type, True, **common)


Checkboxgroup = CheckboxGroup
