"""Arguments that a handler asks for by an annotation: `Request`, `Turn`, `EventData` and its kinds."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from millstream.declare.element import Element
from millstream.errors import InvalidValue
from millstream.wire.messages import Value

MAX_TEXT = 10_000
"""Longest text, in characters, that the page may say about an event."""

MAX_CELLS = 10_000
"""Most cells of a row or a column that a selection tells."""

MAX_MESSAGE = 250_000
"""Longest message of a conversation, in characters, that the page may say something about."""


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

    def __getstate__(self) -> dict[str, object]:
        """Give what is pickled: mappings that nobody can change cannot be, so they travel as plain ones."""
        return {name: dict(value) if isinstance(value, Mapping) else value for name, value in vars(self).items()}

    def __setstate__(self, state: dict[str, object]) -> None:
        frozen = {name: MappingProxyType(value) for name, value in state.items() if isinstance(value, dict)}
        vars(self).update(state | frozen)


def _nothing() -> float:
    return 0.0


class SessionObject:
    """The object that a handler's method `session()` makes for one page, with its first call.

    Args:
        make: The method.
    """

    def __init__(self, make: Callable[[], object]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: list[object] = []

    def value(self) -> object:
        """Give it, in any thread; whatever the method raises, the next call tries again."""
        with self._lock:
            if not self._made:
                self._made.append(self._make())
            return self._made[0]


class Turn:
    """The turn that is answered, for a handler of a `ReplyOnPause` with a parameter annotated `Turn`.

    What it says is kept up to date, and may be asked while the handler runs, when its generator is closed (in its
    `finally`), and after.

    Attributes:
        heard: Seconds of the answer that have been heard so far; after an interruption, until then.
        interrupted: Whether the answer was ended by the listener before all of it was heard.
        previous: The turn before, `None` for the first one, and for those that follow it there.
    """

    def __init__(self, heard: Callable[[], float] = _nothing, previous: Turn | None = None) -> None:
        self.interrupted = False
        self.previous = previous
        self._heard: Callable[[], float] | float = heard
        if previous is not None:
            previous.previous = None  # or every turn of a long conversation would be kept

    @property
    def heard(self) -> float:
        """See the class; asked anew each time."""
        return self._heard() if callable(self._heard) else self._heard

    def __getstate__(self) -> dict[str, object]:
        """Give what is pickled: what was heard by now, as a number that no longer grows."""
        return vars(self) | {"_heard": self.heard}

    def __repr__(self) -> str:
        return f"<Turn: heard {self.heard:.2f} s{', interrupted' if self.interrupted else ''}>"


class EventData:
    """The event that called a handler, for a parameter annotated `EventData`.

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


class SelectedFile(dict[str, object]):
    """A file that was selected, with its `path`, `url`, `orig_name`, `mime_type` and `size`, as far as it has them.

    Only the server makes it: what a page says of a file is a plain dict.
    """


class SelectData(EventData):
    """A selection.

    Attributes:
        index: Number of the choice, `[x, y]` in pixels for an image, `[start, end]` for a text or a stretch of a plot,
            `[row, column]` for a table.
        value: The value that was selected, `None` for an image; of a conversation's example a dict with its `text` and
            its `files`, of a highlighted text `[text, label]`, of a gallery a dict with its `caption`, and with the
            `image` or `video`. A file is a dict that has a `path` or `url`.
        selected: `False` if it was a deselection.
        row_value: The cells of the row, for a table.
        col_value: The cells of the column, for a table of at most 2,000 rows; otherwise `None`.
    """

    index: int | list[int] | list[float] | None
    value: object
    selected: bool
    row_value: list[object] | None
    col_value: list[object] | None

    def __init__(self, target: Element | None, data: Value = None) -> None:
        super().__init__(target, data)
        said = data if isinstance(data, Mapping) else {}
        self.index, self.value = said.get("index"), said.get("value")
        self.selected = said.get("selected", True)
        self.row_value, self.col_value = said.get("row_value"), said.get("col_value")
        is_known = any(fits(self.value) for fits in (_is_plain, _is_message, _is_pair, _is_item))
        are_cells = all(map(_are_cells, (self.row_value, self.col_value)))
        if not (_is_index(self.index) and is_known and are_cells and isinstance(self.selected, bool)):
            raise InvalidValue("the page described a selection in a form that no selection has")


