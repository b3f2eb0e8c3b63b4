"""`Store`: values by key, bounded by their number and by what they weigh; those that were not used for longest go."""

from __future__ import annotations

import re
import sys
import threading
import weakref
from collections import OrderedDict
from collections.abc import Mapping
from typing import Final, TypeAlias

from millstream.declare.progress import calling
from millstream.errors import DeclarationError

Key: TypeAlias = tuple[str, str]
"""The session, empty where all share, and the key."""

_UNITS: Final = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}

_per_session: weakref.WeakSet[Store] = weakref.WeakSet()


class Store:
    """A bounded store, usable in every thread.

    Args:
        max_size: The most entries; 0 for any number.
        max_memory: The most bytes that they take, estimated: a number, or a text such as `"512mb"`; `None` for any.
        per_session: Whether each page has its own entries, which go with it.

    Attributes:
        max_bytes: `max_memory` in bytes.

    Raises:
        DeclarationError: A bound is none.
    """

    def __init__(self, max_size: int = 128, max_memory: str | int | None = None, *, per_session: bool = False) -> None:
        if max_size < 0:
            raise DeclarationError(f"cache: max_size={max_size!r} is not a whole number from 0")
        self._max_size, self.max_bytes = max_size, _bytes(max_memory)
        self._is_per_session = per_session
        self._entries: OrderedDict[Key, tuple[object, int]] = OrderedDict()
        self._used = 0
        self._lock = threading.Lock()
        if per_session:
            _per_session.add(self)

    def get(self, key: str) -> object | None:
        """Give a value; `None` if there is none."""
        with self._lock:
            entry = self._entries.get(full := self._full(key))
            if entry is None:
                return None
            self._entries.move_to_end(full)
            return entry[0]

    def put(self, key: str, value: object) -> None:
        size = 0 if self.max_bytes is None else weight(value)
        full = self._full(key)
        with self._lock:
            self._drop(full)
            self._entries[full] = value, size
            self._used += size
            while self._is_too_large():
                self._drop(next(iter(self._entries)))

    def values(self) -> list[object]:
        """Give the values that the caller may see, the oldest first."""
        session = self._session()
        with self._lock:
            return [value for (owner, _), (value, _) in self._entries.items() if owner == session]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
            self._used = 0

    def end_session(self, session: str) -> None:
        """Forget what belongs to a page that has ended."""
        with self._lock:
            for key in [key for key in self._entries if key[0] == session]:
                self._drop(key)

    def _full(self, key: str) -> Key:
        return self._session(), key

    def _session(self) -> str:
        call = calling.get() if self._is_per_session else None
        return "" if call is None else call.session

    def _is_too_large(self) -> bool:
        if self._max_size and len(self._entries) > self._max_size:
            return True
        return self.max_bytes is not None and self._used > self.max_bytes and bool(self._entries)

    def _drop(self, key: Key) -> None:
        if (entry := self._entries.pop(key, None)) is not None:
            self._used -= entry[1]


def end_session(session: str) -> None:
    """Forget what all caches keep for a page that has ended."""
    for store in list(_per_session):
        store.end_session(session)


def weight(value: object) -> int:
    """Estimate how many bytes a value takes."""
    if isinstance(value, Mapping):
        return sum(weight(key) + weight(one) for key, one in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return sum(weight(one) for one in value)
    if isinstance(size := getattr(value, "nbytes", None), int):
        return size
    if hasattr(value, "nelement") and hasattr(value, "element_size"):
        return int(value.nelement() * value.element_size())
    if callable(estimated := getattr(value, "estimated_size", None)):  # a table of polars
        return int(estimated())
    if hasattr(value, "getbands") and hasattr(value, "width") and hasattr(value, "height"):
        return int(value.width * value.height * len(value.getbands()))
    return sys.getsizeof(value)


def _bytes(given: str | int | None) -> int | None:
    if given is None or isinstance(given, int):
        return given
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?b?)\s*", str(given).lower())
    unit = "" if found is None else found[2] if found[2].endswith("b") or not found[2] else f"{found[2]}b"
    if found is None or unit not in _UNITS:
        raise DeclarationError(f"cache: max_memory={given!r} is not a size; give bytes, or a text such as '512mb'")
    return int(float(found[1]) * _UNITS[unit])
