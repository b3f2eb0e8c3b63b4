"""The workers that make calls in slots: a slot stays taken until the last of them is released."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Protocol

from millstream.jobs import Worker
from millstream.tickets import Ticket, TicketState


class SlotHolder(Protocol):
    """A stream or run, as far as it can be made to give up its slot."""

    def surrender(self) -> None:
        """End at once: its time has been up for too long, and its call does not return."""


class SlotWorkers:
    """Knows which workers hold which slots; the part of a queue that is the same wherever its slots come from.

    Args:
        present: The streams and runs that have not left, by ticket.
        free: Called with another one when its last worker was released.

    Attributes:
        held: The workers by ticket.
    """

    def __init__(self, present: Mapping[Ticket, SlotHolder], free: Callable[[Ticket], None]) -> None:
        self._present, self._free = present, free
        self.held: dict[Ticket, set[Worker]] = {}

    def hold(self, ticket: Ticket, worker: Worker) -> None:
        self.held.setdefault(ticket, set()).add(worker)
        worker.released.add_done_callback(partial(self._let_go, ticket, worker))

    async def idle(self, ticket: Ticket) -> None:
        while workers := self.held.get(ticket):
            await asyncio.wait([worker.released for worker in workers])

    def set_patience(self, ticket: Ticket, abandon_s: float) -> None:
        """Have the calls that are made in a slot abandoned so long after they were closed."""
        for worker in self.held.get(ticket, ()):
            worker.abandon_s = abandon_s

    def lose_patience(self, tickets: Iterable[Ticket]) -> None:
        for ticket in tickets:
            self.set_patience(ticket, 0.0)
            if ticket.state is TicketState.EXPIRING:
                self._present[ticket].surrender()

    def _let_go(self, ticket: Ticket, worker: Worker, _: asyncio.Future[None]) -> None:
        workers = self.held[ticket]
        workers.discard(worker)
        if not workers:
            del self.held[ticket]
            if ticket not in self._present:
                self._free(ticket)
