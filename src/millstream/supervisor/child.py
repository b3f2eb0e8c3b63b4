"""One process that the supervisor has started."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence

from millstream.supervisor.messages import Message, Start, receive, send


class SupervisedProcess:
    """A process in a session of its own, so that Ctrl-C in the terminal reaches the supervisor alone.

    Args:
        name: Its name in the log.
        command: The program and its arguments.
        theirs: A descriptor that it inherits.

    Raises:
        OSError: It cannot be started.
    """

    def __init__(self, name: str, command: Sequence[str], theirs: int | None = None) -> None:
        self.name = name
        self._began = time.monotonic()
        self._popen = subprocess.Popen(  # noqa: S603 - this very Python, and a program of ours or the user's own
            command,
            stdin=subprocess.PIPE,  # closed when the supervisor ends, which the broker notices
            pass_fds=() if theirs is None else (theirs,),
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """Its number in the system."""
        return self._popen.pid

    @property
    def lived_s(self) -> float:
        """Seconds since its start."""
        return time.monotonic() - self._began

    def exit_code(self) -> int | None:
        """Give its exit code, negative for the signal that has ended it; `None` while it runs."""
        return self._popen.poll()

    def terminate(self) -> None:
        """Ask it to end; asked twice it ends at once."""
        self._popen.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it now, with all processes that it has started."""
        try:
            os.killpg(self._popen.pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def wait(self, seconds: float) -> None:
        """Wait for its end.

        Raises:
            subprocess.TimeoutExpired: It has not ended by then.
        """
        self._popen.wait(seconds)

    def close(self) -> None:
        """Let go of it once it has ended."""
        if self._popen.stdin is not None:
            self._popen.stdin.close()
        self._popen.wait()


class GatewayProcess(SupervisedProcess):
    """A gateway, and the connection over which it reports that it serves.

    Args:
        start: What it is to do.
        listener: The listening socket; `None` if it is to open it.

    Attributes:
        is_serving: Whether it has reported that it serves.
        until: When it has to serve, or to have ended if it was asked to, on the monotonic clock; `None` for any time.
        seat: Its entry in the memory that all share.
        drain_s: Seconds that its drain may take, as reported; 0 until it serves.

    Raises:
        OSError: It cannot be started.
    """

    def __init__(self, start: Start, listener: socket.socket | None) -> None:
        self.connection, theirs = socket.socketpair()
        code = (
            f"import sys; sys.path[:] = {sys.path!r}; "
            f"from millstream.apps.gateway import main; sys.exit(main({theirs.fileno()}))"
        )
        with theirs:
            try:
                super().__init__(start.name, [sys.executable, "-c", code], theirs.fileno())
            except OSError:
                self.connection.close()
                raise
        self.is_serving = False
        self.until: float | None = None
        self.seat, self.drain_s = start.seat, 0.0
        self.tell(start, listener)

    def hear(self) -> tuple[Message, socket.socket | None]:
        """Take its next message.

        Raises:
            EOFError, OSError: It is gone.
        """
        return receive(self.connection)

    def tell(self, message: Message, along: socket.socket | None = None) -> None:
        """Say something to it; it may be gone, which is noticed elsewhere."""
        try:
            send(self.connection, message, along)
        except OSError:
            return

    def close(self) -> None:
        """Let go of it."""
        self.connection.close()
        super().close()
