"""The slots of one app for all of its gateways: who has one, who waits, and who takes over from whom. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from millstream.admission import Admission
from millstream.announcements import Announcements
from millstream.broker.messages import Admitted, BrokerMessage, Declined, Expired, Extended, Join, Linger, Stands
from millstream.broker.ticket_owners import TicketOwner, TicketOwners, owner_of
from millstream.errors import Busy
from millstream.tickets import Ticket, TicketState

Send: TypeAlias = Callable[[str, BrokerMessage], None]


class SharedSlots:
    """Keeps the tickets of all gateways in one `Admission`, and sends each gateway what becomes of its own.

    A message about a ticket that is not the gateway's, or not any more, is ignored: it crossed one to the gateway.

    Args:
        admission: The rules.
        send: Sends a message to a gateway, by its name; drops it if that is gone.

    Attributes:
        owners: Whose the tickets are.
        announcements: Sends those who wait their positions.
    """

    def __init__(self, admission: Admission, send: Send) -> None:
        self._admission, self._send = admission, send
        self.owners = TicketOwners()
        self.announcements = Announcements(admission, self._send_position)

    @property
    def due(self) -> float | None:
        """When `wake` is to be called next."""
        dues = (self._admission.next_deadline(), self.announcements.due, self.owners.due)
        return min((due for due in dues if due is not None), default=None)

    def wake(self, now: float) -> None:
        """Do what is due."""
        for ticket in self.owners.overdue(now):
            self.end(ticket, now)
        extended, expiring = self._admission.expire(now)
        for ticket in extended:
            self.send_extended(ticket, now)
        for ticket in expiring:
            if self.owners.is_orphan(ticket):  # its gateway is gone, and with it the running call
                self.end(ticket, now)
            else:
                self.send_expired(ticket)
        self.moved({ticket.ask.key for ticket in (*extended, *expiring)}, now)
        self.announcements.go_on(now)

    # ---- messages of gateways about their tickets --------------------------------------------------------------

    def join(self, gateway: str, join: Join, now: float) -> None:
        """Let a new ticket take over from its predecessor, or ask for a slot."""
        owner = TicketOwner(gateway, join.number)
        if self.owners.find(owner) is not None or (join.inherits and self._inherit(owner, join, now)):
            return
        try:
            ticket = self._admission.join(join.ask, now)
        except (Busy, ValueError) as error:
            self._send(gateway, Declined(join.number, str(error)))
        else:
            self.owners.own(ticket, owner)
            self._begin(ticket, now)

    def rejoin(self, gateway: str, number: int, now: float) -> None:
        ticket = self.owners.get(gateway, number)
        if ticket is not None and ticket.has_slot:
            self.admitted(self._admission.rejoin(ticket, now), now)
            if ticket.is_waiting:
                self.announcements.stand_in_line(ticket, now)

    def leave(self, gateway: str, number: int, now: float) -> None:
        ticket = self.owners.get(gateway, number)
        if ticket is not None:
            self.end(ticket, now)

    def linger(self, gateway: str, linger: Linger, now: float) -> None:
        ticket = self.owners.get(gateway, linger.number)
        if ticket is not None and ticket.has_slot:
            self._admission.linger(ticket, now + linger.left_s)
            self.moved({ticket.ask.key}, now)

    def step_aside(self, gateway: str, numbers: Iterable[int], now: float) -> None:
        for ticket in self.owners.some(gateway, numbers):
            self._admission.step_aside(ticket, now)

    def step_up(self, gateway: str, numbers: Iterable[int], now: float) -> None:
        for ticket in self.owners.some(gateway, numbers):
            is_extended = ticket.is_away and ticket.is_running and ticket.ask.time_limit is not None
            self.admitted(self._admission.step_up(ticket, now), now)
            if is_extended:
                self.send_extended(ticket, now)
            elif ticket.is_waiting:
                self.announcements.stand_in_line(ticket, now)

    def bequeath(self, gateway: str, numbers: Iterable[int], now: float) -> None:
        for ticket in self.owners.some(gateway, numbers):
            self._orphan(ticket, now, is_bequeathed=True)

    # ---- gateways that go --------------------------------------------------------------------------------------

    def lose(self, gateway: str, now: float, *, is_goodbye: bool) -> None:
        """Keep the tickets of a gateway that is lost for those who restore its sessions; after a goodbye end them."""
        for ticket in self.owners.left_by(gateway).values():
            if is_goodbye:
                self.end(ticket, now)
            else:
                self._orphan(ticket, now, is_bequeathed=False)

    def end(self, ticket: Ticket, now: float) -> None:
        """End a ticket, whosever it is."""
        self.owners.forget(ticket)
        self.announcements.forget(ticket)
        self.admitted(self._admission.leave(ticket, now), now)
        self.moved({ticket.ask.key}, now)

    def _orphan(self, ticket: Ticket, now: float, *, is_bequeathed: bool) -> None:
        self.owners.orphan(ticket, now, is_bequeathed=is_bequeathed)
        if ticket.is_waiting:
            self._admission.step_aside(ticket, now)

    def _inherit(self, owner: TicketOwner, join: Join, now: float) -> bool:
        """Give slot or position to the ticket of a restored session; false if neither is kept any more.

        The gateway before need not have been found to be lost: nobody restores the session of one that lives.
        """
        before = owner_of(join.inherits)
        ticket = self.owners.find(before) if before is not None else None
        if ticket is None or ticket.ask[:2] != join.ask[:2] or ticket.state is TicketState.LINGERING:
            return False
        self.owners.own(ticket, owner)
        self.announcements.forget(ticket)  # the heir knows no position yet
        ticket.slots = int(ticket.has_slot)  # as the heir counts
        admitted = self._admission.step_up(ticket, now)
        self.admitted(admitted, now)
        if ticket not in admitted:
            self._begin(ticket, now)
        return True

    # ---- messages to gateways ----------------------------------------------------------------------------------

    def _begin(self, ticket: Ticket, now: float) -> None:
        if ticket.has_slot:
            self.admitted([ticket], now)
        else:
            self.announcements.stand_in_line(ticket, now)

    def admitted(self, tickets: Iterable[Ticket], now: float) -> None:
        """Send that tickets have a slot, and some time later to others that they have moved up."""
        for ticket in tickets:
            gateway, number = self.owners.owner(ticket)
            self.announcements.forget(ticket)
            self._send(gateway, Admitted(number, _left_s(ticket, now)))
            if ticket.state is TicketState.EXPIRING:
                self.send_expired(ticket)
        self.moved({ticket.ask.key for ticket in tickets}, now)

    def moved(self, keys: Iterable[str], now: float) -> None:
        """Have those who wait under these keys learn of their positions, some time later."""
        if self._admission.waiting:
            for key in keys:
                self.announcements.moved(key, now)

    def send_extended(self, ticket: Ticket, now: float) -> None:
        gateway, number = self.owners.owner(ticket)
        self._send(gateway, Extended(number, _left_s(ticket, now)))

    def send_expired(self, ticket: Ticket) -> None:
        gateway, number = self.owners.owner(ticket)
        self._send(gateway, Expired(number))

    def _send_position(self, ticket: Ticket, position: int, estimate_s: float | None) -> None:
        gateway, number = self.owners.owner(ticket)
        self._send(gateway, Stands(number, position, estimate_s, ticket.arrival, ticket.turn))


def _left_s(ticket: Ticket, now: float) -> float | None:
    return None if ticket.deadline is None else ticket.deadline - now
