"""The queue of a gateway, whose slots are shared with other gateways: the broker decides who has one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from itertools import count
from typing import Final, Protocol

from millstream.broker.connection import SlotListener, SlotMessage
from millstream.broker.messages import (
    Admitted,
    Bequeath,
    Declined,
    Expired,
    Extended,
    GatewayMessage,
    Join,
    Leave,
    Linger,
    Rejoin,
    Stands,
    StepAside,
    StepUp,
    TicketRecord,
)
from millstream.declare.binding import Binding
from millstream.errors import Busy
from millstream.runtime.alarm import Alarm
from millstream.runtime.queue import Queued
from millstream.runtime.slot_workers import SlotWorkers
from millstream.runtime.user_code import guarded
from millstream.tickets import Ticket, TicketState

logger = logging.getLogger("millstream.session")

OUTAGE_S: Final = 3.0
"""How long those who wait are kept waiting without a broker; then they, and whoever comes, are turned away."""

UNREACHABLE: Final = "The queue cannot be reached at the moment. Try again in a few seconds."


class SlotConnection(Protocol):
    """A gateway's connection to its broker, as far as its queue uses it."""

    @property
    def is_enrolled(self) -> bool:
        """True while a broker is connected and knows this gateway."""

    def attach_queue(self, listener: SlotListener) -> None:
        """Set who receives messages about tickets."""

    def send(self, message: GatewayMessage) -> None:
        """Queue a message for the broker; it is dropped while there is none."""


