"""Log lines that visitors can cause: each is short, and a bound limits their number."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable
from typing import Final

logger = logging.getLogger("millstream")

EVERY_S: Final = 60.0
"""Seconds between two lines on one subject; the second gives the number of those left out."""

MAX_LINE: Final = 200
MAX_SUBJECTS: Final = 200
"""The most subjects that are told apart; all others count as one."""


class VisitorLog:
    """Logs what visitors can cause any number of times, each subject at most once a minute.

    Args:
        clock: Seconds on a monotonic clock.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._said: dict[str, tuple[float, int]] = {}

    def say(self, subject: str, line: str) -> bool:
        """Log a line, unless one on the same subject was logged within the last minute; gives whether it was."""
        more = self._count(subject)
        if more is not None:
            suffix = f" ({more} more since this was last logged)" if more else ""
            logger.warning("%s%s", printable(line)[: MAX_LINE - len(suffix)], suffix)
        return more is not None

    def failed(self, sentence: str, error: BaseException) -> None:
        """Log an exception that nobody handled, as one line.

        The first time it comes with its traceback, for whoever has to fix it, unless it is an `OSError`, which is
        the outside world's fault.
        """
        origin = traceback.extract_tb(error.__traceback__)[-1:]
        where = f"{origin[0].name}:{origin[0].lineno}" if origin else ""
        subject = f"{type(error).__name__} {where}"
        is_new = subject not in self._said and len(self._said) < MAX_SUBJECTS
        if is_new and not isinstance(error, OSError):
            self._said[subject] = (self._clock(), 0)
            logger.error("%s.", printable(sentence), exc_info=error)
            return
        self.say(subject, f"{sentence} in {where}: {traceback.format_exception_only(error)[-1].strip()}")

    def _count(self, subject: str) -> int | None:
        """Count the lines left out on a subject since it was last logged; `None` if it is not to be logged now."""
        subject = subject if subject in self._said or len(self._said) < MAX_SUBJECTS else ""
        now = self._clock()
        at, passed = self._said.get(subject, (None, 0))
        if at is not None and now - at < EVERY_S:
            self._said[subject] = (at, passed + 1)
            return None
        self._said[subject] = (now, 0)
        return passed


def printable(text: str) -> str:
    """Turn any text into one line of at most 200 characters, without control characters."""
    escaped = "".join(char if char.isprintable() else repr(char)[1:-1] for char in text[: MAX_LINE * 2])
    return escaped.encode(errors="backslashreplace").decode()[:MAX_LINE]
