"""The notes on one stream: its slots, results and gaps. Pure, with the time passed in."""

from __future__ import annotations

from collections import deque
from typing import Final

from millstream.load_testing.plan import AGES_KEPT, Outcome, VisitorFigures

WITH_SLOT: Final = frozenset({"running", "stopping"})


class StreamRecord:
    """The states and results of one stream; counts what falls between two moments.

    Args:
        opened: When the stream was asked for. All times are in seconds of one clock.
        since, until: The time that is measured.
    """

    def __init__(self, opened: float, since: float, until: float) -> None:
        self._since, self._until = since, until
        self._asked: float | None = opened
        self._running: float | None = None
        self._last = since
        self._running_s = self._longest_gap_s = 0.0
        self._results = 0
        self._ages: deque[float] = deque(maxlen=AGES_KEPT)
        self._waits: list[float] = []

    def state(self, state: str, now: float) -> None:
        """Note the state of the stream."""
        if state in WITH_SLOT and self._running is None:
            self._running = now
            self._last = self._bounded(now)
            if self._asked is not None:
                self._waits.append(now - self._asked)
                self._asked = None
        elif state not in WITH_SLOT and self._running is not None:
            self._rest(now)
            self._asked = now if state == "waiting" else None

    def result(self, now: float, age_s: float | None) -> None:
        """Note a result, and its age if that is known."""
        if not self._since <= now <= self._until:
            return
        self._results += 1
        if age_s is not None:
            self._ages.append(age_s)
        self._gap(now)

    def end(self, now: float, *, unsent: int = 0, refusal: str = "", failure: str = "") -> VisitorFigures:
        """Sum up.

        Args:
            now: The end.
            unsent: Frames that were due and not sent.
            refusal: Why the stream was refused; empty if it was not.
            failure: Why it broke off; empty if it did not.
        """
        if self._running is not None:
            self._rest(now)
        outcome: Outcome = "served" if self._waits else "waiting"
        if refusal or failure:
            outcome = "refused" if refusal else "failed"
        return VisitorFigures(
            outcome=outcome,
            reason=refusal or failure,
            running_s=self._running_s,
            results=self._results,
            unsent=unsent,
            longest_gap_s=self._longest_gap_s,
            ages_s=list(self._ages),
            waits_s=self._waits,
        )

    def _rest(self, now: float) -> None:
        """Note that there is no slot any more."""
        assert self._running is not None
        self._running_s += self._bounded(now) - self._bounded(self._running)
        self._gap(self._bounded(now))
        self._running = None

    def _gap(self, now: float) -> None:
        self._longest_gap_s = max(self._longest_gap_s, now - self._last)
        self._last = now

    def _bounded(self, now: float) -> float:
        return min(max(now, self._since), self._until)
