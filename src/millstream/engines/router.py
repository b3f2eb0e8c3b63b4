"""Gives each binding the engine that it names, and all others the app's own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping

from millstream import engines
from millstream.batches import BatchStatistics
from millstream.engine_limits import DEFAULT_LIMITS, EngineLimits
from millstream.jobs import Engine as AnyEngine
from millstream.jobs import Notify, Program, Worker
from millstream.wire.limits import FIRST_RENDERED


class Engine:
    """Several engines that look like one.

    An engine that several bindings name is made once, when the app starts. All of them run the same program.
    What renders bind runs where the renders do, in threads: no other process has its functions.
    The router never sees a job, so expired jobs are up to each engine.

    Args:
        own: Engine of the bindings that name none; the thread engine by default.
        load: Makes an engine by its name.
    """

    def __init__(self, own: AnyEngine | None = None, load: Callable[[str], AnyEngine] = engines.load) -> None:
        self._own = own if own is not None else load("thread")
        self._load = load
        self._by_binding: dict[int, AnyEngine] = {}
        self._engines = [self._own]
        self._started: list[AnyEngine] = []
        self._in_threads = self._own

    def start(self, program: Program, limits: EngineLimits = DEFAULT_LIMITS) -> None:
        """Make and start all engines that the program's bindings name.

        Raises:
            DeclarationError: A binding names an engine that does not exist.
        """
        routes, own = program.routes(), _name(self._own)
        named = {name: self._own if name == own else self._load(name) for name in sorted(set(routes.values()))}
        self._by_binding = {binding: named[name] for binding, name in routes.items()}
        self._engines = list(dict.fromkeys([self._own, *named.values()]))
        self._in_threads = named.get("thread", self._own)
        for engine in self._engines:
            engine.start(program, limits)
            self._started.append(engine)

    async def prepare(self, bindings: Collection[int]) -> None:
        """Have each engine set up what its own bindings need, all at the same time."""
        shares: dict[AnyEngine, list[int]] = {}
        for binding in bindings:
            shares.setdefault(self._by_binding.get(binding, self._own), []).append(binding)
        await asyncio.gather(*(engine.prepare(share) for engine, share in shares.items()))

    def open(self, binding: int, notify: Notify) -> Worker:
        own = self._own if binding < FIRST_RENDERED else self._in_threads
        return self._by_binding.get(binding, own).open(binding, notify)

    def end_session(self, session: str) -> None:
        for engine in self._engines:
            engine.end_session(session)

    def statistics(self) -> Mapping[str, object]:
        """Sum the counts of all engines, and join their lists."""
        total: dict[str, object] = {}
        for engine in self._engines:
            for name, value in engine.statistics().items():
                total[name] = _added(total[name], value) if name in total else value
        return total

    async def close(self) -> None:
        """Close the engines that were started, which may be none."""
        await asyncio.gather(*(engine.close() for engine in self._started))


def _name(engine: AnyEngine) -> str:
    """Give the name by which an engine is found, whether it is a module or a package of several."""
    return type(engine).__module__.removeprefix(f"{engines.__name__}.").partition(".")[0]


def _added(one: object, other: object) -> object:
    if isinstance(one, list) and isinstance(other, list):
        return [*one, *other]
    if isinstance(one, dict) and isinstance(other, dict):
        return {**one, **{name: _added(one[name], value) if name in one else value for name, value in other.items()}}
    if isinstance(one, BatchStatistics) and isinstance(other, BatchStatistics):
        return one + other
    return one + other if isinstance(one, int | float) and isinstance(other, int | float) else other
