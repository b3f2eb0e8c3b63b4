"""`Draggable`: a layout whose parts the visitor puts into another order."""

from __future__ import annotations

from typing import Literal, Unpack

from millstream.declare.element import Placed
from millstream.declare.layout import Layout
from millstream.wire.messages import Value


class Draggable(Layout):
    """Puts its children below or beside each other; each has a handle by which the visitor moves it.

    With the keyboard, the arrow keys move the child whose handle has the focus. The order is this visitor's, until the
    page is loaded again.

    Args:
        orientation: `"column"` or `"row"`.
        placed: See `Element`.
    """

    def __init__(self, *, orientation: Literal["row", "column"] = "column", **placed: Unpack[Placed]) -> None:
        self.orientation = orientation
        super().__init__(**placed)

    def check(self) -> None:
        super().check()
        self.prefer_one_of("orientation", ("row", "column"), "column")

    def props(self) -> dict[str, Value]:
        return {**super().props(), "orientation": self.orientation}
