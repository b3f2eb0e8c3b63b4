"""`LiveManifest`: the manifest of one session, to which its renders add, and from which they take away."""

from __future__ import annotations

from collections.abc import Iterable

from millstream.declare.binding import Binding
from millstream.declare.component import Component
from millstream.declare.element import Element
from millstream.declare.manifest import ENDS, Manifest, lineage_of


class LiveManifest(Manifest):
    """A manifest with all that the one of the app has; what renders of one session declare comes and goes.

    Args:
        declared: The app's, or that of one of its pages, which stays as it is.

    Attributes:
        build: The build of `declared`.
    """

    elements: dict[int, Element]
    components: dict[int, Component]
    numbered: dict[int, Binding]
    lineages: dict[int, tuple[int, ...]]
    server_side: set[int]
    followers: dict[tuple[int, bool | None], tuple[Binding, ...]]
    _by_target: dict[tuple[int | None, str], tuple[Binding, ...]]

    def __init__(self, declared: Manifest) -> None:
        own = {
            "elements": dict(declared.elements),
            "components": dict(declared.components),
            "numbered": dict(declared.numbered),
            "lineages": dict(declared.lineages),
            "server_side": set(declared.server_side),
            "followers": dict(declared.followers),
            "_by_target": dict(declared._by_target),
            "build": declared.build,
        }
        vars(self).update({**vars(declared), **own})  # it is frozen for everybody else

    def enter(self, elements: Iterable[Element], bindings: Iterable[Binding]) -> None:
        """Add what a render has declared, in place of what has the same number."""
        for element in elements:
            self.elements[element.id] = element
            self.lineages[element.id] = lineage_of(element)
            if isinstance(element, Component):
                self.components[element.id] = element
                if not element.on_page:
                    self.server_side.add(element.id)
        for binding in bindings:
            self.numbered[binding.number] = binding
            for target in binding.targets:
                self._by_target[target] = (*self._by_target.get(target, ()), binding)
            for before in _ends_before(binding):
                self.followers[before] = (*self.followers.get(before, ()), binding)

    def release(self, bindings: Iterable[Binding]) -> None:
        """Have nothing that happens trigger these bindings any more; what they have begun goes on."""
        for binding in bindings:
            for target in binding.targets:
                left = tuple(each for each in self._by_target.get(target, ()) if each is not binding)
                if left:
                    self._by_target[target] = left
                else:
                    self._by_target.pop(target, None)

    def leave(self, elements: Iterable[int], bindings: Iterable[Binding]) -> None:
        """Forget elements, and bindings that were released."""
        for number in elements:
            self.elements.pop(number, None)
            self.components.pop(number, None)
            self.lineages.pop(number, None)
            self.server_side.discard(number)
        for binding in bindings:
            self.numbered.pop(binding.number, None)
            for before in _ends_before(binding):
                left = tuple(each for each in self.followers.get(before, ()) if each is not binding)
                if left:
                    self.followers[before] = left
                else:
                    self.followers.pop(before, None)


def _ends_before(binding: Binding) -> list[tuple[int, bool | None]]:
    """List the ends of others that a binding follows."""
    return [] if binding.after is None else [(binding.after[0], end) for end in ENDS[binding.after[1]]]
