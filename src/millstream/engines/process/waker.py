"""Wakes a thread that waits for descriptors."""

from __future__ import annotations

import os
import threading


class Waker:
    """A pipe: a thread polls its `reader` beside its other descriptors, and others wake it."""

    def __init__(self) -> None:
        self.reader, self._writer = os.pipe()
        self._is_closed = False
        self._lock = threading.Lock()  # what is written after the end could reach a file that has the same number
        for end in (self.reader, self._writer):
            os.set_blocking(end, False)

    def wake(self) -> None:
        """Wake the thread; nothing once it is closed."""
        with self._lock:
            if self._is_closed:
                return
            try:
                os.write(self._writer, b"!")
            except BlockingIOError:
                return  # it is awake for many reasons already

    def clear(self) -> None:
        """Forget that it was woken, however often; called by the thread."""
        os.read(self.reader, 4096)

    def close(self) -> None:
        """Let go of the descriptors."""
        with self._lock:
            self._is_closed = True
            for end in (self.reader, self._writer):
                os.close(end)
