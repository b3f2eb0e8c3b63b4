"""What the user of one page gets at: neither what is hidden, itself or with what it is in, nor what is disabled."""

from __future__ import annotations

from typing import Final

from millstream.declare.component import Component
from millstream.declare.element import Element
from millstream.declare.layout import Tab
from millstream.declare.manifest import Manifest
from millstream.errors import ProtocolError
from millstream.runtime.send.list_diff import ListDiff
from millstream.runtime.state.values import Values

EDIT: Final = "input"
"""The event that comes of every edit."""


class Reach:
    """What a page may set and fire, as its elements are in this session now.

    A closed accordion, and a tab that is not in front, hide nothing: the user opens them. What is not interactive only
    because nobody takes its value is not disabled.

    Args:
        manifest: The declaration.
        values: The elements as they are in this session.
        told: What the page knows of them.
    """

    def __init__(self, manifest: Manifest, values: Values, told: ListDiff) -> None:
        self._values = values
        self._told = told
        scripts = [binding for binding in manifest.bindings if binding.js is not None and binding.handler is None]
        self._scripted = frozenset(number for binding in scripts for number in binding.outputs)

    def is_scripted(self, number: int) -> bool:
        """True if the declaration has a script of the page write a component, which nobody needs to see."""
        return number in self._scripted

    def admits(self, number: int, event: str, seen: int) -> bool:
        """Say whether an event can come of what a user did; not if it may have been overtaken by an update.

        Args:
            number: The element whose event it is.
            event: Its name; `EDIT` for an edit.
            seen: Up to where the page shows what it was told; see `Fire`.

        Raises:
            ProtocolError: It cannot, and the page knows.
        """
        barrier = self._barrier(number, event)
        if barrier is None:
            return True
        if self._told.knows(barrier.id, seen):
            raise ProtocolError(f"{event} of element {number}: {barrier.name} is {_state(barrier)}", 4404)
        return False

    def _barrier(self, number: int, event: str) -> Element | None:
        """Find what keeps the user from it: the element itself, or one around it."""
        element = self._values.element(number)
        is_edit = isinstance(element, Component) and (event == EDIT or event in element.editing)
        if is_edit and element.interactive is False:
            return element
        while True:
            if not element.visible or (isinstance(element, Tab) and not element.interactive):
                return element
            if element.parent is None:
                return None
            element = self._values.element(element.parent.id)


def _state(barrier: Element) -> str:
    return "disabled" if barrier.visible else "hidden"
