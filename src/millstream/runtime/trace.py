"""The server's share in the age of a stream's frames, while its page watches the latency. Pure but for the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from millstream.jobs import Result
from millstream.runtime.clock import server_us
from millstream.wire.packet import Packet

MAX_ARRIVED: Final = 256
"""Packets whose arrival is remembered until they are handled; older ones were dropped."""


class Arrival(NamedTuple):
    """The arrival of a packet.

    Attributes:
        at_s: By the clock of the session.
        age_us: Since the capture, which the page's clock has told, by the server's clock.
    """

    at_s: float
    age_us: int


class CallTimes(NamedTuple):
    """Means over some calls, in microseconds; see `wire.messages.Latency`."""

    calls: int = 0
    arrived_us: int = 0
    wait_us: int = 0
    decode_us: int = 0
    call_us: int = 0
    encode_us: int = 0


@dataclass(slots=True)
class StreamTrace:
    """Times the calls of one stream.

    Attributes:
        codec: The number of the codec of the last packet; 0 before the first.
    """

    codec: int = 0
    _arrivals: dict[tuple[int, int], Arrival] = field(default_factory=dict)
    _encodings: tuple[int, float] = (0, 0.0)
    _calls: int = 0
    _arrived_us: int = 0
    _wait_s: float = 0.0
    _decode_s: float = 0.0
    _call_s: float = 0.0
    _encode_s: float = 0.0

    def received(self, packet: Packet, now_s: float) -> None:
        """Note that a packet has come."""
        self.codec = packet.codec
        self._arrivals[packet.stream, packet.sequence] = Arrival(now_s, server_us() - packet.captured_us)
        if len(self._arrivals) > MAX_ARRIVED:
            del self._arrivals[next(iter(self._arrivals))]

    def noting(self, receive: Callable[[Packet, float], None]) -> Callable[[Packet, float], None]:
        """Give what notes a packet and then hands it to `receive`."""

        def received(packet: Packet, now_s: float) -> None:
            self.received(packet, now_s)
            receive(packet, now_s)

        return received

    def called(self, packet: Packet, began_s: float, result: Result) -> None:
        """Note what came of a call on a packet; the later steps of a generator are no answer to it any more."""
        arrival = self._arrivals.pop((packet.stream, packet.sequence), None)
        if arrival is None:
            return
        self._calls += 1
        self._arrived_us += arrival.age_us
        self._wait_s += began_s - arrival.at_s
        self._decode_s += result.decode_s
        self._call_s += result.call_s
        self._encode_s += result.encode_s

    def late_encoding_us(self, encodings: int, spent_s: float) -> int:
        """Give the mean of the encodings right before sending since the last time, of which the totals are given."""
        before, before_s = self._encodings
        self._encodings = encodings, spent_s
        return round((spent_s - before_s) / (encodings - before) * 1_000_000) if encodings > before else 0

    def take(self) -> CallTimes:
        """Give the means of the calls since the last time."""
        calls = self._calls
        if not calls:
            return CallTimes()
        seconds = (self._wait_s, self._decode_s, self._call_s, self._encode_s)
        means = [round(each / calls * 1_000_000) for each in seconds]
        times = CallTimes(calls, round(self._arrived_us / calls), *means)
        self._calls = self._arrived_us = 0
        self._wait_s = self._decode_s = self._call_s = self._encode_s = 0.0
        return times
