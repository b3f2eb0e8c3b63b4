"""`Fragment`: what one run of a render has declared, as a small manifest of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias, cast

from millstream.declare.component import Component
from millstream.declare.declaration import Declaration
from millstream.declare.element import Element
from millstream.declare.event import Dependency
from millstream.declare.freeze import rendered_bindings, settle
from millstream.declare.manifest import Manifest, binding_of, leaf_of, tree_of
from millstream.declare.render import RenderPlace
from millstream.declare.script import read_script
from millstream.declare.tree import DeclaredTree
from millstream.errors import DeclarationError
from millstream.wire.messages import Value
from millstream.wire.plain import brief, encodable

MOST_ELEMENTS: Final = 4_000
"""What one run of a render may declare: more than a page shows in a useful time."""

MOST_NESTED: Final = 8
"""So deep may renders be inside of each other."""

Identity: TypeAlias = tuple[str, object]
"""What an element with a `key=` is known by: its tag, and the key."""


@dataclass(frozen=True)
class Seed:
    """The numbers that a run of a render begins with.

    Attributes:
        next_number: Gives elements and bindings their numbers, which no other of the session has; in any thread.
        keys: The numbers of the elements with a key that there are now.
    """

    next_number: Callable[[], int]
    keys: Mapping[Identity, int]


@dataclass(frozen=True, eq=False)
class Fragment:
    """The elements and bindings that one run of a render has declared.

    Attributes:
        place: Number of the layout that holds it.
        rendered_by: The binding of the app that renders.
        manifest: Its bindings, and its elements with those of all that is around it.
        own: Its own elements, by number.
        keys: Those with a key.
        nodes, leaves, bindings: Its tree, components and bindings as the page gets them; values that a session has to
            serve are missing.
    """

    place: int
    rendered_by: int
    manifest: Manifest
    own: Mapping[int, Element]
    keys: Mapping[Identity, int]
    nodes: list[Value]
    leaves: dict[int, dict[str, Value]]
    bindings: list[Value]

    def kept_changes(self, number: int, changed: Mapping[str, object]) -> dict[str, object]:
        """Give those of the arguments that were changed in a session that an element with a key keeps."""
        return {name: value for name, value in changed.items() if name in self.own[number].preserved}


class RenderTree(DeclaredTree):
    """The tree that a render fills, in the place of `place`.

    Args:
        place: The layout that holds it.
        seed: What it begins with.
    """

    tag = "rendered"

    def __init__(self, place: RenderPlace, seed: Seed) -> None:
        self.elements: dict[int, Element] = {}
        self.dependencies: list[Dependency] = []
        self.set_ups = []
        self.is_frozen = False
        self._place, self._seed = place, seed
        self._keys: dict[Identity, int] = {}
        super().__init__(render=False)
        self.id, self.parent = place.id, place.parent
        if len(self.beyond()) > MOST_NESTED:
            raise DeclarationError(f"{place.name} is inside of {MOST_NESTED} others: renders may not be nested deeper")

    @property
    def name(self) -> str:
        return self._place.name

    @property
    def declaration(self) -> RenderTree:
        """Itself: what is around it is declared already."""
        return self

    def beyond(self) -> list[DeclaredTree]:
        around = cast("DeclaredTree", self._place.declaration)
        return [around, *around.beyond()]

    def next_number(self, joining: Element) -> int:
        if len(self.elements) >= MOST_ELEMENTS:
            raise DeclarationError(f"{self.name} declares more than {MOST_ELEMENTS} elements: show fewer at once")
        if joining.key is None:
            return self._seed.next_number()
        identity = (joining.tag, joining.key)
        try:
            known = self._keys.get(identity)
        except TypeError:
            raise DeclarationError(f"{joining.name}: key={brief(joining.key)} is not a number, text or tuple") from None
        if known in self.elements:
            raise DeclarationError(
                f"{self.name} declares {joining.name} and {self.elements[known].name} with the same "
                f"key={brief(joining.key)}: each needs one of its own"
            )
        number = self._keys[identity] = self._seed.keys.get(identity) or self._seed.next_number()
        return number

    def add(self, dependency: Dependency) -> None:
        self._check_runs_here(dependency)
        super().add(dependency)

    def _check_runs_here(self, dependency: Dependency) -> None:
        """Check that all that an event needs is in the page, and in this process, before the render has run.

        Raises:
            DeclarationError: It is not; the message says what to do.
        """
        where, options, handler = dependency.name, dependency.options, dependency.handler
        if options.js is not None:
            raise DeclarationError(
                f"{where} has js=, but a page runs only scripts that it was loaded with: bind it outside of {self.name}"
            )
        if options.engine not in (None, "thread"):
            raise DeclarationError(f"{where}: what {self.name} binds runs in threads of the server; leave engine= out")
        if handler is not None and handler.set_ups and not self._is_set_up(handler.set_ups[0].key):
            raise DeclarationError(
                f"{where}: {handler.name} has a setup(), which is called before the first visitor: "
                f"make it outside of {self.name}, and bind it there to an event, or call setup(…) for it"
            )
        if any(trigger.name == "unload" for trigger in dependency.triggers):
            raise DeclarationError(f"{where} cannot be bound in {self.name}: bind it outside")

    def _is_set_up(self, key: object) -> bool:
        app = self.beyond()[-1]
        specs = [dependency.handler for dependency in app.dependencies if dependency.handler is not None]
        return any(each.key == key for spec in specs for each in spec.set_ups)

    def absorb(self, other: DeclaredTree) -> None:
        super().absorb(other)
        if other.set_ups:
            raise DeclarationError(f"{self.name}: setup() is called before the first visitor, so not in a render")
        for dependency in other.dependencies:
            self._check_runs_here(dependency)

    def freeze(self, around: Mapping[int, Element], rendered_by: int) -> Fragment:
        """Give the frozen form.

        Args:
            around: The elements that it may name besides its own.
            rendered_by: The binding of the app that renders.

        Raises:
            DeclarationError: It names what does not exist, or has an element that the page could not show.
        """
        self.complete()
        app = cast("Declaration", self.beyond()[-1])
        bindings = rendered_bindings(self.dependencies, app.known, self._seed.next_number, rendered_by)
        own = {element.id: element for element in self.walk()}
        components = {number: element for number, element in own.items() if isinstance(element, Component)}
        for component in components.values():
            self._check_script(component, app)
        settle(components.values(), bindings)
        elements = MappingProxyType({**around, **own})
        shown = {number: component for number, component in components.items() if component.on_page}
        children = [child for child in self.children if not isinstance(child, Component) or child.on_page]
        return Fragment(
            place=self.id,
            rendered_by=rendered_by,
            manifest=Manifest(app.title, app.look, self, elements, MappingProxyType(components), bindings),
            own=own,
            keys={identity: number for identity, number in self._keys.items() if number in own},
            nodes=cast("list[Value]", encodable([tree_of(child) for child in children])),
            leaves={number: _keyed(component) for number, component in shown.items()},
            bindings=cast("list[Value]", encodable([binding_of(binding) for binding in bindings])),
        )

    def _check_script(self, component: Component, app: Declaration) -> None:
        script = read_script(type(component), component.tag)
        if script is not None and script.name not in app.scripts:
            raise DeclarationError(
                f"{component.name} has a script of its own, which the page was loaded without: "
                f"declare one outside of the render, with visible=False"
            )


def _keyed(component: Component) -> dict[str, Value]:
    """Describe a component for the page, which knows one with a key again when another session has it."""
    key = {} if component.key is None else {"key": repr(component.key)}
    return cast("dict[str, Value]", encodable({**leaf_of(component), **key}))
