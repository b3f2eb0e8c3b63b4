"""The pause before a process that has died is started again. Pure."""

from __future__ import annotations

from typing import Final

STEADY_S: Final = 10.0
"""A process that lived for so long is started again at once."""

FIRST_S: Final = 0.5
LONGEST_S: Final = 30.0


class RestartDelay:
    """Doubles from one early death to the next, beginning with the second one."""

    def __init__(self) -> None:
        self._early = 0

    def after(self, lived_s: float) -> float:
        """Seconds to wait after a process has lived for `lived_s`."""
        if lived_s >= STEADY_S:
            self._early = 0
        self._early += 1
        return 0.0 if self._early == 1 else min(FIRST_S * 2.0 ** (self._early - 2), LONGEST_S)
