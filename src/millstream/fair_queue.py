"""The order of those who wait for the same slots: in turn among visitors, first come, first served for each of them.

However many wait, no operation looks at all of them.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from itertools import chain, count
from operator import attrgetter
from typing import Final

from millstream.tickets import Ticket

_ARRIVAL: Final = attrgetter("arrival")
_TURN: Final = attrgetter("turn")


class FairQueue:
    """Waiting tickets in the order in which they get slots.

    Visitors stand in a circle, each with their own tickets behind each other. Whoever begins to wait comes last; who is
    served and has more tickets comes last again. So it is first come, first served among visitors with one ticket each,
    and whoever has fifty delays another by one of them.
    """

    def __init__(self) -> None:
        self._rows: list[list[Ticket]] = []
        """The first ticket of each visitor, the second of each, and so on: each row in the order of turns."""
        self._visitors: dict[str, list[Ticket]] = {}
        self._turns = count(1)
        self.size = 0
        """How many wait."""
        self.newest = 0
        """The latest arrival."""

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[Ticket]:
        """Give the tickets in order, as they are now: others may come and go before the end."""
        return chain.from_iterable([row[:] for row in self._rows])

    def add(self, ticket: Ticket) -> None:
        """Put a ticket that has just arrived behind the others of its visitor."""
        self._add(ticket, next(self._turns))

    def restore(self, ticket: Ticket) -> None:
        """Put a ticket of an earlier queue where its turn says, behind the others of its visitor."""
        self._turns = count(max(next(self._turns), ticket.turn + 1))
        newest = self.newest
        self._add(ticket, ticket.turn)
        self.newest = max(newest, ticket.arrival)

    def _add(self, ticket: Ticket, turn: int) -> None:
        tickets = self._visitors.setdefault(ticket.ask.visitor, [])
        ticket.turn = tickets[0].turn if tickets else turn
        if len(tickets) == len(self._rows):
            self._rows.append([])
        insort(self._rows[len(tickets)], ticket, key=_TURN)
        tickets.append(ticket)
        self.size += 1
        self.newest = ticket.arrival

    def index(self, ticket: Ticket) -> int:
        """Count those who are in front of a ticket."""
        own = bisect_left(self._visitors[ticket.ask.visitor], ticket.arrival, key=_ARRIVAL)
        return sum(map(len, self._rows[:own])) + bisect_left(self._rows[own], ticket.turn, key=_TURN)

    def remove(self, ticket: Ticket) -> None:
        """Take a ticket out that waits no longer; the others of its visitor move up, and keep their turn."""
        tickets = self._visitors[ticket.ask.visitor]
        own = bisect_left(tickets, ticket.arrival, key=_ARRIVAL)
        for row, follower in zip(self._rows[own:], tickets[own + 1 :], strict=False):
            row[bisect_left(row, ticket.turn, key=_TURN)] = follower
        last = self._rows[len(tickets) - 1]
        del last[bisect_left(last, ticket.turn, key=_TURN)]
        del tickets[own]
        if not tickets:
            del self._visitors[ticket.ask.visitor]
        if not self._rows[-1]:
            del self._rows[-1]
        self.size -= 1

    def take(self, ticket: Ticket) -> None:
        """Take a ticket out that gets a slot; the others of its visitor wait until all have had their turn."""
        self.remove(ticket)
        turn = next(self._turns)
        for row, follower in zip(self._rows, self._visitors.get(ticket.ask.visitor, ()), strict=False):
            del row[bisect_left(row, follower.turn, key=_TURN)]
            follower.turn = turn
            row.append(follower)
