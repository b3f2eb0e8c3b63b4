"""Messages and progress of a handler on their way to the server: so much at a time as is taken there."""

from __future__ import annotations

import threading
from collections.abc import Callable

from millstream.engines.process.messages import Report, ShownProgress
from millstream.engines.thread import Notices
from millstream.jobs import Advance, Notice


class Reporter:
    """Sends the messages and the progress of the handlers of one worker, in whatever thread they say it.

    The next report goes when the last one has been seen: a million steps cost the server no more than it can show.

    Args:
        worker: The worker's number.
        send: Sends a report.
    """

    def __init__(self, worker: int, send: Callable[[Report], None]) -> None:
        self._worker, self._send = worker, send
        self._lock = threading.Lock()
        self._notices = Notices()
        self._has_notices = self._is_unseen = False
        self._advance: Advance | None = None

    def notify(self, said: Notice | Advance) -> None:
        """Send something, or keep it until the last report was seen."""
        with self._lock:
            if isinstance(said, Notice):
                self._notices.put(said)
                self._has_notices = True
            else:
                self._advance = said
            if self._is_unseen:
                return
            self._is_unseen = True
        self.flush()

    def seen(self) -> None:
        """Send what was said meanwhile."""
        with self._lock:
            if not self._has_notices and self._advance is None:
                self._is_unseen = False
                return
        self.flush()

    def flush(self) -> None:
        """Send what there is: nothing said in a call comes after its result."""
        with self._lock:
            if not self._has_notices and self._advance is None:
                return
            notices, advance = tuple(self._notices.take()), self._advance
            self._has_notices, self._advance = False, None
            progress = None if advance is None else ShownProgress(advance.call, advance.levels())
            self._send(Report(self._worker, notices, progress))
