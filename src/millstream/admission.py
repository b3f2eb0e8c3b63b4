"""Slots of one app and the queues for them: pure data, with the time passed in.

Streams and ordinary runs take a `Ticket` under a key (a concurrency id). Each key has slots of its own, so that open
streams of one event never hold up another. Within a key visitors have slots in turn, first come, first served:
see `FairQueue`. However many wait, no operation looks at all of them, but `standings` while it is drawn from.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Final, NamedTuple, TypeVar, cast

from millstream.errors import Busy
from millstream.slot_group import SlotGroup, Standing, duration_of
from millstream.tickets import Ask, SlotDeadlines, Ticket, TicketState

T = TypeVar("T")

SMOOTHING: Final = 0.2
"""Weight of the newest duration in the mean from which waiting times are estimated."""

RECHECK_S: Final = 1.0
"""How often a slot whose visitor is away is looked at, to see whether somebody waits for it."""


class Expiry(NamedTuple):
    """The slots whose time was up, and what became of them.

    `extended` go on with a fresh limit, as nobody waits. `expiring` must be given up: finish the running call, then
    `rejoin` (or `leave`).
    """

    extended: list[Ticket]
    expiring: list[Ticket]


class Admission:
    """All slots and queues of one app.

    Args:
        max_waiting: How many tickets may wait, over all keys; `None` for no bound.
        max_waiting_each: How many of them may be of one visitor; `None` for no bound.
    """

    def __init__(self, max_waiting: int | None = None, max_waiting_each: int | None = None) -> None:
        self._max_waiting = math.inf if max_waiting is None else max_waiting
        self._max_waiting_each = math.inf if max_waiting_each is None else max_waiting_each
        self._groups: dict[str, SlotGroup] = {}
        self._waiting: Counter[str] = Counter()
        self._deadlines = SlotDeadlines()
        self._numbers = count(1)
        self._arrivals = count(1)
        self.waiting = 0
        """How many tickets wait, over all keys."""

    def join(self, ask: Ask, now: float) -> Ticket:
        """Ask for a slot: the ticket runs at once if one is free, else it waits.

        Raises:
            Busy: It would have to wait, and as many wait already as may, or as many of this visitor.
            ValueError: The limit is below 1.
        """
        if ask.limit is not None and ask.limit < 1:
            many = "at least 1, or None for any number"
            raise ValueError(f"concurrency limit of {ask.key!r} is {ask.limit}, but must be {many}")
        group = self._groups.get(ask.key)
        if group is None:
            group = self._groups[ask.key] = SlotGroup()
        if ask.limit is not None and ask.limit < group.limit:
            group.limit = ask.limit
        is_free = len(group.holding) < group.limit  # then nobody waits, but for those who are away
        if not (is_free or ask.is_exempt):
            self._check_room(ask.visitor)
        ticket = Ticket(next(self._numbers), ask)
        if is_free:
            self._give_slot(group, ticket, now)
        else:
            self._wait(group, ticket)
        return ticket

    def leave(self, ticket: Ticket, now: float) -> list[Ticket]:
        """End a ticket for good, whether it waits or runs; one that has ended is left alone.

        Returns:
            The tickets that run now because of it.
        """
        if ticket.state is TicketState.ENDED:
            return []
        group = self._groups[ticket.ask.key]
        if ticket.state is TicketState.WAITING:
            group.waiting.remove(ticket)
            self._stop_waiting(group, ticket)
        else:
            self._free_slot(group, ticket, now)
        ticket.state = TicketState.ENDED
        return self._admit(group, now) if group.waiting.size else []

    def rejoin(self, ticket: Ticket, now: float) -> list[Ticket]:
        """Give up the slot and go to the back of the queue, behind other tickets of the visitor, however many wait.

        Returns:
            The tickets that run now because of it; `ticket` itself if nobody else wants the slot.

        Raises:
            ValueError: The ticket has no slot.
        """
        if not ticket.has_slot:
            raise ValueError(f"only a ticket with a slot can rejoin, this one is {ticket.state.value}")
        group = self._groups[ticket.ask.key]
        self._free_slot(group, ticket, now)
        self._wait(group, ticket)
        return self._admit(group, now)

    def step_aside(self, ticket: Ticket, now: float) -> None:
        """Let others go first, as the visitor is away.

        Who waits keeps the position and is passed over; a slot is given up as soon as somebody waits for it, as if its
        time were up.
        """
        if ticket.is_waiting and not ticket.is_away:
            self._groups[ticket.ask.key].away += 1
        ticket.is_away = True
        if ticket.is_running:
            self._deadlines.set(ticket, now)

    def step_up(self, ticket: Ticket, now: float) -> list[Ticket]:
        """Let others go first no longer: the visitor is back. A slot is extended, as nobody has wanted it.

        Returns:
            The tickets that run now because of it.
        """
        is_away, ticket.is_away = ticket.is_away, False
        if is_away and ticket.is_running:
            self._deadlines.forget(ticket)
            if ticket.ask.time_limit is not None:
                self._deadlines.set(ticket, now + ticket.ask.time_limit)
        if not (is_away and ticket.is_waiting):
            return []
        group = self._groups[ticket.ask.key]
        group.away -= 1
        return self._admit(group, now)

    def linger(self, ticket: Ticket, until: float) -> None:
        """Note that only a call that does not end holds the slot any more, which it gives up (`leave`) by `until`.

        Raises:
            ValueError: The ticket has no slot.
        """
        if not ticket.has_slot:
            raise ValueError(f"only a ticket with a slot can linger, this one is {ticket.state.value}")
        self._groups[ticket.ask.key].expiring -= ticket.state is TicketState.EXPIRING
        if ticket.deadline is not None:
            self._deadlines.forget(ticket)
        ticket.state, ticket.deadline = TicketState.LINGERING, until

    def expire(self, now: float) -> Expiry:
        """Look at all slots whose time is up: as many as those who wait need end, the others are extended."""
        expiry = Expiry([], [])
        for ticket in self._deadlines.take(now):
            if self._groups[ticket.ask.key].expire(ticket):
                expiry.expiring.append(ticket)
            elif ticket.is_away:
                self._deadlines.set(ticket, now + RECHECK_S)
            else:
                self._deadlines.set(ticket, now + cast("float", ticket.ask.time_limit))
                expiry.extended.append(ticket)
        return expiry

    def next_deadline(self) -> float | None:
        """Return when `expire` should be called next; `None` if no slot has a limit."""
        return self._deadlines.next()

    def restore(self, ticket: Ticket, now: float) -> bool:
        """Take in a ticket of an earlier queue as it was: with its slot, even beyond the limit, or where it waited.

        Those that waited come in the order of their turns, the tickets of one visitor in that of their arrivals, and
        before any that joins. Nobody is admitted until `resume`. The ticket's times are those of this queue.

        Returns:
            Whether more slots are taken than there are.
        """
        group = self._groups.setdefault(ticket.ask.key, SlotGroup())
        group.lower(ticket.ask.limit)
        if not ticket.has_slot:
            self._wait(group, ticket, is_restored=True)
            return False
        group.holding[ticket] = None
        group.expiring += ticket.state is TicketState.EXPIRING
        deadline, ticket.deadline = ticket.deadline, None
        if ticket.is_running and deadline is not None:
            self._deadlines.set(ticket, deadline)
        return len(group.holding) > group.limit

    def resume(self, limits: Mapping[str, int], now: float) -> list[Ticket]:
        """Begin to admit those who were restored.

        Args:
            limits: The lowest that were given for keys before; they still hold.
            now: The time.

        Returns:
            The tickets that run now.
        """
        for key, limit in limits.items():
            self._groups.setdefault(key, SlotGroup()).lower(limit)
        return [ticket for group in self._groups.values() for ticket in self._admit(group, now)]

    def position(self, ticket: Ticket) -> int:
        """Count from 1 where a ticket waits; 0 if it does not wait."""
        return self._groups[ticket.ask.key].waiting.index(ticket) + 1 if ticket.is_waiting else 0

    def standing(self, ticket: Ticket, now: float) -> Standing:
        """Return position and estimate of one ticket without a look at the others; the estimate may be too long.

        It is as exact as `standings` where all slots of the key last equally long; see there for more on estimates.
        Where a visitor waits more than once, others may still go before all tickets but the first.
        """
        position = self.position(ticket)
        return Standing(ticket, position, self._groups[ticket.ask.key].estimate(position, now) if position else 0.0)

    def standings(self, key: str, now: float) -> Iterator[Standing]:
        """Give position and estimate of all who wait under `key`, first one first, in one pass.

        An estimate is an upper bound if all that matter have a time limit. Runs are expected to take as long as the
        smoothed mean of those that ended. Of what is open-ended nothing is known, nor of what depends on it: `None`.

        The pass may be drawn from bit by bit while others come and go: positions are those of the moment, estimates
        count from `now`.
        """
        group = self._groups.get(key)
        if group is not None:
            yield from group.standings(now)

    def _check_room(self, visitor: str) -> None:
        if self.waiting >= self._max_waiting:
            raise Busy("The app is busy: too many people are waiting. Try again in a moment.")
        if self._waiting[visitor] >= self._max_waiting_each:
            raise Busy("Too many of your requests are waiting already. Try again when some of them are done.")

    def _wait(self, group: SlotGroup, ticket: Ticket, *, is_restored: bool = False) -> None:
        """Put a ticket at the back of the queue, or where it was in an earlier one."""
        if is_restored:
            self._arrivals = count(max(next(self._arrivals), ticket.arrival + 1))
            group.waiting.restore(ticket)
        else:
            ticket.state, ticket.arrival = TicketState.WAITING, next(self._arrivals)
            group.waiting.add(ticket)
        group.durations[duration_of(ticket)] += 1
        group.away += ticket.is_away
        self.waiting += 1
        self._waiting[ticket.ask.visitor] += 1

    def _stop_waiting(self, group: SlotGroup, ticket: Ticket) -> None:
        _count_down(group.durations, duration_of(ticket))
        group.away -= ticket.is_away
        self.waiting -= 1
        _count_down(self._waiting, ticket.ask.visitor)

    def _admit(self, group: SlotGroup, now: float) -> list[Ticket]:
        """Give the slots that are free to those in front who are there."""
        admitted = []
        while group.waiting.size > group.away and len(group.holding) < group.limit:
            ticket = next(ticket for ticket in group.waiting if not ticket.is_away)
            group.waiting.take(ticket)
            self._stop_waiting(group, ticket)
            self._give_slot(group, ticket, now)
            admitted.append(ticket)
        return admitted

    def _give_slot(self, group: SlotGroup, ticket: Ticket, now: float) -> None:
        group.holding[ticket] = None
        ticket.state, ticket.began = TicketState.RUNNING, now
        ticket.slots += 1
        if ticket.ask.time_limit is not None:
            self._deadlines.set(ticket, now + ticket.ask.time_limit)

    def _free_slot(self, group: SlotGroup, ticket: Ticket, now: float) -> None:
        del group.holding[ticket]
        group.expiring -= ticket.state is TicketState.EXPIRING
        if ticket.ask.time_limit is None and not ticket.ask.is_open_ended:
            taken_s = now - ticket.began
            group.mean_s = taken_s if group.mean_s is None else group.mean_s + SMOOTHING * (taken_s - group.mean_s)
        if ticket.deadline is not None:
            self._deadlines.forget(ticket)


def _count_down(counter: Counter[T], key: T) -> None:
    """Take one off, and forget who is at zero."""
    counter[key] -= 1
    if not counter[key]:
        del counter[key]
