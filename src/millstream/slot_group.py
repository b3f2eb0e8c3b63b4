"""The slots and the queue of one concurrency key, and how long those who wait there have to wait."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import heapify, heapreplace
from typing import NamedTuple

from millstream.fair_queue import FairQueue
from millstream.tickets import Ticket, TicketState


class Standing(NamedTuple):
    """Where a ticket waits: `position` counts from 1, `estimate_s` is the expected wait, `None` if unknown."""

    ticket: Ticket
    position: int
    estimate_s: float | None


@dataclass(slots=True)
class SlotGroup:
    """The slots and the queue of one key."""

    limit: float = math.inf
    holding: dict[Ticket, None] = field(default_factory=dict)
    """Those that have a slot: an ordered set."""
    waiting: FairQueue = field(default_factory=FairQueue)
    durations: Counter[float | None] = field(default_factory=Counter)
    """How many of those who wait take a slot for how long: see `duration_of`."""
    expiring: int = 0
    away: int = 0
    """How many of those who wait are passed over."""
    mean_s: float | None = None

    def lower(self, limit: int | None) -> None:
        """Note a number of slots, which counts if it is the lowest so far."""
        if limit is not None and limit < self.limit:
            self.limit = limit

    def expire(self, ticket: Ticket) -> bool:
        """Let a slot end whose time is up, if that is needed for those who wait."""
        is_needed = len(self.waiting) - self.away > self.expiring
        if is_needed:
            ticket.state = TicketState.EXPIRING
            self.expiring += 1
        return is_needed

    def standings(self, now: float) -> Iterator[Standing]:
        """Play the queue forward: whoever is next gets the slot that is free first, for as long as it lasts."""
        free_at = self._free_at(now)
        heapify(free_at)
        waiting, newest = iter(self.waiting), self.waiting.newest
        for ticket in waiting:
            wait = free_at[0]
            heapreplace(free_at, wait + self._expected_s(duration_of(ticket)))
            if ticket.is_waiting and ticket.arrival <= newest:  # else it has had a slot, or left, since we began
                yield Standing(ticket, self.waiting.index(ticket) + 1, wait if wait < math.inf else None)

    def estimate(self, position: int, now: float) -> float | None:
        """Estimate the wait at a position as if all who wait held a slot for as long as any of them does."""
        free_at = sorted(seconds for seconds in self._free_at(now) if seconds < math.inf)
        rounds, slot = divmod(position - 1, max(len(free_at), 1))
        if not free_at:
            return None
        slot_s = max((self._expected_s(each) for each in self.durations), default=0.0) if rounds else 0.0
        # A slot that is held for longer than that would upset the order, in which each is free once a round.
        wait = free_at[slot] + rounds * max(slot_s, free_at[-1] - free_at[0])
        return wait if wait < math.inf else None

    def _free_at(self, now: float) -> list[float]:
        """Return when each slot is expected to be free, in seconds from now."""
        free_at = [self._remaining(ticket, now) for ticket in self.holding]
        surplus = len(free_at) - self.limit
        # Some are free while all who wait are away; without a limit nobody waits.
        free_at += [0.0] * int(min(-surplus, len(self.waiting)))
        # The limit was lowered while more were running: the first to go are not replaced.
        return sorted(free_at)[int(surplus) :] if surplus > 0 else free_at

    def _expected_s(self, slot_s: float | None) -> float:
        if slot_s is not None:
            return slot_s
        return math.inf if self.mean_s is None else self.mean_s

    def _remaining(self, ticket: Ticket, now: float) -> float:
        if ticket.state is TicketState.EXPIRING:
            return 0.0
        if ticket.deadline is not None:
            return max(ticket.deadline - now, 0.0)
        return max(self._expected_s(duration_of(ticket)) - (now - ticket.began), 0.0)


def duration_of(ticket: Ticket) -> float | None:
    """Return how long a slot is held: its limit, infinitely long, or `None` for as long as runs take in the mean."""
    if ticket.ask.time_limit is not None:
        return ticket.ask.time_limit
    return math.inf if ticket.ask.is_open_ended else None
