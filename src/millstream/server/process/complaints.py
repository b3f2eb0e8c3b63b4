"""What a visitor's act makes us log: one short line, and not as often as they like."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable
from typing import Final

logger = logging.getLogger("millstream")

EVERY_S: Final = 60.0
"""The same is said once in so many seconds, with how often it was not."""

MAX_LINE: Final = 200
MAX_SUBJECTS: Final = 200
"""Different things that are told apart; beyond them all count as one."""


class VisitorLog:
    """Says things of which visitors can cause any number, each at most once a minute.

    Args:
        clock: Seconds on a monotonic clock.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._said: dict[str, tuple[float, int]] = {}

    def say(self, subject: str, line: str) -> None:
        """Log a line, unless one on the same subject was logged within the last minute."""
        more = self._count(subject)
        if more is not None:
            suffix = f" ({more} times more since it was last said)" if more else ""
            logger.warning("%s%s", printable(line)[: MAX_LINE - len(suffix)], suffix)

    def failed(self, sentence: str, error: BaseException) -> None:
        """Log an exception that ended something, as one line.

        The first time it comes with its traceback, since somebody has to mend it, unless it is an `OSError`, for
        which the outside world is to blame.
        """
        place = traceback.extract_tb(error.__traceback__)[-1:]
        where = f"{place[0].name}:{place[0].lineno}" if place else ""
        subject = f"{type(error).__name__} {where}"
        is_new = subject not in self._said and len(self._said) < MAX_SUBJECTS
        if is_new and not isinstance(error, OSError):
            self._said[subject] = (self._clock(), 0)
            logger.error("%s.", printable(sentence), exc_info=error)
            return
        self.say(subject, f"{sentence} in {where}: {traceback.format_exception_only(error)[-1].strip()}")

    def _count(self, subject: str) -> int | None:
        """Give how often a subject was passed over since it was last said; `None` if it is not to be said now."""
        subject = subject if subject in self._said or len(self._said) < MAX_SUBJECTS else ""
        now = self._clock()
        at, passed = self._said.get(subject, (None, 0))
        if at is not None and now - at < EVERY_S:
            self._said[subject] = (at, passed + 1)
            return None
        self._said[subject] = (now, 0)
        return passed


def printable(text: str) -> str:
    """Make of any text one line of at most 200 characters without control characters."""
    escaped = "".join(char if char.isprintable() else repr(char)[1:-1] for char in text[: MAX_LINE * 2])
    return escaped.encode(errors="backslashreplace").decode()[:MAX_LINE]
