"""`DeclaredPage`: one of several pages of an app, with an address of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import ClassVar, Final, overload

from millstream.declare.component import Component
from millstream.declare.element import Element, Parent, current_parent
from millstream.declare.event import Dependency, Trigger
from millstream.declare.i18n import translated_text
from millstream.declare.layout import Layout
from millstream.errors import DeclarationError
from millstream.wire.plain import brief

RESERVED: Final = frozenset(
    {
        *("ws", "file", "assets", "favicon.ico", "login", "logout"),
        *("healthz", "readyz", "metrics", "operator", "gradio_api"),
    }
)
"""The first parts of the addresses that the server has for itself; a page may be where it takes `POST` alone."""

MAX_PATH: Final = 100
"""The longest path of a page, in characters."""


class PageEvent:
    """An event of the page as a whole, named by the attribute that holds it.

    Of an app with several pages it is that of the page that is being declared, the main page if none is.
    """

    name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, tree: None, owner: type) -> PageEvent: ...

    @overload
    def __get__(self, tree: Layout, owner: type) -> Trigger: ...

    def __get__(self, tree: Layout | None, owner: type) -> PageEvent | Trigger:
        if tree is None:
            return self
        page = page_of(current_parent.get())
        return Trigger(page if page is not None and page.parent is tree else tree, self.name)


class DeclaredPage(Layout):
    """A page of an app beside its main page, filled by `with demo.route(…):`.

    What the app itself can do, such as `launch()`, it can do as well.

    Args:
        title: Its name in the navigation bar and in the browser's title.
        path: Its address below that of the app, without slashes.
        app: The app.
        is_listed: Whether the navigation bar has a link to it.
    """

    tag: ClassVar[str] = "page"

    load = PageEvent()
    """The page was opened."""

    unload = PageEvent()
    """The page was closed or left, or its link was lost for good."""

    def __init__(self, title: str, path: str, app: Layout, *, is_listed: bool = True) -> None:
        self.title, self.path, self.is_listed = title, path, is_listed
        super().__init__(render=False)
        self._app = app
        app.join(self)

    @property
    def name(self) -> str:
        return f"page {brief(self.title)}"

    def __getattr__(self, name: str) -> object:  # it has what the app has
        app = self.__dict__.get("_app")
        if app is not None and not name.startswith("_") and hasattr(type(app), name):
            return getattr(app, name)
        return super().__getattr__(name)


def page_of(element: Element | Parent | None) -> DeclaredPage | None:
    """Give the page that an element is on; `None` for the main page, and for an element that has no place yet."""
    while element is not None and not isinstance(element, DeclaredPage):
        element = element.parent
    return element


def page_of_event(dependency: Dependency) -> DeclaredPage | None:
    """Give the page that an event happens on; `None` for the main page."""
    for trigger in dependency.triggers:
        if isinstance(trigger.source, Dependency):
            return page_of_event(trigger.source)
        if not is_shared(trigger.source):
            return page_of(trigger.source)
    named = [element for element in (*dependency.inputs, *dependency.outputs) if not is_shared(element)]
    return page_of(named[0] if named else dependency.triggers[0].source)  # type: ignore[arg-type]  # no event here


def is_shared(element: Element) -> bool:
    """Tell whether each page may use an element, wherever it stands: nothing of it is seen."""
    return isinstance(element, Component) and (not element.on_page or element.browser_key is not None)


def check_one_page(dependency: Dependency) -> None:
    """Check that all that an event names is on one page, as far as it has its place by now.

    Raises:
        DeclarationError: It is not; the message says what is where, and what to do.
    """
    here, top = page_of_event(dependency), _top_of(dependency)
    sources = [trigger.source for trigger in dependency.triggers]
    for named in [*sources, *dependency.inputs, *dependency.outputs, *dependency.options.cancels]:
        is_event = isinstance(named, Dependency)
        there = page_of_event(named) if is_event else page_of(named)
        if there is here or _top_of(named) is not top or (not is_event and is_shared(named)):
            continue
        raise DeclarationError(
            f"{dependency.name} is an event of the {_called(here)}, but names {named.name} of the {_called(there)}: an "
            "event works on one page. Put both on the same page, show them in gr.Tabs, or hand data over in a "
            "gr.BrowserState, which all pages may use"
        )


def _top_of(named: Element | Dependency) -> Element | Parent:
    """Give the outermost element around something: the app, unless it has yet to find its place there."""
    while isinstance(named, Dependency):
        named = named.triggers[0].source
    top: Element | Parent = named
    while top.parent is not None:
        top = top.parent
    return top


def _called(page: DeclaredPage | None) -> str:
    return "main page" if page is None else page.name


def checked_path(name: object, path: object, taken: Iterable[DeclaredPage]) -> str:
    """Give the path of a new page: the one that is given without its outer slashes, or one made of the name.

    Raises:
        DeclarationError: It is no single word, is long, or is that of another page or of the server.
    """
    where = f"route({brief(name)})"
    if not isinstance(name, str) or not name.strip():
        raise DeclarationError(f"route(): the name of a page is a text, not {brief(name)}")
    if path is not None and not isinstance(path, str):
        raise DeclarationError(f"{where}: path={brief(path)} is no text; give one such as '/second'")
    chosen = re.sub(r"[^\w-]+", "-", translated_text(name).lower()).strip("-") if path is None else path.strip("/")
    if path is not None and not re.fullmatch(r"[\w-]+", chosen):
        remedy = "give one word of letters, digits, '-' and '_', such as '/second'"
        raise DeclarationError(f"{where}: path={brief(path)} cannot be the address of a page: {remedy}")
    if not chosen or len(chosen) > MAX_PATH:
        raise DeclarationError(f"{where}: give a path= of one to {MAX_PATH} characters, such as path='/second'")
    if chosen.lower() in RESERVED:
        raise DeclarationError(f"{where}: the server uses /{chosen} itself; give another path=")
    for other in taken:
        if other.path == chosen:
            raise DeclarationError(f"{where}: {other.name} has the path /{chosen} already; give another path=")
    return chosen
