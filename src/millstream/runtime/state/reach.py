"""Elements within reach of one page's user: those neither hidden, by themselves or a container, nor disabled."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from typing import Final, Protocol

from millstream.declare.component import Component
from millstream.declare.element import Element
from millstream.declare.manifest import Manifest, closed_by
from millstream.errors import ProtocolError
from millstream.jobs import Failure

REACH: Final = frozenset({"visible", "interactive"})
"""The properties that say whether the user of a page gets at an element."""

EDIT: Final = "input"
"""The event that comes of every edit."""


class Told(Protocol):
    """The knowledge of a page."""

    def knows(self, number: int, seen: int) -> bool:
        """True if a page that shows what was said up to `seen` shows whether its user gets at an element."""


class Reach:
    """Decides what a page may set and fire, by the current state of its elements in this session.

    A closed accordion, and a tab that is not in front, hide nothing: the user opens them. What is not interactive only
    because nobody takes its value is not disabled.

    Args:
        manifest: The declaration.
        told: What the page knows of its elements.
        reject: Called with the reason why an event does not come of what the user did, where the page may not know.
    """

    def __init__(self, manifest: Manifest, told: Told, reject: Callable[[Failure], None]) -> None:
        self._reject = reject
        self._elements, self._lineages = manifest.elements, manifest.lineages
        self._closed, self._disabled = manifest.closed, manifest.disabled
        self._told = told

    def note(self, element: Element) -> None:
        """Take note of an element as it is in this session from now on."""
        others = {number: why for number, why in self._closed.items() if number != element.id}
        self._closed = {**others, element.id: why} if (why := closed_by(element)) else others
        if isinstance(element, Component):
            is_disabled = element.interactive is False
            self._disabled = self._disabled | {element.id} if is_disabled else self._disabled - {element.id}

    def enter(self, elements: Iterable[Element]) -> None:
        """Take note of elements that a render has declared."""
        for element in elements:
            self.note(element)

    def leave(self, numbers: AbstractSet[int]) -> None:
        """Forget elements of a render."""
        self._closed = {number: why for number, why in self._closed.items() if number not in numbers}
        self._disabled -= numbers

    def admits(self, number: int, event: str, seen: int) -> bool:
        """Say whether an event can come of what a user did; not if it may have been overtaken by an update.

        Args:
            number: The element whose event it is.
            event: Its name; `EDIT` for an edit.
            seen: Up to where the page shows what it was told; see `Fire`.

        Raises:
            ProtocolError: It cannot, and the page knows.
        """
        lineage = self._lineages[number]
        if number in self._disabled and _is_edit(event, self._elements[number]):
            barrier, why = number, "disabled"
        elif self._closed.keys().isdisjoint(lineage):
            return True
        else:
            barrier = next(each for each in lineage if each in self._closed)
            why = self._closed[barrier]
        if self._told.knows(barrier, seen):
            raise ProtocolError(f"{event} of element {number}: {self._elements[barrier].name} is {why}", 4404)
        name = self._elements[number].name
        self._reject(Failure(f"{event} of {name}, which was hidden or disabled in that moment"))
        return False


def _is_edit(event: str, element: Element) -> bool:
    return event == EDIT or (isinstance(element, Component) and event in element.editing)
