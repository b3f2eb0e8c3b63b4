"""Shared memory for the messages of one direction: it has no name, so nothing is left of it, however its users end."""

from __future__ import annotations

import mmap
import os
import tempfile
from collections.abc import Sequence
from typing import Final, TypeAlias

Part: TypeAlias = bytes | bytearray | memoryview

KEPT_BYTES: Final = 16 * 1024 * 1024
"""The memory that is kept for the next message; what a larger one took beyond it is given back."""


def open_segment() -> int:
    """Open shared memory without a name, and give its descriptor, which the caller owns."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("millstream")
    with tempfile.TemporaryFile() as file:  # has no name from the start, or loses it at once
        return os.dup(file.fileno())


class Segment:
    """One end of shared memory.

    One side writes a message, and writes the next one when the other side has answered: so each is read in peace.

    Args:
        descriptor: From `open_segment`, in this process or in the one that started it.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._map: mmap.mmap | None = None

    def write(self, parts: Sequence[Part]) -> None:
        """Put the parts of a message behind each other."""
        size = sum(len(part) for part in parts)
        if os.fstat(self._descriptor).st_size < size:
            os.ftruncate(self._descriptor, size)
        view, at = self._mapped(size), 0
        for part in parts:
            view[at : at + len(part)] = part
            at += len(part)

    def read(self, sizes: Sequence[int]) -> list[bytearray]:
        """Copy the parts of a message out."""
        total = sum(sizes)
        parts, at = [], 0
        with memoryview(self._mapped(total)) as view:
            for size in sizes:
                parts.append(bytearray(view[at : at + size]))
                at += size
        if total > KEPT_BYTES and self._map is not None and hasattr(mmap, "MADV_REMOVE"):
            self._map.madvise(mmap.MADV_REMOVE, KEPT_BYTES)
        return parts

    def _mapped(self, size: int) -> mmap.mmap:
        if self._map is None or len(self._map) < size:
            if self._map is not None:
                self._map.close()
            self._map = mmap.mmap(self._descriptor, 0)
        return self._map

    def close(self) -> None:
        """Let go of it: the memory is free when the other side has done so, too."""
        if self._map is not None:
            self._map.close()
            self._map = None
        os.close(self._descriptor)
