"""An event loop on virtual time: nothing sleeps, the clock jumps to the next timer when nothing else can happen."""

from __future__ import annotations

import asyncio
import math
import selectors
from collections.abc import Callable, Mapping
from typing import Any, Final

from millstream import run_in_thread

GLANCE_S: Final = 0.02
"""Real seconds between two looks at a thread that works."""


class Deadlock(RuntimeError):
    """Everything waits, no timer is set and no thread works: nothing can ever happen again."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """An asyncio loop whose `time()` begins at 0 and passes only when everything waits, and then at once.

    While a thread works the clock stands still; `watch` tells the loop how to find out. Real sockets are served, but
    do not hold up the clock.
    """

    def __init__(self) -> None:
        self._selector = _Selector(self)
        self._virtual_time = 0.0
        self._watched: list[Callable[[], bool]] = []
        super().__init__(self._selector)
        # No timer fires before its time, not even by a rounding error: what looks at the clock then would set it again
        # and again, and time would never pass.
        self._clock_resolution = 0.0

    def time(self) -> float:
        """Seconds since the loop was made, of virtual time."""
        return self._virtual_time

    def watch(self, is_busy: Callable[[], bool]) -> None:
        """Let the clock stand still as long as `is_busy()`."""
        self._watched.append(is_busy)

    @property
    def is_held(self) -> bool:
        """True if something outside of the loop works for it."""
        return run_in_thread.pending(self) > 0 or any(is_busy() for is_busy in self._watched)

    def jump(self, seconds: float) -> None:
        """Let time pass: at least the least that a float can tell."""
        self._virtual_time = math.nextafter(self._virtual_time + seconds, math.inf)


class _Selector(selectors.BaseSelector):
    """Looks for real events without waiting for them; if there are none, time passes instead."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self._real = selectors.DefaultSelector()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout <= 0:
            self._loop.jump(0.0)
            return self._real.select(0)
        events = self._real.select(0)
        while not events and self._loop.is_held:
            events = self._real.select(GLANCE_S)
        events = events or self._real.select(0)
        if not events:
            if timeout is None:
                raise Deadlock("everything waits for something that cannot happen")
            self._loop.jump(timeout)
        return events

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.modify(fileobj, events, data)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._real.get_map()

    def close(self) -> None:
        self._real.close()
