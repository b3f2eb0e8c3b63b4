"""Values with an end: what has a `time_to_live` is dropped after it, and a `delete_callback` sees every one go."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any, Protocol, cast, runtime_checkable

from millstream.declare.component import Component
from millstream.run_in_thread import run_in_thread
from millstream.runtime.state.initial import initial_value
from millstream.runtime.state.values import Values
from millstream.runtime.user_code import guarded
from millstream.types import Stored

logger = logging.getLogger("millstream.handler")


@runtime_checkable
class ExpiringValue(Protocol):
    """A component whose values have an end, such as `State`."""

    time_to_live: float
    """Seconds that a value is kept after it was written; infinite for as long as the page is open."""

    delete_callback: Callable[[object], object] | None


def expiring(components: Iterable[Component]) -> tuple[Component, ...]:
    """Give those whose values have an end."""
    return tuple(component for component in components if isinstance(component, ExpiringValue))


class ExpiringValues:
    """Watches over the perishable values of one session.

    A value that was dropped gives way to the initial one, which stays until something else is written.

    Args:
        values: The session's values.
        components: The perishable ones, which are looked after.
        start: Runs a coroutine in the background of the session.
    """

    def __init__(
        self, values: Values, components: Sequence[Component], start: Callable[[Coroutine[Any, Any, None]], object]
    ) -> None:
        self._values = values
        self._components: dict[int, Component] = {}
        self._start = start
        self._loop = asyncio.get_running_loop()
        self._written_at: dict[int, float] = {}
        self._timers: dict[int, asyncio.TimerHandle] = {}
        if components:
            self.enter(components)

    def enter(self, components: Iterable[Component]) -> None:
        """Look after further components; one that was there before goes on."""
        for component in components:
            is_new = component.id not in self._components
            self._components[component.id] = component
            if is_new and _kind(component).time_to_live < math.inf:
                self._values.watch(component.id, self._note)
                self._note(component.id)

    def leave(self, numbers: Iterable[int]) -> None:
        """Let the callbacks see the values of some components go, and look after them no longer."""
        for number in numbers:
            component = self._components.pop(number, None)
            if component is None:
                continue
            if (timer := self._timers.pop(number, None)) is not None:
                timer.cancel()
            self._start(_deleted(component, self._values[number]))

    def close(self) -> None:
        """Drop nothing any more by itself."""
        for timer in self._timers.values():
            timer.cancel()

    async def delete_all(self) -> None:
        """Let the callbacks see the values go, at the end of the session."""
        self.close()
        for component in self._components.values():
            await _deleted(component, self._values[component.id])

    def _note(self, number: int) -> None:
        self._written_at[number] = self._loop.time()
        if number not in self._timers:
            self._watch(self._components[number])

    def _watch(self, component: Component) -> None:
        due = self._due(component)
        if due > self._loop.time():
            self._timers[component.id] = self._loop.call_at(due, self._watch, component)
        else:
            self._start(self._expire(component))

    def _due(self, component: Component) -> float:
        return self._written_at[component.id] + _kind(component).time_to_live

    async def _expire(self, component: Component) -> None:
        new = await initial_value(component)
        if component.id not in self._components:  # a render has declared something else meanwhile
            return
        if self._due(component) > self._loop.time():  # written meanwhile
            self._watch(component)
            return
        old = self._values[component.id]
        self._values.write(component.id, new)
        del self._timers[component.id]
        await _deleted(component, old)


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
