"""`HTML`: the app's own HTML."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Unpack

from millstream.components.text.sanitized_html import sanitised
from millstream.components.values.plain import plain_text
from millstream.declare.component import Common, Component
from millstream.declare.event import Event
from millstream.types import Stored
from millstream.wire.messages import Value


class HTML(Component):
    """HTML that the app shows. Handlers get and return a `str`.

    The declared value is shown as it is. Values set later are sanitised: style, class, id and inline SVG survive,
    scripts, handlers such as `onclick` and `javascript:` links do not.

    Args:
        value: The HTML, or a function that gives it (which counts as set later).
        padding: Whether there is space around it.
        sanitize: `False` shows later values as they are, too: only for values that no visitor has a part in.
        common: See `Component`.
    """

    default_label = False
    ignores: ClassVar[tuple[str, ...]] = ("min_height", "max_height", "buttons", "autoscroll")

    change = Event()
    click = Event()

    def __init__(
        self,
        value: str | Callable[[], str] | None = None,
        *,
        padding: bool = True,
        sanitize: bool = True,
        **common: Unpack[Common],
    ) -> None:
        self.padding = padding
        self.sanitize = sanitize
        common.setdefault("show_label", False)
        common.setdefault("container", False)
        super().__init__(value, **common)

    def props(self) -> dict[str, Value]:
        return {**super().props(), "padding": self.padding}

    def accept(self, value: object) -> Stored:
        return plain_text(value)

    def wire(self, stored: Stored) -> Value:
        text = plain_text(stored)
        is_own = not self.is_computed and stored == self._initial
        return text if is_own or not self.sanitize else sanitised(text)
