"""`NeverEvent`: an event of Gradio's that does not happen here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, overload

from millstream.declare.event import Event, Trigger
from millstream.declare.user_warnings import warn

if TYPE_CHECKING:
    from millstream.declare.element import Element


class NeverEvent(Event):
    """An event that can be bound, with a warning that says that it never happens."""

    @overload
    def __get__(self, element: None, owner: type) -> Self: ...

    @overload
    def __get__(self, element: Element, owner: type) -> Trigger: ...

    def __get__(self, element: Element | None, owner: type) -> Self | Trigger:
        if element is None:
            return self
        warn(f"{element.name}.{self.name} never happens in Millstream")
        return super().__get__(element, owner)