class _MessageData(EventData):
    """An event of one message of a conversation.

    Attributes:
        index: Its number, from 0.
        value: What it says.
    """

    index: int
    value: str

    def __init__(self, target: Element | None, data: Value = None) -> None:
        super().__init__(target, data)
        said = data if isinstance(data, Mapping) else {}
        index, value = said.get("index", 0), said.get("value", "")
        if not (isinstance(index, int) and _is_whole(index) and index >= 0 and _is_text(value)):
            raise InvalidValue("the page spoke of a message in a form that no message has")
        self.index, self.value = index, str(value)


class RetryData(_MessageData):
    """The message of the user's that is to be answered again.

    Attributes:
        index: Its number, from 0.
        value: What it says.
    """


class UndoData(_MessageData):
    """The message of the user's that is to be taken back, with all that came after it.

    Attributes:
        index: Its number, from 0.
        value: What it says.
    """


class CopyData(_MessageData):
    """The message that was copied.

    Attributes:
        index: The message's number, from 0.
        value: What it says.
    """


class EditData(EventData):
    """The message that was rewritten, or the cell of a table.

    Attributes:
        index: Number of the message, from 0; `[row, column]` for a cell.
        value: What it says now.
        previous_value: What it said before.
    """

    index: int | list[int]
    value: object
    previous_value: object

    def __init__(self, target: Element | None, data: Value = None) -> None:
        super().__init__(target, data)
        said = data if isinstance(data, Mapping) else {}
        index, both = said.get("index", 0), (said.get("value", ""), said.get("previous_value", ""))
        is_cell = isinstance(index, list) and len(index) == 2
        numbers = index if isinstance(index, list) and is_cell else [index]
        are_whole = all(_is_whole(one) and one >= 0 for one in numbers)
        if not are_whole or not all(map(_is_plain if is_cell else _is_text, both)):
            raise InvalidValue("the page spoke of a message, or a cell, in a form that none has")
        self.index = index
        self.value, self.previous_value = both


class LikeData(_MessageData):
    """The user's opinion of a message.

    Attributes:
        index: Its number, from 0.
        value: What it says.
        liked: `True` for a thumb up, `False` for a thumb down; with `feedback_options` of your own the one that was
            chosen; `None` if the feedback was taken back.
    """

    liked: bool | str | None

    def __init__(self, target: Element | None, data: Value = None) -> None:
        super().__init__(target, data)
        liked = data.get("liked") if isinstance(data, Mapping) else None
        if not (liked is None or isinstance(liked, bool) or (isinstance(liked, str) and len(liked) <= MAX_TEXT)):
            raise InvalidValue("the page described feedback in a form that no feedback has")
        self.liked = liked


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= MAX_MESSAGE


class KeyUpData(EventData):
    """Which key was let go of, for `key_up`.

    Attributes:
        key: Its name, such as `"a"`, `"Enter"` or `"ArrowUp"`.
        input_value: The text of the field then.
    """

    key: str
    input_value: str

    def __init__(self, target: Element | None, data: Value = None) -> None:
        super().__init__(target, data)
        said = data if isinstance(data, Mapping) else {}
        key, text = said.get("key", ""), said.get("input_value", "")
        if not (isinstance(key, str) and isinstance(text, str) and max(len(key), len(text)) <= MAX_TEXT):
            raise InvalidValue("the page described a key in a form that no key has")
        self.key, self.input_value = key, text


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_finite(value: object) -> bool:
    return isinstance(value, float) and math.isfinite(value)


def _is_index(value: object) -> bool:
    if isinstance(value, list):
        return 1 <= len(value) <= 2 and all(_is_whole(part) or _is_finite(part) for part in value)
    return value is None or _is_whole(value)


def _is_message(value: object) -> bool:
    """Tell a conversation's example; the page has its text, to which only the server adds files."""
    if not (isinstance(value, dict) and {"text"} <= value.keys() <= {"text", "files"} and _is_text(value["text"])):
        return False
    return all(isinstance(file, SelectedFile) for file in value.get("files", ()))


def _is_pair(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_is_plain, value))


def _is_item(value: object) -> bool:
    return isinstance(value, dict) and any(isinstance(part, SelectedFile) for part in value.values())


def _are_cells(value: object) -> bool:
    return value is None or (isinstance(value, list) and len(value) <= MAX_CELLS and all(map(_is_plain, value)))


def _is_plain(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= MAX_TEXT
    return value is None or isinstance(value, bool | int | float)
