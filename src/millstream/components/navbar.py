"""`Navbar`: the links between the pages of an app."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Final, Literal, Self, TypeAlias, Unpack

from millstream.components.values.links import is_page_address
from millstream.declare.component import Component
from millstream.declare.element import Placed
from millstream.declare.event import Event
from millstream.errors import DeclarationError, InvalidValue
from millstream.types import Files, Media, Scratch, Stored
from millstream.wire.messages import Value
from millstream.wire.plain import brief

Links: TypeAlias = Sequence[tuple[str, str]]

MOST_LINKS: Final = 100
"""More would be no navigation."""


class Navbar(Component):
    """The links between the pages of an app, at the top of each page, wherever it is declared; at most one on a page.

    A page that declares none has one with the links and names of the main page's; an app with a single page needs none.

    Args:
        value: Further links, as pairs of a name and an address: the path of a page of the app, or a web address, which
            opens in another tab of the browser. Also a function that gives them.
        main_page_name: The name of the main page; `False` leaves out the link to it.
        placed: See `Element`.
    """

    prop_names: ClassVar[Mapping[str, tuple[str, ...]]] = {"main_page_name": ("main",)}
    default_label = False

    change = Event()

    pages: tuple[tuple[str, str], ...] = ()
    """The names and paths of the pages that have links; set when the app is frozen."""

    path: str = ""
    """The path of the page that it is on; set when the app is frozen."""

    def __init__(
        self,
        value: Links | Callable[[], Links] | None = None,
        *,
        main_page_name: str | Literal[False] = "Home",
        **placed: Unpack[Placed],
    ) -> None:
        self.main_page_name = main_page_name
        super().__init__(value, **placed)

    def check(self) -> None:
        super().check()
        name: object = self.main_page_name
        if name is not False and not (isinstance(name, str) and name.strip()):
            raise DeclarationError(f"{self.name}: main_page_name={brief(name)} is no name; False leaves the link out")

    def lead(self, pages: Sequence[tuple[str, str]], path: str) -> None:
        """Learn which pages the app has, and which one it is on.

        Args:
            pages: Names and paths of those that have links, but for the main page.
            path: That of its own page; empty for the main page.
        """
        self.pages, self.path = tuple(pages), path

    def hand_over(self, fresh: Self) -> None:
        super().hand_over(fresh)
        fresh.lead(self.pages, self.path)

    def props(self) -> dict[str, Value]:
        pages: list[Value] = [[name, path] for name, path in self.pages]
        return {**super().props(), "main": self.main_page_name or None, "pages": pages, "path": self.path}

    def validate(self, wire: Value, files: Files) -> Stored:
        raise InvalidValue(f"{self.name} cannot be edited in the page")

    def accept(self, value: object) -> Stored:
        """Check further links: names and addresses in pairs."""
        if value is None:
            return None
        if not isinstance(value, list | tuple) or len(value) > MOST_LINKS:
            raise self.invalid(f"a list of at most {MOST_LINKS} pairs of a name and an address", value)
        return [self._checked(link) for link in value]

    def _checked(self, link: object) -> list[str]:
        match link:
            case [str(name), str(address)] if name.strip() and is_page_address(address):
                return [name, address.strip()]
        raise self.invalid("pairs of a name and the path of a page or a web address", link)

    def preprocess(self, value: Stored | Media, scratch: Scratch) -> object:
        """Give the further links as a list of tuples."""
        return [tuple(link) for link in value] if isinstance(value, list) else None
