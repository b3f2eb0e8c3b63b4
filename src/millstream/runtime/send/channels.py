"""The frames on their way to one page: each stream's under a credit of its own, all of them at the pace of the link."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Final, Protocol

import msgspec

from millstream.runtime.link_model import LinkModel
from millstream.runtime.send.channel import Channel, Delivery
from millstream.runtime.send.list_diff import ListDiff
from millstream.wire.encoding import encode_packet
from millstream.wire.messages import Credit, KeyFrame, Outputs, ServerMessage
from millstream.wire.packet import LAST, SEQUENCES, Packet

REMEMBERED: Final = 64
"""Frames whose capture times are kept until the page reports them as shown."""


class ControlMessages(Protocol):
    """The way of the updates that go with frames, before them, or without them."""

    def check(self, message: ServerMessage) -> None:
        """Check that a message could be sent."""

    def send(self, message: ServerMessage) -> None:
        """Queue a message."""

    def announce(self, message: ServerMessage, again: ServerMessage) -> bytes:
        """Number and encode a message that goes at once, before the frames it announces."""


class Channels:
    """Frames of a channel coalesce; the updates that came with a replaced one are sent without it.

    A frame leaves when the link is free for it; the channels take turns.

    Args:
        control: Takes those updates.
        told: What the page was told.
        link: Knows when a frame can leave without waiting behind others.
        work: Set when there is something to send.

    Attributes:
        shared: The channel of ordinary events.
        are_due: Whether `take` may have something to give.
    """

    def __init__(self, control: ControlMessages, told: ListDiff, link: LinkModel, work: asyncio.Event) -> None:
        self._control = control
        self._told = told
        self._link = link
        self._loop = asyncio.get_running_loop()
        self._wakes_at = -math.inf
        self._work = work
        self.are_due = False
        self.shared = Channel(0)
        self._channels = {0: self.shared}

    def open(self, stream: int) -> Channel:
        """Make the channel of a stream."""
        channel = self._channels[stream] = Channel(stream)
        return channel

    def close(self, channel: Channel) -> None:
        """Let go of a channel: frames that wait are dropped, updates that wait with them go. Harmless if repeated."""
        self._release(channel)
        channel.clear()
        self._link.forget(channel.stream)
        self._channels.pop(channel.stream, None)

    @property
    def streams(self) -> int:
        """The number of streams that have a channel."""
        return len(self._channels) - 1

    def grant(self, message: Credit) -> None:
        """Note a credit that the page gave. One for a stream that has ended is late, and ignored."""
        channel = self._channels.get(message.stream)
        if channel is not None:
            channel.limit = max(channel.limit, message.limit)
            if channel.sent < message.received:  # it came from another gateway
                channel.sent, channel.window = message.received, message.limit - message.received
            elif channel.sent == 0:
                channel.window = channel.limit
            now, sent = self._loop.time(), message.page_us / 1e6
            if sent:
                self._link.up.heard(sent, now)
            self._link.arrived(channel.stream, channel.limit - channel.window, sent or now, now)
            for each in self._channels.values():
                if each.unsent or each.newest or each.encoding:
                    self.are_due = True
                    self._work.set()
                    break

    def request_key_frame(self, message: KeyFrame) -> None:
        """Begin anew with the next frame: the page misses one. For a stream that has ended it is too late."""
        if channel := self._channels.get(message.stream):
            channel.encoder.request_key_frame(message.component)

    def put(self, channel: Channel, delivery: Delivery) -> None:
        """Hand over a result with frames that may replace, or be replaced; in order with all other updates.

        Raises:
            InvalidValue: Its updates are too large for the wire.
        """
        if delivery.outputs.updates:
            self._control.check(self._told.shortened(delivery.outputs, delivery.growing))
        self._make_way(delivery.outputs, delivery.pictures.keys(), channel)
        if channel.newest is None:
            channel.newest = delivery
        else:
            channel.merge(delivery)
        self.are_due = True
        self._work.set()

    def overtake(self, outputs: Outputs) -> bool:
        """Make way for an update without frames: what waits with frames goes before it, or not at all.

        Returns:
            Whether anything waited.

        Raises:
            InvalidValue: The update is too large for the wire; then everything is as before.
        """
        for channel in self._channels.values():
            if channel.newest is not None or channel.encoding is not None:
                self._control.check(outputs)
                self._make_way(outputs)
                return True
        return False

    def take(self) -> list[bytes]:
        """Take what can be sent now of one channel that has credit; nothing if there is none or the link is busy."""
        self.are_due = False
        batch: list[bytes] = []
        for channel in self._channels.values():
            if channel.limit > channel.sent and (channel.unsent or channel.newest or channel.encoding):
                if batch:  # control messages and audio go before the frames of another channel
                    self.are_due = True
                    break
                now = self._loop.time()
                if not self._link.may_send(now):
                    self._wait(now)
                    break
                batch, taken = self._take(channel, now), channel
                self.are_due = bool(batch) and channel.newest is not None
        if batch and len(self._channels) > 1:
            self._channels[taken.stream] = self._channels.pop(taken.stream)  # the others come first next time
        if self.are_due:
            self._work.set()
        return batch

    def _wait(self, now: float) -> None:
        """Look again when the link may be free, if nothing else happens before."""
        free_at = self._link.send_at(now)
        if now < free_at and not now < self._wakes_at <= free_at:
            self._wakes_at = free_at
            self._loop.call_at(free_at, self._wake)

    def _wake(self) -> None:
        self.are_due = True
        self._work.set()

    def restart(self) -> None:
        """Begin anew with the next frame of each channel: what an earlier link had taken may never have arrived."""
        for channel in self._channels.values():
            channel.encoder.restart()

    def renew_credit(self) -> None:
        """Count frames that were on their way to a page which has come back as lost: as many more may be sent."""
        self._link.forget()
        for channel in self._channels.values():
            channel.renew_credit()
        self.are_due = True

    def clear(self) -> None:
        """Let go of all that was not sent."""
        for channel in self._channels.values():
            channel.clear()

    def _make_way(
        self, outputs: Outputs, pictures: AbstractSet[int] = frozenset(), target: Channel | None = None
    ) -> None:
        """Keep the order of updates: those that wait with a frame go first, frames that are outdated do not go.

        Args:
            outputs: What comes now, and brings some components a newer value.
            pictures: The components that come with a newer frame.
            target: The channel whose frames that wait are left to the caller.
        """
        for channel in self._channels.values():
            if channel.newest is not None or channel.encoding is not None:
                self._release(channel)
                if channel is not target:
                    valued = {component for component, update in outputs.updates.items() if "value" in update}
                    channel.outdate(valued | pictures)

    def _release(self, channel: Channel) -> None:
        """Send the updates that wait with frames without them."""
        for delivery in (channel.encoding, channel.newest):
            if delivery is not None and delivery.outputs.updates:
                outputs = msgspec.structs.replace(self._told.going(delivery.outputs, delivery.growing), packets=0)
                self._control.send(outputs)
                self._told.number(delivery.reach, outputs.seq)
                delivery.outputs = msgspec.structs.replace(delivery.outputs, updates={})
                delivery.growing, delivery.reach = frozenset(), ()

    def _take(self, channel: Channel, now: float) -> list[bytes]:
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
            if delivery.outputs.updates or not delivery.outputs.stream:
                batch.append(self._announce(delivery))
            channel.call = delivery.outputs.call
            channel.unsent.extend(each for each in delivery.pictures.values() if type(each) is Packet)
        while channel.unsent and channel.limit > channel.sent:
            batch.append(self._numbered(channel, now))
        channel.is_free.set()
        return batch

    def _numbered(self, channel: Channel, now: float) -> bytes:
        """Number and encode the next packet, and remember for a while when it was captured."""
        packet = channel.last = channel.unsent.popleft()
        channel.sent += 1
        sequence = channel.sent % SEQUENCES
        channel.captured[sequence] = packet.captured_us
        if len(channel.captured) > REMEMBERED:
            del channel.captured[next(iter(channel.captured))]
        flags = packet.flags if channel.unsent else packet.flags | LAST
        data = encode_packet(msgspec.structs.replace(packet, flags=flags, sequence=sequence, call=channel.call))
        self._link.sent(channel.stream, channel.sent, len(data), now)
        return data

    def _announce(self, delivery: Delivery) -> bytes:
        """Number and encode the `Outputs` that goes before frames; those of a stream need none without updates."""
        outputs = self._told.going(delivery.outputs, delivery.growing)
        again = msgspec.structs.replace(outputs)
        outputs.packets = len(delivery.pictures)
        data = self._control.announce(outputs, again)
        self._told.number(delivery.reach, outputs.seq)
        return data

    def _send_encoded(self, channel: Channel, packets: dict[int, Packet]) -> None:
        """Send what has been encoded; updates that came with a frame that could not be go without it."""
        if channel.encoding is not None and len(packets) < len(channel.encoding.pictures):
            self._release(channel)
        channel.encoded(packets)
        self.are_due = True
        self._work.set()
