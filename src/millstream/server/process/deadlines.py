"""The deadline of a peer that is sending: a pure rule; the clock is a parameter."""

from __future__ import annotations


class Deadline:
    """A deadline that moves with the bytes that arrive, and passes if they fall below a minimum rate.

    It is a leaky bucket of seconds: each second takes one out, each `rate` bytes put one in, and it never holds more
    than `grace_s`. So a short pause is forgiven at any time, a silent peer is dropped after `grace_s`, and one that
    trickles at a fraction `f` of the rate after `grace_s / (1 - f)`, however much it has sent before.

    Args:
        grace_s: Seconds for which a peer may be silent.
        rate: Bytes a second that it has to send on average.
        now: The time, in seconds on any clock.
    """

    def __init__(self, grace_s: float, rate: float, now: float) -> None:
        self._grace_s = grace_s
        self._rate = rate
        self._ends_at = now + grace_s

    def took(self, size: int, now: float) -> None:
        """Note that `size` bytes have arrived."""
        self._ends_at = min(self._ends_at + size / self._rate, now + self._grace_s)

    def renew(self, now: float) -> None:
        """Start afresh: the delay until now was not the peer's."""
        self._ends_at = now + self._grace_s

    def left_s(self, now: float) -> float:
        """Seconds until the deadline if nothing arrives; 0 or less once it has passed."""
        return self._ends_at - now
