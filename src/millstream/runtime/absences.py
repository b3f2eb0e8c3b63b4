"""The sessions of one app whose pages are away: how many there may be, and what becomes of the slots they have."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from typing import Final, Protocol

from millstream.admission import RECHECK_S
from millstream.runtime.queue import SlotQueue
from millstream.runtime.state.file_quota import network_of
from millstream.tickets import Ticket

HOLD_S: Final = 10.0
"""How long a page may be silent and keep slots that others wait for, until its link is found lost and after that."""

MAX_AWAY_EACH: Final = 256
"""Sessions of one address (of a /64 network with IPv6) that may be kept for pages that are away."""


class Absent(Protocol):
    """A session, as far as its absence has to do with it."""

    address: str

    @property
    def tickets(self) -> Sequence[Ticket]:
        """The tickets of its streams and runs."""

    def end(self, code: int, reason: str) -> None:
        """End it soon."""


class Absences:
    """Keeps nobody waiting for a page that is away.

    What waits in the queue is passed over at once, and keeps its position. What has a slot keeps it until nothing has
    been heard of the page for `HOLD_S`, and after that until somebody waits for it; a call that does not return then is
    abandoned, as if the page had been closed when others were let in. Beyond `MAX_AWAY_EACH` the session that has been
    away for longest is given up, so that nobody fills the server by opening pages and cutting them off.

    Args:
        queue: The queue of the app.
        abandon_s: How long a call may hold a slot that is given up.
    """

    def __init__(self, queue: SlotQueue, abandon_s: float) -> None:
        self._queue, self._abandon_s = queue, abandon_s
        self._loop = asyncio.get_running_loop()
        self._away: OrderedDict[Absent, asyncio.TimerHandle] = OrderedDict()
        self._networks: defaultdict[str, OrderedDict[Absent, None]] = defaultdict(OrderedDict)

    def begin(self, session: Absent, silent_s: float) -> None:
        """Note that the page of a session is away; nothing has been heard of it for `silent_s`."""
        self._queue.step_aside([ticket for ticket in session.tickets if ticket.is_waiting])
        self._away[session] = self._loop.call_later(max(HOLD_S - silent_s, 0.0), self._let_others_in, session)
        neighbours = self._networks[network_of(session.address)]
        neighbours[session] = None
        if len(neighbours) > MAX_AWAY_EACH:
            self._give_up(next(iter(neighbours)))

    def end(self, session: Absent, *, is_back: bool) -> None:
        """Note that it is back, or over. Harmless if it was not away."""
        timer = self._away.pop(session, None)
        if timer is None:
            return
        timer.cancel()
        network = network_of(session.address)
        del self._networks[network][session]
        if not self._networks[network]:
            del self._networks[network]
        if is_back:
            self._queue.step_up(session.tickets)

    def make_room(self) -> bool:
        """Give up the session that has been away for longest; says whether there is one."""
        longest = next(iter(self._away), None)
        if longest is not None:
            self._give_up(longest)
        return longest is not None

    def _give_up(self, session: Absent) -> None:
        self.end(session, is_back=False)
        session.end(1001, "too many pages are disconnected")

    def _let_others_in(self, session: Absent) -> None:
        self._queue.step_aside(session.tickets)
        self._away[session] = self._loop.call_later(self._abandon_s, self._lose_patience, session)

    def _lose_patience(self, session: Absent) -> None:
        """End the calls that others wait for; of those that nobody waits for yet look again."""
        if tickets := session.tickets:
            self._away[session] = self._loop.call_later(RECHECK_S, self._lose_patience, session)
            self._queue.lose_patience(tickets)

    def __len__(self) -> int:
        return len(self._away)
