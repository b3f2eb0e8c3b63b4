"""Wakes a thread that waits for descriptors."""

from __future__ import annotations

import os


class Waker:
    """A pipe: a thread polls its `reader` beside its other descriptors, and others wake it."""

    def __init__(self) -> None:
        self.reader, self._writer = os.pipe()
        self._is_closed = False
        for end in (self.reader, self._writer):
            os.set_blocking(end, False)

    def wake(self) -> None:
        """Wake the thread; nothing once it is closed."""
        if not self._is_closed:
            try:
                os.write(self._writer, b"!")
            except BlockingIOError:
                return  # it is awake for many reasons already

    def clear(self) -> None:
        """Forget that it was woken, however often; called by the thread."""
        os.read(self.reader, 4096)

    def close(self) -> None:
        """Let go of the descriptors."""
        self._is_closed = True
        for end in (self.reader, self._writer):
            os.close(end)
