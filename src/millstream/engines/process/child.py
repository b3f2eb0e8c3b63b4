"""The operating system's side of a worker process: its start, its connections, its shared memory and its end."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
from collections.abc import Sequence
from typing import Final

from millstream.engines.process.messages import Control, control_bytes
from millstream.engines.process.segment import Part, Segment, open_segment
from millstream.engines.process.wire import receive, send, unpacked

EXIT_S: Final = 1.0
"""The time that a process may take to end once its connections are closed."""


class Child:
    """A child process that runs `main`. One thread starts it, speaks to it and closes it, and has to live as long.

    Raises:
        OSError: The system has no process, descriptor or memory left.
    """

    def __init__(self) -> None:
        theirs: list[int] = []
        self._sock, self._control = _connected(theirs), _connected(theirs)
        self._control.setblocking(False)  # it is the loop that sends
        self._requests, self._replies = _shared(theirs), _shared(theirs)
        code = (
            f"import sys; sys.path[:] = {sys.path!r}; "
            f"from millstream.engines.process.main import main; main({os.getpid()}, {', '.join(map(str, theirs))})"
        )
        try:
            # In a session of its own it gets no Ctrl-C from the terminal: the server says when it ends.
            self._popen = subprocess.Popen(  # noqa: S603 - this very Python, and a program of ours
                [sys.executable, "-c", code], stdin=subprocess.DEVNULL, pass_fds=theirs, start_new_session=True
            )
        except OSError:
            self._let_go()
            raise
        finally:
            for descriptor in theirs:
                os.close(descriptor)

    @property
    def pid(self) -> int:
        """Its number in the system."""
        return self._popen.pid

    def send(self, parts: Sequence[Part], *, is_answered: bool) -> None:
        """Send a message; only one that is answered may go through shared memory.

        Raises:
            OSError: It is dead.
        """
        send(self._sock, parts, self._requests if is_answered else None)

    def receive(self) -> object:
        """Wait for a message.

        Raises:
            EOFError, OSError: It is dead.
            InvalidValue: The message cannot be read.
        """
        return unpacked(receive(self._sock, self._replies))

    def wait(self, wake: int | None = None, wait_s: float | None = None) -> bool:
        """Wait for a message to be received; gives whether there is one.

        Args:
            wake: A descriptor; waiting ends when it can be read.
            wait_s: The longest wait; `None` for any.
        """
        poll = select.poll()  # `select()` knows only the first 1024 descriptors
        for descriptor in (self._sock.fileno(), wake):
            if descriptor is not None:
                poll.register(descriptor, select.POLLIN)
        ready = poll.poll(None if wait_s is None else wait_s * 1000)
        return any(descriptor == self._sock.fileno() for descriptor, _ in ready)

    def tell(self, control: Control, worker: int) -> None:
        """Tell it something at once, also while it is busy; in any thread."""
        try:
            self._control.send(control_bytes(control, worker))
        except OSError:
            return  # it is dead, or so stuck that it does not read: its end is near in both cases

    def kill(self) -> None:
        """End it at once; in any thread."""
        self._popen.kill()

    def close(self) -> int:
        """Close the connections, wait for its end, and see to that; gives its exit code."""
        self._let_go()
        try:
            return self._popen.wait(EXIT_S)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            return self._popen.wait()

    def _let_go(self) -> None:
        for end in (self._sock, self._control, self._requests, self._replies):
            end.close()


def _connected(theirs: list[int]) -> socket.socket:
    """Give our end of a connection; their descriptor is added to the list."""
    ours, other = socket.socketpair()
    theirs.append(other.detach())
    return ours


def _shared(theirs: list[int]) -> Segment:
    theirs.append(open_segment())
    return Segment(os.dup(theirs[-1]))
