"""`Element`: one node of the declared tree, and the place where the tree's current parent is remembered."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar, Final, Literal, Protocol, Self, TypeAlias, TypedDict

from millstream.declare.arguments import attribute_instead_of, defaults, listed
from millstream.declare.constructed import Constructed, check_keywords
from millstream.declare.i18n import BEGIN, translated_text
from millstream.errors import DeclarationError, InvalidValue, nearest
from millstream.types import Blob
from millstream.wire.limits import MAX_MESSAGE_BYTES
from millstream.wire.messages import Value
from millstream.wire.plain import brief, encodable, size_of

Visible: TypeAlias = bool | Literal["hidden"]
Classes: TypeAlias = str | Iterable[str] | None
Key: TypeAlias = int | str | tuple[int | str, ...] | None


class Tree(Protocol):
    """The declaration, as what stands in it sees it."""

    is_frozen: bool

    def number(self, element: Element) -> None: ...

    def forget(self, element: Element) -> None: ...


class Parent(Protocol):
    """A layout, as its children see it."""

    @property
    def id(self) -> int: ...

    @property
    def parent(self) -> Parent | None: ...

    @property
    def declaration(self) -> Tree | None: ...

    @property
    def is_closed(self) -> bool: ...

    def join(self, element: Element) -> None: ...

    def leave(self, element: Element) -> None: ...


current_parent: ContextVar[Parent | None] = ContextVar("current_parent", default=None)
"""Where the next element is put: the innermost `with` of a layout. Empty in handlers: they run in threads."""

UNJOINED: Final = -1
"""The `id` of an element that belongs to no tree."""


class Named(TypedDict, total=False):
    """The keywords that every element takes, but for `visible`; see `Element`."""

    elem_id: str | None
    elem_classes: Classes
    render: bool
    key: Key
    preserved_by_key: Sequence[str] | str | None


class Placed(Named, total=False):
    """The keywords that every element takes; see `Element`."""

    visible: Visible


class Element(Constructed):
    """A node of the declared interface: it has a number, a place in the tree and properties, but no value.

    The arguments that were passed to the constructor are remembered in `given`, so that an instance made in a handler
    can serve as an update: `gr.Column(visible=False)` changes nothing but the visibility.

    Args:
        visible: Whether the page shows it; `"hidden"` means the same as `False`.
        elem_id: The `id` of its outermost HTML element; it should be unique in the app.
        elem_classes: The classes of that element: a list, or one string with spaces in between.
        render: Whether it joins the tree now; `render()` does it later.
        key: In a render, an element with the same key as one of the run before is that one: see `render`.
        preserved_by_key: The arguments that keep their current values from one run to the next; only the value by
            default.
        ignored: Keywords that have a meaning in Gradio but none here; they are accepted with a warning.

    Attributes:
        id: Its number in the manifest, `UNJOINED` before it joins a tree.
        parent: The layout that holds it.
    """

    tag: ClassVar[str]
    """The type's name on the wire: the class name in lower case, unless a class says otherwise.

    A class from outside the package that brings no script of its own is shown as its base is.
    """

    prop_names: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Which properties on the wire a constructor argument determines, where it is not the one of the same name."""

    id: int = UNJOINED
    parent: Parent | None = None

    def __init_subclass__(cls, **keywords: object) -> None:
        super().__init_subclass__(**keywords)
        is_shown_anew = cls.__module__.startswith("millstream.") or "script" in cls.__dict__
        if "tag" not in cls.__dict__ and is_shown_anew:
            cls.tag = cls.__name__.lower()

    def __init__(
        self,
        *,
        visible: Visible = True,
        elem_id: str | None = None,
        elem_classes: Classes = None,
        render: bool = True,
        key: Key = None,
        preserved_by_key: Sequence[str] | str | None = "value",
        **ignored: object,
    ) -> None:
        check_keywords(type(self), ignored)
        self.given = {name: value for name, value in self.given.items() if name not in ignored}
        self.key = key
        self.preserved = frozenset([preserved_by_key] if isinstance(preserved_by_key, str) else preserved_by_key or ())
        self.visibility = visible
        self.elem_id = elem_id
        listed: Iterable[object] = [elem_classes] if isinstance(elem_classes, str) else elem_classes or ()
        self.elem_classes = [name for one in listed if isinstance(one, str) for name in one.split()]
        parent = current_parent.get()
        if render and parent is not None and not parent.is_closed:
            parent.join(self)

    def render(self) -> Self:
        """Put an element that was made with `render=False`, or outside of any layout, here.

        Raises:
            DeclarationError: There is no layout around the call, or the element has its place already.
        """
        parent = current_parent.get()
        if parent is None:
            raise DeclarationError(f"{self.name} cannot be rendered here: call render() inside `with Blocks():`")
        parent.join(self)
        return self

    def unrender(self) -> Self:
        """Take it out of its place, if it has one; `render()` gives it another.

        Raises:
            DeclarationError: The app is launched already.
        """
        if self.parent is not None:
            self.parent.leave(self)
        return self

    @property
    def name(self) -> str:
        """The name by which messages call it: its class, and what tells it from others of that class."""
        label = getattr(self, "label", None) or self.elem_id
        if isinstance(label, str) and BEGIN in label:
            label = translated_text(label)
        return f"{type(self).__name__} {brief(label)}" if label else type(self).__name__

    @property
    def declaration(self) -> Tree | None:
        """The tree it belongs to, `None` outside of any."""
        return self.parent.declaration if self.parent is not None else None

    def joined(self) -> None:
        """Get its place in the tree; the arguments of the constructor are checked here.

        An instance that is only an update is never checked: what it leaves out has other values than the defaults.

        Raises:
            DeclarationError: An argument is not allowed; the message says what is.
        """
        self.check()
        self.check_props()

    def check_props(self) -> None:
        """Check that the page can be told all properties.

        Raises:
            DeclarationError: It cannot; the message names the one.
        """
        for name, value in self.props().items():
            try:
                json.dumps(encodable(value, keeps=(Blob,)), default=_in_json)
            except TypeError as error:
                raise DeclarationError(f"{self.name}: {name}={brief(value)}: {error}") from error

    def check(self) -> None:
        super().check()
        self.check_one_of("visible", self.visibility, (True, False, "hidden"))

    @property
    def visible(self) -> bool:
        return self.visibility is True

    def props(self) -> dict[str, Value]:
        """Give all properties as the page gets them, without the value."""
        return {"visible": self.visible, "elem_id": self.elem_id, "elem_classes": list(self.elem_classes)}

    def amend(self, **arguments: object) -> None:
        """Change arguments of the constructor of an element that has no place yet."""
        self.given = {**self.given, **arguments}
        with detached():
            type(self).__init__(self, **self.given)  # type: ignore[arg-type]  # the constructor's own arguments

    def updated(self, changes: Mapping[str, object]) -> Self:
        """Make a copy whose constructor arguments differ in `changes`; number and place stay the same.

        A `value` among the changes is left out: values live in the session, not in the element.

        Raises:
            DeclarationError, TypeError: The arguments do not fit, as in the constructor.
        """
        arguments = {**self.given, **{name: value for name, value in changes.items() if name != "value"}}
        with detached():
            fresh = type(self)(**arguments)  # type: ignore[arg-type]  # the constructor's own arguments
        self.hand_over(fresh)
        fresh.check()
        return fresh

    def hand_over(self, fresh: Self) -> None:
        """Give an updated copy what the constructor arguments do not say."""
        fresh.id, fresh.parent = self.id, self.parent

    def patch(self, names: Iterable[str]) -> dict[str, Value]:
        """Give those properties for the page that the constructor arguments `names` determine; never the value."""
        wanted = {prop for name in names for prop in self.prop_names.get(name, (name,))}
        return {name: value for name, value in self.props().items() if name in wanted}

    def sendable(self, wire: Value, *, is_checked: bool = False) -> Value:
        """Make what is for the page ready for the wire. Takes its time with what is large: not on the event loop.

        Args:
            wire: What is for the page.
            is_checked: Whether `check_size` was called with the same data already.

        Raises:
            InvalidValue: It is too large, or has something in it that no page could show.
        """
        if not is_checked:
            self.check_size(wire)
        try:
            return encodable(wire, keeps=(Blob,))
        except TypeError as error:
            raise InvalidValue(f"{self.name} cannot be shown: {error}") from error

    def check_size(self, data: object) -> None:
        """Check that data of this element can be told at once. Looks no further than it has to.

        Raises:
            InvalidValue: It is too large.
        """
        if size_of(data, MAX_MESSAGE_BYTES) > MAX_MESSAGE_BYTES:
            raise too_large(self.name)

    def __getattr__(self, name: str) -> Any:
        """Give an argument of the constructor that the class keeps in another form, as it was given or by default."""
        kind = type(self)
        if name in defaults(kind):
            return self.given.get(name, defaults(kind)[name])
        events = ", ".join(self.events())
        others = () if events else (each for each in dir(kind) if each[0] != "_")
        near = attribute_instead_of(name) or nearest(name, [*self.events(), *defaults(kind), *others])
        remedy = near or (f"; its events are {events}" if events and not name.startswith("_") else "")
        raise AttributeError(f"{kind.__name__} has no {name!r}{remedy}", name=name, obj=self)

    @classmethod
    def events(cls) -> list[str]:
        """Give the names of the events, in alphabetical order."""
        return sorted(
            name for name in dir(cls) if getattr(cls, name, None).__class__.__name__ in ("Event", "StreamEvent")
        )

    def __repr__(self) -> str:
        number = "" if self.id == UNJOINED else f" {self.id}"
        return f"<{type(self).__name__}{number}{self.name.removeprefix(type(self).__name__)}>"


def _in_json(value: object) -> object:
    if isinstance(value, Blob):
        return None  # in its place the page gets an address
    raise TypeError(f"{type(value).__name__} has no form that a page could show")


def listed_elements(given: object, kind: type[Element], where: str, what: str) -> tuple:  # type: ignore[type-arg]
    """Bring one, several or no elements into one form.

    Raises:
        DeclarationError: Something else is among them; the message begins with `where`, and calls them `what`.
    """
    elements = () if given is None else tuple(listed(given))
    for element in elements:
        if not isinstance(element, kind):
            hint = ""
            if isinstance(element, type) and issubclass(element, kind):
                hint = f": make one, as {element.__name__}() does"
            raise DeclarationError(f"{where}: {what} must be components, but got {brief(element)}{hint}")
    return elements


@contextmanager
def detached() -> Iterator[None]:
    """Make elements that join no tree, whatever surrounds the call."""
    token = current_parent.set(None)
    try:
        yield
    finally:
        current_parent.reset(token)


def too_large(what: str) -> InvalidValue:
    """Make the error for what is more than a page can be told at once."""
    return InvalidValue(
        f"an update of {what} is too large for the page, which takes {MAX_MESSAGE_BYTES} bytes at once; "
        "return less, or a file"
    )
