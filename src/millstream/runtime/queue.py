"""The queue of one app while it runs: `Admission` with a clock, timers, and those who wait."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Protocol

from millstream.admission import Admission
from millstream.announcements import Announcements
from millstream.declare.binding import Binding
from millstream.errors import Busy
from millstream.jobs import Worker
from millstream.runtime.alarm import Alarm
from millstream.runtime.slot_workers import SlotWorkers
from millstream.tickets import Ticket, TicketState

logger = logging.getLogger("millstream.session")


class Queued(Protocol):
    """A stream or a run that takes a slot."""

    def admitted(self) -> None:
        """It has a slot, for which it has waited; the ticket says until when."""

    def extended(self) -> None:
        """Its time was up and nobody waits: the ticket has a new deadline."""

    def expired(self) -> None:
        """Its time is up and others wait: finish the running call, then `rejoin` or `leave`."""

    def surrender(self) -> None:
        """End at once: its time has been up for too long, and its call does not return."""

    def refused(self, error: Busy) -> None:
        """It waits no longer: the queue has no room for it, or cannot be reached. It has to `leave`."""

    def stands(self, position: int, eta_s: float) -> None:
        """It waits at `position` (from 1), for about `eta_s` seconds more; -1 if that is unknown."""


class SlotQueue(Protocol):
    """Hands out the slots of an app, and announces positions to those who wait. All methods belong to the loop.

    A slot belongs to the calls that are made in it: when a stream or run has left it stays taken until the last worker
    that `hold` named is released, which means that nothing of it runs any more, or that it was abandoned.
    """

    @property
    def waiting(self) -> int:
        """The number of waiting streams and runs."""

    def join(
        self, queued: Queued, binding: Binding, visitor: str, *, is_farewell: bool = False, inherits: str = ""
    ) -> Ticket:
        """Ask for a slot; the ticket has one at once, or `queued` is notified when it has.

        Args:
            queued: Who asks.
            binding: What is to be called there.
            visitor: Whose page it is of.
            is_farewell: Whether it belongs to the end of a page, which nobody is turned away from.
            inherits: The `reference` of a ticket of a restored session: its slot or its queue position is taken over,
                if it is still kept.

        Raises:
            Busy: Too many wait already, or the app is being shut down. Later on `queued` is notified.
        """

    def reference(self, ticket: Ticket) -> str:
        """Name a ticket for a snapshot; `""` if nobody else could take it over."""

    def rejoin(self, ticket: Ticket) -> None:
        """Go to the back of the queue; `Queued.admitted` follows, maybe before this returns."""

    def hold(self, ticket: Ticket, worker: Worker) -> None:
        """Keep the slot of a ticket taken until a worker is released."""

    async def idle(self, ticket: Ticket) -> None:
        """Wait until no call is being made in the slot of a ticket."""

    def leave(self, ticket: Ticket) -> None:
        """Give up a slot, or the wait for one; harmless if repeated."""

    def bequeath(self, tickets: Iterable[Ticket]) -> None:
        """Keep these for a short time for whoever restores their session, instead of ending them when they leave."""

    def step_aside(self, tickets: Iterable[Ticket]) -> None:
        """Let others go before these, whose page is away: see `Admission.step_aside`."""

    def step_up(self, tickets: Iterable[Ticket]) -> None:
        """Let others go before these no longer: their page is back. Those who wait learn their positions."""

    def lose_patience(self, tickets: Iterable[Ticket]) -> None:
        """Have calls of these abandoned as soon as they are closed, which those that others wait for are now."""

    def close(self) -> None:
        """Admit nobody any more, but for those who bid farewell."""


class RunQueue:
    """The queue of a process that shares its slots with no other.

    Args:
        admission: Who may work now and who waits: pure, and given, so that it can be somewhere else.
        abandon_s: After how long at the latest a worker that does not end is abandoned.
    """

    def __init__(self, admission: Admission, abandon_s: float = 30.0) -> None:
        self._admission = admission
        self._abandon_s = abandon_s
        self._queued: dict[Ticket, Queued] = {}
        self._workers = SlotWorkers(self._queued, self._free)
        self.hold, self.idle = self._workers.hold, self._workers.idle
        self.lose_patience = self._workers.lose_patience
        self._loop = asyncio.get_running_loop()
        self._expiry = Alarm(self._expire, _log)
        self._announcement = Alarm(self._announce, _log)
        self._announcements = Announcements(admission, self._tell)
        self._is_closed = False

    @property
    def waiting(self) -> int:
        return self._admission.waiting

    def join(
        self, queued: Queued, binding: Binding, visitor: str, *, is_farewell: bool = False, inherits: str = ""
    ) -> Ticket:
        if self._is_closed and not is_farewell:
            raise Busy("The app is being restarted. Try again in a moment.")
        ask = binding.ask._replace(visitor=visitor, is_exempt=is_farewell)
        ticket = self._admission.join(ask, self._loop.time())
        self._queued[ticket] = queued
        if ticket.state is TicketState.WAITING:
            self._stand_in_line(ticket)
        elif ticket.deadline is not None:
            self._set_expiry()
        return ticket

    def reference(self, ticket: Ticket) -> str:
        return ""

    def bequeath(self, tickets: Iterable[Ticket]) -> None:
        """There is nobody to bequeath them to."""

    def rejoin(self, ticket: Ticket) -> None:
        self._moved(ticket.ask.key, self._admission.rejoin(ticket, self._loop.time()))
        if ticket.state is TicketState.WAITING:
            self._stand_in_line(ticket)

    def leave(self, ticket: Ticket) -> None:
        if self._queued.pop(ticket, None) is None:
            return
        if ticket.state is TicketState.WAITING:
            self._announcements.forget(ticket)
        if ticket in self._workers.held and ticket.has_slot:
            self._admission.linger(ticket, self._loop.time() + self._abandon_s)
            self._moved(ticket.ask.key, [])
        else:
            admitted = self._admission.leave(ticket, self._loop.time())
            if admitted or self._admission.waiting or self._expiry.due is not None:
                self._moved(ticket.ask.key, admitted)

    def step_aside(self, tickets: Iterable[Ticket]) -> None:
        for ticket in tickets:
            self._admission.step_aside(ticket, self._loop.time())
        self._set_expiry()

    def step_up(self, tickets: Iterable[Ticket]) -> None:
        for ticket in tickets:
            self._workers.set_patience(ticket, self._abandon_s)
            is_extended = ticket.is_away and ticket.is_running and ticket.ask.time_limit is not None
            self._moved(ticket.ask.key, self._admission.step_up(ticket, self._loop.time()))
            if is_extended:
                self._queued[ticket].extended()
            elif ticket.is_waiting:
                self._stand_in_line(ticket)
        self._set_expiry()

    def close(self) -> None:
        self._is_closed = True
        self._announcements.close()
        self._expiry.cancel()
        self._announcement.cancel()

    def _free(self, ticket: Ticket) -> None:
        self._moved(ticket.ask.key, self._admission.leave(ticket, self._loop.time()))

    def _moved(self, key: str, admitted: list[Ticket]) -> None:
        """Notify those who have a slot now, and some time later those who have moved up."""
        for ticket in admitted:
            if not self._is_closed or ticket.ask.is_exempt:
                self._announcements.forget(ticket)
                self._queued[ticket].admitted()
        if admitted or self._expiry.due is not None:
            self._set_expiry()
        if self._admission.waiting and not self._is_closed:
            self._announcements.moved(key, self._loop.time())
            self._set_announcement()

    def _set_expiry(self) -> None:
        deadline = None if self._is_closed else self._admission.next_deadline()
        if deadline is None:
            self._expiry.cancel()
        else:
            self._expiry.set(deadline)

    def _expire(self) -> None:
        extended, expiring = self._admission.expire(self._loop.time())
        for ticket in extended:
            self._queued[ticket].extended()
        for ticket in expiring:
            self._queued[ticket].expired()
        for key in {ticket.ask.key for ticket in (*extended, *expiring)}:
            self._moved(key, [])
        self._set_expiry()

    # ---- announcements to those who wait -----------------------------------------------------------------------

    def _stand_in_line(self, ticket: Ticket) -> None:
        if not self._is_closed:
            self._announcements.stand_in_line(ticket, self._loop.time())
            self._set_announcement()

    def _announce(self) -> None:
        self._announcements.go_on(self._loop.time())
        self._set_announcement()

    def _set_announcement(self) -> None:
        if self._announcements.due is not None:
            self._announcement.set(self._announcements.due)

    def _tell(self, ticket: Ticket, position: int, estimate_s: float | None) -> None:
        self._queued[ticket].stands(position, -1.0 if estimate_s is None else estimate_s)


def _log(error: BaseException) -> None:
    logger.error("a stream or run could not be notified", exc_info=error)
