"""`Radio`: one of a few, all of them in view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Unpack

from millstream.components.options.choices import Choice, Choosing, Chosen
from millstream.declare.component import Tooled
from millstream.declare.event import Event
from millstream.wire.messages import Value


class Radio(Choosing):
    """A few choices, of which one is selected. Handlers get and return a value, or `None`.

    Args:
        choices: The values, or pairs of a label and a value.
        value: What is chosen at first, or a function that says so; nothing by default.
        type: Whether handlers get the `"value"`, or its position among the choices, the `"index"`.
        rtl: Whether the choices run from right to left.
        common: See `Component`.
    """

    change = Event()
    input = Event()
    select = Event()

    def __init__(
        self,
        choices: Sequence[Choice] | None = None,
        *,
        value: Chosen = None,
        type: Literal["value", "index"] = "value",
        rtl: bool = False,
        **common: Unpack[Tooled],
    ) -> None:
        self.rtl = rtl
        super().__init__(choices, value, type, False, **common)

    def props(self) -> dict[str, Value]:
        return {**super().props(), **({"rtl": self.rtl} if "rtl" in self.given else {})}
