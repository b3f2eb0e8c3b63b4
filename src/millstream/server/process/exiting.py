"""Ends of the process that wait for nothing, and their exit codes."""

from __future__ import annotations

import logging
import os
import sys
from typing import Final, NoReturn

logger = logging.getLogger("millstream")

EXIT_BLOCKED: Final = 70
"""Exit code of a process whose event loop was blocked and could not be freed (`EX_SOFTWARE` of sysexits.h)."""

EXIT_ABANDONED: Final = 75
"""Exit code of a process with a handler that did not return in time (`EX_TEMPFAIL` of sysexits.h)."""


def leave(code: int, sentence: str = "") -> NoReturn:
    """End the process now, whatever is still running in it; `sentence` is logged."""
    if sentence:
        logger.error("%s", sentence)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, RuntimeError):
            continue  # closed, or in use by the very code that a signal interrupted
    os._exit(code)


def leave_abandoned(names: list[str]) -> NoReturn:
    """End the process although these handlers are running."""
    culprits = ", ".join(names) or "a handler that blocks the server"
    leave(EXIT_ABANDONED, f"Ended without waiting any longer for: {culprits}.")
