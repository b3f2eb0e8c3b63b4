"""The upward side of one stream: checks what the page sends, keeps what waits, and says how much more may come."""

from __future__ import annotations

import struct
from typing import Final, Literal

from millstream.errors import ProtocolError
from millstream.lanes import All, Lane, LaneStatistics, Latest
from millstream.runtime.pacing import Pacing
from millstream.ui.events import Binding
from millstream.wire.packet import Kind, Packet

CHUNKS_WAITING: Final = 2
"""Chunks of a stream that loses nothing which may wait on the server; the page holds the rest."""

MAX_BACKLOG_BYTES: Final = 64 * 1024 * 1024

SEQUENCES: Final = 2**32

_SOUND: Final = struct.Struct("<QIB")
"""first_sample, sample_rate, channels: how the payload of sound begins."""

_SOUND_PREFIX_BYTES: Final = 16
_SAMPLE_BYTES: Final = 2


class Intake:
    """Packets of one stream on their way to the handler: no loop, no clock.

    Args:
        binding: The stream event.
        carries: Whether its component sends pictures or sound.

    Attributes:
        is_open: Whether a turn goes on.
        received: Number of packets that came so far, which is the sequence of the last one (before it wraps).
        limit: The highest number that the page may send.
        active_at: When the page last sent something, or was last allowed to after it had not been.
    """

    def __init__(self, binding: Binding, carries: Literal["picture", "sound"] | None) -> None:
        self._component = binding.stream
        self._kind = Kind.PICTURE if carries == "picture" else Kind.SOUND
        self._keeps_all = binding.keep == "all"
        self._interval_s = binding.stream_every
        self._lane: Lane[Packet] = All(binding.max_backlog, MAX_BACKLOG_BYTES) if self._keeps_all else Latest()
        is_paced = self._kind is Kind.PICTURE and not self._keeps_all
        self._pacing = Pacing(binding.stream_every) if is_paced else None
        self._taken = 0
        self._is_flushing = False
        self._final: int | None = None
        self.is_open = False
        self.received = 0
        self.limit = 0
        self.active_at = 0.0

    @property
    def is_flushed(self) -> bool:
        """Whether nothing more comes in this turn."""
        return self._is_flushing and self._final is not None and self.received >= self._final

    @property
    def keeps_all(self) -> bool:
        """Whether every packet is handled."""
        return self._keeps_all

    def open(self, now: float) -> None:
        """Begin a turn."""
        self.is_open, self._is_flushing, self._final = True, False, None
        self.active_at = now

    def close(self) -> None:
        """End a turn: what waits is dropped, and so is what is still on its way."""
        self.is_open = False
        self._lane.clear()
        if self._pacing is not None:
            self._pacing.pause()

    def flush(self, final: int | None) -> None:
        """Wait for packet `final` (`None`: for one flagged as the last), to be handled with all that waits."""
        self._is_flushing = True
        if final is not None:
            self._final = final

    def give_up(self) -> None:
        """Flush no longer: what has come is all."""
        self._final = self.received

    def put(self, packet: Packet, now: float) -> None:
        """Take in a packet from the page.

        Raises:
            ProtocolError: It does not belong here, is out of sequence, or came without credit.
            BacklogExceeded: More waits than `max_backlog` allows.
        """
        if packet.component != self._component or packet.kind is not self._kind:
            raise ProtocolError(f"{packet.kind.name} of component {packet.component} in a stream of another one", 4404)
        if packet.sequence != (self.received + 1) % SEQUENCES:
            raise ProtocolError(f"packet {packet.sequence} of stream {packet.stream} follows packet {self.received}")
        if self.received >= self.limit:
            raise ProtocolError(f"packet {packet.sequence} of stream {packet.stream} was sent without credit", 1008)
        self.received += 1
        self.active_at = now
        if not self.is_open:
            return
        if self._pacing is not None:
            self._pacing.received(self.received, now)
        if packet.is_last:
            self._final = self.received
        if len(packet.payload):
            self._lane.put(packet, seconds=_seconds(packet) if self._kind is Kind.SOUND else self._interval_s)

    def take(self) -> tuple[Packet, ...]:
        """Take what the next call handles: the newest picture, or all the sound that waits; nothing if none is due."""
        if not self._keeps_all:
            packets = self._lane.take_all()
        elif self._kind is Kind.PICTURE:
            packet = self._lane.take()
            packets = [] if packet is None else [packet]
        elif self._is_flushing and not self.is_flushed:
            packets = []
        else:
            packets = self._lane.take_all()
        if packets:
            self._taken = self.received - len(self._lane)
        return tuple(packets)

    def call_began(self, now: float) -> None:
        """The handler was called."""
        if self._pacing is not None:
            self._pacing.call_began(now)

    def call_ended(self, now: float) -> None:
        """The handler has returned."""
        if self._pacing is not None:
            self._pacing.call_ended(now)

    def measured(self, rtt_s: float, encode_s: float) -> None:
        """Tell how long the link takes to the page and back, and the page to encode a picture."""
        if self._pacing is not None:
            self._pacing.measured(rtt_s, encode_s)

    def raise_limit(self, now: float) -> bool:
        """Work out how much may come now; tells whether that is more than before."""
        if not self.is_open:
            return False
        if self._pacing is not None:
            limit = self._pacing.limit(now)
        else:
            holds_back = self._keeps_all and not self._is_flushing
            limit = (self._taken if holds_back else self.received) + CHUNKS_WAITING
        if limit <= self.limit:
            return False
        if self.limit <= self.received:
            self.active_at = now
        self.limit = limit
        return True

    def next_at(self, now: float) -> float | None:
        """Say when `raise_limit` is worth asking again if nothing happens before."""
        return self._pacing.next_at(now) if self._pacing is not None and self.is_open else None

    @property
    def has_credit(self) -> bool:
        """Whether the page might send something now."""
        return self.limit > self.received

    def statistics(self) -> LaneStatistics:
        return self._lane.statistics()


def _seconds(packet: Packet) -> float:
    """Read how long the sound of a packet lasts; 0 if it does not say, which its decoder will not forgive."""
    if len(packet.payload) < _SOUND_PREFIX_BYTES:
        return 0.0
    rate, channels = (int(number) for number in _SOUND.unpack_from(packet.payload)[1:])
    if not rate or not channels:
        return 0.0
    return (len(packet.payload) - _SOUND_PREFIX_BYTES) / (_SAMPLE_BYTES * channels * rate)
