"""What the components of one session hold: values, who wrote them last, and arguments that were changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

from millstream.types import Stored
from millstream.ui.component import Component
from millstream.ui.element import Element
from millstream.ui.manifest import Manifest
from millstream.wire.messages import Value
from millstream.wire.packet import Packet

Claim: TypeAlias = dict[int, int]
"""What a call may write: the version that each of its outputs had when the call began, or that it wrote itself."""

_NO_CHANGES: Final[Mapping[str, object]] = MappingProxyType({})


class Values:
    """The values of one session.

    Args:
        manifest: The declaration.
        initial: The value that each component starts with.
    """

    def __init__(self, manifest: Manifest, initial: Mapping[int, Stored]) -> None:
        self._manifest = manifest
        self._stored = dict(initial)
        self._versions = dict.fromkeys(manifest.elements, 0)
        self._changes: dict[int, Mapping[str, object]] = {}
        self._elements: dict[int, Element] = {}
        self._watchers: dict[int, Callable[[int], None]] = {}
        self._marks = {
            number: _mark(component, self._stored[number])
            for number, component in manifest.components.items()
            if manifest.bindings_for(number, "change")
        }

    def __getitem__(self, number: int) -> Stored:
        return self._stored[number]

    def element(self, number: int) -> Element:
        """Give an element as it is in this session."""
        return self._elements.get(number) or self._manifest.elements[number]

    def component(self, number: int) -> Component:
        """Give a component as it is in this session."""
        component = self.element(number)
        assert isinstance(component, Component)
        return component

    def watch(self, number: int, watcher: Callable[[int], None]) -> None:
        """Have `watcher` called with the number of a component whenever its value is written."""
        self._watchers[number] = watcher

    def changes(self, numbers: Iterable[int]) -> dict[int, Mapping[str, object]]:
        """Give the constructor arguments that differ from the declaration, for those of `numbers` that have any."""
        return {number: self._changes[number] for number in numbers if number in self._changes}

    def claim(self, numbers: Iterable[int]) -> Claim:
        """Note the versions that a call begins with."""
        return {number: self._versions[number] for number in numbers}

    def holds(self, claim: Claim, number: int) -> bool:
        """Whether nobody but the claimant has written a value since the claim was made."""
        return claim.get(number) == self._versions[number]

    def write(self, number: int, stored: Stored, claim: Claim | None = None) -> bool:
        """Store a value; a claim that held still holds after it.

        Returns:
            Whether the value differs and somebody listens to its `change`.
        """
        self._versions[number] += 1
        if claim is not None:
            claim[number] = self._versions[number]
        self._stored[number] = stored
        if number in self._watchers:
            self._watchers[number](number)
        if number not in self._marks:
            return False
        before, self._marks[number] = self._marks[number], _mark(self.component(number), stored)
        return before != self._marks[number]

    def capture(self, number: int, packet: Packet) -> None:
        """Let a component that records hold what it captured last: not an edit, and no `change`."""
        self._stored[number] = packet

    def change(self, number: int, changes: Mapping[str, object]) -> dict[str, Value]:
        """Change constructor arguments of an element in this session; gives the properties that change in the page."""
        merged = {**self._changes.get(number, _NO_CHANGES), **changes}
        element = self._manifest.elements[number].updated(merged)
        self._changes[number] = MappingProxyType(merged)
        self._elements[number] = element
        return element.patch(changes)


def _mark(component: Component, stored: Stored) -> tuple[type, object]:
    """Give something that differs when the value does, also if the value was changed in place."""
    if isinstance(stored, Packet):
        return Packet, bytes(stored.payload)
    return type(stored), component.mark(stored)
