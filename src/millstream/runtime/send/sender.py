"""All that goes to one page: a queue of control messages, one of audio, and for each stream its newest frames."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Final, NamedTuple

import msgspec

from millstream.declare.element import too_large
from millstream.runtime.clock import SessionClock
from millstream.runtime.link import Unacknowledged
from millstream.runtime.send.channel import Channel, Delivery
from millstream.runtime.send.list_diff import ListDiff
from millstream.types import Transport
from millstream.wire.encoding import encode_message
from millstream.wire.limits import MAX_MESSAGE_BYTES
from millstream.wire.messages import Outputs, ServerMessage
from millstream.wire.packet import Packet, encode_packet
from millstream.wire.plain import size_of

MAX_CONTROL_BYTES: Final = 16 * 1024 * 1024
"""Control messages that may wait for a slow page, together."""

CALM: Final = 16
CALM_BYTES: Final = 512 * 1024
"""As long as more messages, or bytes of them, wait than this, generators are held back."""

STALL_S: Final = 5.0
"""How long a control message may wait for a slow page."""


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
        self._release(channel)
        channel.clear()
        self._channels.pop(channel.stream, None)

    @property
    def is_calm(self) -> bool:
        """True if so few control messages wait that more of them may come."""
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

    def request_key_frame(self, stream: int, component: int) -> None:
        """Begin anew with the next frame: the page misses one. For a stream that has ended it is too late."""
        if channel := self._channels.get(stream):
            channel.encoder.request_key_frame(component)

    def send(self, message: ServerMessage) -> None:
        """Queue a control message.

        Raises:
            InvalidValue: It is too large for the wire.
        """
        if isinstance(message, Outputs):
            data = self._encoded(message)  # too large: found before anything else is touched
            self._overtake(_valued(message), None)
            self._queue(message, data)
        else:
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
        channel.put(delivery)
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
        for channel in self._channels.values():
            channel.encoder.restart()  # what an earlier link had taken may never have arrived
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
            channel.renew_credit()

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
            channel.clear()

    # ----------------------------------------------------------------------------------------------------------------

    def _encoded(self, message: ServerMessage) -> bytes:
        message.seq = self._seq + 1
        data = encode_message(message)
        if len(data) > MAX_MESSAGE_BYTES:
            raise too_large(f"{len(data)} bytes")
        return data

    def _queue(self, message: ServerMessage, data: bytes | None = None) -> None:
        """Queue a message; `data` is what it was encoded as, if nothing was queued since."""
        if data is None or message.seq != self._seq + 1:
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

        `written` are the components that get a newer value. Frames that wait in `target` are left to the caller.
        """
        for channel in self._channels.values():
            if channel.newest is not None or channel.encoding is not None:
                self._release(channel)
                if channel is not target:
                    channel.outdate(written)

    def _release(self, channel: Channel) -> None:
        """Send the updates that wait with frames without them."""
        for delivery in (channel.encoding, channel.newest):
            if delivery is not None and delivery.outputs.updates:
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
            waits = channel.unsent or channel.newest or channel.encoding
            if waits and channel.limit > channel.sent and (batch := self._take(channel)):
                return batch
        return []

    def _take(self, channel: Channel) -> list[bytes]:
        """Take the packets that have credit; none if the frames that go next are still to be encoded."""
        batch = []
        if not channel.unsent:
            if channel.encoding is None and channel.newest is not None and channel.newest.is_raw:
                channel.encode(partial(self._send_encoded, channel))
            if channel.encoding is not None and channel.encoding.is_raw:
                return []
            if channel.encoding is not None:
                delivery, channel.encoding = channel.encoding, None
            else:
                assert channel.newest is not None
                delivery, channel.newest = channel.newest, None
            batch += self._announcement(delivery)
            channel.unsent.extend(delivery.packets())
        while channel.unsent and channel.limit > channel.sent:
            batch.append(encode_packet(channel.next_packet()))
        if channel.probe is None:
            channel.probe = channel.sent, self.clock.now
        channel.is_free.set()
        return batch

    def _send_encoded(self, channel: Channel, packets: dict[int, Packet]) -> None:
        """Send what has been encoded; updates that came with a frame that could not be go without it."""
        if channel.encoding is not None and len(packets) < len(channel.encoding.pictures):
            self._release(channel)
        channel.encoded(packets)
        self._work.set()

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
