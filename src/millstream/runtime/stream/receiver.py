"""The upward side of one stream: checks what the page sends, keeps what waits, and says how much more may come.

`Receiver` takes one sequence of packets, `AVReceiver` the two of a film. Both are used alike.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Literal

from millstream.declare.event import Binding
from millstream.errors import ProtocolError
from millstream.lanes import All, Lane, LaneStatistics, Latest
from millstream.runtime.stream.pacing import Pacing
from millstream.types import Carried
from millstream.wire.packet import SEQUENCES, Packet, PacketKind
from millstream.wire.sound import pcm16_seconds

CHUNKS_WAITING: Final = 2
"""Chunks of a stream that loses nothing which may wait on the server; the page holds the rest."""

MAX_BACKLOG_BYTES: Final = 64 * 1024 * 1024


def open_intake(binding: Binding, carries: Carried | None, number: int, pictures: int) -> Receiver | AVReceiver:
    """Open what fits a stream.

    Args:
        binding: The stream event.
        carries: What its component sends.
        number: The page's number for the stream.
        pictures: The page's number for the pictures of a film; 0 if there is no sound, or nothing else.
    """
    if pictures:
        return AVReceiver(binding, number, pictures)
    if carries == "film":
        return Receiver(replace(binding, keep="latest"), "picture", number)
    return Receiver(binding, "picture" if carries == "picture" else "sound", number)


class Receiver:
    """Packets of one stream on their way to the handler: no loop, no clock.

    Args:
        binding: The stream event.
        carries: Whether its component sends pictures or sound.
        number: The page's number for the stream.
        holds_back: Whether the page keeps sound that the handler is not ready for; else it comes at once.

    Attributes:
        is_open: Whether a turn goes on.
        received: Number of packets that came so far, which is the sequence of the last one (before it wraps).
        limit: The highest number that the page may send.
        active_at: When the page last sent something, or was last allowed to after it had not been.
        needs_key: Whether frames are being dropped until a key frame comes.
    """

    def __init__(
        self, binding: Binding, carries: Literal["picture", "sound"], number: int = 0, *, holds_back: bool = True
    ) -> None:
        self._number = number
        self._component = binding.stream
        self._holds_back = holds_back
        self._kind = PacketKind.PICTURE if carries == "picture" else PacketKind.SOUND
        self._keeps_all = binding.keep == "all"
        self._interval_s = binding.stream_every
        self._lane: Lane[Packet] = All(binding.max_backlog, MAX_BACKLOG_BYTES) if self._keeps_all else Latest()
        is_paced = self._kind is PacketKind.PICTURE and not self._keeps_all
        self._pacing = Pacing(binding.stream_every) if is_paced else None
        self._taken = 0
        self._is_flushing = False
        self._final: int | None = None
        self.is_open = self.needs_key = False
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

    @property
    def waiting(self) -> int:
        """Number of packets that wait."""
        return len(self._lane)

    @property
    def is_due(self) -> bool:
        """Whether `take` would give something."""
        is_held = self._keeps_all and self._kind is PacketKind.SOUND and self._is_flushing and not self.is_flushed
        return self.waiting > 0 and not is_held

    def is_value(self, packet: Packet) -> bool:
        """Whether a packet is what the component holds from now on, for other events."""
        return packet.kind is self._kind

    def open(self, now: float) -> None:
        """Begin a turn."""
        self.is_open, self._is_flushing, self._final = True, False, None
        self.active_at = now

    def close(self) -> None:
        """End a turn: what waits is dropped, and so is what is still on its way."""
        self.is_open = False
        self._lane.clear()
        self._lane.lose()
        if self._pacing is not None:
            self._pacing.pause()

    def lose(self) -> None:
        """Note that a packet could not be decoded: frames that build on it are dropped until a key frame comes."""
        self._lane.lose()

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
            is_sound = self._kind is PacketKind.SOUND
            self._lane.put(packet, seconds=pcm16_seconds(packet.payload) if is_sound else self._interval_s)
            self.needs_key = self._lane.needs_key

    def take(self) -> tuple[Packet, ...]:
        """Take what the next call handles: the newest picture, or all the sound that waits; nothing if none is due."""
        if not self.is_due:
            return ()
        packet = self._lane.take() if self._keeps_all and self._kind is PacketKind.PICTURE else None
        packets = self._lane.take_all() if packet is None else [packet]
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
            holds_back = self._keeps_all and self._holds_back and not self._is_flushing
            limit = (self._taken if holds_back else self.received) + CHUNKS_WAITING
        if limit <= self.limit:
            return False
        if self.limit <= self.received:
            self.active_at = now
        self.limit = limit
        return True

    def grants(self, now: float) -> list[tuple[int, int]]:
        """Give what the page is to be told: the number of a stream, and up to which sequence it may send now."""
        return [(self._number, self.limit)] if self.raise_limit(now) else []

    def next_at(self, now: float) -> float | None:
        """Say when `grants` is worth asking again if nothing happens before."""
        return self._pacing.next_at(now) if self._pacing is not None and self.is_open else None

    @property
    def has_credit(self) -> bool:
        """Whether the page might send something now."""
        return self.limit > self.received

    def statistics(self) -> LaneStatistics:
        return self._lane.statistics()


class AVReceiver:
    """Sound and pictures of one stream on their way to one handler: the sound drives it, the newest picture goes along.

    A call gets all the sound that waits, joined, and the newest picture, which is the one before if no newer one has
    come. The first call waits for the first picture. Sound is not held back in the page: it has to be here when the
    picture is, or what belongs together would be handled apart.

    Args:
        binding: The stream event.
        number: The page's number for the stream, which is that of its sound.
        pictures: The page's number for its pictures.
    """

    def __init__(self, binding: Binding, number: int, pictures: int) -> None:
        self._sound = Receiver(binding, "sound", number, holds_back=False)
        self._pictures = Receiver(replace(binding, keep="latest"), "picture", pictures)
        self._number = pictures
        self._newest: tuple[Packet, ...] = ()
        self._is_behind = False
        self._until = 0

    @property
    def is_open(self) -> bool:
        """Whether a turn goes on."""
        return self._sound.is_open

    @property
    def needs_key(self) -> bool:
        """Whether frames are being dropped until a key frame comes."""
        return self._pictures.needs_key

    @property
    def is_flushed(self) -> bool:
        """Whether no sound comes any more in this turn."""
        return self._sound.is_flushed

    @property
    def keeps_all(self) -> bool:
        """Whether all of the sound is handled."""
        return self._sound.keeps_all

    @property
    def received(self) -> int:
        """Number of packets that came so far, of both kinds."""
        return self._sound.received + self._pictures.received

    @property
    def active_at(self) -> float:
        """When sound last came, or was last allowed to after it had not been."""
        return self._sound.active_at

    @property
    def has_credit(self) -> bool:
        """Whether the page might send sound now."""
        return self._sound.has_credit

    def is_value(self, packet: Packet) -> bool:
        """Whether a packet is what the component holds from now on, for other events: its pictures are."""
        return self._pictures.is_value(packet)

    def open(self, now: float) -> None:
        """Begin a turn."""
        self._sound.open(now)
        self._pictures.open(now)

    def close(self) -> None:
        """End a turn: what waits is dropped, and so is what is still on its way."""
        self._sound.close()
        self._pictures.close()
        self._newest, self._is_behind, self._until = (), False, 0

    def lose(self) -> None:
        """Note that a frame could not be decoded: see `Receiver.lose`."""
        self._pictures.lose()

    def flush(self, final: int | None) -> None:
        """Wait for packet `final` of the sound; see `Receiver.flush`."""
        self._sound.flush(final)

    def give_up(self) -> None:
        """Flush no longer: what has come is all."""
        self._sound.give_up()

    def put(self, packet: Packet, now: float) -> None:
        """Take in a packet from the page.

        Raises:
            ProtocolError, BacklogExceeded: See `Receiver.put`.
        """
        (self._pictures if packet.stream == self._number else self._sound).put(packet, now)

    def take(self) -> tuple[Packet, ...]:
        """Take what the next call handles: sound, then the picture; nothing if none is due, or no picture ever came."""
        if not self._sound.is_due or not (self._pictures.is_due or self._newest) or self._is_picture_awaited:
            return ()
        self._until = 0
        self._newest = self._pictures.take() or self._newest
        return (*self._sound.take(), *self._newest)

    @property
    def _is_picture_awaited(self) -> bool:
        """Whether the handler is behind anyhow, and a new picture may come before much more sound does."""
        if not self._is_behind or self._sound.is_flushed or self._pictures.is_due:
            return False
        self._until = self._until or self._sound.waiting + CHUNKS_WAITING
        return self._pictures.has_credit and self._sound.waiting < self._until

    def call_began(self, now: float) -> None:
        """The handler was called."""
        self._pictures.call_began(now)

    def call_ended(self, now: float) -> None:
        """The handler has returned."""
        self._is_behind = self._sound.waiting > 0
        self._pictures.call_ended(now)

    def measured(self, rtt_s: float, encode_s: float) -> None:
        """Tell how long the link takes to the page and back, and the page to encode a picture."""
        self._pictures.measured(rtt_s, encode_s)

    def grants(self, now: float) -> list[tuple[int, int]]:
        """Give what the page is to be told: the number of a stream, and up to which sequence it may send now."""
        return self._sound.grants(now) + self._pictures.grants(now)

    def next_at(self, now: float) -> float | None:
        """Say when `grants` is worth asking again if nothing happens before."""
        return self._pictures.next_at(now)

    def statistics(self) -> LaneStatistics:
        """Count both kinds; what waits is sound."""
        sound, pictures = self._sound.statistics(), self._pictures.statistics()
        return LaneStatistics(
            put=sound.put + pictures.put,
            taken=sound.taken + pictures.taken,
            dropped=sound.dropped + pictures.dropped,
            waiting=sound.waiting + pictures.waiting,
            waiting_s=sound.waiting_s,
            waiting_bytes=sound.waiting_bytes + pictures.waiting_bytes,
        )
