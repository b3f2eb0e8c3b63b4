"""Telling those who wait in a queue where they stand: neither too often, nor too many at once. Pure, but for `tell`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final, NamedTuple

from millstream.admission import Admission
from millstream.slot_group import Standing
from millstream.tickets import Ticket

ANNOUNCE_S: Final = 0.5
"""Those who wait hear of their position at most this often."""

SLICE: Final = 64
"""So many are told at once, those in front first; then the loop has other things to do."""

PAUSE_S: Final = 0.05
"""How long it has for them: a thousand people a second are told at most, whatever the length of the queue."""

NOTICEABLE_S: Final = 0.5
NOTICEABLE_SHARE: Final = 0.05
"""An expected wait that moves by less than this, or than this share of itself, is not worth a message."""


class _Told(NamedTuple):
    """The last thing that one who waits was told, when, and by when it is to expect a slot (`None`: unknown)."""

    at: float
    position: int
    due: float | None


class Announcements:
    """Tells those who wait where they stand when that has changed.

    Args:
        admission: Where they wait.
        tell: Tells the one with a ticket that it waits at a position (from 1), for about so many seconds more; `None`
            if that is unknown.

    Attributes:
        due: When `go_on` is to be called next; `None` if nothing has changed.
    """

    def __init__(self, admission: Admission, tell: Callable[[Ticket, int, float | None], None]) -> None:
        self._admission = admission
        self._tell_one = tell
        self._told: dict[Ticket, _Told] = {}
        self._stale: set[str] = set()
        self._rounds: dict[str, tuple[float, Iterator[Standing]]] = {}
        self._next_announcement: float | None = None
        self._next_slice: float | None = None
        self.due: float | None = None

    def stand_in_line(self, ticket: Ticket, now: float) -> None:
        """Tell one who begins to wait where it stands, and some time later all others who wait there."""
        self.moved(ticket.ask.key, now)
        self._tell(self._admission.standing(ticket, now), now, now)

    def moved(self, key: str, now: float) -> None:
        """Tell those who wait under `key` some time later that they have moved up."""
        self._stale.add(key)
        if self._next_announcement is None:
            self._next_announcement = now + ANNOUNCE_S
            self._set_due()

    def forget(self, ticket: Ticket) -> None:
        """Note that a ticket waits no longer, or that its page has heard nothing."""
        self._told.pop(ticket, None)

    def go_on(self, now: float) -> None:
        """Tell as many as are to be told by now."""
        if self._next_announcement is not None and self._next_announcement <= now:
            self._next_announcement = None
            self._announce(now)
        elif self._next_slice is not None and self._next_slice <= now:
            self._next_slice = None
            self._go_round(now)
        self._set_due()

    def close(self) -> None:
        """Tell nobody any more."""
        self._stale.clear()
        self._rounds.clear()
        self._next_announcement = self._next_slice = self.due = None

    def _set_due(self) -> None:
        dues = [due for due in (self._next_announcement, self._next_slice) if due is not None]
        self.due = min(dues) if dues else None

    def _announce(self, now: float) -> None:
        """Tell those in front at once, and begin to go round the others."""
        stale, self._stale = self._stale, set()
        for key in stale:
            standings = self._admission.standings(key, now)
            self._tell_some(key, now, standings, now)
            if key in self._rounds:
                self.moved(key, now)  # there is another round to be made after this one
            else:
                self._rounds[key] = now, standings
        if self._rounds and self._next_slice is None:
            self._next_slice = now + PAUSE_S

    def _go_round(self, now: float) -> None:
        """Tell the next slice of one key, then of another."""
        key = next(iter(self._rounds))
        began, standings = self._rounds.pop(key)
        if self._tell_some(key, began, standings, now):
            self._rounds[key] = began, standings
        if self._rounds:
            self._next_slice = now + PAUSE_S

    def _tell_some(self, key: str, began: float, standings: Iterator[Standing], now: float) -> bool:
        """Tell a slice; gives whether there may be more."""
        told = 0
        for standing in islice(standings, SLICE):
            told += 1
            if not self._tell(standing, began, now):
                self.moved(key, now)
        return told == SLICE

    def _tell(self, standing: Standing, began: float, now: float) -> bool:
        """Tell one who waits where it stands if that is news; gives whether it has been told all there is to say."""
        ticket, position, estimate_s = standing
        if ticket.is_away:
            return True  # it is told when it is back
        due = None if estimate_s is None else began + estimate_s
        told = self._told.get(ticket)
        if told is not None:
            if told.position == position and not _is_news(told.due, due, now):
                return True
            if now < told.at + ANNOUNCE_S:
                return False
        self._told[ticket] = _Told(now, position, due)
        self._tell_one(ticket, position, None if due is None else max(due - now, 0.0))
        return True


def _is_news(told: float | None, due: float | None, now: float) -> bool:
    """True if who was told to expect a slot at `told` has to hear that it comes at `due`: the page counts down."""
    if told is None or due is None:
        return told is not due
    return abs(due - told) > max(NOTICEABLE_S, NOTICEABLE_SHARE * (due - now))
