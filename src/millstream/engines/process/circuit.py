"""When a worker process that died is replaced, and when that is no use any more: pure, with the clock passed in."""

from __future__ import annotations

from collections import deque
from typing import Final

DELAYS_S: Final = (0.0, 0.1, 0.3, 1.0, 3.0)
"""The delay of a replacement in seconds, by the number of deaths before it in `RECENT_S`."""

RECENT_S: Final = 10.0

WINDOW_S: Final = 60.0
"""Deaths that are longer ago do not count."""

MOST_DEATHS: Final = 10
"""Deaths within the window at which the circuit opens."""

OPEN_S: Final = (5.0, 10.0, 30.0)
"""The time for which the circuit is open, in seconds, by how often it has opened without a call that went well."""


class Circuit:
    """Counts the deaths of worker processes of one cause: the calls of one handler, or their set-up.

    It opens when they die again and again: then nothing is tried for a while, and the next death opens it for longer.
    What goes well closes it.
    """

    def __init__(self) -> None:
        self._deaths: deque[float] = deque(maxlen=MOST_DEATHS)
        self._opened = 0
        self._until = 0.0

    def died(self, now: float) -> None:
        """Count a death."""
        self._deaths.append(now)
        is_trial = self._opened > 0 and now >= self._until
        if is_trial or (self._since(now - WINDOW_S) >= MOST_DEATHS and now >= self._until):
            self._until = now + OPEN_S[min(self._opened, len(OPEN_S) - 1)]
            self._opened += 1

    def served(self) -> None:
        """Note that a process has done what they died of."""
        if self._opened:
            self._opened, self._until = 0, 0.0
            self._deaths.clear()

    def is_open(self, now: float) -> bool:
        """True while calls are refused."""
        return now < self._until

    def is_on_trial(self, now: float) -> bool:
        """True while it is not known whether a new process lives: one is enough to find out."""
        return self._opened > 0 and not self.is_open(now)

    def delay_s(self, now: float) -> float:
        """Give how long the next process has to wait before it is started."""
        if self.is_open(now):
            return self._until - now
        return DELAYS_S[min(max(self._since(now - RECENT_S) - 1, 0), len(DELAYS_S) - 1)]

    def _since(self, begin: float) -> int:
        return sum(death > begin for death in self._deaths)
