"""Whose tickets are: those of gateways that are there, and orphans, kept for those who restore their sessions. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from typing import Final, NamedTuple

from millstream.tickets import Ticket

KEEP_SLOT_S: Final = 5.0
"""How long the slot of an orphan is kept: a page comes back within 3 seconds, and others wait."""

KEEP_POSITION_S: Final = 60.0
"""How long its queue position is kept. It holds up nobody: those who wait behind it go first."""


class TicketOwner(NamedTuple):
    """The gateway of a ticket, and its number there; `g1.7` as text."""

    gateway: str
    number: int

    def __str__(self) -> str:
        return f"{self.gateway}.{self.number}"


def owner_of(reference: str) -> TicketOwner | None:
    """Read the text of an owner; `None` if it is something else."""
    gateway, _, number = reference.rpartition(".")
    return TicketOwner(gateway, int(number)) if gateway and number.isascii() and number.isdigit() else None


@dataclass(slots=True)
class _Orphan:
    ends: float
    is_bequeathed: bool


class TicketOwners:
    """Finds tickets by their owners, and owners by their tickets.

    A ticket is an orphan when its gateway is lost, or has bequeathed it: only `find` gives it then, until somebody else
    owns it or its time is over.
    """

    def __init__(self) -> None:
        self._gateways: dict[str, dict[int, Ticket]] = {}
        self._owners: dict[Ticket, TicketOwner] = {}
        self._orphans: dict[Ticket, _Orphan] = {}
        self._ends: list[tuple[float, int, Ticket]] = []
        self._order = count()

    def own(self, ticket: Ticket, owner: TicketOwner) -> None:
        """Give a ticket an owner, in place of the one that it had."""
        if ticket in self._owners:
            self.forget(ticket)
        self._gateways.setdefault(owner.gateway, {})[owner.number] = ticket
        self._owners[ticket] = owner

    def forget(self, ticket: Ticket) -> None:
        """Note that a ticket has ended."""
        self._orphans.pop(ticket, None)
        gateway, number = self._owners.pop(ticket)
        del self._gateways[gateway][number]
        if not self._gateways[gateway]:
            del self._gateways[gateway]

    def owner(self, ticket: Ticket) -> TicketOwner:
        """Give the owner, or the last one of an orphan."""
        return self._owners[ticket]

    def find(self, owner: TicketOwner) -> Ticket | None:
        """Find a ticket, even if it is an orphan."""
        return self._gateways.get(owner.gateway, {}).get(owner.number)

    def get(self, gateway: str, number: int) -> Ticket | None:
        """Find a ticket of a gateway that is there."""
        ticket = self._gateways.get(gateway, {}).get(number)
        return None if ticket in self._orphans else ticket

    def some(self, gateway: str, numbers: Iterable[int]) -> list[Ticket]:
        """Find those of some tickets that are this gateway's."""
        return [ticket for number in numbers if (ticket := self.get(gateway, number)) is not None]

    def left_by(self, gateway: str) -> dict[int, Ticket]:
        """Give all tickets of a gateway by number, lost ones included, but for those that it has bequeathed."""
        return {
            number: ticket
            for number, ticket in self._gateways.get(gateway, {}).items()
            if not (ticket in self._orphans and self._orphans[ticket].is_bequeathed)
        }

    def orphan(self, ticket: Ticket, now: float, *, is_bequeathed: bool) -> None:
        """Make a ticket an orphan, for as long as such a one is kept."""
        ends = now + (KEEP_SLOT_S if ticket.has_slot else KEEP_POSITION_S)
        self._orphans[ticket] = _Orphan(ends, is_bequeathed)
        heappush(self._ends, (ends, next(self._order), ticket))

    def is_orphan(self, ticket: Ticket) -> bool:
        return ticket in self._orphans

    def overdue(self, now: float) -> list[Ticket]:
        """Give the orphans whose time is over; they are to be ended."""
        tickets = []
        while (due := self.due) is not None and due <= now:
            tickets.append(heappop(self._ends)[2])
        return tickets

    @property
    def due(self) -> float | None:
        """When the next orphan's time is over; `None` if there is none."""
        while self._ends and not self._is_live(self._ends[0]):
            heappop(self._ends)
        return self._ends[0][0] if self._ends else None

    def _is_live(self, entry: tuple[float, int, Ticket]) -> bool:
        ends, _, ticket = entry
        return ticket in self._orphans and self._orphans[ticket].ends == ends

    def __len__(self) -> int:
        return len(self._owners)
