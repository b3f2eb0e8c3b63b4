"""The wait before another attempt to log in, after wrong passwords. Pure except for the clock."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final


class Backoff:
    """Counts wrong passwords, and computes the wait before the next attempt. Pure except for the clock.

    Five attempts for one name from one address, and twenty for all names from it, are free; each further one doubles
    the wait, from 1 s to 5 minutes. The same name from another address does not wait: nobody can lock others out.
    Callers give the network of an IPv6 address in its place, as its owner has all addresses of that.
    """

    FREE: Final = {"account": 5, "address": 20}
    LONGEST_S: Final = 300.0
    MAX_ENTRIES: Final = 10_000

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: OrderedDict[tuple[str, ...], tuple[int, float]] = OrderedDict()

    def wait_s(self, address: str, name: str) -> float:
        """Seconds until this address may try this name again; 0 if it may now."""
        until = max(self._failures.get(key, (0, 0.0))[1] for key in _keys(address, name))
        return max(0.0, until - self._clock())

    def failed(self, address: str, name: str) -> None:
        """Count a wrong password, or one that is about to be checked."""
        now = self._clock()
        for key in _keys(address, name):
            count, until = self._failures.pop(key, (0, now))
            if now - until > self.LONGEST_S:
                count = 0
            count += 1
            excess = count - self.FREE[key[0]]
            wait = min(2.0**excess, self.LONGEST_S) if excess >= 0 else 0.0
            self._failures[key] = (count, now + wait)
        while len(self._failures) > self.MAX_ENTRIES:
            self._failures.popitem(last=False)

    def succeeded(self, address: str, name: str) -> None:
        """Forget the failures of this name from this address, and take this attempt off the count of the address."""
        account, whole = _keys(address, name)
        self._failures.pop(account, None)
        count, _ = self._failures.pop(whole, (0, 0.0))
        if count > 1:
            self._failures[whole] = (count - 1, self._clock())


def _keys(address: str, name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return ("account", address, name), ("address", address)
