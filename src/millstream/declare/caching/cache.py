"""`cache` and `Cache`: results of functions that are kept, and a store that a handler fills by itself."""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from typing import Any, Final, TypeAlias, overload

from millstream.declare.caching.fingerprint import fingerprint
from millstream.declare.caching.store import Store
from millstream.declare.handler import inspect_handler
from millstream.errors import DeclarationError
from millstream.types import Handler

KeyFunction: TypeAlias = Callable[[dict[str, Any]], object]

_MADE: Final = "_millstream_kept"


class Cache:
    """A store that a handler fills by itself: `def answer(prompt, kept=gr.Cache())`.

    Keys may be anything that has a content: texts, numbers, arrays, images, lists of these. In worker processes, each
    has its own.

    Args:
        max_size: The most entries, of which those that were not used for longest go; 0 for any number.
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

    Functions may be plain, async, or generators of either kind, whose results are all kept and given again. `Request`,
    `Progress` and event data do not count. In worker processes, each keeps its own results.

    Args:
        fn: The function.
        key: Gets the arguments by name, and gives what counts of them.
        max_size: See `Cache`.
        max_memory: See `Cache`.
        per_session: See `Cache`.

    Raises:
        DeclarationError: `fn` is no function, or a bound is none.
    """
    options = (key, max_size, max_memory, per_session)

    def keep(function: Handler) -> Handler:
        if not callable(function):
            raise DeclarationError(f"cache: {function!r} is no function: write gr.cache(fn)(…), not gr.cache(fn(…))")
        # With the function itself, so that `gr.cache(fn)` in each call finds what it kept before.
        made: dict[tuple[object, ...], Handler] = getattr(function, "__dict__", {}).setdefault(_MADE, {})
        if options not in made:
            made[options] = _kept(function, Store(max_size, max_memory, per_session=per_session), key)
        return made[options]

    return keep if fn is None else keep(fn)


def _kept(fn: Handler, store: Store, key: KeyFunction | None) -> Handler:
    """Wrap a function by one of the same kind."""
    known = functools.partial(_key, fn, key, frozenset(inspect_handler(fn, "cache").specials))
    if inspect.isasyncgenfunction(fn):

        async def each_async(*arguments: object, **keywords: object) -> AsyncGenerator[object, None]:
            if (results := _found(store, name := known(arguments, keywords))) is None:
                results = []
                async for result in fn(*arguments, **keywords):
                    results.append(copy.deepcopy(result))
                    yield result
                store.put(name, results)
                return
            for result in results:
                yield result

        return functools.wraps(fn)(each_async)
    if inspect.isgeneratorfunction(fn):

        def each(*arguments: object, **keywords: object) -> Generator[object, None, None]:
            if (results := _found(store, name := known(arguments, keywords))) is None:
                results = []
                for result in fn(*arguments, **keywords):
                    results.append(copy.deepcopy(result))
                    yield result
                store.put(name, results)
                return
            yield from results

        return functools.wraps(fn)(each)
    return _kept_value(fn, store, known)


def _kept_value(fn: Handler, store: Store, known: Callable[..., str]) -> Handler:
    if inspect.iscoroutinefunction(fn):

        async def one_async(*arguments: object, **keywords: object) -> object:
            if (results := _found(store, name := known(arguments, keywords))) is None:
                result = await fn(*arguments, **keywords)
                store.put(name, [copy.deepcopy(result)])
                return result
            return results[0]

        return functools.wraps(fn)(one_async)

    def one(*arguments: object, **keywords: object) -> object:
        if (results := _found(store, name := known(arguments, keywords))) is None:
            result = fn(*arguments, **keywords)
            store.put(name, [copy.deepcopy(result)])
            return result
        return results[0]

    return functools.wraps(fn)(one)


def _found(store: Store, name: str) -> list[Any] | None:
    results = store.get(name)
    return copy.deepcopy(results) if isinstance(results, list) else None


def _key(
    fn: Handler,
    key: KeyFunction | None,
    aside: frozenset[str],
    arguments: tuple[object, ...],
    keywords: Mapping[str, object],
) -> str:
    """Give the fingerprint of arguments, by name; what is about the call alone (`aside`) does not count."""
    bound = inspect.signature(fn).bind(*arguments, **keywords)
    bound.apply_defaults()
    given = {name: value for name, value in bound.arguments.items() if name not in aside}
    counting = {name: value for name, value in given.items() if not isinstance(value, Cache)}
    return fingerprint(counting if key is None else key(counting))
