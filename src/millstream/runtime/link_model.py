"""A model of the link between one page and the server, both ways: pure, all times are passed in.

It says for each direction when a frame can leave without waiting behind others, how many bytes may be on their way and
how many bits a second are worth encoding. It goes by delay, so that it slows down long before anything would be lost.
From the literature:

- *LEDBAT* (RFC 6817): one-way delays need no common clock. The smallest recent one is the base; by as much as a
  message is later than that it was held up. The base is a minimum that expires, so that a changed route is learnt.
- *BBR*: rate and propagation delay are estimated apart, the rate from the delivery of what was sent; what is sent is
  paced by it, and no more than their product has to be in flight. The fastest of the last few count. Unlike BBR nothing
  is probed for: a frame is a train of segments, and the time in which it passes tells the rate of an idle link, too.
- *SCReAM* (RFC 8298): the receiver acknowledges with its own time of arrival, the encoder gets a little less than the
  link carries, and frames wait in the sender, where a newer one can still replace them, rather than in the network.

A time of the other side is in seconds of a clock of its own: only differences count. Whatever a page claims is bounded:
it makes its own frames rarer, or later by what it claims to be able to take, and costs nobody else anything.
"""

from __future__ import annotations

import math
from typing import Final

BASE_S: Final = 10.0
"""The smallest delay counts for so long at least, and twice as long at most."""

HEADROOM: Final = 0.95
"""The share of the rate that is encoded for: what has queued drains, and noise makes no queue."""

FRAMES: Final = 8
"""The second fastest of so many tells the rate."""

SAFE: Final = 5
"""Of small frames it is the fifth: a delay that is a little too short makes them much too fast."""

PERIOD_S: Final = 0.25
"""A link that stays busy for longer than this is measured anew."""

NARROWER_S: Final = 0.05
"""Two frames in a row that take longer than expected by this, and twice as long: the link is narrower now."""

LEAST_BYTES: Final = 1000
"""A frame of less tells nothing about a rate, but that it is higher: else small frames would never prove it wrong."""

MESSAGE_BYTES: Final = 100
NOISE_S: Final = 0.001
"""The smallest delay is that of a message of about so many bytes, and may be by so much too long."""

MIN_RATE: Final = 1e3
MAX_RATE: Final = 1e9
"""Bounds of the rate, in bytes a second."""

SLACK_S: Final = 0.015
"""A frame may leave so long before the link is free: half the interval of a camera, or every other one would miss."""

OVERDUE_S: Final = 0.1
"""An acknowledgement that is later than expected by this means that the link stands still."""

MAX_WAIT_S: Final = 1.0
"""The next frame is put off by at most so much."""

FIRST_FRAMES: Final = 2
"""Frames that may be on their way as long as nothing is known."""

MAX_FRAMES: Final = 64
"""Frames that may be on their way at all."""

MAX_RTT_S: Final = 2.0
"""A longer round trip is not believed."""

ENOUGH: Final = 1.5
"""A link that carries less than so many times the rate of audio is too narrow for it: nothing could be made up."""

VERDICT_S: Final = 300.0
"""How long a link counts as narrow for audio. Then it is tried again, and if it still is, counts so twice as long."""

LONGEST_VERDICT_S: Final = 3600.0


class OneWay:
    """One direction of a link, from when messages were sent and when they arrived.

    Attributes:
        base_s: The smallest recent difference between a time of arrival and one of sending; infinite at first.
        rate: Bytes a second that the link carries; infinite as long as nothing tells.
        queue_s: How long the last frame was held up, beyond what its own bytes take.
        left: When the last frame had passed the bottleneck, in time of the sender; as if there were no base delay.
    """

    def __init__(self) -> None:
        self.base_s = self._newer_s = self._older_s = math.inf
        self._since = self.left = -math.inf
        self.rate = math.inf
        self.queue_s = 0.0
        self._busy_since, self._bytes = -math.inf, 0
        # Lists, as most pages never have a stream, and an empty deque takes ten times the memory.
        self._rates: list[float] = []
        self._least_rates: list[float] = []
        self._is_narrower = False

    def heard(self, sent: float, arrived: float) -> None:
        """Note when a message of a few bytes was sent, and when it arrived."""
        delay_s = arrived - sent
        stretch_s = arrived - self._since
        if 0 <= stretch_s < BASE_S:
            self._newer_s = min(self._newer_s, delay_s)
        else:
            self._older_s = self._newer_s if 0 <= stretch_s < 2 * BASE_S else math.inf
            self._newer_s, self._since = delay_s, arrived
        self.base_s = min(self._newer_s, self._older_s)

    def passed(self, size: int, sent: float, arrived: float) -> None:
        """Note when a frame of `size` bytes was sent, and when it had arrived; in the order in which they were sent."""
        if self.base_s == math.inf:
            return
        if arrived - sent < self.base_s:
            self.heard(sent, arrived)
        before, self.left = self.left, arrived - self.base_s
        expected_s = size / self.rate
        self.queue_s = max(self.left - sent - expected_s, 0.0)
        if sent >= before or self.left - self._busy_since > PERIOD_S:
            self._busy_since, self._bytes = max(sent, before), 0
        self._bytes += size
        if self._bytes < LEAST_BYTES:
            self._raise((self._bytes - MESSAGE_BYTES) / (max(self.left - self._busy_since, 0.0) + NOISE_S))
            return
        begun, was_narrower = max(before, sent), self._is_narrower
        self._is_narrower = self.left - begun > max(2 * expected_s, expected_s + NARROWER_S)
        if was_narrower and self._is_narrower:
            self._rates.clear()
            self._busy_since, self._bytes = begun, size
        # Whatever holds messages up on either side makes a frame pass later, never earlier: the fastest tell the truth.
        rate = self._bytes / max(self.left - self._busy_since, self._bytes / MAX_RATE)
        self._rates = [*self._rates[1 - FRAMES :], min(max(rate, MIN_RATE), MAX_RATE)]
        self.rate = sorted(self._rates)[-2:][0]
        self._least_rates.clear()

    def _raise(self, least_rate: float) -> None:
        """Note a rate that the link has at least, if its rate is known already."""
        self._least_rates = [*self._least_rates[1 - FRAMES :], min(least_rate, MAX_RATE)]
        if self._rates and len(self._least_rates) == FRAMES:
            self.rate = max(sorted(self._rates)[-2:][0], sorted(self._least_rates)[-SAFE])


