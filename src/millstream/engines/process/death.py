"""Why a worker process has ended, in words for the log and for the page."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, TypeAlias

Cause: TypeAlias = Literal["", "hang", "memory", "abandoned", "closed"]
"""Why the server has ended a process; empty if it did not."""

SIGNALS: Final[Mapping[str, str]] = {
    "SIGSEGV": "crashed with a segmentation fault (an error in a C extension)",
    "SIGABRT": "aborted (a failed check in a C extension)",
    "SIGBUS": "crashed with a bus error (memory that is not there)",
    "SIGFPE": "crashed with an arithmetic error in a C extension",
    "SIGILL": "crashed with an illegal instruction (a package for another CPU)",
    "SIGKILL": "was killed from outside, which is what happens if the machine runs out of memory",
}
"""By the names of signals, of which not every system has all."""


class Death(NamedTuple):
    """The end of a worker process.

    Attributes:
        code: Its exit code; the negative number of a signal.
        cause: Why the server ended it.
        bound: The bound that was exceeded: seconds, or bytes.
    """

    code: int
    cause: Cause = ""
    bound: float = 0.0

    @property
    def said(self) -> str:
        """The predicate of a sentence whose subject is the worker process."""
        match self.cause:
            case "hang":
                return f"gave no result for {self.bound:g} seconds and was ended (hang_after)"
            case "memory":
                return f"took more than {self.bound / 2**20:.0f} MiB of memory and was ended (worker_memory)"
            case "abandoned":
                return f"went on for {self.bound:g} seconds after its call was cancelled, and was ended (abandon_after)"
            case "closed":
                return "was ended, as the app is being stopped"
        if self.code >= 0:
            return f"ended itself with exit code {self.code}, as os._exit() does"
        try:
            number = signal.Signals(-self.code)
        except ValueError:
            return f"was ended by signal {-self.code}"
        return SIGNALS.get(number.name, f"was ended by {number.name}")
