"""The bounds that engines keep on calls, and on the processes that take them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineLimits:
    """The bounds on calls; each engine keeps those that concern it.

    Attributes:
        abandon_s: How long a handler may go on after its worker was closed, before it is abandoned, or killed.
        hang_s: How long a worker process may take for a call without a result before it is killed; a set-up, also of
            the engine of threads, may take as long, and a minute at least.
        workers: The number of worker processes; `None` for one for each CPU, and at least two.
        standby: Whether a second process that has imported the app waits to replace the only worker process.
        worker_bytes: The memory that a worker process may take; `None` for any.
        recycle_calls: The number of calls after which a worker process is replaced; `None` for any.
        recycle_bytes: The memory of a worker process beyond which it is replaced between two calls; `None` for any.
    """

    abandon_s: float = 30.0
    hang_s: float = 300.0
    workers: int | None = None
    standby: bool = True
    worker_bytes: int | None = None
    recycle_calls: int | None = None
    recycle_bytes: int | None = None

    @property
    def set_up_s(self) -> float:
        """The bound on a set-up: weights may have to be fetched first, however little a call may take."""
        return max(self.hang_s, SET_UP_S)


SET_UP_S: Final = 60.0
"""The least that a set-up may take, in seconds."""

DEFAULT_LIMITS: Final = EngineLimits()
