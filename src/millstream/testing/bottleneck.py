"""One direction of a narrow link: pure, the clock is passed in."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

BUFFER_BYTES = 64 * 1024
"""Bytes that wait at the bottleneck by default: those of a modest router, a quarter of a second at 2 Mbit/s."""


SEGMENT_BYTES = 1400
"""Bytes that travel together: a TCP segment."""

RETRANSMIT_S = 0.2
"""The least time after which TCP notices by its clock that a segment was lost: that of Linux."""


@dataclass(kw_only=True)
class Bottleneck:
    """Says when bytes that reach the bottleneck arrive behind it: one after the other, in order, none missing.

    A segment that is lost is sent again, as by TCP, and all that comes after it waits for it: for a round trip if it is
    lost once, and if it is lost again for the timeout of a retransmission besides, which doubles each time.

    All times are seconds of one monotonic clock, which begins at 0 for `stalls`.

    Attributes:
        bytes_per_s: The rate; it may be changed at any time, for what is sent from then on. Infinite for no limit.
        delay_s: How long bytes are on their way besides.
        jitter_s: Each packet is late by up to so much more, evenly spread; none overtakes another.
        loss: The share of segments that are lost, from 0 to below 1.
        buffer_bytes: How much may wait; whoever sends more is held back, as TCP does.
        stalls: When nothing leaves, as beginning and duration.
        seed: Of the jitter and the loss: the same link behaves the same way again.
        carried: Bytes that were sent so far.
    """

    bytes_per_s: float = math.inf
    delay_s: float = 0.0
    jitter_s: float = 0.0
    loss: float = 0.0
    buffer_bytes: int = BUFFER_BYTES
    stalls: Sequence[tuple[float, float]] = ()
    seed: int = 0
    carried: int = 0
    free_at: float = field(default=0.0, init=False)
    """When the last byte that was sent has left the bottleneck."""
    _last_arrival: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - repeatable on purpose
        self._stalls = sorted(self.stalls)

    def send(self, size: int, now: float) -> float:
        """Send so many bytes at once; gives when the last of them arrives."""
        self.carried += size
        self.free_at = self._left(max(now, self.free_at), size / self.bytes_per_s)
        late_s = self._random.uniform(0, self.jitter_s) if self.jitter_s else 0.0
        late_s += self._lost_s(size) if self.loss else 0.0
        self._last_arrival = max(self._last_arrival, self.free_at + self.delay_s + late_s)
        return self._last_arrival

    def room_at(self, now: float) -> float:
        """Say when so little waits that more may be sent."""
        return max(now, self.free_at - self.buffer_bytes / self.bytes_per_s)

    def stall(self, now: float, seconds: float) -> None:
        """Let nothing leave for a while from now on."""
        self._stalls = sorted([*self._stalls, (now, seconds)])

    def _lost_s(self, size: int) -> float:
        """Say by how much bytes are late because segments of them are lost; those that are lost at once cost once."""
        worst = 0
        for _ in range(math.ceil(size / SEGMENT_BYTES)):
            losses = 0
            while self._random.random() < self.loss:
                losses += 1
            worst = max(worst, losses)
        round_trip_s = 2 * self.delay_s
        return sum(round_trip_s + (RETRANSMIT_S * 2 ** (again - 1) if again else 0.0) for again in range(worst))

    def _left(self, begin: float, work_s: float) -> float:
        """Find when work that takes so long is done, if nothing is done during a stall."""
        end = begin + work_s
        for at, seconds in self._stalls:
            if at + seconds <= begin:
                continue
            if at >= end:
                break
            end += at + seconds - max(at, begin)
        return end
