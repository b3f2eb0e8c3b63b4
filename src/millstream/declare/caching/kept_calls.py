"""Functions whose results are kept: the wrapper of each kind of function, and what is kept of one call."""

from __future__ import annotations

import copy
import functools
import inspect
import logging
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import aclosing
from contextvars import copy_context
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

from millstream.declare.caching.fingerprint import fingerprint
from millstream.declare.caching.store import Store, weight
from millstream.declare.handler import HandlerKind, HandlerSpec
from millstream.declare.injected import EventData
from millstream.run_in_thread import run_in_thread
from millstream.types import Handler

T = TypeVar("T")
KeyFunction: TypeAlias = Callable[[dict[str, Any]], object]

MAX_RESULTS: Final = 10_000
MAX_BYTES: Final = 256 * 1024 * 1024
"""The results that are kept of one call of a generator, and what they weigh at most where the store has no bound."""

logger = logging.getLogger("millstream.cache")


class StoredCall(NamedTuple):
    """The key of a call, and copies of what was kept of it; `None` if nothing was."""

    name: str
    results: list[Any] | None


class KeptCalls:
    """The calls of one function: what was kept of them is found by their arguments.

    Its methods hash, copy and weigh what the arguments and results hold: they are not for the event loop.

    Args:
        spec: The function.
        store: Where results are kept.
        key: Gets the arguments by name, and returns the key.
        ignored: A type whose instances do not count. Nor does what the function asks for, but for data of events.
    """

    def __init__(self, spec: HandlerSpec, store: Store, key: KeyFunction | None, ignored: type) -> None:
        self.spec = spec
        self.fn: Callable[..., Any] = spec.fn
        self._store, self._key, self._ignored = store, key, ignored
        self._aside = {name for name, asked in spec.specials.items() if not issubclass(asked, EventData)}
        self._signature = inspect.signature(spec.fn)

    def find(self, arguments: tuple[object, ...], keywords: Mapping[str, object]) -> StoredCall:
        name = self._name(arguments, keywords)
        results = self._store.get(name)
        return StoredCall(name, copy.deepcopy(results) if isinstance(results, list) else None)

    def _name(self, arguments: tuple[object, ...], keywords: Mapping[str, object]) -> str:
        bound = self._signature.bind(*arguments, **keywords)
        bound.apply_defaults()
        given = {name: _said(value) for name, value in bound.arguments.items() if name not in self._aside}
        counting = {name: value for name, value in given.items() if not isinstance(value, self._ignored)}
        return fingerprint(counting if self._key is None else self._key(counting))

    def keep(self, name: str, result: object) -> None:
        self._store.put(name, [copy.deepcopy(result)])

    def steps(self, name: str) -> KeptSteps:
        return KeptSteps(self._store, name, self.spec.name)


class KeptSteps:
    """The results of a generator, copied as they come; none any more once they are too many to be kept."""

    def __init__(self, store: Store, name: str, function: str) -> None:
        self._store, self._name, self._function = store, name, function
        self._most = MAX_BYTES if store.max_bytes is None else store.max_bytes
        self._results: list[object] | None = []
        self._bytes = 0

    def add(self, result: object) -> None:
        if self._results is None:
            return
        self._bytes += weight(result)
        if len(self._results) < MAX_RESULTS and self._bytes <= self._most:
            self._results.append(copy.deepcopy(result))
            return
        self._results = None
        text = "%s() gives more than %d results or %d bytes in one call, which are not kept"
        logger.warning(text, self._function, MAX_RESULTS, self._most)

    def keep(self) -> None:
        if self._results is not None:
            self._store.put(self._name, self._results)


def kept(calls: KeptCalls) -> Handler:
    """Wrap a function by one of the same kind."""
    kinds: dict[HandlerKind, Callable[[KeptCalls], Handler]] = {
        HandlerKind.PLAIN: _one,
        HandlerKind.ASYNC: _one_async,
        HandlerKind.GENERATOR: _each,
        HandlerKind.ASYNC_GENERATOR: _each_async,
    }
    return functools.wraps(calls.fn)(kinds[calls.spec.kind](calls))


def _said(value: object) -> object:
    """Give what counts of an argument: of an event what it says, not the element that it is of."""
    return (
        {name: said for name, said in vars(value).items() if name != "target"}
        if isinstance(value, EventData)
        else value
    )


def _one(calls: KeptCalls) -> Handler:
    def one(*arguments: object, **keywords: object) -> object:
        name, results = calls.find(arguments, keywords)
        if results is not None:
            return results[0]
        result = calls.fn(*arguments, **keywords)
        calls.keep(name, result)
        return result

    return one


def _one_async(calls: KeptCalls) -> Handler:
    async def one(*arguments: object, **keywords: object) -> object:
        name, results = await _aside(lambda: calls.find(arguments, keywords))
        if results is not None:
            return results[0]
        result = await calls.fn(*arguments, **keywords)
        await _aside(lambda: calls.keep(name, result))
        return result

    return one


def _each(calls: KeptCalls) -> Handler:
    def each(*arguments: object, **keywords: object) -> Generator[object, None, None]:
        name, results = calls.find(arguments, keywords)
        if results is not None:
            yield from results
            return
        steps = calls.steps(name)
        for result in calls.fn(*arguments, **keywords):
            steps.add(result)
            yield result
        steps.keep()

    return each


def _each_async(calls: KeptCalls) -> Handler:
    async def each(*arguments: object, **keywords: object) -> AsyncGenerator[object, None]:
        name, results = await _aside(lambda: calls.find(arguments, keywords))
        if results is not None:
            for result in results:
                yield result
            return
        steps = calls.steps(name)
        async with aclosing(calls.fn(*arguments, **keywords)) as given:
            async for result in given:
                await _aside(functools.partial(steps.add, result))
                yield result
        await _aside(steps.keep)

    return each


async def _aside(work: Callable[[], T]) -> T:
    """Run in a thread that knows the call that it is for."""
    return await run_in_thread("cache", functools.partial(copy_context().run, work))
