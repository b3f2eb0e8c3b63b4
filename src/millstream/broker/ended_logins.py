"""Logins that have ended before their time, remembered for as long as they would have been good. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from heapq import heappop, heappush
from typing import Final

MAX_ENDED: Final = 100_000

EARLIER: Final = b""
"""Stands for all logins that would have ended no later."""


class EndedLogins:
    """Ended logins, and until when they would have been good.

    Beyond `MAX_ENDED` the one that would end first is forgotten, and from then on all logins have ended that would end
    no later: rather too many than one too few. Other processes are told so by `EARLIER`.
    """

    def __init__(self) -> None:
        self._until: dict[bytes, float] = {}
        self._order: list[tuple[float, bytes]] = []
        self._all_until = -math.inf

    def add(self, logins: Mapping[bytes, float], now: float) -> dict[bytes, float]:
        """Note logins that have ended, by the seconds that they had left; gives those that were not known."""
        new = {login: left_s for login, left_s in logins.items() if left_s > 0 and self._is_new(login, now + left_s)}
        for login, left_s in new.items():
            if login == EARLIER:
                self._all_until = now + left_s
            else:
                self._until[login] = now + left_s
                heappush(self._order, (now + left_s, login))
        self._drop(now)
        return new

    def has_ended(self, login: bytes, until: float, now: float) -> bool:
        """Tell if a login has ended that is good for until then."""
        return login in self._until or until <= max(self._all_until, now)

    def all(self, now: float) -> dict[bytes, float]:
        """Give the seconds that each ended login would still be good for."""
        self._drop(now)
        earlier = {EARLIER: self._all_until - now} if self._all_until > now else {}
        return {login: until - now for login, until in self._until.items()} | earlier

    def __len__(self) -> int:
        return len(self._until)

    def _is_new(self, login: bytes, until: float) -> bool:
        return until > self._all_until if login == EARLIER else login not in self._until

    def _drop(self, now: float) -> None:
        while self._order and (self._order[0][0] <= now or len(self._order) > MAX_ENDED):
            until, login = heappop(self._order)
            del self._until[login]
            if until > now:
                self._all_until = max(self._all_until, until)
