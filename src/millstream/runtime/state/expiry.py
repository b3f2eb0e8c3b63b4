"""Values with an end: what has a `time_to_live` is dropped after it, and a `delete_callback` sees every one go."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Collection, Coroutine, Iterable
from functools import partial
from typing import Any, NamedTuple, Protocol, cast, runtime_checkable

from millstream.declare.component import Component
from millstream.runtime.call.user_code import guarded
from millstream.runtime.run_in_thread import run_in_thread
from millstream.runtime.state.values import Values
from millstream.types import Blob, Stored
from millstream.wire.messages import Value

logger = logging.getLogger("millstream.handler")


@runtime_checkable
class ExpiringValue(Protocol):
    """A component whose values have an end, such as `State`."""

    time_to_live: float
    """Seconds that a value is kept after it was written; infinite for as long as the page is open."""

    delete_callback: Callable[[object], object] | None


class ExpiringValues:
    """Watches over the perishable values of one session.

    Args:
        values: The session's values.
        components: The perishable ones, which are looked after.
        start: Runs a coroutine in the background of the session.
    """

    def __init__(
        self, values: Values, components: Iterable[Component], start: Callable[[Coroutine[Any, Any, None]], object]
    ) -> None:
        self._values = values
        self._components = tuple(components)
        self._start = start
        self._loop = asyncio.get_running_loop()
        self._written_at: dict[int, float] = {}
        self._timers: dict[int, asyncio.TimerHandle] = {}
        for component in self._components:
            if _kind(component).time_to_live < math.inf:
                values.watch(component.id, self._note)
                self._note(component.id)
                self._watch(component)

    def close(self) -> None:
        """Drop nothing any more by itself."""
        for timer in self._timers.values():
            timer.cancel()

    async def delete_all(self) -> None:
        """Let the callbacks see the values go, at the end of the session."""
        self.close()
        for component in self._components:
            await _deleted(component, self._values[component.id])

    def _note(self, number: int) -> None:
        self._written_at[number] = self._loop.time()

    def _watch(self, component: Component) -> None:
        due = self._written_at[component.id] + _kind(component).time_to_live
        if due > self._loop.time():
            self._timers[component.id] = self._loop.call_at(due, self._watch, component)
        else:
            self._start(self._expire(component))

    async def _expire(self, component: Component) -> None:
        old = self._values[component.id]
        self._values.write(component.id, await initial_value(component))
        self._watch(component)
        await _deleted(component, old)


class Initial(NamedTuple):
    """What a session starts with.

    Attributes:
        values: The value of each component, by number; an empty one if the user's function for it fails.
        shown: The page's form of those that are not in its manifest, by number; `None` for a `Blob`, whose address is
            the session's business.
        faults: Names of components whose function fails, and why.
    """

    values: dict[int, Stored]
    shown: dict[int, Value]
    faults: list[tuple[str, BaseException]]


class Beginning:
    """What the sessions of one app begin with, as far as it is the same for all. Making it may block.

    Args:
        components: All components.

    Attributes:
        perishable: Those whose values have an end.
    """

    def __init__(self, components: Collection[Component]) -> None:
        self.perishable = tuple(component for component in components if isinstance(component, ExpiringValue))
        self._same = _computed(component for component in components if component.is_prepared)
        self._lists = {number: stored for number, stored in self._same.values.items() if isinstance(stored, list)}
        self._others = [component for component in components if not component.is_prepared]

    async def of_session(self) -> Initial:
        """Give a session its own; what has to be computed for it is computed off the loop, in a thread.

        Raises:
            Busy: There is no thread to be had.
        """
        own = {number: list(stored) for number, stored in self._lists.items()}
        initial = Initial({**self._same.values, **own}, dict(self._same.shown), list(self._same.faults))
        if self._others:
            computed = await run_in_thread("initial values", lambda: _computed(self._others))
            initial.values.update(computed.values)
            initial.shown.update(computed.shown)
            initial.faults.extend(computed.faults)
        return initial


async def initial_value(component: Component) -> Stored:
    """Compute the value that a component starts with, off the loop; an empty one if the user's function fails."""
    initial = await run_in_thread("initial values", lambda: _computed([component]))
    for name, error in initial.faults:
        logger.error("the initial value of %s cannot be computed", name, exc_info=error)
    return initial.values[component.id]


def _computed(components: Iterable[Component]) -> Initial:
    initial = Initial({}, {}, [])
    for component in components:
        with guarded(partial(_fail, initial, component)):
            _note(initial, component, component.initial())
    return initial


def _note(initial: Initial, component: Component, stored: Stored) -> None:
    if component.on_page and isinstance(stored, Blob):
        initial.shown[component.id] = None
    elif component.on_page and (component.is_computed or component.files(stored)):
        initial.shown[component.id] = component.shown(stored)
    initial.values[component.id] = stored


def _fail(initial: Initial, component: Component, error: BaseException) -> None:
    initial.faults.append((component.name, error))
    initial.values[component.id] = None
    with guarded(lambda _: None):  # what cannot be empty is nothing at all
        _note(initial, component, component.declared(None))


async def _deleted(component: Component, value: Stored) -> None:
    callback = _kind(component).delete_callback
    if callback is None:
        return

    def call() -> None:
        with guarded(lambda error: logger.error("the delete_callback of %s failed", component.name, exc_info=error)):
            callback(value)

    await run_in_thread("delete_callback", call)


def _kind(component: Component) -> ExpiringValue:
    return cast("ExpiringValue", component)
