"""Who may work now, who waits where, and for how long: pure data, with the time passed in.

Streams and ordinary runs take a `Ticket` under a key (a concurrency id). Each key has places of its own, so that open
streams of one event never hold up another. Within a key the order is first come, first served.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from heapq import heapify, heappop, heapreplace
from typing import Final, NamedTuple

from millstream.errors import Busy

SMOOTHING: Final = 0.2
"""Weight of the newest duration in the mean from which waiting times are estimated."""


class TicketState(Enum):
    """Where a ticket is. `EXPIRING` still holds its place, until `rejoin` or `leave`."""

    WAITING = "waiting"
    RUNNING = "running"
    EXPIRING = "expiring"
    ENDED = "ended"


@dataclass(eq=False, slots=True)
class Ticket:
    """One stream or run in the queue. Only `Admission` changes it.

    Attributes:
        key: The concurrency id whose places it uses.
        session: Who asked; for `leave_session`.
        time_limit: Seconds a turn lasts while others wait; `None` for as long as it likes.
        state: See `TicketState`.
        turns: How often it was admitted.
        began: When its present turn began; meaningless while it waits.
        deadline: When its present turn is up; `None` without a limit, and while it does not run.
    """

    key: str
    session: str
    time_limit: float | None
    state: TicketState = TicketState.WAITING
    turns: int = 0
    began: float = 0.0
    deadline: float | None = None

    @property
    def is_waiting(self) -> bool:
        return self.state is TicketState.WAITING

    @property
    def is_running(self) -> bool:
        return self.state is TicketState.RUNNING

    @property
    def has_place(self) -> bool:
        return self.state in (TicketState.RUNNING, TicketState.EXPIRING)


class Expiry(NamedTuple):
    """What became of the turns whose time was up.

    `extended` run on with a fresh limit, as nobody waits. `expiring` must give up their place: finish the running call,
    then `rejoin` (or `leave`).
    """

    extended: list[Ticket]
    expiring: list[Ticket]


class Standing(NamedTuple):
    """What a waiting user is told: `position` counts from 1, `estimate_s` is the expected wait, `None` if unknown."""

    ticket: Ticket
    position: int
    estimate_s: float | None


class Admission:
    """All places and queues of one app.

    Args:
        max_waiting: How many tickets may wait, over all keys; `None` for no bound.
    """

    def __init__(self, max_waiting: int | None = None) -> None:
        self._max_waiting = max_waiting
        self._groups: dict[str, _Group] = {}

    @property
    def waiting(self) -> int:
        """How many tickets wait, over all keys."""
        return sum(len(group.waiting) for group in self._groups.values())

    def join(self, key: str, limit: int | None, session: str, time_limit: float | None, now: float) -> Ticket:
        """Ask for one of the `limit` places (`None` for any number) of `key`.

        The ticket runs at once if a place is free, else it waits. The lowest limit ever given for a key holds.

        Raises:
            Busy: It would have to wait, and `max_waiting` tickets wait already.
            ValueError: `limit` is below 1.
        """
        if limit is not None and limit < 1:
            raise ValueError(f"concurrency limit of {key!r} is {limit}, but must be at least 1, or None for any number")
        group = self._groups.setdefault(key, _Group())
        group.restrict(limit)
        if not group.has_free_place and self._max_waiting is not None and self.waiting >= self._max_waiting:
            raise Busy("The app is busy: too many people are waiting. Try again in a moment.")
        ticket = Ticket(key, session, time_limit)
        group.waiting[ticket] = None
        group.admit(now)
        return ticket

    def leave(self, ticket: Ticket, now: float) -> list[Ticket]:
        """End a ticket for good, whether it waits or runs; one that has ended is left alone.

        Returns:
            The tickets that run now because of it.
        """
        if ticket.state is TicketState.ENDED:
            return []
        group = self._groups[ticket.key]
        group.remove(ticket, now)
        ticket.state, ticket.deadline = TicketState.ENDED, None
        return group.admit(now)

    def leave_session(self, session: str, now: float) -> list[Ticket]:
        """End all tickets of a session.

        Returns:
            The tickets of others that run now because of it.
        """
        ended = [ticket for group in self._groups.values() for ticket in group.tickets() if ticket.session == session]
        # Those that wait go first, or the place of one would be given to the next of the same session.
        ended.sort(key=lambda ticket: not ticket.is_waiting)
        return [admitted for ticket in ended for admitted in self.leave(ticket, now)]

    def rejoin(self, ticket: Ticket, now: float) -> list[Ticket]:
        """Give up the place and go to the back of the queue, whatever `max_waiting` is.

        Returns:
            The tickets that run now because of it; `ticket` itself if nobody else wants the place.

        Raises:
            ValueError: The ticket has no place.
        """
        if not ticket.has_place:
            raise ValueError(f"only a ticket with a place can rejoin, this one is {ticket.state.value}")
        group = self._groups[ticket.key]
        group.remove(ticket, now)
        ticket.state, ticket.deadline = TicketState.WAITING, None
        group.waiting[ticket] = None
        return group.admit(now)

    def expire(self, now: float) -> Expiry:
        """Look at all turns whose time is up: as many as are needed for those who wait end, the others are extended."""
        expiry = Expiry([], [])
        for group in self._groups.values():
            group.expire(now, expiry)
        return expiry

    def next_deadline(self) -> float | None:
        """Say when `expire` should be called next; `None` if no turn has a limit."""
        deadlines = (ticket.deadline for group in self._groups.values() for ticket in group.placed)
        return min((deadline for deadline in deadlines if deadline is not None), default=None)

    def position(self, ticket: Ticket) -> int:
        """Count from 1 where a ticket waits; 0 if it does not wait."""
        if not ticket.is_waiting:
            return 0
        return next(place for place, other in enumerate(self._groups[ticket.key].waiting, 1) if other is ticket)

    def estimate(self, ticket: Ticket, now: float) -> float | None:
        """Estimate how many seconds a ticket will still wait; `None` if that is unknown, 0 if it does not wait.

        An upper bound if all that matter have a time limit. The others are expected to take as long as the smoothed
        mean of those that ended.
        """
        if not ticket.is_waiting:
            return 0.0
        return next(standing.estimate_s for standing in self.standings(ticket.key, now) if standing.ticket is ticket)

    def standings(self, key: str, now: float) -> Iterator[Standing]:
        """Tell position and estimate of all who wait under `key`, first one first, in one pass."""
        group = self._groups.get(key)
        if group is not None:
            yield from group.standings(now)


@dataclass(slots=True)
class _Group:
    """The places and the queue of one key. The dictionaries are ordered sets."""

    limit: float = math.inf
    placed: dict[Ticket, None] = field(default_factory=dict)
    waiting: dict[Ticket, None] = field(default_factory=dict)
    mean_s: float | None = None

    @property
    def has_free_place(self) -> bool:
        return len(self.placed) < self.limit

    def tickets(self) -> list[Ticket]:
        return [*self.placed, *self.waiting]

    def restrict(self, limit: int | None) -> None:
        if limit is not None:
            self.limit = min(self.limit, limit)

    def admit(self, now: float) -> list[Ticket]:
        admitted = []
        while self.waiting and self.has_free_place:
            ticket = next(iter(self.waiting))
            del self.waiting[ticket]
            self.placed[ticket] = None
            ticket.state, ticket.began = TicketState.RUNNING, now
            ticket.turns += 1
            ticket.deadline = None if ticket.time_limit is None else now + ticket.time_limit
            admitted.append(ticket)
        return admitted

    def remove(self, ticket: Ticket, now: float) -> None:
        if ticket.is_waiting:
            del self.waiting[ticket]
            return
        del self.placed[ticket]
        if ticket.time_limit is None:
            taken = now - ticket.began
            self.mean_s = taken if self.mean_s is None else self.mean_s + SMOOTHING * (taken - self.mean_s)

    def expire(self, now: float, expiry: Expiry) -> None:
        due = [ticket for ticket in self.placed if ticket.deadline is not None and ticket.deadline <= now]
        due.sort(key=lambda ticket: ticket.deadline or 0.0)
        needed = len(self.waiting) - sum(ticket.state is TicketState.EXPIRING for ticket in self.placed)
        for ticket in due:
            if needed > 0:
                needed -= 1
                ticket.state, ticket.deadline = TicketState.EXPIRING, None
                expiry.expiring.append(ticket)
            else:
                ticket.deadline = now + (ticket.time_limit or 0.0)
                expiry.extended.append(ticket)

    def standings(self, now: float) -> Iterator[Standing]:
        """Play the queue forward: whoever is next gets the place that is free first, for one turn."""
        free_at = [self._remaining(ticket, now) for ticket in self.placed]
        heapify(free_at)
        while self.waiting and len(free_at) > self.limit:
            heappop(free_at)  # the limit was lowered while more were running: the first to go are not replaced
        for position, ticket in enumerate(self.waiting, 1):
            wait = free_at[0]
            heapreplace(free_at, wait + self._turn(ticket))
            yield Standing(ticket, position, wait if wait < math.inf else None)

    def _turn(self, ticket: Ticket) -> float:
        if ticket.time_limit is not None:
            return ticket.time_limit
        return math.inf if self.mean_s is None else self.mean_s

    def _remaining(self, ticket: Ticket, now: float) -> float:
        if ticket.state is TicketState.EXPIRING:
            return 0.0
        if ticket.deadline is not None:
            return max(ticket.deadline - now, 0.0)
        return max(self._turn(ticket) - (now - ticket.began), 0.0)
