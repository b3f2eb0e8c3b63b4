"""One sequence of packets: checks what the page sends, keeps what waits, and says how much more may come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, Literal

from millstream.declare.binding import Binding
from millstream.errors import ProtocolError
from millstream.runtime.stream.lane import All, Lane, LaneStatistics
from millstream.runtime.stream.latest import MAX_WINDOW, Latest, Pacing
from millstream.wire.messages import Credit
from millstream.wire.packet import LAST, SEQUENCES, Packet, PacketKind
from millstream.wire.sound import pcm16_seconds

CHUNKS_WAITING: Final = 2
"""Chunks of a stream that loses nothing which may wait on the server; the page holds the rest."""

MAX_BACKLOG_BYTES: Final = 64 * 1024 * 1024

NOTHING: Final[Mapping[int, tuple[int, int]]] = {}
"""Sent by a page that has had no other gateway."""


class Receiver:
    """Packets of one stream on their way to the handler: no loop, no clock.

    Args:
        binding: The stream event.
        carries: Whether its component sends frames or audio.
        number: The page's number for the stream.
        holds_back: Whether the page keeps audio that the handler is not ready for; else it comes at once.
        sent: What the page has sent of it to another gateway, and the credit it has: see `Hello.sent`.

    Attributes:
        kind: The kind of its packets.
        is_open: Whether the stream has a slot.
        takes_in: Whether what comes is handled, in this slot or the next one.
        is_granted: Whether the page has all the credit that it may have: `grants` would give nothing.
        is_flushed: Whether nothing more is to be handled in this slot.
        received: Number of packets that came so far, which is the sequence of the last one (before it wraps).
        limit: The highest number that the page may send.
        active_at: When the page last sent something, or was last allowed to after it had not been.
        call_s: How long a call takes, on average; 0 if it is not measured.
        needs_key: Whether frames are being dropped until a key frame comes.
        call_began: Called when the handler is: see `Pacing.call_began`.
    """

    def __init__(
        self,
        binding: Binding,
        carries: Literal["picture", "sound"],
        number: int = 0,
        sent: Mapping[int, tuple[int, int]] = NOTHING,
        *,
        holds_back: bool = True,
    ) -> None:
        self._number = number
        self._component = binding.stream
        self.kind = PacketKind.PICTURE if carries == "picture" else PacketKind.SOUND
        self._keeps_all = binding.keep == "all"
        self._takes_one = self._keeps_all and self.kind is PacketKind.PICTURE
        self._interval_s = binding.stream_every
        self._lane: Lane[Packet] = All(binding.max_backlog, MAX_BACKLOG_BYTES) if self._keeps_all else Latest()
        is_paced = self.kind is PacketKind.PICTURE and not self._keeps_all
        self._pacing = Pacing(binding.stream_every, binding.camera_s) if is_paced else None
        self.call_began: Callable[[float, float], None] = _unpaced if self._pacing is None else self._pacing.call_began
        self._holds_back = self._keeps_all and holds_back
        self._is_flushing = False
        self._final: int | None = None
        self.is_open = self.takes_in = self.is_granted = self.is_flushed = self.needs_key = False
        last, limit = sent.get(number, (0, 0))
        self.received = self._taken = min(max(last, 0), SEQUENCES - 1)
        self.limit = min(max(limit, self.received), self.received + MAX_WINDOW)  # no gateway has given more
        if self._pacing is not None:
            self._pacing.go_on(self.received, self.limit)
        self.active_at = self.call_s = 0.0
        self._returned = self._replaced = self._late = 0

    @property
    def keeps_all(self) -> bool:
        """True if every packet is handled."""
        return self._keeps_all

    @property
    def waiting(self) -> int:
        """Number of packets that wait."""
        return len(self._lane.queue)

    @property
    def is_due(self) -> bool:
        """True if `take` would give something."""
        if not self._lane.queue:
            return False
        return not self._is_flushing or (self._keeps_all and (self._takes_one or self.is_flushed))

    def open(self, now: float) -> None:
        """Begin to work in a slot."""
        self.is_open = self.takes_in = True
        self.is_granted, self._is_flushing, self._final = False, False, None
        self.is_flushed = False
        self._taken = self.received - len(self._lane.queue)
        self.active_at = now

    def close(self, *, is_over: bool) -> None:
        """Give up the slot: what waits is dropped, and so is what is still on its way.

        Audio of which all is handled waits for the next slot, unless the stream `is_over`: as much as the page has
        credit for. The rest waits there.
        """
        self.is_open = False
        self.takes_in = self._keeps_all and self.kind is PacketKind.SOUND and not is_over
        if not self.takes_in:
            self._lane.clear()
            self._lane.lose()
        if self._pacing is not None:
            self._pacing.pause()

    @property
    def sequences(self) -> dict[int, int]:
        """The sequence of the last packet that came, by the number that it goes by; 0 if none did."""
        return {self._number: self.received % SEQUENCES}

    def lose(self) -> None:
        """Note that a packet could not be decoded: frames that build on it are dropped until a key frame comes."""
        self._lane.lose()

    def flush(self, final: int | None) -> None:
        """Wait for packet `final` (`None`: for one flagged as the last), to be handled with all that waits.

        A stream that keeps only the latest waits for nothing and hands on nothing more.
        """
        self._is_flushing, self.is_granted = True, False
        if not self._keeps_all:
            self._final = self.received
        elif final is not None:
            self._final = final
        self._look_for_end()

    def give_up(self) -> None:
        """Flush no longer: what has come is all."""
        self._final = self.received
        self._look_for_end()

    def _look_for_end(self) -> None:
        self.is_flushed = self._is_flushing and self._final is not None and self.received >= self._final

    def put(self, packet: Packet, now: float) -> None:
        """Take in a packet from the page.

        Raises:
            ProtocolError: It does not belong here, is out of sequence, or came without credit.
            BacklogExceeded: More waits than `max_backlog` allows.
        """
        if packet.component != self._component or packet.kind is not self.kind:
            raise ProtocolError(f"{packet.kind.name} of component {packet.component} in a stream of another one", 4404)
        if packet.sequence != (self.received + 1) % SEQUENCES:
            raise ProtocolError(f"packet {packet.sequence} of stream {packet.stream} follows packet {self.received}")
        if self.received >= self.limit:
            raise ProtocolError(f"packet {packet.sequence} of stream {packet.stream} was sent without credit", 1008)
        self.received += 1
        self.active_at = now
        if not self._holds_back or self._is_flushing:
            self.is_granted = False
        if not self.takes_in:
            self._late += bool(packet.payload)
            return
        if self._pacing is not None:
            self._pacing.received(self.received, now, packet.captured_us)
        if packet.flags & LAST:
            self._final = self.received
        if self._is_flushing:
            self._look_for_end()
        if len(packet.payload):
            is_sound = self.kind is PacketKind.SOUND
            self._lane.put(packet, seconds=pcm16_seconds(packet.payload) if is_sound else self._interval_s)
            self.needs_key = self._lane.needs_key

    def take(self) -> tuple[Packet, ...]:
        """Take what the next call handles: the newest frame, or all the audio that waits; nothing if none is due."""
        lane = self._lane
        if not lane.queue or (self._is_flushing and not self.is_due):
            return ()
        if self._holds_back:
            self.is_granted = False
        packet = lane.take() if self._takes_one else None
        packets = lane.take_all() if packet is None else [packet]
        if not self._keeps_all:
            self._replaced += len(packets) - 1
        self._taken = self.received - len(lane.queue)
        return tuple(packets)

    def call_ended(self, now: float) -> None:
        """The handler has returned."""
        self._returned += 1
        if self._pacing is not None:
            self.call_s = self._pacing.call_ended(now)

    def measured(self, rtt_s: float, encode_s: float, frame_s: float) -> None:
        """Tell how long the link is, the page encodes and a frame passes the link: see `Pacing.measured`."""
        if self._pacing is not None:
            self._pacing.measured(rtt_s, encode_s, frame_s)

    def raise_limit(self, now: float) -> bool:
        """Work out how much may come now; gives whether that is more than before."""
        if not self.is_open:
            return False
        if self._pacing is not None:
            limit = self._pacing.limit(now)
            self.is_granted = limit >= self.received + self._pacing.window
        else:
            is_held = self._holds_back and not self._is_flushing
            limit = (self._taken if is_held else self.received) + CHUNKS_WAITING
            self.is_granted = True
        if limit <= self.limit:
            return False
        if self.limit <= self.received:
            self.active_at = now
        self.limit = limit
        return True

    def grants(self, now: float) -> list[Credit]:
        """Give the new credit, if there is any."""
        if not self.raise_limit(now):
            return []
        return [Credit(stream=self._number, limit=self.limit, received=self.received, returned=self._returned)]

    def next_at(self, now: float) -> float | None:
        """Say when `grants` is worth asking again if nothing happens before."""
        if self.is_granted or self._pacing is None or not self.is_open:
            return None
        return self._pacing.next_at(now)

    @property
    def has_credit(self) -> bool:
        """True if the page might send something now."""
        return self.limit > self.received

    def statistics(self) -> LaneStatistics:
        """Count packets: also what came without a slot, as dropped.

        Of frames that build on each other and were taken together the newest counts as taken: the others were decoded
        for its sake, and are not handled.
        """
        lane = self._lane.statistics()
        taken, dropped = lane.taken - self._replaced, lane.dropped + self._replaced + self._late
        return replace(lane, put=lane.put + self._late, taken=taken, dropped=dropped)


def _unpaced(now: float, early_s: float) -> None:
    """Note nothing of a call: the page sends without looking at how long it takes."""
