"""Announces queue positions to those who wait: neither too often, nor to too many at once. Pure, but for `announce`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final, NamedTuple

from millstream.admission import Admission
from millstream.slot_group import Standing
from millstream.tickets import Ticket

ANNOUNCE_S: Final = 0.5
"""Seconds between two announcements to the same ticket, at least."""

SLICE: Final = 64
"""Announcements in a row, those in front first; then the loop has other things to do."""

PAUSE_S: Final = 0.05
"""Seconds between two slices: about a thousand announcements a second at most, whatever the length of the queue."""

NOTICEABLE_S: Final = 0.5
NOTICEABLE_SHARE: Final = 0.05
"""An expected wait that moves by less than this, or than this share of itself, is not worth a message."""


class _Announced(NamedTuple):
    """The last announcement to a ticket: when, its position, and when it is to expect a slot (`None`: unknown)."""

    at: float
    position: int
    due: float | None


class Announcements:
    """Announces queue positions when they have changed.

    Args:
        admission: Where they wait.
        announce: Called with a ticket, its position (from 1), and the seconds that it is expected to wait; `None` if
            that is unknown.

    Attributes:
        due: When `go_on` is to be called next; `None` if nothing has changed.
    """

    def __init__(self, admission: Admission, announce: Callable[[Ticket, int, float | None], None]) -> None:
        self._admission = admission
        self._announce_to = announce
        self._announced: dict[Ticket, _Announced] = {}
        self._stale: set[str] = set()
        self._rounds: dict[str, tuple[float, Iterator[Standing]]] = {}
        self._next_announcement: float | None = None
        self._next_slice: float | None = None
        self.due: float | None = None

    def stand_in_line(self, ticket: Ticket, now: float) -> None:
        """Announce to a ticket that begins to wait, and some time later to all others that wait there."""
        self.moved(ticket.ask.key, now)
        self._announce(self._admission.standing(ticket, now), now, now)

    def moved(self, key: str, now: float) -> None:
        """Announce to those who wait under `key`, some time later, that they have moved up."""
        self._stale.add(key)
        if self._next_announcement is None:
            self._next_announcement = now + ANNOUNCE_S
            self._set_due()

    def forget(self, ticket: Ticket) -> None:
        """Note that a ticket waits no longer, or that its page knows nothing of its position."""
        self._announced.pop(ticket, None)

    def go_on(self, now: float) -> None:
        """Make the announcements that are due."""
        if self._next_announcement is not None and self._next_announcement <= now:
            self._next_announcement = None
            self._begin_rounds(now)
        elif self._next_slice is not None and self._next_slice <= now:
            self._next_slice = None
            self._go_on_with_round(now)
        self._set_due()

    def close(self) -> None:
        """Announce nothing any more."""
        self._stale.clear()
        self._rounds.clear()
        self._next_announcement = self._next_slice = self.due = None

    def _set_due(self) -> None:
        dues = [due for due in (self._next_announcement, self._next_slice) if due is not None]
        self.due = min(dues) if dues else None

    def _begin_rounds(self, now: float) -> None:
        """Announce to those in front at once, and begin a round of the others."""
        stale, self._stale = self._stale, set()
        for key in stale:
            standings = self._admission.standings(key, now)
            self._announce_slice(key, now, standings, now)
            if key in self._rounds:
                self.moved(key, now)  # there is another round to be made after this one
            else:
                self._rounds[key] = now, standings
        if self._rounds and self._next_slice is None:
            self._next_slice = now + PAUSE_S

    def _go_on_with_round(self, now: float) -> None:
        """Announce to the next slice of one key; the next time, of another."""
        key = next(iter(self._rounds))
        began, standings = self._rounds.pop(key)
        if self._announce_slice(key, began, standings, now):
            self._rounds[key] = began, standings
        if self._rounds:
            self._next_slice = now + PAUSE_S

    def _announce_slice(self, key: str, began: float, standings: Iterator[Standing], now: float) -> bool:
        """Announce to the next slice; false if it was the last."""
        size = 0
        for standing in islice(standings, SLICE):
            size += 1
            if not self._announce(standing, began, now):
                self.moved(key, now)
        return size == SLICE

    def _announce(self, standing: Standing, began: float, now: float) -> bool:
        """Announce the position of a ticket if it is news; false if that has to wait, as the last one was just now."""
        ticket, position, estimate_s = standing
        if ticket.is_away:
            return True  # it is announced when its page is back
        due = None if estimate_s is None else began + estimate_s
        last = self._announced.get(ticket)
        if last is not None:
            if last.position == position and not _is_news(last.due, due, now):
                return True
            if now < last.at + ANNOUNCE_S:
                return False
        self._announced[ticket] = _Announced(now, position, due)
        self._announce_to(ticket, position, None if due is None else max(due - now, 0.0))
        return True


def _is_news(announced: float | None, due: float | None, now: float) -> bool:
    """True if the page, which counts down to `announced`, is off by so much that it has to learn of `due`."""
    if announced is None or due is None:
        return announced is not due
    return abs(due - announced) > max(NOTICEABLE_S, NOTICEABLE_SHARE * (due - now))