class RemoteQueue:
    """A `SlotQueue` whose slots come from a broker.

    What needs no slot of others, as its key has no limit, runs at once, without a message to the broker. While there is
    no broker, what has a slot keeps it, since nobody else could get it, and nobody new is admitted.

    Args:
        connection: The connection to the broker.
        name: The name of this gateway.
        limits: The lowest limit of each concurrency key that has one.
        abandon_s: After how long at the latest a worker that does not end is abandoned.
    """

    def __init__(self, connection: SlotConnection, name: str, limits: dict[str, int], abandon_s: float = 30.0) -> None:
        self._connection, self._name, self.limits, self._abandon_s = connection, name, limits, abandon_s
        self._loop = asyncio.get_running_loop()
        self._numbers = count(1)
        self._tickets: dict[int, Ticket] = {}
        """Those of which the broker has to know."""
        self._inherits: dict[int, str] = {}
        self._queued: dict[Ticket, Queued] = {}
        self._workers = SlotWorkers(self._queued, self._end)
        self.hold, self.idle = self._workers.hold, self._workers.idle
        self.lose_patience = self._workers.lose_patience
        self._is_closed = False
        self._is_unreachable = False
        self._outage = Alarm(self._give_up, _log)
        if not connection.is_enrolled:
            self._outage.set(self._loop.time() + OUTAGE_S)
        connection.attach_queue(self)

    @property
    def waiting(self) -> int:
        return sum(ticket.is_waiting for ticket in self._tickets.values())

    def join(
        self, queued: Queued, binding: Binding, visitor: str, *, is_farewell: bool = False, inherits: str = ""
    ) -> Ticket:
        if self._is_closed and not is_farewell:
            raise Busy("The app is being restarted. Try again in a moment.")
        ask = binding.ask._replace(visitor=visitor, is_exempt=is_farewell)
        ticket = Ticket(next(self._numbers), ask)
        if binding.concurrency_limit is None:
            ticket.state, ticket.slots, ticket.began = TicketState.RUNNING, 1, self._loop.time()
        elif self._is_unreachable:
            raise Busy(UNREACHABLE)
        else:
            self.limits.setdefault(binding.concurrency_key, binding.concurrency_limit)  # what a render has bound
            self._tickets[ticket.number] = ticket
            if inherits:
                self._inherits[ticket.number] = inherits
            self._connection.send(Join(ticket.number, ticket.ask, inherits))
        self._queued[ticket] = queued
        if ticket.is_waiting and not self._connection.is_enrolled:
            self._send_position(ticket, 0, -1.0)
        return ticket

    def reference(self, ticket: Ticket) -> str:
        return f"{self._name}.{ticket.number}" if ticket.number in self._tickets else ""

    def rejoin(self, ticket: Ticket) -> None:
        ticket.state, ticket.deadline, ticket.arrival, ticket.turn = TicketState.WAITING, None, 0, 0
        self._connection.send(Rejoin(ticket.number))
        if self._is_unreachable:
            self._refuse(ticket, UNREACHABLE)

    def leave(self, ticket: Ticket) -> None:
        if self._queued.pop(ticket, None) is None:
            return
        if ticket in self._workers.held and ticket.has_slot:
            ticket.state, ticket.deadline = TicketState.LINGERING, self._loop.time() + self._abandon_s
            if ticket.number in self._tickets:
                self._connection.send(Linger(ticket.number, self._abandon_s))
        else:
            self._end(ticket)

    def bequeath(self, tickets: Iterable[Ticket]) -> None:
        numbers = [ticket.number for ticket in tickets if self._tickets.pop(ticket.number, None) is not None]
        if numbers:
            self._connection.send(Bequeath(numbers))

    def step_aside(self, tickets: Iterable[Ticket]) -> None:
        self._set_away(tickets, StepAside, is_away=True)

    def step_up(self, tickets: Iterable[Ticket]) -> None:
        tickets = list(tickets)
        for ticket in tickets:
            self._workers.set_patience(ticket, self._abandon_s)
        self._set_away(tickets, StepUp, is_away=False)

    def close(self) -> None:
        self._is_closed = True
        self._outage.cancel()

    # ---- messages of the broker ----------------------------------------------------------------------------------

    def records(self) -> list[TicketRecord]:
        now = self._loop.time()
        return [
            TicketRecord(
                number=number,
                ask=ticket.ask,
                state=ticket.state,
                slots=ticket.slots,
                arrival=ticket.arrival,
                turn=ticket.turn,
                is_away=ticket.is_away,
                held_s=now - ticket.began if ticket.has_slot else 0.0,
                left_s=None if ticket.deadline is None else ticket.deadline - now,
                inherits=self._inherits.get(number, ""),
            )
            for number, ticket in self._tickets.items()
        ]

    def receive(self, message: SlotMessage) -> None:
        ticket = self._tickets.get(message.number)
        if ticket is None or ticket not in self._queued:
            return  # it has left since
        with guarded(_log):
            match message:
                case Stands(_, position, estimate_s, arrival, turn) if ticket.is_waiting:
                    if position:
                        ticket.arrival, ticket.turn = arrival, turn
                    self._send_position(ticket, position, -1.0 if estimate_s is None else estimate_s)
                case Declined(_, reason) if ticket.is_waiting:
                    self._refuse(ticket, reason)
                case Admitted(_, left_s) if ticket.is_waiting:
                    self._admit(ticket, left_s)
                case Extended(_, left_s) if ticket.is_running:
                    ticket.deadline = self._later(left_s)
                    self._queued[ticket].extended()
                case Expired() if ticket.is_running:
                    ticket.state, ticket.deadline = TicketState.EXPIRING, None
                    self._queued[ticket].expired()

    def broker_changed(self, *, is_connected: bool) -> None:
        if is_connected:
            self._outage.cancel()
            self._is_unreachable = False
        elif not self._is_closed:
            self._outage.set(self._loop.time() + OUTAGE_S)
            for ticket in [ticket for ticket in self._tickets.values() if ticket.is_waiting]:
                with guarded(_log):
                    self._send_position(ticket, 0, -1.0)

    def _give_up(self) -> None:
        """Turn away those who wait: the broker has been out of reach for too long."""
        self._is_unreachable = True
        for ticket in [ticket for ticket in self._tickets.values() if ticket.is_waiting]:
            with guarded(_log):
                self._refuse(ticket, UNREACHABLE)

    def _send_position(self, ticket: Ticket, position: int, estimate_s: float) -> None:
        if not (self._is_closed or ticket.is_away):
            self._queued[ticket].stands(position, estimate_s)

    def _admit(self, ticket: Ticket, left_s: float | None) -> None:
        self._inherits.pop(ticket.number, None)
        ticket.state, ticket.began = TicketState.RUNNING, self._loop.time()
        ticket.slots += 1
        ticket.deadline = self._later(left_s)
        if not self._is_closed or ticket.ask.is_exempt:
            self._queued[ticket].admitted()

    def _later(self, left_s: float | None) -> float | None:
        return None if left_s is None else self._loop.time() + left_s

    def _refuse(self, ticket: Ticket, reason: str) -> None:
        queued = self._queued[ticket]
        self._end(ticket)
        queued.refused(Busy(reason))

    def _end(self, ticket: Ticket) -> None:
        ticket.state = TicketState.ENDED
        self._inherits.pop(ticket.number, None)
        if self._tickets.pop(ticket.number, None) is not None:
            self._connection.send(Leave(ticket.number))

    def _set_away(self, tickets: Iterable[Ticket], message: type[StepAside | StepUp], *, is_away: bool) -> None:
        numbers = []
        for ticket in tickets:
            ticket.is_away = is_away
            if ticket.number in self._tickets:
                numbers.append(ticket.number)
        if numbers:
            self._connection.send(message(numbers))


def _log(error: BaseException) -> None:
    logger.error("a stream or run could not be notified", exc_info=error)
