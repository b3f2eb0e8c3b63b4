"""`Markdown`: formatted text."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Unpack

from millstream.components.text.formulas import read_delimiters
from millstream.components.text.markdown_html import Style, prose
from millstream.components.values.plain import plain_text
from millstream.declare.component import Common, Component
from millstream.declare.event import Event
from millstream.declare.i18n import in_each_language
from millstream.types import Stored
from millstream.wire.messages import Value


class Markdown(Component):
    """Text in CommonMark with tables and strikethrough, shown as HTML. Handlers get and return the text.

    Code is coloured, and has a button that copies it; an address that is written out is a link. A text of some 150,000
    characters or more is formatted up to there; the rest is shown as plain text.
    The declared value may contain any HTML. Values set later are sanitised, as those of `HTML` are.

    Args:
        value: The text, or a function that gives it (which counts as set later).
        rtl: Whether the text runs from right to left.
        line_breaks: Whether a line's end is one, also within a paragraph.
        height: Height in pixels, or with a CSS unit; what is longer scrolls.
        max_height: Largest height in pixels, or with a CSS unit.
        latex_delimiters: The signs around formulas in LaTeX, each `{"left": "$", "right": "$", "display": False}`;
            `display` puts a formula on a line of its own. By default formulas stand between `$$`; none with `[]`.
        sanitize: `False` shows later values as they are, too: only for values that no visitor has a part in.
        sanitize_html: Gradio's name for the same.
        common: See `Component`.
    """

    default_label = False
    ignores: ClassVar[tuple[str, ...]] = (
        "header_links",
        "min_height",
        "show_copy_button",
        "buttons",
        "padding",
    )

    change = Event()
    copy = Event()

    def __init__(
        self,
        value: str | Callable[[], str] | None = None,
        *,
        rtl: bool = False,
        line_breaks: bool = False,
        height: int | str | None = None,
        max_height: int | str | None = None,
        latex_delimiters: Sequence[Mapping[str, object]] | None = None,
        sanitize: bool = True,
        sanitize_html: bool = True,
        **common: Unpack[Common],
    ) -> None:
        self.rtl = rtl
        self.line_breaks = line_breaks
        self.height, self.max_height = height, max_height
        self.sanitize = sanitize and sanitize_html
        self.delimiters = read_delimiters(latex_delimiters, type(self).__name__)
        common.setdefault("show_label", False)
        common.setdefault("container", False)
        super().__init__(value, **common)

    def props(self) -> dict[str, Value]:
        return {**super().props(), "rtl": self.rtl, "height": self.height, "max_height": self.max_height}

    def accept(self, value: object) -> Stored:
        return inspect.cleandoc(plain_text(value))

    def wire(self, stored: Stored) -> Value:
        is_own = not self.is_computed and stored == self._initial
        style = Style(self.line_breaks, self.sanitize and not is_own, self.delimiters)
        return in_each_language(plain_text(stored), lambda text: prose(text, style), sanitizes=style.sanitize)
