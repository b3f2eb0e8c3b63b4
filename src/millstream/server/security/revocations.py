"""The logins that have ended before their time. Pure except for the clock."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

MAX_REVOKED: Final = 100_000


class Revocations:
    """Remembers each until it would have ended anyway.

    Beyond `MAX_REVOKED` the oldest is forgotten, and with it all logins end that began before that one: rather too
    many than one too few.

    Args:
        clock: The clock by which logins end, in seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._expires: OrderedDict[bytes, float] = OrderedDict()
        self._void_until = 0.0

    def add(self, number: bytes, expires: float) -> bool:
        """Note that a login has ended; returns `False` if that was known."""
        if number in self._expires:
            return False
        self._expires[number] = expires
        now = self._clock()
        while next(iter(self._expires.values()), now) < now:
            self._expires.popitem(last=False)
        while len(self._expires) > MAX_REVOKED:
            self._void_until = max(self._void_until, self._expires.popitem(last=False)[1])
        return True

    def has_ended(self, number: bytes, expires: float) -> bool:
        """Return whether a login has ended."""
        return number in self._expires or expires <= max(self._void_until, self._clock())

    def __len__(self) -> int:
        return len(self._expires)
