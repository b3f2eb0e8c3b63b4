"""The number of connections of each gateway, in memory that all share: new ones go to whoever has fewest."""

from __future__ import annotations

import mmap
import os
import struct
from pathlib import Path
from typing import Final

SEATS: Final = 1024
"""The most gateways at a time."""

_ENTRY: Final = struct.Struct("<I")
_FILE: Final = "loads"


class Loads:
    """One number for each gateway. Reading and writing is a memory access, without a lock.

    Args:
        folder: Where the file is that stands for the memory.
        seat: The entry of this gateway, 0 to 1023; its supervisor has none.
    """

    def __init__(self, folder: Path, seat: int | None = None) -> None:
        descriptor = os.open(folder / _FILE, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.ftruncate(descriptor, SEATS * _ENTRY.size)
            self._memory = mmap.mmap(descriptor, SEATS * _ENTRY.size)
        finally:
            os.close(descriptor)
        self._seat = seat

    def note(self, load: int) -> None:
        """Write how much this gateway has."""
        if self._seat is not None:
            _ENTRY.pack_into(self._memory, self._seat * _ENTRY.size, load + 1)

    def leave(self) -> None:
        """Count no more: this gateway takes no new connections."""
        if self._seat is not None:
            self.clear(self._seat)

    def clear(self, seat: int) -> None:
        """Empty the entry of a gateway that has gone."""
        _ENTRY.pack_into(self._memory, seat * _ENTRY.size, 0)

    def is_least(self, load: int) -> bool:
        """Return whether no other gateway has fewer connections than this one, which has `load`."""
        entries = _ENTRY.iter_unpack(self._memory[:])
        return all(not entry or entry > load for (entry,) in entries)  # an entry is a load and one

    def close(self) -> None:
        """Let go of the memory."""
        self._memory.close()
