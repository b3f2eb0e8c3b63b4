"""The memory of a process: what it takes, and how it is bounded from inside."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_STATM: Final = "/proc/{}/statm"


def resident_bytes(pid: int) -> int:
    """Give the memory that a process holds, in bytes; 0 where the system does not say."""
    try:
        return int(Path(_STATM.format(pid)).read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return 0


def bound_own_memory(most_bytes: int) -> None:
    """Have this process fail to get more memory than that: with a `MemoryError`, which is an error of one call.

    It bounds private data alone: address space that is only reserved, as CUDA does, does not count.
    """
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = most_bytes if hard == resource.RLIM_INFINITY else min(most_bytes, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (most, hard))
