"""`Markdown`: formatted text."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Unpack

from millstream.components.text.formulas import read_delimiters
from millstream.components.text.markdown_html import Style, prose
from millstream.components.values.plain import plain_text
from millstream.declare.component import Common, Component
from millstream.declare.css_size import is_css_size
from millstream.declare.event import Event
from millstream.declare.i18n import in_each_language
from millstream.types import Stored
from millstream.wire.messages import Value
from millstream.wire.plain import brief


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
        min_height: Smallest height in pixels, or with a CSS unit.
        latex_delimiters: The signs around formulas in LaTeX, each `{"left": "$", "right": "$", "display": False}`;
            `display` puts a formula on a line of its own. By default formulas stand between `$$`; none with `[]`.
        sanitize: `False` shows later values as they are, too: only for values that no visitor has a part in.
        sanitize_html: Gradio's name for the same.
        header_links: Whether each heading has an address in the page, and a link to it.
        buttons: `["copy"]` for a button that copies the text as it is read, with its formatting.
        show_copy_button: The same as `buttons=["copy"]`.
        padding: Whether there is space around it.
        common: See `Component`.
    """

    default_label = False
    addons: ClassVar[Mapping[str, str]] = {"header_links": "headerlinks", "buttons": "copytext"}
    prop_names: ClassVar[Mapping[str, tuple[str, ...]]] = dict.fromkeys(
        ("header_links", "buttons", "show_copy_button"), ("addons",)
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
        min_height: int | str | None = None,
        latex_delimiters: Sequence[Mapping[str, object]] | None = None,
        sanitize: bool = True,
        sanitize_html: bool = True,
        header_links: bool = False,
        buttons: Sequence[str | Component] | None = None,
        show_copy_button: bool = False,
        padding: bool = False,
        **common: Unpack[Common],
    ) -> None:
        self.rtl = rtl
        self.line_breaks = line_breaks
        self.height, self.max_height, self.min_height = height, max_height, min_height
        self.sanitize = sanitize and sanitize_html
        self.header_links, self.padding = header_links, padding
        self.buttons = ["copy"] if show_copy_button or "copy" in (buttons or ()) else []
        self.delimiters = read_delimiters(latex_delimiters, type(self).__name__)
        common.setdefault("show_label", False)
        common.setdefault("container", False)
        super().__init__(value, **common)

    def check(self) -> None:
        for side in ("height", "max_height", "min_height"):
            if not is_css_size(getattr(self, side)):
                self.correct(side, None, f"{brief(getattr(self, side))} is not a CSS size")
        super().check()

    def props(self) -> dict[str, Value]:
        sizes = {"height": self.height, "max_height": self.max_height}
        asked: dict[str, Value] = {
            name: getattr(self, name) for name in ("min_height", "padding") if name in self.given
        }
        return {**super().props(), "rtl": self.rtl, **sizes, **asked}

    def accept(self, value: object) -> Stored:
        return inspect.cleandoc(plain_text(value))

    def wire(self, stored: Stored) -> Value:
        is_own = not self.is_computed and stored == self._initial
        style = Style(self.line_breaks, self.sanitize and not is_own, self.delimiters)
        return in_each_language(plain_text(stored), lambda text: prose(text, style), sanitizes=style.sanitize)
