"""The enrolment of gateways: in a broker that knows nothing yet, or in one that knows some of their tickets. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from millstream.admission import Admission
from millstream.broker.messages import Enrol, Join, TicketRecord
from millstream.broker.slots import SharedSlots
from millstream.broker.ticket_owners import TicketOwner
from millstream.tickets import Ticket, TicketState

Recorded: TypeAlias = tuple[str, TicketRecord]
"""A ticket of a gateway."""


class Enrolment:
    """Takes in the tickets of gateways that enrol.

    Args:
        admission: The rules, which `slots` go by.
        slots: The slots of the app.
    """

    def __init__(self, admission: Admission, slots: SharedSlots) -> None:
        self._admission, self._slots = admission, slots

    def rebuild(self, enrolments: Iterable[Enrol], now: float) -> None:
        """Take in all gateways of a broker that was restarted: their slots first, then the queue in its old order."""
        enrolments = list(enrolments)
        tickets = [(enrol.gateway, record) for enrol in enrolments for record in enrol.tickets]
        for each in tickets:
            if each[1].state is not TicketState.WAITING:
                self._restore(*each, now)
        waiting = [each for each in tickets if each[1].state is TicketState.WAITING]
        for each in _in_order(each for each in waiting if each[1].arrival):
            self._restore(*each, now)
        for enrol in enrolments:
            self._slots.admitted(self._admission.resume(enrol.limits, now), now)
        self._slots.moved({record.ask.key for _, record in waiting}, now)
        for gateway, record in waiting:
            if not record.arrival:  # the broker before has never answered
                self._join(gateway, record, now)

    def enrol(self, enrol: Enrol, now: float) -> None:
        """Take in one gateway while others are served: one that was out of reach, one that comes late, or a new one."""
        known = self._slots.owners.left_by(enrol.gateway)
        for record in enrol.tickets:
            ticket = known.pop(record.number, None)
            if ticket is not None:
                self._take_back(enrol.gateway, ticket, record, now)
            elif record.state is TicketState.WAITING:
                self._join(enrol.gateway, record, now)
            else:
                self._restore(enrol.gateway, record, now)
        for ticket in known.values():
            self._slots.end(ticket, now)
        self._slots.admitted(self._admission.resume(enrol.limits, now), now)

    def _join(self, gateway: str, record: TicketRecord, now: float) -> None:
        """Let a ticket wait behind those who do; one that waited before is not turned away."""
        was_let_in = record.arrival > 0 or record.slots > 0
        ask = record.ask._replace(is_exempt=True) if was_let_in else record.ask
        self._slots.join(gateway, Join(record.number, ask, record.inherits), now)
        ticket = self._slots.owners.get(gateway, record.number)
        if ticket is not None:
            ticket.slots += record.slots
        if record.is_away:
            self._slots.step_aside(gateway, [record.number], now)

    def _restore(self, gateway: str, record: TicketRecord, now: float) -> None:
        ticket = Ticket(
            record.number,
            record.ask,
            record.state,
            record.slots,
            now - record.held_s,
            None if record.left_s is None else now + record.left_s,
            record.arrival,
            record.turn,
        )
        self._slots.owners.own(ticket, TicketOwner(gateway, record.number))
        is_over_limit = self._admission.restore(ticket, now)
        if record.is_away:
            self._slots.step_aside(gateway, [record.number], now)
        if is_over_limit and ticket.is_running and ticket.ask.is_open_ended:  # the others end by themselves
            self._slots.send_expired(ticket)

    def _take_back(self, gateway: str, ticket: Ticket, record: TicketRecord, now: float) -> None:
        """Go on with a ticket whose gateway was out of reach: what may have been lost on the way is sent again."""
        is_waiting = record.state is TicketState.WAITING
        if ticket.is_waiting and not is_waiting:  # the gateway is right about what it runs
            self._slots.end(ticket, now)
            self._restore(gateway, record, now)
            return
        self._slots.owners.own(ticket, TicketOwner(gateway, record.number))
        self._slots.announcements.forget(ticket)
        if record.is_away:
            self._slots.step_aside(gateway, [record.number], now)
        else:
            self._slots.step_up(gateway, [record.number], now)
        if ticket.is_waiting:
            return
        if is_waiting and ticket.slots == record.slots:
            self._slots.rejoin(gateway, record.number, now)
        elif is_waiting:
            self._slots.admitted([ticket], now)
        elif record.state is TicketState.LINGERING:
            self._admission.linger(ticket, now + (record.left_s or 0.0))
        elif ticket.state is TicketState.EXPIRING:
            self._slots.send_expired(ticket)
        elif ticket.deadline is not None and not ticket.is_away:
            self._slots.send_extended(ticket, now)


def _in_order(waiting: Iterable[Recorded]) -> list[Recorded]:
    """Order tickets as they waited.

    Those of one visitor have one turn, of which the highest is the latest, and wait in the order of arrival.
    """
    waiting = list(waiting)
    turns: dict[tuple[str, str], int] = {}
    for _, record in waiting:
        turns[record.ask[:2]] = max(record.turn, turns.get(record.ask[:2], 0))
    for _, record in waiting:
        record.turn = turns[record.ask[:2]]
    return sorted(waiting, key=lambda each: (each[1].turn, each[1].arrival))
