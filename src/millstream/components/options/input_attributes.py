"""`InputHTMLAttributes`: how browsers treat the field of a `Textbox` or `MultimodalTextbox`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from millstream.declare.arguments import PlainArguments
from millstream.wire.messages import Value


@dataclass(frozen=True)
class InputHTMLAttributes(metaclass=PlainArguments):
    """Attributes of the HTML element of a text field; those that are left out are the browser's own business.

    Attributes:
        autocapitalize: Which letters a keyboard on the screen makes capitals of.
        autocorrect: Whether Safari corrects what is typed.
        spellcheck: Whether misspelt words are underlined.
        autocomplete: What the browser may fill in, such as `"email"` or `"off"`.
        tabindex: Place in the order of the Tab key.
        enterkeyhint: Word on the Enter key of a keyboard on the screen.
        lang: Language of the text, such as `"fr"`.
    """

    autocapitalize: Literal["off", "none", "on", "sentences", "words", "characters"] | None = None
    autocorrect: Literal["on", "off"] | None = None
    spellcheck: bool | None = None
    autocomplete: str | None = None
    tabindex: int | None = None
    enterkeyhint: Literal["enter", "done", "go", "next", "previous", "search", "send"] | None = None
    lang: str | None = None


def input_attributes_of(given: InputHTMLAttributes | Mapping[str, object] | None) -> dict[str, Value]:
    """Give attributes by name, as HTML has them.

    Raises:
        TypeError: There is no such attribute; the message names the nearest one.
    """
    if given is None:
        return {}
    known = given if isinstance(given, InputHTMLAttributes) else InputHTMLAttributes(**given)  # type: ignore[arg-type]
    written: dict[str, object] = {
        "autocapitalize": known.autocapitalize,
        "autocorrect": known.autocorrect,
        "spellcheck": None if known.spellcheck is None else str(known.spellcheck).lower(),
        "autocomplete": known.autocomplete,
        "tabindex": known.tabindex,
        "enterkeyhint": known.enterkeyhint,
        "lang": known.lang,
    }
    return {name: str(value) for name, value in written.items() if value is not None}
