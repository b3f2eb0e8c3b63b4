"""`Declaration`: the tree of elements and the dependencies between them; it knows nothing of sockets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, ParamSpec, Self, TypeVar, cast, overload

from millstream.declare.component import Component
from millstream.declare.element import Element, current_parent
from millstream.declare.event import Dependency, Trigger
from millstream.declare.freeze import element_scripts, frozen_bindings, settle
from millstream.declare.handler import inspect_handler
from millstream.declare.layout import Layout
from millstream.declare.manifest import Look, Manifest
from millstream.declare.options import checked_options
from millstream.declare.set_up import SetUp, checked_set_up
from millstream.declare.tabs import Tab, Tabs
from millstream.declare.theme import ThemeLike, theme_tokens
from millstream.declare.user_warnings import user_scope, warn
from millstream.errors import DeclarationError

T = TypeVar("T")
P = ParamSpec("P")

MAX_WAITING: Final = 1000
"""The length of the queue of an app that sets none; anybody who comes later is told that it is busy."""


class PageEvent:
    """An event of the page as a whole, named by the attribute that holds it."""

    name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, declaration: None, owner: type) -> PageEvent: ...

    @overload
    def __get__(self, declaration: Declaration, owner: type) -> Trigger: ...

    def __get__(self, declaration: Declaration | None, owner: type) -> PageEvent | Trigger:
        return self if declaration is None else Trigger(declaration, self.name)


class Declaration(Layout):
    """The root of the tree. Elements that are made inside `with declaration:` belong to it.

    Args:
        title: The page's title.
        theme: The name of a theme, an object of `themes`, or a dict of tokens.
        css: Style sheet of the app.
        js: JavaScript function that runs when the page is loaded.
        head: HTML for the page's `<head>`.
        elem_id: The `id` of the outermost HTML element.
        elem_classes: The classes of that element.
        ignored: Keywords that have a meaning in Gradio but none here.

    Attributes:
        elements: Everything in the tree, by number; the root is number 0.
        dependencies: The bound events, in order.
        default_concurrency_limit: Slots of an event that sets no `concurrency_limit`; `None` for any number.
        max_waiting: The largest number that may wait in the queue; `None` for any.
        set_ups: What is called once in each process that calls handlers, before it does.
        scope: The variables of the module that made it.
    """

    tag = "blocks"

    load = PageEvent()
    """A page was opened."""

    unload = PageEvent()
    """A page was closed or left, or its link was lost for good."""

    def __init__(
        self,
        *,
        title: str = "Millstream",
        theme: ThemeLike = None,
        css: str | None = None,
        js: str | None = None,
        head: str | None = None,
        elem_id: str | None = None,
        elem_classes: str | Sequence[str] | None = None,
        **ignored: object,
    ) -> None:
        self.elements: dict[int, Element] = {0: self}
        self.dependencies: list[Dependency] = []
        self.default_concurrency_limit: int | None = 1
        self.max_waiting: int | None = MAX_WAITING
        self.set_ups: list[SetUp] = []
        self.scope: Mapping[str, object] = user_scope()
        self.is_frozen = False
        self.title = title
        self.look = Look(theme_tokens(theme), css or "", js or "", head or "")
        super().__init__(elem_id=elem_id, elem_classes=elem_classes, render=False, **ignored)  # type: ignore[arg-type]
        self.id = 0

    @property
    def name(self) -> str:
        return type(self).__name__

    @property
    def declaration(self) -> Declaration | None:
        """Itself, or the tree that it has become a part of."""
        return self if self.parent is None else cast("Declaration | None", self.parent.declaration)

    def __exit__(self, *failure: object) -> None:
        super().__exit__(*failure)
        if current_parent.get() is not None and failure[0] is None:
            self.render()

    def render(self) -> Self:
        """Make the app a part of the one around the call, if it is none yet."""
        return self if self.parent is not None and self.parent is current_parent.get() else super().render()

    def number(self, element: Element) -> None:
        """Give numbers to an element that joins the tree, and to all that it holds.

        A declaration that joins brings its dependencies and set-ups along, and its style sheet.

        Raises:
            DeclarationError: The tree is frozen.
        """
        if self.is_frozen:
            raise DeclarationError(f"{element.name} comes too late: the app is launched already")
        if isinstance(element, Declaration):
            self.dependencies += element.dependencies
            self.set_ups += element.set_ups
            self.look = self.look.joined(element.look)
        for joining in [element, *(element.walk() if isinstance(element, Layout) else ())]:
            self._check_free(joining)
            joining.id = max(self.elements) + 1
            self.elements[joining.id] = joining

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
        for other in self.elements.values():
            if joining.elem_id is not None and other.elem_id == joining.elem_id:
                warn(f"{joining.name} and {other.name} have the same elem_id {joining.elem_id!r}: rename one of them")
                return

    def add(self, dependency: Dependency) -> None:
        """Add a bound event.

        Raises:
            DeclarationError: It names elements of another app, or of none.
        """
        if self.is_frozen:
            raise DeclarationError(f"{dependency.name} comes too late: the app is launched already")
        self._check_members(dependency, allow_later=True)
        self.dependencies.append(dependency)

    def setup(self, fn: Callable[P, T]) -> Callable[P, T]:
        """Have a function called once in each process that calls handlers, before it does; also as a decorator.

        It is the place to load a model that handlers use: each worker process has to load its own, and where handlers
        run in threads the server loads it, before the first visitor.

        Args:
            fn: A function without arguments, or with a parameter `device`, which gets `"cuda:0"`, `"cpu"` or whatever
                `launch(devices=)` names. It may not be async.

        Returns:
            The function.

        Raises:
            DeclarationError: It cannot be called so, or the app is launched already.
        """
        if self.is_frozen:
            raise DeclarationError(f"setup({fn!r}) comes too late: the app is launched already")
        self.set_ups.append(checked_set_up(fn))
        return fn

    def freeze(self, look: Look | None = None) -> Manifest:
        """Give the frozen form of the tree; nothing can be added any more.

        Args:
            look: What the page looks like, instead of what the constructor said.

        Raises:
            DeclarationError: An element that an event names was never rendered, or the tree is part of another one.
        """
        if self.parent is not None:
            raise DeclarationError(f"{self.name} {self.title!r} is a part of another app: launch that one")
        if not self.is_frozen:
            _bind_computed(self)
        for dependency in self.dependencies:
            self._check_members(dependency, allow_later=False)
        _wrap_tabs(self)
        self.is_frozen = True
        bindings = frozen_bindings(self.dependencies, self.default_concurrency_limit)
        elements: dict[int, Element] = {0: self, **{element.id: element for element in self.walk()}}
        components = {number: element for number, element in elements.items() if isinstance(element, Component)}
        settle(components.values(), bindings)
        return Manifest(
            title=self.title,
            look=look or self.look,
            root=self,
            elements=MappingProxyType(elements),
            components=MappingProxyType(components),
            bindings=bindings,
            element_scripts=element_scripts(components.values()),
            max_waiting=self.max_waiting,
            set_ups=tuple(self.set_ups),
        )

    def _around(self) -> list[Declaration]:
        """List the apps in whose `with` this one is being filled: it becomes a part of them at its end."""
        outside = self._outside[-1].old_value if self._outside else None
        around = cast("Declaration | None", outside.declaration) if isinstance(outside, Layout) else None
        return [] if around is None else [around, *around._around()]

    def _check_members(self, dependency: Dependency, *, allow_later: bool) -> None:
        """Check that a dependency names nothing from elsewhere; `allow_later` for what has yet to find its place."""
        apps = [self, *(self._around() if allow_later else ())]
        sources = [trigger.source for trigger in dependency.triggers]
        for element in [*sources, *dependency.inputs, *dependency.outputs]:
            if isinstance(element, Dependency):
                _check_bound(element, dependency, apps)
            elif element.declaration is None and allow_later and element.given.get("render") is False:
                continue
            elif element.declaration not in apps:
                where = "an app of its own" if element.declaration is not None else "no app"
                raise DeclarationError(
                    f"{dependency.name} names {element.name}, which belongs to {where}: "
                    "create it inside the same `with Blocks():`, or call its render() there"
                )
        for other in dependency.options.cancels:
            if not isinstance(other, Dependency):
                raise DeclarationError(f"{dependency.name}: cancels takes what an event returned, but got {other!r}")
            _check_bound(other, dependency, apps)


def _check_bound(other: Dependency, dependency: Dependency, apps: Sequence[Declaration]) -> None:
    if not any(other in app.dependencies for app in apps):
        raise DeclarationError(f"{dependency.name} names {other.name}, which was bound in another app")


def _bind_computed(declaration: Declaration) -> None:
    """Have the values that a function gives computed again, where `every=` or `inputs=` says so."""
    for component in list(declaration.walk()):
        if not isinstance(component, Component) or not callable(component.value):
            continue
        inputs, triggers = component.computed_from, _moments_of(component, declaration)
        if triggers:
            mode = "always_last" if inputs else "once"
            options = {"queue": False, "show_progress": "hidden", "trigger_mode": mode}
            where = triggers[0].where
            checked = checked_options(where, {trigger.name for trigger in triggers}, None, options)
            handler = inspect_handler(component.value, where)
            handler.check_arity(len(inputs), where)
            declaration.add(Dependency(triggers, handler, inputs, component, checked))


def _moments_of(component: Component, declaration: Declaration) -> list[Trigger]:
    """Give the events after which the value of a component is computed again."""
    moments = []
    if component.every is not None:
        source = component.every if isinstance(component.every, Component) else component
        moments.append(Trigger(source, source.tick_event))
    if component.computed_from:
        moments.append(declaration.load)
        moments += [Trigger(part, "change") for part in component.computed_from if hasattr(type(part), "change")]
    return moments


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


def setup(fn: Callable[P, T]) -> Callable[P, T]:
    """Have a function called once in each process that calls handlers, before it does; also as a decorator.

    It is `Blocks.setup` of the app around the call.

    Args:
        fn: A function without arguments, or with a parameter `device`, to load a model for instance. It may not be
            async.

    Returns:
        The function.

    Raises:
        DeclarationError: There is no app around it, or the function cannot be called so.
    """
    parent = current_parent.get()
    declaration = cast("Declaration | None", parent.declaration) if parent is not None else None
    if declaration is None:
        raise DeclarationError(
            "setup() is called outside of an app: move it into `with Blocks() as demo:`, or say demo.setup(…)"
        )
    return declaration.setup(fn)
