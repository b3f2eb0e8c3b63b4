"""`Button`: something to press."""

from __future__ import annotations

import base64
import mimetypes
from collections.abc import Callable
from pathlib import Path
from typing import Literal, Unpack

from millstream.components.values.links import is_page_address, is_web_address
from millstream.components.values.plain import plain_text
from millstream.declare.component import Common, Component
from millstream.declare.event import Event
from millstream.errors import DeclarationError
from millstream.types import Stored
from millstream.wire.messages import Value
from millstream.wire.plain import brief


class Button(Component):
    """A button. Its value is its text.

    Args:
        value: The text, or a function that gives it.
        variant: `"primary"`, `"secondary"`, `"stop"` or `"huggingface"` (looks like `"secondary"`).
        size: `"sm"`, `"md"` or `"lg"`.
        icon: An image before the text: a file, or an `https` address.
        link: An address that opens when the button is pressed.
        link_target: Where it opens: `"_blank"` for a new tab, the default, `"_self"`, `"_parent"` or `"_top"`.
        common: See `Component`; `interactive` says whether it can be pressed.
    """

    default_label = False
    capabilities = frozenset({"shows_caption"})
    editing = frozenset({"click"})

    change = Event()
    click = Event()

    def __init__(
        self,
        value: str | Callable[[], str] = "Run",
        *,
        variant: Literal["primary", "secondary", "stop", "huggingface"] = "secondary",
        size: Literal["sm", "md", "lg"] | None = "lg",
        icon: str | Path | None = None,
        link: str | None = None,
        link_target: Literal["_blank", "_self", "_parent", "_top"] = "_blank",
        **common: Unpack[Common],
    ) -> None:
        self.variant = variant
        self.size = size or "lg"
        self.icon = icon
        self.link, self.link_target = link, link_target
        if common.get("interactive") is None:
            common["interactive"] = True
        super().__init__(value, **common)

    @property
    def name(self) -> str:
        return f"Button {self.value!r}" if isinstance(self.value, str) else super().name

    def check(self) -> None:
        self.prefer_one_of("variant", ("primary", "secondary", "stop", "huggingface"), "secondary")
        self.prefer_one_of("size", ("sm", "md", "lg"), "lg")
        self.prefer_one_of("link_target", ("_blank", "_self", "_parent", "_top"), "_blank")
        if self.link is not None and not is_page_address(self.link):
            raise DeclarationError(f"{self.name}: link={self.link!r} is neither an http(s) address nor a path")
        super().check()

    def props(self) -> dict[str, Value]:
        return {
            **super().props(),
            "variant": self.variant,
            "size": self.size,
            "icon": icon_of(self.icon, self.name),
            "link": self.link,
            **({"link_target": self.link_target} if "link_target" in self.given else {}),
        }

    def accept(self, value: object) -> Stored:
        return plain_text(value)


def icon_of(icon: str | Path | None, name: str) -> Value:
    """Give the icon of a button as the page gets it: an address, of which a file becomes a part.

    Raises:
        DeclarationError: There is no such file; the message begins with `name`.
    """
    if not icon:
        return None
    if isinstance(icon, str) and is_web_address(icon):
        return {"url": icon}
    path = Path(icon)
    try:
        is_file = path.is_file()
    except OSError:  # no file can have that name
        is_file = False
    if not is_file:
        raise DeclarationError(f"{name}: icon={brief(str(icon))} is not a file")
    mime = mimetypes.guess_type(path.name)[0] or "image/png"
    return {"url": f"data:{mime};base64,{base64.b64encode(path.read_bytes()).decode()}"}
