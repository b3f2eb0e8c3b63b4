"""Camera and microphone together: two sequences of packets on their way to one handler."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from millstream.declare.binding import Binding
from millstream.runtime.stream.lane import LaneStatistics
from millstream.runtime.stream.receiver import CHUNKS_WAITING, NOTHING, Receiver
from millstream.types import Carried
from millstream.wire.messages import Credit
from millstream.wire.packet import Packet


# Long: it has all that `Receiver` has, as the loop uses both alike, and what joins the two sequences.
class AVReceiver:
    """Audio and frames of one stream on their way to one handler: the audio drives it, the newest frame goes along.

    A call gets all the audio that waits, joined, and the newest frame, which is the one before if no newer one has
    come. The first call waits for the first frame. Audio is not held back in the page: it has to be here when the
    frame is, or what belongs together would be handled apart.

    Args:
        binding: The stream event.
        number: The page's number for the stream, which is that of its audio.
        frames: The page's number for its frames.
        sent: See `Receiver`.

    Attributes:
        kind: The kind of the packets that the component holds, for other events: its frames.
    """

    def __init__(
        self, binding: Binding, number: int, frames: int, sent: Mapping[int, tuple[int, int]] = NOTHING
    ) -> None:
        self._audio = Receiver(binding, "sound", number, sent, holds_back=False)
        self._frames = Receiver(replace(binding, keep="latest"), "picture", frames, sent)
        self._frames_number = frames
        self.kind = self._frames.kind
        self._newest: tuple[Packet, ...] = ()
        self._is_behind = False
        self._until = 0

    @property
    def is_open(self) -> bool:
        """True while the stream has a slot."""
        return self._audio.is_open

    @property
    def takes_in(self) -> bool:
        """True if audio that comes is handled, in this slot or the next one."""
        return self._audio.takes_in

    @property
    def needs_key(self) -> bool:
        """True if frames are being dropped until a key frame comes."""
        return self._frames.needs_key

    @property
    def is_flushed(self) -> bool:
        """True if no audio comes any more in this slot."""
        return self._audio.is_flushed

    @property
    def keeps_all(self) -> bool:
        """True if all of the audio is handled."""
        return self._audio.keeps_all

    @property
    def received(self) -> int:
        """Number of packets that came so far, of both kinds."""
        return self._audio.received + self._frames.received

    @property
    def active_at(self) -> float:
        """When audio last came, or was last allowed to after it had not been."""
        return self._audio.active_at

    @property
    def is_granted(self) -> bool:
        """True if the page has all the credit that it may have, for both kinds."""
        return self._audio.is_granted and self._frames.is_granted

    @property
    def has_credit(self) -> bool:
        """True if the page might send audio now."""
        return self._audio.has_credit

    def open(self, now: float) -> None:
        """Begin to work in a slot."""
        self._audio.open(now)
        self._frames.open(now)

    def close(self, *, is_over: bool) -> None:
        """Give up the slot: frames are dropped, audio as `Receiver.close` has it."""
        self._audio.close(is_over=is_over)
        self._frames.close(is_over=is_over)
        self._newest, self._is_behind, self._until = (), False, 0

    @property
    def sequences(self) -> dict[int, int]:
        """The sequence of the last packet that came, by the number that it goes by; 0 if none did."""
        return {**self._audio.sequences, **self._frames.sequences}

    def lose(self) -> None:
        """Note that a frame could not be decoded: see `Receiver.lose`."""
        self._frames.lose()

    def flush(self, final: int | None) -> None:
        """Wait for packet `final` of the audio; see `Receiver.flush`."""
        self._audio.flush(final)

    def give_up(self) -> None:
        """Flush no longer: what has come is all."""
        self._audio.give_up()

    def put(self, packet: Packet, now: float) -> None:
        """Take in a packet from the page.

        Raises:
            ProtocolError, BacklogExceeded: See `Receiver.put`.
        """
        (self._frames if packet.stream == self._frames_number else self._audio).put(packet, now)

    @property
    def is_due(self) -> bool:
        """True if `take` would give something: there is audio, and a frame has come."""
        return self._audio.is_due and bool(self._frames.is_due or self._newest) and not self._is_frame_awaited

    def take(self) -> tuple[Packet, ...]:
        """Take what the next call handles: audio, then the frame; nothing if none is due, or no frame ever came."""
        if not self.is_due:
            return ()
        self._until = 0
        self._newest = self._frames.take() or self._newest
        return (*self._audio.take(), *self._newest)

    @property
    def _is_frame_awaited(self) -> bool:
        """True if the handler is behind anyhow, and a new frame may come before much more audio does."""
        if not self._is_behind or self._audio.is_flushed or self._frames.is_due:
            return False
        self._until = self._until or self._audio.waiting + CHUNKS_WAITING
        return self._frames.has_credit and self._audio.waiting < self._until

    def call_began(self, now: float, early_s: float = 0.0) -> None:
        """The handler was called: see `Pacing.call_began`."""
        self._frames.call_began(now, early_s)

    def call_ended(self, now: float) -> None:
        """The handler has returned."""
        self._is_behind = self._audio.waiting > 0
        self._frames.call_ended(now)

    @property
    def call_s(self) -> float:
        """The mean duration of a call."""
        return self._frames.call_s

    def measured(self, rtt_s: float, encode_s: float, frame_s: float) -> None:
        """Tell how long the link is, the page encodes and a frame passes the link: see `Pacing.measured`."""
        self._frames.measured(rtt_s, encode_s, frame_s)

    def grants(self, now: float) -> list[Credit]:
        """Give the new credit of audio and frames, if there is any."""
        return self._audio.grants(now) + self._frames.grants(now)

    def next_at(self, now: float) -> float | None:
        """Say when `grants` is worth asking again if nothing happens before."""
        return self._frames.next_at(now)

    def statistics(self) -> LaneStatistics:
        """Count both kinds; what waits is audio."""
        audio, frames = self._audio.statistics(), self._frames.statistics()
        return LaneStatistics(
            put=audio.put + frames.put,
            taken=audio.taken + frames.taken,
            dropped=audio.dropped + frames.dropped,
            waiting=audio.waiting + frames.waiting,
            waiting_s=audio.waiting_s,
            waiting_bytes=audio.waiting_bytes + frames.waiting_bytes,
        )


def open_receiver(
    binding: Binding,
    carries: Carried | None,
    number: int,
    frames: int,
    sent: Mapping[int, tuple[int, int]] = NOTHING,
) -> Receiver | AVReceiver:
    """Open the receiver that fits a stream.

    Args:
        binding: The stream event.
        carries: What its component sends.
        number: The page's number for the stream.
        frames: The page's number for the frames of a video with audio; 0 if there is no audio, or nothing else.
        sent: What the page has sent of it to another gateway: see `Hello.sent`.
    """
    if frames:
        return AVReceiver(binding, number, frames, sent)
    if carries == "film":
        return Receiver(replace(binding, keep="latest"), "picture", number, sent)
    return Receiver(binding, "picture" if carries == "picture" else "sound", number, sent)
