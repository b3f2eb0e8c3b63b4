"""`InputHTMLAttributes`: how browsers treat the field of a `Textbox`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal

from millstream.declare.arguments import PlainArguments
from millstream.errors import DeclarationError, nearest
from millstream.wire.messages import Value


@dataclass(frozen=True)
class InputHTMLAttributes(metaclass=PlainArguments):
    """Attributes of the HTML element of a `Textbox`; those that are left out are the browser's own business.

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


NAMES = tuple(field.name for field in fields(InputHTMLAttributes))


def input_attributes_of(given: InputHTMLAttributes | Mapping[str, object] | None) -> dict[str, Value]:
    """Give attributes by name, as HTML has them.

    Raises:
        DeclarationError: There is no such attribute.
    """
    listed = given if isinstance(given, Mapping) else {} if given is None else vars(given)
    for name in listed:
        if name not in NAMES:
            raise DeclarationError(f"html_attributes has no {name!r}{nearest(str(name), NAMES)}")
    written = {name: str(value).lower() if isinstance(value, bool) else value for name, value in listed.items()}
    return {name: str(value) for name, value in written.items() if value is not None}
