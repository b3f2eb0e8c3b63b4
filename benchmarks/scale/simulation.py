"""The clock and the agenda of a simulation, and stations at which jobs are served in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count

Action = Callable[[], None]


class Simulation:
    """Actions in the order of their times; those of the same time in the order in which they were planned.

    Attributes:
        now: The time in seconds.
    """

    def __init__(self) -> None:
        self.now = 0.0
        self._agenda: list[tuple[float, int, Action]] = []
        self._order = count()

    def at(self, when: float, action: Action) -> None:
        """Plan an action; one of the past is done at once, in its turn."""
        heappush(self._agenda, (max(when, self.now), next(self._order), action))

    def after(self, seconds: float, action: Action) -> None:
        """Plan an action for so many seconds from now."""
        self.at(self.now + seconds, action)

    def run(self, until: float) -> None:
        """Let time pass."""
        while self._agenda and self._agenda[0][0] <= until:
            self.now, _, action = heappop(self._agenda)
            action()
        self.now = until


class Station:
    """So many servers and one queue: first come, first served.

    Args:
        simulation: Its clock.
        servers: How many jobs are served at once.
    """

    def __init__(self, simulation: Simulation, servers: int) -> None:
        self._simulation = simulation
        self._free = servers
        self._waiting: deque[tuple[float, Action]] = deque()

    def serve(self, seconds: float, done: Action) -> None:
        """Serve a job that takes so long, as soon as a server is free; `done` comes after it."""
        self._waiting.append((seconds, done))
        self._begin()

    def _begin(self) -> None:
        while self._free and self._waiting:
            seconds, done = self._waiting.popleft()
            self._free -= 1
            self._simulation.after(seconds, lambda done=done: self._end(done))  # type: ignore[misc]

    def _end(self, done: Action) -> None:
        self._free += 1
        done()
        self._begin()
