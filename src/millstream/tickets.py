"""Tickets of the queue: numbered, and plain data that can be written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, cast

import msgspec


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
    """

    number: int
    ask: Ask
    state: TicketState = TicketState.WAITING
    slots: int = 0
    began: float = 0.0
    deadline: float | None = None
    arrival: int = 0
    turn: int = 0

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
