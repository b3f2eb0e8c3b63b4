"""`RenderCache`: rendered texts, so that they need not be rendered again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class RenderCache(Generic[T]):
    """The latest results, up to `most` characters in all; used by all handlers' threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._size = 0
        self._known: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> T | None:
        with self._lock:
            if key not in self._known:
                return None
            self._known.move_to_end(key)
            return self._known[key][0]

    def add(self, key: Hashable, value: T, size: int) -> None:
        with self._lock:
            self._size += size - (self._known.pop(key)[1] if key in self._known else 0)
            self._known[key] = value, size
            while self._size > self._most:
                self._size -= self._known.popitem(last=False)[1][1]

    def clear(self) -> None:
        with self._lock:
            self._known.clear()
            self._size = 0
