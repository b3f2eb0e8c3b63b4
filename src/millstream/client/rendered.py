"""Renders, as a page without a browser shows them: what one has declared takes the place of what it declared before."""

from __future__ import annotations

from typing import Any, cast

from millstream.client.elements import Elements
from millstream.client.manifest import elements_of
from millstream.client.results import PendingResults
from millstream.wire.messages import Rendered


class RenderedParts:
    """The parts of a page that renders have declared.

    Args:
        elements: All elements of the page.
        bindings: All bindings of the page, which are changed here.
        results: Know what the user has edited.

    Attributes:
        problems: The reasons why renders show nothing, by the number of the layout that would hold it.
    """

    def __init__(self, elements: Elements, bindings: list[dict[str, Any]], results: PendingResults) -> None:
        self._elements, self._bindings, self._results = elements, bindings, results
        self._shown: dict[int, tuple[set[int], set[int]]] = {}
        self.problems: dict[int, str] = {}

    def show(self, message: Rendered) -> None:
        """Put what was declared in its place."""
        numbers, bound = self._shown.pop(message.place, (set(), set()))
        components = {str(number): component for number, component in message.components.items()}
        root = {"id": message.place, "props": {}, "children": message.nodes}
        declared = dict(elements_of({"components": components, "root": root}))
        declared.pop(message.place)
        self._remove(numbers - declared.keys(), bound)
        elements = self._elements
        for number, props in declared.items():
            if "value" in props:
                value = props.pop("value")
                if number not in elements.values or self._results.is_known(number, message.seen):
                    elements.values[number] = value
            elements.props[number] = props
        elements.declared.update(components)
        self._bindings += cast("list[dict[str, Any]]", message.bindings)
        new = {int(cast("dict[str, Any]", binding)["id"]) for binding in message.bindings}
        self._shown[message.place] = set(declared), new
        self.problems.pop(message.place, None)
        if message.message:
            self.problems[message.place] = message.message

    def _remove(self, numbers: set[int], bound: set[int]) -> None:
        self._bindings[:] = [binding for binding in self._bindings if binding["id"] not in bound]
        for number in numbers:
            self._elements.values.pop(number, None)
            self._elements.props.pop(number, None)
            self._elements.declared.pop(str(number), None)
            if number in self._shown:  # a render in a render
                self._remove(*self._shown.pop(number))
