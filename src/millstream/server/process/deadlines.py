"""How long a peer may keep us waiting for what it sends: a pure rule, the clock is a parameter."""

from __future__ import annotations


class Deadline:
    """Runs out when less comes than a least rate, and is renewed by what comes.

    It is a bucket of seconds: each second takes one out, each `rate` bytes put one in, and it never holds more than
    `grace_s`. So a short pause is forgiven wherever it falls, a silent peer is given up after `grace_s`, and one that
    trickles at a fraction `f` of the rate after `grace_s / (1 - f)`; what it has sent before buys it no more than that.

    Args:
        grace_s: How long a peer may be silent.
        rate: Bytes a second that it has to send on average.
        now: The time, in seconds on any clock.
    """

    def __init__(self, grace_s: float, rate: float, now: float) -> None:
        self._grace_s = grace_s
        self._rate = rate
        self._ends_at = now + grace_s

    def took(self, size: int, now: float) -> None:
        """Note that `size` bytes have come."""
        self._ends_at = min(self._ends_at + size / self._rate, now + self._grace_s)

    def renew(self, now: float) -> None:
        """Begin anew: until now it was not the peer that was waited for."""
        self._ends_at = now + self._grace_s

    def left_s(self, now: float) -> float:
        """Seconds until patience runs out if nothing comes; 0 or less when it has."""
        return self._ends_at - now
