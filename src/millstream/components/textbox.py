"""`Textbox`: a line, or several, of text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Literal, Unpack

from millstream.components.options.input_attributes import InputHTMLAttributes, input_attributes_of
from millstream.components.values.plain import plain_text
from millstream.declare.component import Common, Component
from millstream.declare.event import Event
from millstream.declare.user_warnings import warn
from millstream.types import Files, Stored
from millstream.wire.messages import Value


class Textbox(Component):
    """A text that the user types, or that the app shows. Handlers get and return a `str`.

    Args:
        value: The initial text, or a function that gives it.
        type: `"text"`, `"password"` (not shown) or `"email"`.
        lines: How many lines are shown at least; 1 by default.
        max_lines: How many lines it grows to before it scrolls; 20 by default.
        placeholder: Shown while it is empty.
        autofocus: Whether the page opens with the cursor in it.
        autoscroll: Whether it follows text that grows, if its end was in view.
        text_align: `"left"` or `"right"`.
        rtl: Whether the text runs from right to left.
        max_length: Most characters that the user may enter, 0 for none at all; `None` for any number.
        submit_btn: Whether there is a button that submits; a string is its text.
        stop_btn: Whether there is a button that fires `stop`; a string is its text.
        buttons: `["copy"]` for a button that copies the text.
        show_copy_button: The same as `buttons=["copy"]`.
        html_attributes: How browsers treat the field: `InputHTMLAttributes`, or a dict of the same.
        common: See `Component`.
    """

    prop_names: ClassVar = {
        "type": ("kind",),
        "submit_btn": ("submit_button",),
        "stop_btn": ("stop_button",),
        "show_copy_button": ("buttons",),
    }

    default_lines: ClassVar[int] = 1

    change = Event()
    input = Event()
    submit = Event()
    focus = Event()
    blur = Event()
    select = Event()
    stop = Event()
    key_up = Event()
    copy = Event()

    def __init__(
        self,
        value: str | Callable[[], str] | None = None,
        *,
        type: Literal["text", "password", "email"] = "text",
        lines: int | None = None,
        max_lines: int | None = None,
        placeholder: str | None = None,
        autofocus: bool = False,
        autoscroll: bool = True,
        text_align: Literal["left", "right"] | None = None,
        rtl: bool = False,
        max_length: int | None = None,
        submit_btn: str | bool | None = False,
        stop_btn: str | bool | None = False,
        buttons: Sequence[str | Component] | None = None,
        show_copy_button: bool = False,
        html_attributes: InputHTMLAttributes | Mapping[str, object] | None = None,
        **common: Unpack[Common],
    ) -> None:
        self.type = type
        self.lines = self.default_lines if lines is None else lines
        self.max_lines = max(self.lines, 20 if max_lines is None else max_lines) if type == "text" else 1
        self.placeholder = placeholder
        self.autofocus, self.autoscroll = autofocus, autoscroll
        self.text_align, self.rtl = text_align, rtl
        self.max_length = max_length
        self.submit_btn, self.stop_btn = submit_btn or False, stop_btn or False
        self.buttons = ["copy"] if show_copy_button or "copy" in (buttons or ()) else []
        self.html_attributes = input_attributes_of(html_attributes)
        super().__init__(value, **common)

    def check(self) -> None:
        self.check_one_of("type", self.type, ("text", "password", "email"))
        self.prefer_one_of("text_align", ("left", "right", None), None)
        if self.lines < 1:
            self.correct("lines", 1, f"{self.lines} is less than 1")
        check_max_length(self)
        super().check()

    def props(self) -> dict[str, Value]:
        return {
            **super().props(),
            "kind": self.type,
            "lines": self.lines,
            "max_lines": self.max_lines,
            "placeholder": self.placeholder,
            "autofocus": self.autofocus,
            "autoscroll": self.autoscroll,
            "text_align": self.text_align,
            "rtl": self.rtl,
            "max_length": self.max_length,
            "submit_button": self.submit_btn,
            "stop_button": self.stop_btn,
            "buttons": list(self.buttons),
            **({"html_attributes": self.html_attributes} if self.html_attributes else {}),
        }

    def validate(self, wire: Value, files: Files) -> Stored:
        if not isinstance(wire, str):
            raise self.invalid("text", wire)
        if self.max_length is not None and len(wire) > self.max_length:
            raise self.unfit(f"at most {self.max_length} characters", f"{len(wire)} characters")
        return wire

    def accept(self, value: object) -> Stored:
        return plain_text(value)


def check_max_length(box: Component) -> None:
    """Warn of a `max_length` with which nothing can be entered; browsers take one below 0 for none."""
    longest = getattr(box, "max_length", None)
    if longest == 0:
        warn(f"{box.name}: max_length=0 lets nobody enter anything; leave it out for text of any length")
    elif longest is not None and longest < 0:
        box.correct("max_length", None, f"{longest} is less than 0")


class TextArea(Textbox):
    """A `Textbox` of seven lines."""

    tag = "textbox"
    default_lines = 7


Text = Textbox
