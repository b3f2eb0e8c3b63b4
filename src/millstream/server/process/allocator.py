"""The memory of this process that nobody uses any more: how little of it the C library keeps.

glibc has an arena for each thread that works at the same time as others, up to eight for each core. What lies free at
the end of one stays there, up to twice the largest frame that was ever freed, and nothing but the arena's next thread
gets it. A server that was crowded once would hold that for good, in each arena. With few arenas, whose free pages are
given back when nothing is at work, it comes down to what it had. Other C libraries are left alone.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Mapping
from typing import Final

ARENAS: Final = 2
"""Threads of Python seldom allocate at the same time, and then for a microsecond."""

_M_ARENA_MAX: Final = -8
"""`M_ARENA_MAX` of malloc.h."""


def bound_arenas(environment: Mapping[str, str] = os.environ) -> None:
    """Bound the number of arenas of this process, unless its operator has: see `mallopt(3)`.

    To be called before many threads have worked, in a process that is the server's own.
    """
    is_set = "MALLOC_ARENA_MAX" in environment or "arena_max" in environment.get("GLIBC_TUNABLES", "")
    if (mallopt := _function("mallopt")) is not None and not is_set:
        mallopt(_M_ARENA_MAX, ARENAS)


def give_back() -> None:
    """Give free pages back to the system. Takes milliseconds, in which who allocates may wait: not on the loop."""
    if (trim := _function("malloc_trim")) is not None:
        trim(0)


def _function(name: str) -> Callable[..., int] | None:
    """Find a function of glibc's own; `None` if this process has another C library."""
    if sys.platform != "linux":
        return None
    found: Callable[..., int] | None = getattr(ctypes.CDLL(None), name, None)
    return found
