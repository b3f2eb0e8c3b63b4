"""Tickets of the queue: numbered, and plain data that can be written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from heapq import heapify, heappop, heappush
from itertools import count
from typing import Final, NamedTuple, cast

import msgspec

SPARE_DEADLINES: Final = 64
"""So many deadlines that mean nothing any more may be kept, beside one for each that does."""


class TicketState(Enum):
    """The state of a ticket. `EXPIRING` and `LINGERING` still hold their slot: until `rejoin` or `leave`."""

    WAITING = "waiting"
    RUNNING = "running"
    EXPIRING = "expiring"
    LINGERING = "lingering"
    ENDED = "ended"


class Ask(NamedTuple):
    """A request for a slot.

    Attributes:
        key: The concurrency id of the slots.
        visitor: The visitor, for the bound on waiting tickets of each.
        limit: The number of slots of the key; `None` for any number. The lowest one ever given for a key holds.
        time_limit: Seconds that a slot lasts while others wait; `None` without a limit.
        is_open_ended: Whether the visitor decides when it ends, so that its duration is unknown.
        is_exempt: Whether it may wait however many are waiting already.
    """

    key: str
    visitor: str = ""
    limit: int | None = 1
    time_limit: float | None = None
    is_open_ended: bool = False
    is_exempt: bool = False


@dataclass(eq=False, slots=True)
class Ticket:
    """One stream or run in the queue. Only `Admission` changes it.

    Attributes:
        number: Counts the tickets of an app; together with the app's name it identifies the ticket to other processes.
        ask: The request.
        state: See `TicketState`.
        slots: The number of slots that it has had, one after the other.
        began: Start of the current slot; meaningless while it waits.
        deadline: End of the slot, or the latest time at which a lingering one is given up; `None` without a limit,
            while it expires, and while it waits.
        arrival: Orders the waiting tickets of one visitor.
        turn: Orders the visitors who wait; the same for all tickets of one.
        is_away: Whether others go first, as its page cannot be reached: see `Admission.step_aside`.
    """

    number: int
    ask: Ask
    state: TicketState = TicketState.WAITING
    slots: int = 0
    began: float = 0.0
    deadline: float | None = None
    arrival: int = 0
    turn: int = 0
    is_away: bool = False

    @property
    def is_waiting(self) -> bool:
        return self.state is TicketState.WAITING

    @property
    def is_running(self) -> bool:
        return self.state is TicketState.RUNNING

    @property
    def has_slot(self) -> bool:
        return self.state in (TicketState.RUNNING, TicketState.EXPIRING, TicketState.LINGERING)

    def plain(self) -> dict[str, object]:
        """Return it as plain data for another process, with times of its own clock."""
        return cast("dict[str, object]", msgspec.to_builtins(self))

    @classmethod
    def of(cls, plain: Mapping[str, object]) -> Ticket:
        """Read the result of `plain`.

        Raises:
            ValidationError: The data is something else.
        """
        return msgspec.convert(plain, cls)


class SlotDeadlines:
    """The deadlines of the slots: what is forgotten or set anew stays behind until it comes up."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Ticket]] = []
        self._order = count()
        self._live = 0

    def set(self, ticket: Ticket, deadline: float) -> None:
        self.forget(ticket)
        ticket.deadline = deadline
        self._live += 1
        heappush(self._heap, (deadline, next(self._order), ticket))
        if len(self._heap) > 2 * self._live + SPARE_DEADLINES:
            self._heap = [entry for entry in self._heap if self._is_live(entry)]
            heapify(self._heap)

    def forget(self, ticket: Ticket) -> None:
        if ticket.is_running and ticket.deadline is not None:
            self._live -= 1
        ticket.deadline = None

    def next(self) -> float | None:
        while self._heap and not self._is_live(self._heap[0]):
            heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def take(self, now: float) -> list[Ticket]:
        """Take out those that are over, the one that is over longest first."""
        due = []
        while (deadline := self.next()) is not None and deadline <= now:
            ticket = heappop(self._heap)[2]
            self.forget(ticket)
            due.append(ticket)
        return due

    def _is_live(self, entry: tuple[float, int, Ticket]) -> bool:
        deadline, _, ticket = entry
        return ticket.is_running and ticket.deadline == deadline
