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
    """The wish for a slot.

    Attributes:
        key: The concurrency id whose slots are meant.
        visitor: Who asks, for the bound on what one visitor may have waiting.
        limit: How many slots the key has; `None` for any number. The lowest ever given for a key holds.
        time_limit: Seconds a slot lasts while others wait; `None` for as long as it likes.
        is_open_ended: Whether its visitor decides when it ends, so that nothing is known of how long it holds a slot.
        is_exempt: Whether it may wait however many wait already.
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
        number: Counts the tickets of an app; with the app's own name it can be told to other processes.
        ask: What was asked for.
        state: See `TicketState`.
        slots: How many it has been given, one after the other.
        began: When its present slot began; meaningless while it waits.
        deadline: When the time of its slot is up, or at the latest what lingers gone; `None` without a limit, while it
            expires, and while it waits.
        arrival: Orders those who wait.
    """

    number: int
    ask: Ask
    state: TicketState = TicketState.WAITING
    slots: int = 0
    began: float = 0.0
    deadline: float | None = None
    arrival: int = 0

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
        """Write it down as plain data, with the times of its clock: what another process needs to know of it."""
        return cast("dict[str, object]", msgspec.to_builtins(self))

    @classmethod
    def of(cls, plain: Mapping[str, object]) -> Ticket:
        """Read what `plain` has written down.

        Raises:
            ValidationError: It is something else.
        """
        return msgspec.convert(plain, cls)
