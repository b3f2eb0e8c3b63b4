"""Layouts: elements that hold others, filled by `with`."""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import Token
from typing import Final, Literal, Self, Unpack

from millstream.declare.css_size import is_css_size
from millstream.declare.element import UNJOINED, Element, Parent, Placed, current_parent
from millstream.declare.event import Event
from millstream.errors import DeclarationError, InvalidValue
from millstream.wire.messages import Value
from millstream.wire.plain import brief

HEIGHTS: Final = ("height", "max_height", "min_height")


class Layout(Element):
    """An element that holds others: what is made inside `with Row():` becomes its child.

    Attributes:
        children: What it holds, in order.
    """

    def __init__(self, **placed: Unpack[Placed]) -> None:
        self.children: list[Element] = []
        self._outside: list[Token[Parent | None]] = []
        super().__init__(**placed)

    def __enter__(self) -> Self:
        self._outside.append(current_parent.set(self))
        return self

    def __exit__(self, *failure: object) -> None:
        current_parent.reset(self._outside.pop())

    def join(self, element: Element) -> None:
        """Make `element` the last child.

        Raises:
            DeclarationError: It has its place already, or cannot be put here.
        """
        if element.parent is not None:
            raise DeclarationError(f"{element.name} is in the app already: an element has one place")
        element.joined()
        if (declaration := self.declaration) is not None:
            declaration.number(element)
        element.parent = self
        self.children.append(element)

    def leave(self, element: Element) -> None:
        """Take a child out.

        Raises:
            DeclarationError: The app is launched already.
        """
        if (declaration := self.declaration) is not None:
            declaration.forget(element)
        self.children.remove(element)
        element.parent, element.id = None, UNJOINED

    @property
    def is_closed(self) -> bool:
        """True if it belongs to an app that is launched already: what is made now is an update, not a child."""
        declaration = self.declaration
        return declaration is not None and declaration.is_frozen

    def walk(self) -> Iterable[Element]:
        """Give all elements below this one, parents before children."""
        for child in self.children:
            yield child
            if isinstance(child, Layout):
                yield from child.walk()

    def postprocess(self, value: object, scratch: object) -> None:
        """Refuse a handler's value: a layout has none.

        Raises:
            InvalidValue: Always, unless the value is `None`.
        """
        if value is not None:
            kind = type(self).__name__
            raise InvalidValue(f"{self.name} has no value; return {kind}(visible=…) or update(…) to change its looks")


class Row(Layout):
    """Puts its children side by side.

    Args:
        equal_height: Whether all children get the height of the tallest.
        variant: `"default"`, `"panel"` (with a frame) or `"compact"` (without gaps).
        scale: Its share of the width, relative to its neighbours in a row; and of the height that the window has left,
            in `Blocks(fill_height=True)`.
        height, max_height, min_height: Its height in pixels, or with a CSS unit such as `"60vh"`; what is higher
            scrolls.
        show_progress: Whether a run that changes it, as one that shows or hides it, is seen at its upper edge.
        placed: See `Element`.
    """

    def __init__(
        self,
        *,
        equal_height: bool = False,
        variant: Literal["default", "panel", "compact"] = "default",
        scale: int | None = None,
        height: int | str | None = None,
        max_height: int | str | None = None,
        min_height: int | str | None = None,
        show_progress: bool = False,
        **placed: Unpack[Placed],
    ) -> None:
        self.equal_height = equal_height
        self.variant = variant
        self.scale = scale
        self.height, self.max_height, self.min_height = height, max_height, min_height
        self.show_progress = show_progress
        super().__init__(**placed)

    def check(self) -> None:
        super().check()
        self.prefer_one_of("variant", ("default", "panel", "compact"), "default")
        check_heights(self)

    def props(self) -> dict[str, Value]:
        heights = {side: getattr(self, side) for side in HEIGHTS}
        return {
            **super().props(),
            "equal_height": self.equal_height,
            "variant": self.variant,
            "scale": self.scale,
            **heights,
            **({"show_progress": self.show_progress} if "show_progress" in self.given else {}),
        }


def check_heights(layout: Layout) -> None:
    """Leave out those heights of a layout that are none in CSS, with a warning."""
    for side in HEIGHTS:
        if not is_css_size(size := getattr(layout, side, None)):
            layout.correct(side, None, f"{brief(size)} is not a CSS size")


def given_heights(layout: Layout) -> dict[str, Value]:
    """Give the heights of a layout that it was declared with, as properties."""
    return {side: getattr(layout, side) for side in HEIGHTS if side in layout.given}


class Column(Layout):
    """Puts its children below each other.

    Args:
        scale: Its share of the width, relative to its neighbours in a row.
        min_width: Width in pixels below which the row wraps.
        variant: `"default"`, `"panel"` (with a frame) or `"compact"` (without gaps).
        show_progress: Whether a run that changes it, as one that shows or hides it, is seen at its upper edge.
        placed: See `Element`.
    """

    def __init__(
        self,
        *,
        scale: int = 1,
        min_width: int = 320,
        variant: Literal["default", "panel", "compact"] = "default",
        show_progress: bool = False,
        **placed: Unpack[Placed],
    ) -> None:
        self.scale, self.min_width = scale, min_width
        self.variant, self.show_progress = variant, show_progress
        super().__init__(**placed)

    def check(self) -> None:
        super().check()
        self.prefer_one_of("variant", ("default", "panel", "compact"), "default")

    def props(self) -> dict[str, Value]:
        shown = {"show_progress": self.show_progress} if "show_progress" in self.given else {}
        return {**super().props(), "scale": self.scale, "min_width": self.min_width, "variant": self.variant, **shown}


class Group(Layout):
    """Puts its children below each other without gaps, in one frame."""


class Accordion(Layout):
    """Shows its children when it is open.

    It fires `expand` and `collapse` whether the user opens and closes it or a handler.

    Args:
        label: The heading.
        open: Whether it is open at first.
        height, max_height: The height of what it holds, in pixels or with a CSS unit; what is higher scrolls.
        placed: See `Element`.
    """

    expand = Event()
    collapse = Event()

    def __init__(
        self,
        label: str | None = None,
        *,
        open: bool = True,  # noqa: A002  # Gradio's name
        height: int | str | None = None,
        max_height: int | str | None = None,
        **placed: Unpack[Placed],
    ) -> None:
        self.label = label or "More"
        self.open = open
        self.height, self.max_height = height, max_height
        super().__init__(**placed)

    def check(self) -> None:
        super().check()
        check_heights(self)

    def props(self) -> dict[str, Value]:
        return {**super().props(), "label": self.label, "open": self.open, **given_heights(self)}
