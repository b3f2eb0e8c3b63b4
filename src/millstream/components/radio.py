"""`Radio`: one of a few, all of them in view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal, Unpack

from millstream.components.options.choices import Choice, Choosing, Chosen
from millstream.declare.component import Common
from millstream.declare.event import Event


class Radio(Choosing):
    """A few choices, of which one is selected. Handlers get and return a value, or `None`.

    Args:
        choices: The values, or pairs of a label and a value.
        value: What is chosen at first, or a function that says so; nothing by default.
        type: Whether handlers get the `"value"`, or its position among the choices, the `"index"`.
        common: See `Component`.
    """

    ignores: ClassVar[tuple[str, ...]] = ("rtl", "buttons")

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
        super().__init__(choices, value, type, False, **common)
