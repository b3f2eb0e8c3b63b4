"""The queue of one app while it runs: `Admission` with a clock, a timer, and somebody to tell."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice
from typing import Final, NamedTuple, Protocol

from millstream.admission import Admission, Standing
from millstream.declare.binding import Binding
from millstream.errors import Busy
from millstream.jobs import Worker
from millstream.runtime.alarm import Alarm
from millstream.tickets import Ask, Ticket, TicketState

logger = logging.getLogger("millstream.session")

ANNOUNCE_S: Final = 0.5
"""Those who wait hear of their position at most this often."""

SLICE: Final = 64
"""So many are told at once, those in front first; then the loop has other things to do."""

PAUSE_S: Final = 0.05
"""How long it has for them: a thousand people a second are told at most, whatever the length of the queue."""

NOTICEABLE_S: Final = 0.5
NOTICEABLE_SHARE: Final = 0.05
"""An expected wait that moves by less than this, or than this share of itself, is not worth a message."""


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

    def stands(self, position: int, eta_s: float) -> None:
        """It waits at `position` (from 1), for about `eta_s` seconds more; -1 if that is unknown."""


class _Told(NamedTuple):
    """The last thing that one who waits was told, when, and by when it is to expect a slot (`None`: unknown)."""

    at: float
    position: int
    due: float | None


class RunQueue:
    """Hands out slots, and tells those who wait where they stand. All methods belong to the loop.

    A slot belongs to the calls that are made in it: when a stream or run has left it stays taken until the last worker
    that `hold` named is released, which means that nothing of it runs any more, or that it was abandoned.

    Args:
        admission: Who may work now and who waits: pure, and given, so that it can be somewhere else.
        abandon_s: After how long at the latest a worker that does not end is abandoned.
    """

    def __init__(self, admission: Admission, abandon_s: float = 30.0) -> None:
        self._admission = admission
        self._abandon_s = abandon_s
        self._queued: dict[Ticket, Queued] = {}
        self._workers: dict[Ticket, set[Worker]] = {}
        self._told: dict[Ticket, _Told] = {}
        self._loop = asyncio.get_running_loop()
        self._expiry = Alarm(self._expire, _log)
        self._announcement = Alarm(self._announce, _log)
        self._next_slice = Alarm(self._go_round, _log)
        self._stale: set[str] = set()
        self._rounds: dict[str, tuple[float, Iterator[Standing]]] = {}
        self._is_closed = False

    @property
    def waiting(self) -> int:
        """The number of waiting streams and runs."""
        return self._admission.waiting

    def join(self, queued: Queued, binding: Binding, visitor: str, *, is_farewell: bool = False) -> Ticket:
        """Ask for a slot; the ticket says if there is one at once, else `queued` is told when there is.

        Args:
            queued: Who asks.
            binding: What is to be called there.
            visitor: Whose page it is of.
            is_farewell: Whether it belongs to the end of a page, which nobody is turned away from.

        Raises:
            Busy: Too many wait already, or the app is being shut down.
        """
        if self._is_closed and not is_farewell:
            raise Busy("the app is restarting; try again in a moment")
        ask = Ask(
            binding.concurrency_key,
            visitor,
            binding.concurrency_limit,
            binding.time_limit,
            is_open_ended=binding.stream is not None,
            is_exempt=is_farewell,
        )
        ticket = self._admission.join(ask, self._loop.time())
        self._queued[ticket] = queued
        if ticket.state is TicketState.WAITING:
            self._stand_in_line(ticket)
        elif ticket.deadline is not None:
            self._set_expiry()
        return ticket

    def rejoin(self, ticket: Ticket) -> None:
        """Go to the back of the queue; who rejoins is told when it has a slot again, maybe before this returns."""
        self._moved(ticket.ask.key, self._admission.rejoin(ticket, self._loop.time()))
        if ticket.state is TicketState.WAITING:
            self._stand_in_line(ticket)

    def hold(self, ticket: Ticket, worker: Worker) -> None:
        """Keep the slot of a ticket taken until a worker is released."""
        self._workers.setdefault(ticket, set()).add(worker)
        worker.released.add_done_callback(partial(self._let_go, ticket, worker))

    async def idle(self, ticket: Ticket) -> None:
        """Wait until no call is being made in the slot of a ticket."""
        while workers := self._workers.get(ticket):
            await asyncio.wait([worker.released for worker in workers])

    def leave(self, ticket: Ticket) -> None:
        """Give up a slot, or the wait for one; harmless if repeated."""
        if self._queued.pop(ticket, None) is None:
            return
        self._told.pop(ticket, None)
        if ticket in self._workers and ticket.has_slot:
            self._admission.linger(ticket, self._loop.time() + self._abandon_s)
            self._moved(ticket.ask.key, [])
        else:
            admitted = self._admission.leave(ticket, self._loop.time())
            if admitted or self._admission.waiting or self._expiry.due is not None:
                self._moved(ticket.ask.key, admitted)

    def step_aside(self, tickets: Iterable[Ticket]) -> None:
        """Let others go before these, whose page is away: see `Admission.step_aside`."""
        for ticket in tickets:
            self._admission.step_aside(ticket, self._loop.time())
        self._set_expiry()

    def step_up(self, tickets: Iterable[Ticket]) -> None:
        """Let others go before these no longer: their page is back. Who waits is told where it stands."""
        for ticket in tickets:
            for worker in self._workers.get(ticket, ()):
                worker.abandon_s = self._abandon_s
            is_extended = ticket.is_away and ticket.is_running and ticket.ask.time_limit is not None
            self._moved(ticket.ask.key, self._admission.step_up(ticket, self._loop.time()))
            if is_extended:
                self._queued[ticket].extended()
            elif ticket.is_waiting:
                self._stand_in_line(ticket)
        self._set_expiry()

    def lose_patience(self, tickets: Iterable[Ticket]) -> None:
        """Have calls of these abandoned as soon as they are closed, which those that others wait for are now."""
        for ticket in tickets:
            for worker in self._workers.get(ticket, ()):
                worker.abandon_s = 0.0
            if ticket.state is TicketState.EXPIRING:
                self._queued[ticket].surrender()

    def close(self) -> None:
        """Admit nobody any more, but for those who bid farewell."""
        self._is_closed = True
        self._rounds.clear()
        for alarm in (self._expiry, self._announcement, self._next_slice):
            alarm.cancel()

    def _let_go(self, ticket: Ticket, worker: Worker, _: asyncio.Future[None]) -> None:
        workers = self._workers[ticket]
        workers.discard(worker)
        if workers:
            return
        del self._workers[ticket]
        if ticket not in self._queued:
            self._moved(ticket.ask.key, self._admission.leave(ticket, self._loop.time()))

    def _stand_in_line(self, ticket: Ticket) -> None:
        """Tell one who begins to wait where it stands, and some time later all others who wait there."""
        if not self._is_closed:
            now = self._loop.time()
            self._announce_later(ticket.ask.key, now)
            self._tell(self._admission.standing(ticket, now), now, now)

    def _moved(self, key: str, admitted: list[Ticket]) -> None:
        """Tell those who have a slot now, and some time later those who have moved up."""
        for ticket in admitted:
            if not self._is_closed or ticket.ask.is_exempt:
                self._told.pop(ticket, None)
                self._queued[ticket].admitted()
        if admitted or self._expiry.due is not None:
            self._set_expiry()
        if self._admission.waiting and not self._is_closed:
            self._announce_later(key, self._loop.time())

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

    # ---- telling those who wait --------------------------------------------------------------------------------

    def _announce_later(self, key: str, now: float) -> None:
        self._stale.add(key)
        if self._announcement.due is None:
            self._announcement.set(now + ANNOUNCE_S)

    def _announce(self) -> None:
        """Tell those in front at once, and begin to go round the others."""
        stale, self._stale = self._stale, set()
        now = self._loop.time()
        for key in stale:
            standings = self._admission.standings(key, now)
            self._tell_some(key, now, standings)
            if key in self._rounds:
                self._announce_later(key, now)  # there is another round to be made after this one
            else:
                self._rounds[key] = now, standings
        if self._rounds and self._next_slice.due is None:
            self._next_slice.set(now + PAUSE_S)

    def _go_round(self) -> None:
        """Tell the next slice of one key, then of another."""
        key = next(iter(self._rounds))
        began, standings = self._rounds.pop(key)
        if self._tell_some(key, began, standings):
            self._rounds[key] = began, standings
        if self._rounds:
            self._next_slice.set(self._loop.time() + PAUSE_S)

    def _tell_some(self, key: str, began: float, standings: Iterator[Standing]) -> bool:
        """Tell a slice; gives whether there may be more."""
        told, now = 0, self._loop.time()
        for standing in islice(standings, SLICE):
            told += 1
            if not self._tell(standing, began, now):
                self._announce_later(key, now)
        return told == SLICE

    def _tell(self, standing: Standing, began: float, now: float) -> bool:
        """Tell one who waits where it stands if that is news; gives whether it has been told all there is to say."""
        ticket, position, estimate_s = standing
        if ticket.is_away:
            return True  # it is told when it is back
        due = None if estimate_s is None else began + estimate_s
        told = self._told.get(ticket)
        if told is not None:
            if told.position == position and not _is_news(told.due, due, now):
                return True
            if now < told.at + ANNOUNCE_S:
                return False
        self._told[ticket] = _Told(now, position, due)
        self._queued[ticket].stands(position, -1.0 if due is None else max(due - now, 0.0))
        return True


def _is_news(told: float | None, due: float | None, now: float) -> bool:
    """True if who was told to expect a slot at `told` has to hear that it comes at `due`: the page counts down."""
    if told is None or due is None:
        return told is not due
    return abs(due - told) > max(NOTICEABLE_S, NOTICEABLE_SHARE * (due - now))


def _log(error: BaseException) -> None:
    logger.error("the queue failed to tell somebody", exc_info=error)
