"""The queue of one app while it runs: `Admission` with a clock, a timer, and somebody to tell."""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

from millstream.admission import Admission, Ticket
from millstream.errors import Busy
from millstream.ui.events import Binding

ANNOUNCE_S: Final = 0.5
"""Those who wait hear of their place at most this often."""


class Guest(Protocol):
    """Who takes a place: a stream or a run."""

    def admitted(self) -> None:
        """Its turn has begun; the ticket says until when."""

    def extended(self) -> None:
        """Its time was up and nobody waits: the ticket has a new deadline."""

    def expired(self) -> None:
        """Its time is up and others wait: finish the running call, then `rejoin` or `leave`."""

    def stands(self, position: int, eta_s: float) -> None:
        """It waits at `position` (from 1), for about `eta_s` seconds more; -1 if that is unknown."""


class Places:
    """Takes guests in and tells them how it goes. All methods belong to the loop.

    Args:
        max_waiting: How many may wait, over all events; `None` for no bound.
    """

    def __init__(self, max_waiting: int | None) -> None:
        self._admission = Admission(max_waiting)
        self._guests: dict[Ticket, Guest] = {}
        self._told: dict[Ticket, tuple[int, float]] = {}
        self._loop = asyncio.get_running_loop()
        self._expiry: asyncio.TimerHandle | None = None
        self._announcement: asyncio.TimerHandle | None = None
        self._stale: set[str] = set()
        self._is_closed = False

    @property
    def waiting(self) -> int:
        """How many guests wait."""
        return self._admission.waiting

    def join(self, guest: Guest, binding: Binding, session: str) -> Ticket:
        """Ask for a place; `guest` is told when it has one, which may be before this returns.

        Raises:
            Busy: Too many wait already, or the app is being shut down.
        """
        if self._is_closed:
            raise Busy("the app is being restarted; try again in a moment")
        key, limit = binding.concurrency_key, binding.concurrency_limit
        ticket = self._admission.join(key, limit, session, binding.time_limit, self._loop.time())
        self._guests[ticket] = guest
        self._moved(ticket.key, [ticket] if ticket.is_running else [])
        if ticket.is_waiting:
            self._tell(ticket.key)
        return ticket

    def rejoin(self, ticket: Ticket) -> None:
        """Go to the back of the queue; the guest is told when it is admitted again, maybe before this returns."""
        self._moved(ticket.key, self._admission.rejoin(ticket, self._loop.time()))
        if ticket.is_waiting:
            self._tell(ticket.key)

    def leave(self, ticket: Ticket) -> None:
        """Give up a place, or the wait for one; harmless if repeated."""
        if self._guests.pop(ticket, None) is not None:
            self._told.pop(ticket, None)
            self._moved(ticket.key, self._admission.leave(ticket, self._loop.time()))

    def close(self) -> None:
        """Admit nobody any more."""
        self._is_closed = True
        for timer in (self._expiry, self._announcement):
            if timer is not None:
                timer.cancel()

    def _moved(self, key: str, admitted: list[Ticket]) -> None:
        if self._is_closed:
            return
        self._set_expiry()
        for ticket in admitted:
            self._told.pop(ticket, None)
            self._guests[ticket].admitted()
        self._stale.add(key)
        if self._announcement is None:
            self._announcement = self._loop.call_later(ANNOUNCE_S, self._announce)

    def _set_expiry(self) -> None:
        deadline = self._admission.next_deadline()
        if self._expiry is not None:
            if deadline == self._expiry.when():
                return
            self._expiry.cancel()
        self._expiry = None if deadline is None else self._loop.call_at(deadline, self._expire)

    def _expire(self) -> None:
        self._expiry = None
        extended, expiring = self._admission.expire(self._loop.time())
        for ticket in extended:
            self._guests[ticket].extended()
            self._moved(ticket.key, [])
        for ticket in expiring:
            self._guests[ticket].expired()
            self._moved(ticket.key, [])
        self._set_expiry()

    def _announce(self) -> None:
        self._announcement = None
        stale, self._stale = self._stale, set()
        for key in stale:
            self._tell(key)

    def _tell(self, key: str) -> None:
        for ticket, position, estimate_s in list(self._admission.standings(key, self._loop.time())):
            standing = position, -1.0 if estimate_s is None else estimate_s
            if self._told.get(ticket) != standing:
                self._told[ticket] = standing
                self._guests[ticket].stands(*standing)