class LinkModel:
    """The link of one page: both directions, and the frames on their way down, of which the server is the sender.

    Of the way up the page is the sender: it is told the rate, and when its frames had passed, and paces by them alike.

    Attributes:
        up, down: The two directions.
        in_flight: Bytes of frames that were sent down and may not have arrived.
    """

    def __init__(self) -> None:
        self.up, self.down = OneWay(), OneWay()
        self.in_flight = 0
        self._flight: dict[tuple[int, int], tuple[int, float, float]] = {}
        self._free_at = -math.inf
        self._narrow_until, self._verdict_s = -math.inf, VERDICT_S

    @property
    def rtt_s(self) -> float:
        """The round trip of a small message on a quiet link; 0 as long as it is not known."""
        rtt_s = self.up.base_s + self.down.base_s
        return min(max(rtt_s, 0.0), MAX_RTT_S) if rtt_s < math.inf else 0.0

    @property
    def window(self) -> float:
        """The number of bytes that may be on their way down: what fills the link, and a little."""
        return self.down.rate * (self.rtt_s + OVERDUE_S)

    def bits_per_s(self, way: OneWay, streams: int) -> float:
        """Say at what rate to encode one of so many streams that share a direction; infinite if nothing tells."""
        return way.rate * 8 * HEADROOM / max(streams, 1)

    def carries(self, bytes_per_s: float, now: float) -> bool:
        """False if audio of that rate is rather compressed on its way down: its frames tell, or audio that was late."""
        return now >= self._narrow_until and self.down.rate >= ENOUGH * bytes_per_s

    def narrow(self, now: float) -> bool:
        """Take note that audio has proved the way down too narrow; gives whether that is news."""
        if now < self._narrow_until:
            return False
        self._narrow_until = now + self._verdict_s
        self._verdict_s = min(2 * self._verdict_s, LONGEST_VERDICT_S)
        return True

    def sent(self, stream: int, sequence: int, size: int, now: float) -> None:
        """Note that a frame is sent down."""
        self._free_at = max(self._free_at, now) + size / self.down.rate
        self._flight[stream, sequence] = size, now, self._free_at
        self.in_flight += size

    def arrived(self, stream: int, sequence: int, arrived: float, now: float) -> None:
        """Note when a frame, and all before it, arrived by the page's clock. One that is not on its way is ignored."""
        frame, passed, begun = (stream, sequence), 0, math.inf
        while frame in self._flight:
            size, sent, _ = self._flight.pop(next(iter(self._flight)))
            passed, begun = passed + size, min(begun, sent)
        if passed:
            self.in_flight -= passed
            self.down.passed(passed, begun, min(arrived, now + self.down.base_s))  # it is here since now at the latest
            self._replay(self.down.left)

    def forget(self, stream: int | None = None) -> None:
        """Expect no news of a stream's frames any more; of none by default."""
        self._flight = {name: kept for name, kept in self._flight.items() if stream not in (None, name[0])}
        self.in_flight = sum(size for size, *_ in self._flight.values())
        self._replay(self.down.left)

    def may_send(self, now: float) -> bool:
        """True if a frame can leave now: the link is about to be free, and it moves.

        A page that tells no times is left to what it says that it can take.
        """
        if self.down.base_s == math.inf:
            return True
        if not self._flight:
            return self._free_at - now <= SLACK_S or self._free_at > now + MAX_WAIT_S
        if len(self._flight) >= (FIRST_FRAMES if self.down.rate == math.inf else MAX_FRAMES):
            return False
        due = next(iter(self._flight.values()))[2] + self.rtt_s + OVERDUE_S
        return now <= due and self._free_at - now <= SLACK_S and self.in_flight <= self.window

    def send_at(self, now: float) -> float:
        """Say when `may_send` is worth asking again if nothing arrives before."""
        return min(max(self._free_at - SLACK_S, now), now + MAX_WAIT_S)

    def _replay(self, free_at: float) -> None:
        """Work out anew when what is on its way will have passed, from when the link was free for it."""
        self._free_at = free_at
        for name, (size, sent, _) in self._flight.items():
            self._free_at = max(self._free_at, sent) + size / self.down.rate
            self._flight[name] = size, sent, self._free_at
