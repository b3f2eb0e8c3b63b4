"""`Declaration`: the tree of elements and the dependencies between them; it knows nothing of sockets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final, ParamSpec, Self, TypeVar, cast

from millstream.declare.component import Component
from millstream.declare.element import Element, current_parent
from millstream.declare.event import Dependency
from millstream.declare.freeze import KnownBindings, element_scripts, frozen_bindings, known_bindings, settle
from millstream.declare.manifest import Look, Manifest
from millstream.declare.page_manifests import page_manifests
from millstream.declare.pages import DeclaredPage, checked_path
from millstream.declare.set_up import SetUp, checked_set_up
from millstream.declare.theme import ThemeLike, theme_tokens
from millstream.declare.tree import DeclaredTree
from millstream.declare.user_warnings import user_scope
from millstream.errors import DeclarationError

T = TypeVar("T")
P = ParamSpec("P")

MAX_WAITING: Final = 1000
"""The length of the queue of an app that sets none; anybody who comes later is told that it is busy."""


class Declaration(DeclaredTree):
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
        default_concurrency_limit: Slots of an event that sets no `concurrency_limit`; `None` for any number.
        max_waiting: The largest number that may wait in the queue; `None` for any.
        scope: The variables of the module that made it.
        known: Its bindings as renders refer to them; set when it is frozen.
        scripts: The names of the scripts that its components bring along; set when it is frozen.
    """

    known: KnownBindings
    scripts: frozenset[str]

    tag = "blocks"

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

    def absorb(self, other: DeclaredTree) -> None:
        if isinstance(other, Declaration) and other.pages:
            remedy = "give this app its pages with route(), and render an app without pages in each"
            raise DeclarationError(
                f"{other.name} {other.title!r} has pages, so it cannot be a part of an app: {remedy}"
            )
        super().absorb(other)
        if isinstance(other, Declaration):
            self.look = self.look.joined(other.look)

    @property
    def pages(self) -> list[DeclaredPage]:
        """Its pages beside the main page, in order."""
        return [child for child in self.children if isinstance(child, DeclaredPage)]

    def route(self, name: str, path: str | None = None, show_in_navbar: bool = True) -> DeclaredPage:
        """Begin another page of the app, with an address of its own; to be filled in a `with`.

        All pages share the server, the queue and the engine. Each opening of one is a session of its own, and an event
        works on one page: only a `State` and a `BrowserState` may be used by several.

        Args:
            name: Its name in the navigation bar, and in the title of the browser's window.
            path: Its address below that of the app, such as `"/second"`; made of the name by default.
            show_in_navbar: Whether the navigation bar of the pages has a link to it.

        Raises:
            DeclarationError: It is called inside of a `with`, after the launch, or of an app that is a part of another;
                or the path cannot be one, or is taken.
        """
        if current_parent.get() is not None:
            raise DeclarationError(
                f"route({name!r}) is called inside of another `with`: a page stands beside the main page, so move the "
                "line out to where `with Blocks()` stands"
            )
        if self.parent is not None:
            raise DeclarationError(
                f"route({name!r}): {self.name} {self.title!r} is a part of another app: say it there"
            )
        return DeclaredPage(name, checked_path(name, path, self.pages), self, is_listed=show_in_navbar)

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
        self.complete()
        bindings = frozen_bindings(self.dependencies, self.default_concurrency_limit)
        self.known = known_bindings(self.dependencies, bindings, self.default_concurrency_limit)
        elements: dict[int, Element] = {0: self, **{element.id: element for element in self.walk()}}
        components = {number: element for number, element in elements.items() if isinstance(element, Component)}
        settle(components.values(), bindings)
        scripts = element_scripts(components.values())
        self.scripts = frozenset(scripts)
        whole = Manifest(
            title=self.title,
            look=look or self.look,
            root=self,
            elements=MappingProxyType(elements),
            components=MappingProxyType(components),
            bindings=bindings,
            element_scripts=scripts,
            max_waiting=self.max_waiting,
            set_ups=tuple(self.set_ups),
        )
        return replace(whole, pages=page_manifests(whole, self.pages, self.dependencies)) if self.pages else whole


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
