"""What goes to one page: a queue of control messages, one of sound, and per stream a slot for the newest picture."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import msgspec

from millstream.declare.element import too_large
from millstream.runtime.clock import SessionClock
from millstream.runtime.link import Unacknowledged
from millstream.runtime.send.list_diff import ListDiff
from millstream.types import Transport
from millstream.wire.limits import MAX_MESSAGE_BYTES
from millstream.wire.messages import Outputs, ServerMessage, encode_message
from millstream.wire.packet import SEQUENCES, Flag, Packet, encode_packet
from millstream.wire.plain import size_of

MAX_CONTROL_BYTES: Final = 16 * 1024 * 1024
"""Control messages that may wait for a slow page, together."""

CALM: Final = 16
CALM_BYTES: Final = 512 * 1024
"""As long as more messages, or bytes of them, wait than this, generators are held back."""

STALL_S: Final = 5.0
"""How long a control message may wait for a slow page."""

REMEMBERED: Final = 64
"""Pictures whose capture times are kept until the page reports them as shown."""


@dataclass(slots=True)
class Delivery:
    """One result on its way to the page: its other updates, and its pictures by component.

    Of the components that are `growing` the page is told no more than what is new.
    """

    outputs: Outputs
    pictures: dict[int, Packet]
    growing: AbstractSet[int] = frozenset()


@dataclass(slots=True)
class Channel:
    """The way of one stream's media to the page, under the page's credit; stream 0 is that of ordinary events.

    Attributes:
        limit: The highest sequence that may be sent.
        sent: The sequence that was sent last.
        replaced: Pictures that a newer one replaced before they were sent.
        rtt_s: The shortest time from sending a picture to the credit that its receipt gave; `None` before the first.
        captured: Capture times of the last pictures by sequence, in microseconds of the page's clock.
    """

    stream: int
    limit: int = 0
    sent: int = 0
    replaced: int = 0
    rtt_s: float | None = None
    slot: Delivery | None = None
    rest: deque[Packet] = field(default_factory=deque)
    window: int = 0
    probe: tuple[int, float] | None = None
    captured: dict[int, int] = field(default_factory=dict)
    is_free: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self, packet: Packet) -> None:
        """Remember when the picture that is sent was captured, for a while."""
        self.captured[self.sent % SEQUENCES] = packet.captured_us
        if len(self.captured) > REMEMBERED:
            del self.captured[next(iter(self.captured))]

    def grant(self, limit: int, now: float) -> None:
        """Note a credit that the page gave; it never falls."""
        if limit <= self.limit:
            return
        self.limit = limit
        if self.sent == 0:
            self.window = limit
        elif self.probe is not None and limit - self.window >= self.probe[0]:
            took = now - self.probe[1]
            self.rtt_s = took if self.rtt_s is None else min(self.rtt_s, took)
            self.probe = None


class _Waiting(NamedTuple):
    """A control message that waits to be sent, since when, and its number."""

    since: float
    seq: int
    data: bytes


class Sender:
    """The only one who sends to the page.

    Control messages keep their order and are never held back by credit. Sound goes next, all of it and in order: who
    plays it keeps what waits here short. Pictures of a `put` coalesce; the updates that came with a replaced one are
    sent without it.

    Args:
        max_control: How many control messages may wait.
        on_stall: Called when more would wait, or more bytes of them than `MAX_CONTROL_BYTES`; the last one is lost.
        on_late: Called when one has waited for longer than `STALL_S`; `on_stall` by default.
        clock: Stands still while the page cannot be reached.
        kept: Keeps what was sent until the page has acknowledged it.
    """

    def __init__(
        self,
        max_control: int,
        on_stall: Callable[[], None],
        on_late: Callable[[], None] | None = None,
        clock: SessionClock | None = None,
        kept: Unacknowledged | None = None,
    ) -> None:
        self._max_control = max_control
        self._on_stall = on_stall
        self._on_late = on_late or on_stall
        self.clock = clock or SessionClock()
        self._kept = Unacknowledged(is_needed=False) if kept is None else kept
        self._control: deque[_Waiting] = deque()
        self._bytes = 0
        self._sounds: deque[Packet] = deque()
        self._seq = 0
        self.told = ListDiff()
        self._channels: dict[int, Channel] = {0: Channel(0)}
        self._work = asyncio.Event()
        self._is_idle = asyncio.Event()
        self._is_calm = asyncio.Event()

    def open(self, stream: int) -> Channel:
        """Make the channel of a stream."""
        channel = self._channels[stream] = Channel(stream)
        return channel

    def close(self, channel: Channel) -> None:
        """Let go of a channel: pictures that wait are dropped, updates that wait with them go. Harmless if repeated."""
        if channel.slot is not None:
            channel.replaced += len(channel.slot.pictures)
            self._release(channel.slot)
        channel.slot = None
        channel.rest.clear()
        channel.is_free.set()
        self._channels.pop(channel.stream, None)

    @property
    def is_calm(self) -> bool:
        """Whether so few control messages wait that more of them may come."""
        return len(self._control) <= CALM and self._bytes <= CALM_BYTES

    @property
    def shared(self) -> Channel:
        """The channel of ordinary events."""
        return self._channels[0]

    def grant(self, stream: int, limit: int) -> None:
        """Note a credit that the page gave. One for a stream that has ended is late, and ignored."""
        channel = self._channels.get(stream)
        if channel is not None:
            channel.grant(limit, self.clock.now)
            self._work.set()

    def send(self, message: ServerMessage) -> None:
        """Queue a control message.

        Raises:
            InvalidValue: It is too large for the wire.
        """
        if isinstance(message, Outputs):
            self._encoded(message)  # too large: found before anything else is touched
            self._overtake(_valued(message), None)
        self._queue(message)

    def play(self, packet: Packet) -> None:
        """Queue a packet of sound."""
        self._sounds.append(packet)
        self._work.set()

    def hush(self, playback: int) -> None:
        """Drop the sound of a playback that waits."""
        self._sounds = deque(packet for packet in self._sounds if packet.call != playback)

    def put(self, channel: Channel, delivery: Delivery) -> None:
        """Hand over a result whose pictures may replace, or be replaced; in order with all other updates.

        Raises:
            InvalidValue: Its updates are too large for the wire.
        """
        pictures = delivery.pictures
        if not pictures:
            outputs = self.told.shortened(delivery.outputs, delivery.growing)
            if delivery.growing and size_of(outputs.updates, MAX_MESSAGE_BYTES) > MAX_MESSAGE_BYTES:
                raise too_large("a list that grows")  # only here it is known what is new
            self.send(outputs)
            self.told.note(delivery.outputs, delivery.growing)
            return
        for number in delivery.growing:  # what waits for pictures is told as a whole, and so is what comes after it
            self.told.forget(number)
        if delivery.outputs.updates:
            self._encoded(delivery.outputs)
        self._overtake(_valued(delivery.outputs) | pictures.keys(), channel)
        if channel.slot is not None:
            channel.replaced += len(channel.slot.pictures.keys() & pictures.keys())
            delivery.pictures = {**channel.slot.pictures, **pictures}
        channel.slot = delivery
        self._work.set()

    async def put_whole(self, channel: Channel, delivery: Delivery, timeout_s: float) -> None:
        """Hand over a result when little waits, and no picture that it would replace.

        Raises:
            TimeoutError: The page took nothing for `timeout_s`.
            InvalidValue: Its updates are too large for the wire.
        """
        if not self.is_calm:
            async with self.clock.timeout(timeout_s):
                while not self.is_calm:
                    self._is_calm.clear()
                    await self._is_calm.wait()
        while channel.slot is not None and delivery.pictures:
            await self.flushed(channel, timeout_s)
        self.put(channel, delivery)

    async def flushed(self, channel: Channel, timeout_s: float) -> None:
        """Wait until everything that was put into a channel has been sent.

        Raises:
            TimeoutError: The page took nothing for `timeout_s`.
        """
        while channel.slot is not None or channel.rest:
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
        for message in self._kept.messages():
            await transport.send(message)
        while True:
            batch = self._next_batch()
            if not batch:
                self._work.clear()
                self._is_idle.set()
                await self._work.wait()
            for message in batch:
                await transport.send(message)

    def acknowledge(self, seen: int, audio: int) -> None:
        """Let go of what the page has: control messages up to `seen`, and so many packets of audio."""
        self._kept.acknowledge(seen, audio)
        self._work.set()

    def renew_credit(self) -> None:
        """Count frames that were on their way to a page which has come back as lost: as many more may be sent."""
        for channel in self._channels.values():
            channel.limit = max(channel.limit, channel.sent + channel.window)
            channel.probe = None

    async def drained(self, timeout_s: float) -> None:
        """Wait until the transport has taken all that could be sent, at most `timeout_s`."""
        try:
            async with asyncio.timeout(timeout_s):
                while self._work.is_set():
                    self._is_idle.clear()
                    await self._is_idle.wait()
        except TimeoutError:
            return  # the page does not take it

    def clear(self) -> None:
        """Let go of all that was not sent."""
        self._control.clear()
        self._sounds.clear()
        self._kept.clear()
        self._bytes = 0
        for channel in self._channels.values():
            channel.slot = None
            channel.rest.clear()

    # ----------------------------------------------------------------------------------------------------------------

    def _encoded(self, message: ServerMessage) -> bytes:
        message.seq = self._seq + 1
        data = encode_message(message)
        if len(data) > MAX_MESSAGE_BYTES:
            raise too_large(f"{len(data)} bytes")
        return data

    def _queue(self, message: ServerMessage) -> None:
        data = self._encoded(message)
        self._seq += 1
        if isinstance(message, Outputs):
            self.told.number(message)
        if len(self._control) >= self._max_control or self._bytes + len(data) > MAX_CONTROL_BYTES:
            self._on_stall()
            return
        now = self.clock.now
        is_late = bool(self._control) and now - self._control[0].since > STALL_S
        self._control.append(_Waiting(now, self._seq, data))
        self._bytes += len(data)
        self._work.set()
        if is_late:
            self._on_late()

    def _overtake(self, written: AbstractSet[int], target: Channel | None) -> None:
        """Keep the order of updates: those that wait with a picture go first, pictures that are outdated do not go.

        `written` are the components that get a newer value. Pictures in the slot of `target` are left to the caller.
        """
        for channel in self._channels.values():
            delivery = channel.slot
            if delivery is None:
                continue
            self._release(delivery)
            if channel is target:
                continue
            for component in delivery.pictures.keys() & written:
                del delivery.pictures[component]
                channel.replaced += 1
            if not delivery.pictures:
                channel.slot = None
                channel.is_free.set()

    def _release(self, delivery: Delivery) -> None:
        """Send the updates that wait with a picture without it."""
        if delivery.outputs.updates:
            self._queue(msgspec.structs.replace(delivery.outputs, packets=0))
            delivery.outputs = msgspec.structs.replace(delivery.outputs, updates={})

    def _next_batch(self) -> list[bytes]:
        """Take what can be sent now: a control message, else sound, else pictures of one channel that has credit."""
        if not self._kept.has_room:
            return []
        if self._control:
            _, seq, data = self._control.popleft()
            self._kept.keep(seq, data)
            self._bytes -= len(data)
            if self.is_calm:
                self._is_calm.set()
            return [data]
        if self._sounds:
            data = encode_packet(self._sounds.popleft())
            self._kept.keep_audio(data)
            return [data]
        for channel in self._channels.values():
            if (channel.slot is not None or channel.rest) and channel.limit > channel.sent:
                return self._take(channel)
        return []

    def _take(self, channel: Channel) -> list[bytes]:
        batch = []
        if not channel.rest and channel.slot is not None:
            delivery, channel.slot = channel.slot, None
            batch += self._announcement(delivery)
            channel.rest.extend(_numbered(delivery))
        while channel.rest and channel.limit > channel.sent:
            channel.sent += 1
            packet = channel.rest.popleft()
            channel.note(packet)
            batch.append(encode_packet(msgspec.structs.replace(packet, sequence=channel.sent % SEQUENCES)))
        if channel.probe is None:
            channel.probe = channel.sent, self.clock.now
        channel.is_free.set()
        return batch

    def _announcement(self, delivery: Delivery) -> list[bytes]:
        """Encode the `Outputs` that goes before the pictures; those of a stream need none if there are no updates."""
        outputs = delivery.outputs
        if outputs.stream and not outputs.updates:
            return []
        self._seq += 1
        outputs.seq, outputs.packets = self._seq, len(delivery.pictures)
        self.told.number(outputs)
        if self._kept.is_needed:  # frames are not sent again, so nothing is to wait for them
            self._kept.keep(self._seq, encode_message(msgspec.structs.replace(outputs, packets=0)))
        return [encode_message(outputs)]


def _valued(outputs: Outputs) -> set[int]:
    return {component for component, update in outputs.updates.items() if "value" in update}


def _numbered(delivery: Delivery) -> list[Packet]:
    """Bring pictures that waited under the number of the call that they are sent with, and flag the last one."""
    call = delivery.outputs.call
    *others, last = delivery.pictures.values()
    return [
        *(msgspec.structs.replace(packet, call=call) for packet in others),
        msgspec.structs.replace(last, call=call, flags=last.flags | Flag.LAST),
    ]
