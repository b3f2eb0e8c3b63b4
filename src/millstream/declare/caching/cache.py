"""`cache` and `Cache`: results of functions that are kept, and a store that a handler fills by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, overload

from millstream.declare.caching.fingerprint import fingerprint
from millstream.declare.caching.kept_calls import KeptCalls, KeyFunction, kept
from millstream.declare.caching.store import Store
from millstream.declare.handler import inspect_handler
from millstream.errors import DeclarationError
from millstream.types import Handler

_MADE: Final = "_millstream_kept"


class Cache:
    """A store that a handler fills itself: `def answer(prompt, kept=gr.Cache())`.

    Keys may be anything that has a content: texts, numbers, arrays, images, lists of these. In worker processes, each
    has its own. Keys are hashed where `get` and `set` are called: for large ones, an async handler does so in a thread.

    Args:
        max_size: The maximum number of entries; the least recently used are dropped. 0 for any number.
        max_memory: The most bytes that they take, estimated: a number, or a text such as `"512mb"`; `None` for any.
        per_session: Whether each page has its own entries, which go with it.
    """

    def __init__(self, *, max_size: int = 128, max_memory: str | int | None = None, per_session: bool = False) -> None:
        self._store = Store(max_size, max_memory, per_session=per_session)

    def __deepcopy__(self, memo: object) -> Cache:
        return self

    def get(self, key: object) -> dict[str, Any] | None:
        """Give what was set for a key, by name; `None` if nothing was."""
        found = self._store.get(fingerprint(key))
        return dict(found[1]) if isinstance(found, tuple) else None

    def set(self, key: object, **data: object) -> None:
        """Keep values under a key, by name."""
        self._store.put(fingerprint(key), (key, data))

    def keys(self) -> list[object]:
        """Give the keys, the oldest first."""
        return [found[0] for found in self._store.values() if isinstance(found, tuple)]

    def clear(self) -> None:
        """Forget everything."""
        self._store.clear()

    def __len__(self) -> int:
        return len(self.keys())


@overload
def cache(fn: Handler) -> Handler: ...


@overload
def cache(
    *,
    key: KeyFunction | None = None,
    max_size: int = 128,
    max_memory: str | int | None = None,
    per_session: bool = False,
) -> Callable[[Handler], Handler]: ...


def cache(
    fn: Handler | None = None,
    *,
    key: KeyFunction | None = None,
    max_size: int = 128,
    max_memory: str | int | None = None,
    per_session: bool = False,
) -> Handler | Callable[[Handler], Handler]:
    """Keep the results of a function by the content of its arguments: `@gr.cache`, or `gr.cache(fn)(…)` in another.

    Functions may be plain, async, or generators of either kind, all of whose results are stored and replayed. `Request`
    and `Progress` do not count, event data does by what it says; results of a function that takes a `Request`, or
    another object of one page, are kept for that page alone. In worker processes, each keeps its own results.

    What async functions take and give is hashed and copied in a thread. A call of a generator that gives more than
    10,000 results, or more bytes than `max_memory` (256 MiB without it), is not kept.

    Args:
        fn: The function.
        key: Gets the arguments by name, and returns the key.
        max_size: See `Cache`.
        max_memory: See `Cache`.
        per_session: See `Cache`.

    Raises:
        DeclarationError: `fn` is not a function, or a bound is not valid.
    """
    options = (key, max_size, max_memory, per_session)

    def keep(function: Handler) -> Handler:
        if not callable(function):
            raise DeclarationError(f"cache: {function!r} is not a function: write gr.cache(fn)(…), not gr.cache(fn(…))")
        # With the function itself, so that `gr.cache(fn)` in each call finds what it kept before.
        made: dict[tuple[object, ...], Handler] = getattr(function, "__dict__", {}).setdefault(_MADE, {})
        if options not in made:
            spec = inspect_handler(function, "cache")
            store = Store(max_size, max_memory, per_session=per_session or spec.is_personal)
            made[options] = kept(KeptCalls(spec, store, key, Cache))
        return made[options]

    return keep if fn is None else keep(fn)
