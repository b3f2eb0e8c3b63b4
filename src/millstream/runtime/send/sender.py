"""All that goes to one page: a queue of control messages, one of audio, and for each stream its newest frames."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from millstream.declare.element import too_large
from millstream.runtime.clock import SessionClock
from millstream.runtime.link import MAX_KEPT, MAX_KEPT_BYTES, Kept, Unacknowledged, Waiting
from millstream.runtime.link_model import LinkModel
from millstream.runtime.metrics import Totals
from millstream.runtime.send.channel import Channel, Delivery
from millstream.runtime.send.channels import Channels
from millstream.runtime.send.heartbeat import HeartbeatTimer
from millstream.runtime.send.list_diff import ListDiff
from millstream.types import Transport
from millstream.wire.encoding import encode_message, encode_packet
from millstream.wire.limits import MAX_MESSAGE_BYTES
from millstream.wire.messages import Ack, Outputs, ServerMessage
from millstream.wire.packet import Packet
from millstream.wire.plain import size_of

MAX_CONTROL_BYTES: Final = 16 * 1024 * 1024
"""Control messages that may wait for a slow page, together."""

CALM: Final = 16
CALM_BYTES: Final = 512 * 1024
"""As long as more messages, or bytes of them, wait than this, generators are held back."""

PILE: Final = 512
PILE_BYTES: Final = 8 * 1024 * 1024
"""While the page cannot be reached, generators go on until so many messages, or bytes of them, wait."""

STALL_S: Final = 5.0
"""How long a control message may wait for a slow page."""


def keep(kept: Unacknowledged, seq: int, data: bytes) -> None:
    """Keep what is sent, in the form in which it is to be sent again; `seq` is the last control message until then."""
    kept.seen = seq
    kept.sent.append(Kept(seq, kept.audio, data))
    kept.size += len(data)
    kept.has_room = len(kept.sent) < MAX_KEPT and kept.size < MAX_KEPT_BYTES


class ControlQueue:
    """Control messages keep their order, and are never held back by credit.

    Args:
        max_waiting: How many may wait.
        on_stall: Called when more would wait, or more bytes of them than `MAX_CONTROL_BYTES`; the last one is lost.
        on_late: Called when one has waited for longer than `STALL_S`.
        clock: Stands still while the page cannot be reached.
        kept: Keeps what was sent until the page has acknowledged it.
        work: Set when there is something to send.

    Attributes:
        waiting: Those that were not sent yet.
        is_calm: True if so few wait that more of them may come.
        encode: Encodes a message.
    """

    def __init__(
        self,
        max_waiting: int,
        on_stall: Callable[[], None],
        on_late: Callable[[], None],
        clock: SessionClock,
        kept: Unacknowledged,
        work: asyncio.Event,
    ) -> None:
        self._max_waiting = max_waiting
        self._on_stall, self._on_late = on_stall, on_late
        self._clock = clock
        self._kept = kept
        self._work = work
        self.encode: Callable[[ServerMessage], bytes] = encode_message
        self.waiting: deque[Waiting] = deque()
        self._bytes = 0
        self._seq = 0
        self.is_calm = True
        self._calm = asyncio.Event()

    def check(self, message: ServerMessage) -> None:
        """Check that a message could be sent.

        Raises:
            InvalidValue: It is too large for the wire.
        """
        if (size := len(self.encode(message))) > MAX_MESSAGE_BYTES:
            raise too_large(f"{size} bytes")

    def send(self, message: ServerMessage) -> None:
        """Queue a message.

        Raises:
            InvalidValue: It is too large for the wire.
        """
        message.seq = self._seq + 1
        data = self.encode(message)
        if len(data) > MAX_MESSAGE_BYTES:
            raise too_large(f"{len(data)} bytes")
        self._seq += 1
        if len(self.waiting) >= self._max_waiting or self._bytes + len(data) > MAX_CONTROL_BYTES:
            self._on_stall()
            return
        now = self._clock.time()
        is_late = bool(self.waiting) and now - self.waiting[0].since > STALL_S
        self.waiting.append(Waiting(now, self._seq, data))
        self._bytes += len(data)
        if len(self.waiting) > CALM or self._bytes > CALM_BYTES:
            self.is_calm = False
        self._work.set()
        if is_late:
            self._on_late()

    def announce(self, message: ServerMessage, again: ServerMessage) -> bytes:
        """Number and encode a message that goes at once, before the frames it announces.

        Frames are not sent again, so nothing is to wait for them: `again` is what a page that comes back gets of it.
        """
        self._seq += 1
        message.seq = again.seq = self._seq
        if self._kept.is_needed:
            keep(self._kept, self._seq, self.encode(again))
        return self.encode(message)

    def go_on(self, seen: int, audio: int) -> None:
        """Number what follows after what the page has had of another gateway."""
        self._seq = self._kept.seen = seen
        self._kept.audio = audio

    def take(self) -> bytes:
        """Take the next one, to be sent now."""
        _, seq, data = self.waiting.popleft()
        if (kept := self._kept).is_needed:  # as `keep` does, for each message: a call less
            kept.seen = seq
            kept.sent.append(Kept(seq, kept.audio, data))
            kept.size += len(data)
            kept.has_room = len(kept.sent) < MAX_KEPT and kept.size < MAX_KEPT_BYTES
        self._bytes -= len(data)
        if not self.is_calm and len(self.waiting) <= CALM and self._bytes <= CALM_BYTES:
            self.is_calm = True
            self._calm.set()
        return data

    @property
    def _is_full(self) -> bool:
        """True if generators are held back."""
        if self._clock.is_stopped:
            return len(self.waiting) >= PILE or self._bytes >= PILE_BYTES
        return not self.is_calm

    async def calm(self, timeout_s: float) -> None:
        """Wait until more messages may come.

        Raises:
            TimeoutError: The page took too few of them for `timeout_s`.
        """
        if self._is_full:
            async with self._clock.timeout(timeout_s):
                while self._is_full:
                    self._calm.clear()
                    await self._calm.wait()

    def clear(self) -> None:
        """Let go of all that was not sent."""
        self.waiting.clear()
        self._bytes = 0
        self.is_calm = True
        self._calm.set()


class Sender:
    """The only one who sends to the page.

    Control messages go first. Audio goes next, all of it and in order: who plays it keeps what waits here short. Frames
    go last: see `Channels`.

    Args:
        max_control: How many control messages may wait.
        on_stall: Called when more would wait, or too many bytes of them; the last one is lost.
        on_late: Called when one has waited for too long; `on_stall` by default.
        clock: Stands still while the page cannot be reached.
        kept: Keeps what was sent until the page has acknowledged it.
        totals: Count what is sent.

    Attributes:
        control: The control messages that wait; `Outputs` have to come by `send`.
        channels: The frames that wait.
        link: The model of the link to the page.
        told: What the page was told.
        heartbeat: Runs while the page rests; `None` while it does not.
    """

    def __init__(
        self,
        max_control: int,
        on_stall: Callable[[], None],
        on_late: Callable[[], None] | None = None,
        clock: SessionClock | None = None,
        kept: Unacknowledged | None = None,
        totals: Totals | None = None,
    ) -> None:
        self.clock = clock or SessionClock()
        self._kept = Unacknowledged(is_needed=False) if kept is None else kept
        self._work = asyncio.Event()
        self._is_idle = asyncio.Event()
        self.heartbeat: HeartbeatTimer | None = None
        self._totals = Totals() if totals is None else totals
        self._sounds: deque[Packet] = deque()
        self.told = ListDiff()
        self.control = ControlQueue(max_control, on_stall, on_late or on_stall, self.clock, self._kept, self._work)
        self.link = LinkModel()
        self.channels = Channels(self.control, self.told, self.link, self._work)

    def send(self, message: ServerMessage) -> None:
        """Queue a control message.

        Raises:
            InvalidValue: It is too large for the wire.
        """
        if isinstance(message, Outputs):
            self.channels.overtake(message)
        self.control.send(message)

    def play(self, packet: Packet) -> None:
        """Queue a packet of audio."""
        self._sounds.append(packet)
        self._work.set()

    def hush(self, playback: int) -> None:
        """Drop the audio of a playback that waits."""
        self._sounds = deque(packet for packet in self._sounds if packet.call != playback)

    def put(self, channel: Channel, delivery: Delivery) -> None:
        """Hand over a result, whose frames may replace, or be replaced; in order with all other updates.

        Raises:
            InvalidValue: Its updates are too large for the wire.
        """
        if delivery.pictures:
            self.channels.put(channel, delivery)
            return
        outputs = delivery.outputs
        if delivery.growing:
            outputs = self.told.shortened(outputs, delivery.growing)
            if size_of(outputs.updates, MAX_MESSAGE_BYTES) > MAX_MESSAGE_BYTES:
                raise too_large("a list that grows")  # only here it is known what is new
        if self.channels.overtake(outputs):
            outputs = self.told.shortened(delivery.outputs, delivery.growing)
        self.control.send(outputs)
        if delivery.reach:
            self.told.number(delivery.reach, outputs.seq)
        if delivery.growing:
            self.told.note(delivery.outputs, delivery.growing)

    async def put_whole(self, channel: Channel, delivery: Delivery, timeout_s: float) -> None:
        """Hand over a result when little waits, and no frame that it would replace.

        Raises:
            TimeoutError: The page took nothing for `timeout_s`.
            InvalidValue: Its updates are too large for the wire.
        """
        if not self.control.is_calm:
            await self.control.calm(timeout_s)
        while channel.newest is not None and delivery.pictures:
            await self.flushed(channel, timeout_s)
        self.put(channel, delivery)

    async def flushed(self, channel: Channel, timeout_s: float) -> None:
        """Wait until everything that was put into a channel has been sent.

        Raises:
            TimeoutError: The page took nothing for `timeout_s`.
        """
        while not channel.is_empty:
            sent = channel.sent
            channel.is_free.clear()
            try:
                async with self.clock.timeout(timeout_s):
                    await channel.is_free.wait()
            except TimeoutError:
                if channel.sent == sent:
                    raise

    async def write(self, transport: Transport) -> None:
        """Send until cancelled: first what went to a transport before and may not have arrived.

        Raises:
            Closed: The page is gone.
        """
        self.heartbeat = None  # a page that comes back is awake
        self.channels.restart()
        for message in self._kept.messages():
            await transport.send(message)
        while True:
            self._work.clear()
            while self._kept.has_room and (self.control.waiting or self._sounds):
                message = self.control.take() if self.control.waiting else self._take_audio()
                await transport.send(message)
                self._totals.sent_bytes += len(message)
            if self._kept.has_room and self.channels.are_due:
                for message in self.channels.take():
                    await transport.send(message)
                    self._totals.sent_bytes += len(message)
            if self.heartbeat is not None and self.heartbeat.is_due:
                await self.heartbeat.send(transport)
            if not self._work.is_set():
                self._is_idle.set()
                await self._work.wait()
                self._is_idle.clear()

    def rest(self, *, is_resting: bool) -> None:
        """Give the page signs of life from now on, or no more."""
        if self.heartbeat is not None:
            self.heartbeat.stop()
        self.heartbeat = HeartbeatTimer(self._work) if is_resting else None

    def acknowledge(self, message: Ack) -> None:
        """Let go of what the page has."""
        self._kept.acknowledge(message.seen, message.audio)
        self._work.set()

    async def drained(self, timeout_s: float) -> None:
        """Wait until the transport has taken all that could be sent, at most `timeout_s`."""
        try:
            async with asyncio.timeout(timeout_s):
                while self._work.is_set() or not self._is_idle.is_set():
                    self._is_idle.clear()
                    await self._is_idle.wait()
        except TimeoutError:
            return  # the page does not take it

    def clear(self) -> None:
        """Let go of all that was not sent."""
        self.control.clear()
        self._sounds.clear()
        self._kept.clear()
        self.channels.clear()

    def _take_audio(self) -> bytes:
        data = encode_packet(self._sounds.popleft())
        if self._kept.is_needed:
            self._kept.audio += 1
            keep(self._kept, self._kept.seen, data)
        return data
