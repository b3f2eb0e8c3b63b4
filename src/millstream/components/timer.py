"""`Timer`: something that happens again and again as long as a page is open."""

from __future__ import annotations

from typing import ClassVar

from millstream.declare.arguments import is_number
from millstream.declare.component import SHORTEST_S, Component
from millstream.declare.event import Event
from millstream.declare.user_warnings import warn
from millstream.errors import DeclarationError, InvalidValue
from millstream.types import Files, Stored
from millstream.wire.messages import Value


class Timer(Component):
    """Fires `tick` every `value` seconds, on the server, separately for each open page; it ends with the page.

    A tick that comes while the last one's handler still runs is left out, unless `trigger_mode` says otherwise. Return
    `Timer(active=False)` to stop it, `Timer(5)` to change its pace.

    Args:
        value: Seconds between two ticks, at least 0.01. The first one comes that long after the page was opened.
        active: Whether it ticks.
        render: Whether it joins the tree now.
    """

    on_page = False
    default_label = False
    ignores: ClassVar[tuple[str, ...]] = ("visible",)

    change = Event()
    tick = Event()
    tick_event: ClassVar[str] = "tick"

    def __init__(self, value: float = 1.0, *, active: bool = True, render: bool = True, **ignored: object) -> None:
        self.active = active
        super().__init__(value, render=render, **ignored)  # type: ignore[arg-type]  # checked by the base class

    def check(self) -> None:
        if not isinstance(self.active, bool):
            raise DeclarationError(f"{self.name}: active={self.active!r} is not True or False")
        super().check()

    def interval_s(self, stored: Stored) -> float | None:
        """Say how many seconds pass between two ticks; `None` while it does not tick."""
        return stored if self.active and isinstance(stored, float) else None

    def validate(self, wire: Value, files: Files) -> Stored:
        raise InvalidValue(f"{self.name} lives on the server: the page cannot set it")

    def accept(self, value: object) -> Stored:
        if isinstance(value, int | float) and is_number(value):
            if value < SHORTEST_S:
                warn(f"{self.name} ticks every {SHORTEST_S:g} s at the most often")
            return max(float(value), SHORTEST_S)
        raise self.invalid(f"seconds, at least {SHORTEST_S:g}", value)
