"""What a handler gets by asking for it in an annotation: `Request`, `EventData` and its kinds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from millstream.errors import InvalidValue
from millstream.ui.element import Element
from millstream.wire.messages import Value

MAX_TEXT = 10_000
"""Longest text, in characters, that the page may say about an event."""


class Address(NamedTuple):
    """Where a connection comes from."""

    host: str
    port: int


def _empty() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True)
class Request:
    """The request that opened the page, for a handler with a parameter annotated `Request`.

    Attributes:
        headers: By lower-case name.
        query_params: What follows the `?` in the page's address.
        path_params: Parameters of the path under which the app is mounted.
        cookies: By name.
        client: Where the page's connection comes from, `None` if the server does not say.
        url: The page's address.
        username: Who is logged in, `None` without a login.
        session_hash: Tells one open page from another; it authorises nothing.
    """

    headers: Mapping[str, str] = field(default_factory=_empty)
    query_params: Mapping[str, str] = field(default_factory=_empty)
    path_params: Mapping[str, str] = field(default_factory=_empty)
    cookies: Mapping[str, str] = field(default_factory=_empty)
    client: Address | None = None
    url: str = ""
    username: str | None = None
    session_hash: str = ""


class EventData:
    """What happened, for a handler with a parameter annotated `EventData`.

    Args:
        target: The element whose event it is, `None` for an event of the page.
        data: What the page said of it: plain data of a user's browser, not to be trusted.

    Raises:
        InvalidValue: The data has not the form that this kind of event has.
    """

    def __init__(self, target: Element | None, data: Value = None) -> None:
        self.target = target
        self._data = data

    def __getattr__(self, name: str) -> object:
        data = self.__dict__.get("_data")
        if isinstance(data, Mapping) and name in data:
            return data[name]
        raise AttributeError(f"the event says nothing of {name!r}")


class SelectData(EventData):
    """What was selected.

    Attributes:
        index: Number of the choice, `[x, y]` in pixels for a picture, `[start, end]` for a text.
        value: The value that was selected, `None` for a picture.
        selected: `False` if it was a deselection.
    """

    index: int | list[int] | None
    value: object
    selected: bool

    def __init__(self, target: Element | None, data: Value = None) -> None:
        super().__init__(target, data)
        said = data if isinstance(data, Mapping) else {}
        self.index, self.value = said.get("index"), said.get("value")
        self.selected = said.get("selected", True)
        if not (_is_index(self.index) and _is_plain(self.value) and isinstance(self.selected, bool)):
            raise InvalidValue("the page described a selection in a form that no selection has")


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_index(value: object) -> bool:
    if isinstance(value, list):
        return 1 <= len(value) <= 2 and all(_is_whole(part) for part in value)
    return value is None or _is_whole(value)


def _is_plain(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= MAX_TEXT
    return value is None or isinstance(value, bool | int | float)
