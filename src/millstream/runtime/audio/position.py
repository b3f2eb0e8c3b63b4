"""Where the page is in a playback: what was sent, what of it the page has, and how much of that has been heard."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from millstream.errors import ProtocolError
from millstream.wire.messages import Played

RATES_HZ: Final = range(1, 1_000_000)
"""What a page may say of its sample rate."""


class PlaybackPosition:
    """Follows one playback: pure, but for the clock that is passed in.

    Args:
        now: Gives the time in seconds.

    Attributes:
        undecoded: Sequences of the last packets of files that the page has not decoded; their length is unknown.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._flying: deque[tuple[int, float]] = deque()
        self._report: Played | None = None
        self._reported_at = 0.0
        self._stopped_at: float | None = None
        self.undecoded: deque[int] = deque()

    @property
    def position_s(self) -> float:
        """Seconds heard at the last report of the page."""
        return self._report.played / self._report.rate if self._report is not None else 0.0

    @property
    def heard_s(self) -> float:
        """Seconds heard until now, or until it was stopped.

        What was heard since the page last said where it is, which it does ten times a second, is estimated; after
        `stop` the page says it exactly, and from then on that is the answer.
        """
        report = self._report
        if report is None or report.state != "playing":
            return self.position_s
        since_s = (self._now() if self._stopped_at is None else self._stopped_at) - self._reported_at
        return min(self.position_s + max(since_s, 0.0), report.samples / report.rate)

    @property
    def ahead_s(self) -> float:
        """Seconds sent but not yet heard, as far as their length is known here."""
        report = self._report
        held_s = (report.samples - report.played) / report.rate if report is not None else 0.0
        return held_s + sum(seconds for _, seconds in self._flying)

    @property
    def is_paused(self) -> bool:
        """True if the listener has paused it, or the browser waits for a tap."""
        return self._report is not None and self._report.state == "paused"

    @property
    def is_at_end(self) -> bool:
        """True if the page has said that all was heard."""
        return self._report is not None and self._report.state == "ended"

    def sent(self, sequence: int, seconds: float) -> None:
        """Note that the packet `sequence` was sent, which lasts so long."""
        self._flying.append((sequence, seconds))

    def stop(self) -> None:
        """Note that it was silenced now."""
        self._stopped_at = self._now()

    def report(self, message: Played, last: int) -> None:
        """Take note of where the page is; `last` is the sequence that was sent last.

        Raises:
            ProtocolError: It is nowhere in this playback.
        """
        if message.rate not in RATES_HZ or not 0 <= message.played <= message.samples:
            raise ProtocolError(f"playback {message.playback} cannot be at {message.played} of {message.samples}")
        if message.received > last:
            raise ProtocolError(f"packet {message.received} of playback {message.playback} was never sent")
        self._report, self._reported_at = message, self._now()
        while self._flying and self._flying[0][0] <= message.received:
            self._flying.popleft()
        while self.undecoded and self.undecoded[0] <= message.received:
            self.undecoded.popleft()
