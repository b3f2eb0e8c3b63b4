"""The input of a stream: takes in what its page sends, and says how much more may come."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from millstream.declare.binding import Binding
from millstream.errors import BacklogExceeded, ProtocolError
from millstream.jobs import Notice
from millstream.runtime.alarm import Alarm
from millstream.runtime.context import SessionContext
from millstream.runtime.metrics import StreamMetrics
from millstream.runtime.stream.av_receiver import AVReceiver
from millstream.runtime.stream.capture import StreamCapture
from millstream.runtime.stream.encoding import StreamEncoding
from millstream.runtime.stream.lifecycle import Ending
from millstream.runtime.stream.receiver import Receiver
from millstream.runtime.user_code import is_for_the_caller
from millstream.wire.messages import KeyFrame
from millstream.wire.packet import INDEPENDENT, Packet, PacketKind

SLOW_INTERVALS: Final = 3
"""A stream with long intervals is idle only after this many of them."""

TICK_S: Final = 0.001
"""Credit is not looked at more often than this."""

MAX_ENCODE_S: Final = 0.2
"""A page that claims to take longer for a frame is not believed."""

LATEST_US: Final = 2**63 - 1
"""The latest time that fits into a message; a page may claim that its clock is there."""


@dataclass(kw_only=True, eq=False)
class StreamInput:
    """Takes in the packets of one stream, tells the page how much it may send, and notices that it sends nothing.

    Attributes:
        context: What the stream shares with the rest of its session.
        binding: The stream event.
        receiver: Keeps what waits.
        capture: Records.
        encoding: Says how the page encodes its frames.
        metrics: Counts what comes.
        end: Called with why the stream ends.
        fill: Called when nothing more is to be recorded.
        fault: Called with an error that should not have happened.
        is_over: Whether the page was told that the stream is over: what comes later is not held any more.
        wake: Set when there may be something to take.
    """

    context: SessionContext
    binding: Binding
    receiver: Receiver | AVReceiver
    capture: StreamCapture
    encoding: StreamEncoding
    metrics: StreamMetrics
    end: Callable[[Ending], None]
    fill: Callable[[], None]
    fault: Callable[[BaseException], None]
    is_over: bool = False
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    _has_asked_for_key: bool = False
    _encode_s: float = 0.0
    _alarm: Alarm = field(init=False)
    _idle_alarm: Alarm = field(init=False)

    def __post_init__(self) -> None:
        context = self.context
        self._idle_s = max(context.settings.idle_s, SLOW_INTERVALS * self.binding.stream_every)
        self._alarm = Alarm(lambda: self.give(context.clock.time()), self.fault, context.clock)
        self._idle_alarm = Alarm(self.watch, self.fault, context.clock)

    def receive(self, packet: Packet, now: float) -> None:
        """Take a packet from the page, at a time of the session's clock.

        Raises:
            ProtocolError: It does not belong here, is out of sequence, or came without credit.
        """
        receiver, recording = self.receiver, self.capture.recording
        try:
            if receiver.takes_in and packet.kind is PacketKind.SOUND:
                packet = recording.put(packet)
            receiver.put(packet, now)
            self.metrics.received += 1
            if receiver.needs_key is not self._has_asked_for_key:
                self._ask_for_key(packet)
            if receiver.takes_in:
                if recording.is_full:
                    self.fill()
                if packet.payload and not self.is_over and packet.kind is receiver.kind:
                    self._hold(packet, now)
                self.give(now)
                self.wake.set()
        except BacklogExceeded as error:
            self.end(Ending("error", str(error), is_success=False))
        except BaseException as error:  # costs this stream, and not its page; `fault` logs it
            if isinstance(error, ProtocolError) or is_for_the_caller(error):
                raise
            self.fault(error)

    def _ask_for_key(self, packet: Packet) -> None:
        """Ask the page for a frame that stands alone, once, when one that others build on is missing."""
        self._has_asked_for_key = self.receiver.needs_key
        if self._has_asked_for_key:
            self.context.sender.control.send(KeyFrame(stream=packet.stream, component=packet.component))

    def _hold(self, packet: Packet, now: float) -> None:
        """Let the component hold what it captured, and learn from a frame what the uplink is like."""
        if packet.kind is PacketKind.SOUND:  # it comes in real time, whatever the link could carry
            self.context.values.capture(packet.component, packet)
            return
        if packet.flags & INDEPENDENT:
            self.context.values.capture(packet.component, packet)
        else:
            self.capture.add(packet, is_whole=not self.receiver.needs_key)
        link, encode_s, size = self.context.sender.link, packet.source / 1e6, len(packet.payload)
        link.up.passed(size, packet.captured_us / 1e6 + encode_s, self.context.clock.server_time())
        self._encode_s += (min(encode_s, MAX_ENCODE_S) - self._encode_s) / 8
        if link.rtt_s:
            self.receiver.measured(link.rtt_s, self._encode_s, size / link.up.rate)
        if now >= self.encoding.look_at:
            self.encoding.follow(packet, self.receiver.call_s, now)

    def give(self, now: float) -> None:
        """Tell the page how much it may send, if that is more, or look again when it may be.

        Called after whatever may raise it; as long as the page has all that it may have, nothing is computed.
        """
        if self.receiver.is_granted:
            return
        sender = self.context.sender
        for credit in self.receiver.grants(now):
            up = sender.link.up
            if up.rate < math.inf:
                credit.left_us, credit.rate = min(max(int(up.left * 1e6), 0), LATEST_US), int(up.rate)
            sender.control.send(credit)
        at = self.receiver.next_at(now)
        if at is not None and (self._alarm.due is None or at < self._alarm.due):
            self._alarm.set(max(at, now + TICK_S))

    def watch(self) -> None:
        """End the stream if the page may send and does not; else look again when that might be so."""
        now, idle_at = self.context.clock.time(), self.receiver.active_at + self._idle_s
        if not self.receiver.has_credit:
            idle_at = now + self._idle_s
        if now < idle_at:
            self._idle_alarm.set(idle_at)
            return
        message = f"Nothing was captured for {self._idle_s:g} seconds, so the recording has ended."
        self.context.reports.tell(Notice("info", message))
        self.end(Ending("idle", message))

    def rest(self) -> None:
        """Do nothing by itself until `watch` is called again: the slot is given up."""
        self._alarm.cancel()
        self._idle_alarm.cancel()
