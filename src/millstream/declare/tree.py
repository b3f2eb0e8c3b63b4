"""`DeclaredTree`: elements and the events bound between them, as they are being declared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, cast

from millstream.declare.binding import MAX_STREAMS
from millstream.declare.component import Component
from millstream.declare.element import Element
from millstream.declare.event import Dependency, StreamTrigger, Trigger
from millstream.declare.handler import inspect_handler
from millstream.declare.layout import Layout
from millstream.declare.options import checked_options
from millstream.declare.pages import PageEvent, check_one_page, page_of
from millstream.declare.set_up import SetUp
from millstream.declare.tabs import Tab, Tabs
from millstream.declare.user_warnings import warn
from millstream.errors import DeclarationError

NEWEST_OPTIONS: Final[Mapping[str, object]] = {
    "stream_every": 0.2,
    "concurrency_limit": None,
    "engine": "thread",
    "show_progress": "hidden",
}
"""Those of a stream for which there is nothing to do: it waits for nobody."""


class DeclaredTree(Layout):
    """Elements that have numbers, and the events that are bound between them: those of an app, or of one render.

    Attributes:
        elements: Everything in the tree, by number.
        dependencies: The bound events, in order.
        set_ups: What is called once in each process that calls handlers, before it does.
        is_frozen: Whether nothing can be added any more.
    """

    load = PageEvent()
    """A page was opened."""

    unload = PageEvent()
    """A page was closed or left, or its link was lost for good."""

    elements: dict[int, Element]
    dependencies: list[Dependency]
    set_ups: list[SetUp]
    is_frozen: bool

    @property
    def name(self) -> str:
        return type(self).__name__

    def number(self, element: Element) -> None:
        """Give numbers to an element that joins the tree, and to all that it holds.

        Another tree that joins brings its dependencies and set-ups along.

        Raises:
            DeclarationError: The tree is frozen.
        """
        if self.is_frozen:
            raise DeclarationError(f"{element.name} comes too late: the app is launched already")
        if isinstance(element, DeclaredTree):
            self.absorb(element)
        for joining in [element, *(element.walk() if isinstance(element, Layout) else ())]:
            self._check_free(joining)
            joining.id = self.next_number(joining)
            self.elements[joining.id] = joining

    def absorb(self, other: DeclaredTree) -> None:
        """Take over what another tree has beyond its elements."""
        self.dependencies += other.dependencies
        self.set_ups += other.set_ups

    def next_number(self, joining: Element) -> int:
        """Give the number for an element that joins."""
        del joining
        return max(self.elements) + 1

    def forget(self, element: Element) -> None:
        """Take the numbers away from an element that leaves the tree, and from all that it holds.

        Raises:
            DeclarationError: The tree is frozen.
        """
        if self.is_frozen:
            raise DeclarationError(f"{element.name} cannot leave: the app is launched already")
        for leaving in [element, *(element.walk() if isinstance(element, Layout) else ())]:
            del self.elements[leaving.id]

    def _check_free(self, joining: Element) -> None:
        if joining.elem_id is None:
            return
        for other in self.elements.values():
            if other.elem_id == joining.elem_id:
                warn(f"{joining.name} and {other.name} have the same elem_id {joining.elem_id!r}: rename one of them")
                return

    def add(self, dependency: Dependency) -> None:
        """Add a bound event.

        Raises:
            DeclarationError: It names elements of another app, or of none; or it is one stream too many.
        """
        if self.is_frozen:
            raise DeclarationError(f"{dependency.name} comes too late: the app is launched already")
        self.check_members(dependency, allow_later=True)
        source = dependency.stream
        if source is not None and sum(other.stream is source for other in self.dependencies) >= MAX_STREAMS:
            raise DeclarationError(
                f"{dependency.name} is one stream too many: {source.name} may have {MAX_STREAMS}; have one function "
                "return the values of several outputs"
            )
        self.dependencies.append(dependency)

    def around(self) -> list[DeclaredTree]:
        """List the trees in whose `with` this one is being filled: it becomes a part of them at its end."""
        outside = self._outside[-1].old_value if self._outside else None
        around = cast("DeclaredTree | None", outside.declaration) if isinstance(outside, Layout) else None
        return [] if around is None else [around, *around.around(), *around.beyond()]

    def check_members(self, dependency: Dependency, *, allow_later: bool) -> None:
        """Check that a dependency names nothing from elsewhere; `allow_later` for what has yet to find its place.

        Raises:
            DeclarationError: It does; the message says what to do.
        """
        trees = [self, *(self.around() if allow_later else ()), *self.beyond()]
        sources = [trigger.source for trigger in dependency.triggers]
        for element in [*sources, *dependency.inputs, *dependency.outputs]:
            if isinstance(element, Dependency):
                _check_bound(element, dependency, trees)
            elif element.declaration is None and allow_later and element.given.get("render") is False:
                continue
            elif element.declaration not in trees:
                raise DeclarationError(f"{dependency.name} names {element.name}, {_where(element)}")
        for other in dependency.options.cancels:
            if not isinstance(other, Dependency):
                raise DeclarationError(f"{dependency.name}: cancels takes what an event returned, but got {other!r}")
            _check_bound(other, dependency, trees)
        check_one_page(dependency)

    def beyond(self) -> list[DeclaredTree]:
        """List other trees whose elements its events may name for good."""
        return []

    def complete(self) -> None:
        """Add what was left out, and check the rest, before it is frozen.

        Raises:
            DeclarationError: An element that an event names was never rendered.
        """
        if not self.is_frozen:
            _bind_computed(self)
            _bind_idle_cameras(self)
        for dependency in self.dependencies:
            self.check_members(dependency, allow_later=False)
        _wrap_tabs(self)
        self.is_frozen = True


def _where(element: Element) -> str:
    if element.declaration is None:
        belongs = "no app"
    elif isinstance(element.declaration, DeclaredTree) and element.declaration.beyond():
        belongs = "another run of a render"
    else:
        belongs = "an app of its own"
    return f"which belongs to {belongs}: create it inside the same `with Blocks():`, or call its render() there"


def _check_bound(other: Dependency, dependency: Dependency, trees: Sequence[DeclaredTree]) -> None:
    if not any(other in tree.dependencies for tree in trees):
        raise DeclarationError(f"{dependency.name} names {other.name}, which was bound in another app")


def _bind_computed(tree: DeclaredTree) -> None:
    """Have the values that a function gives computed again, where `every=` or `inputs=` says so."""
    for component in list(tree.walk()):
        if not isinstance(component, Component) or not callable(component.value):
            continue
        inputs, triggers = component.computed_from, _moments_of(component, tree)
        if triggers:
            mode = "always_last" if inputs else "once"
            options = {"queue": False, "show_progress": "hidden", "trigger_mode": mode}
            where = triggers[0].where
            checked = checked_options(where, {trigger.name for trigger in triggers}, None, options)
            handler = inspect_handler(component.value, where)
            handler.check_arity(len(inputs), where)
            tree.add(Dependency(triggers, handler, inputs, component, checked))


def _moments_of(component: Component, tree: DeclaredTree) -> list[Trigger]:
    """Give the events after which the value of a component is computed again."""
    moments = []
    if component.every is not None:
        source = component.every if isinstance(component.every, Component) else component
        moments.append(Trigger(source, source.tick_event))
    if component.computed_from:
        moments.append((page_of(component) or tree).load)
        moments += [Trigger(part, "change") for part in component.computed_from if hasattr(type(part), "change")]
    return moments


def _bind_idle_cameras(tree: DeclaredTree) -> None:
    """Have a camera that is declared to stream, but drives no event, hold its newest frame for the events that read it.

    One that is listened to takes photos, each of which is a change.
    """
    sources = {trigger.source for dependency in tree.dependencies for trigger in dependency.triggers}
    inputs = {component for dependency in tree.dependencies for component in dependency.inputs}
    outputs = {element for dependency in tree.dependencies for element in dependency.outputs}
    for camera in tree.walk():
        if not isinstance(camera, Component) or camera not in inputs - sources or camera.interactive is False:
            continue
        is_source = "sources" in camera.given or camera not in outputs  # else it shows what comes of another one
        if is_source and camera.streams == "picture" and getattr(camera, "streaming", False):
            trigger = StreamTrigger(camera, "stream")
            handler = inspect_handler(newest_frame, trigger.where)
            checked = checked_options(trigger.where, {"stream"}, "picture", NEWEST_OPTIONS)
            tree.add(Dependency([trigger], handler, None, None, checked))


def newest_frame() -> None:
    """Do nothing with a frame, which its component holds until the next one."""


def _wrap_tabs(layout: Layout) -> None:
    """Put `Tabs`, or a `Walkthrough`, around what stands outside of one; what follows each other is put together."""
    for child in layout.children:
        if isinstance(child, Layout):
            _wrap_tabs(child)
    if isinstance(layout, Tabs) or not any(isinstance(child, Tab) for child in layout.children):
        return
    children, layout.children = layout.children, []
    tabs: Tabs | None = None
    for child in children:
        if not isinstance(child, Tab):
            tabs = None
            layout.children.append(child)
            continue
        if tabs is None or type(tabs) is not child.within:
            tabs = child.within(render=False)
            layout.join(tabs)
        child.parent = tabs
        tabs.children.append(child)
