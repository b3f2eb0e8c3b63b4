"""`Sidebar`: a panel at the side of the page that can be folded away."""

from __future__ import annotations

import re
from typing import ClassVar, Final, Literal, Unpack

from millstream.declare.element import Placed
from millstream.declare.event import Event
from millstream.declare.layout import Layout
from millstream.errors import DeclarationError
from millstream.wire.messages import Value
from millstream.wire.plain import brief

_LENGTH: Final = re.compile(r"\d{1,5}(\.\d{1,3})?(px|rem|em|ch|vw|%)")


class Sidebar(Layout):
    """A panel at the side of the page; on a phone it covers the page.

    Args:
        label: Its accessible name.
        open: Whether it is open at first. On a phone it is closed at first, whatever is said here.
        width: Width in pixels, or a length of CSS such as `"30%"`.
        position: The side, `"left"` or `"right"`.
        placed: See `Element`.
    """

    ignores: ClassVar[tuple[str, ...]] = ("scale", "show_progress")

    expand = Event()
    collapse = Event()

    def __init__(
        self,
        label: str | None = None,
        *,
        open: bool = True,  # noqa: A002  # Gradio's name
        width: int | str = 320,
        position: Literal["left", "right"] = "left",
        **placed: Unpack[Placed],
    ) -> None:
        self.label = label or "Sidebar"
        self.open = open
        self.width = width
        self.position = position
        super().__init__(**placed)

    def check(self) -> None:
        super().check()
        self.prefer_one_of("position", ("left", "right"), "left")
        if isinstance(self.width, str) and not _LENGTH.fullmatch(self.width):
            raise DeclarationError(f"{self.name}: width={brief(self.width)} is not a length such as 320 or '30%'")

    def props(self) -> dict[str, Value]:
        width = self.width if isinstance(self.width, str) else f"{max(int(self.width), 0)}px"
        return {**super().props(), "label": self.label, "open": self.open, "width": width, "position": self.position}
