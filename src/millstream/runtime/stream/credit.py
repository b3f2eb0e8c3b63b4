"""The credit of a stream: how much the page may send, told when that is more, and what happens if it sends nothing."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from millstream.declare.binding import Binding
from millstream.runtime.alarm import Alarm
from millstream.runtime.context import SessionContext
from millstream.runtime.stream.av_receiver import AVReceiver
from millstream.runtime.stream.receiver import Receiver
from millstream.wire.packet import Packet, PacketKind

SLOW_INTERVALS: Final = 3
"""A stream with long intervals is idle only after this many of them."""

TICK_S: Final = 0.001
"""Credit is not looked at more often than this."""

MAX_ENCODE_S: Final = 0.2
"""A page that claims to take longer for a frame is not believed."""

LATEST_US: Final = 2**63 - 1
"""The latest time that fits into a message; a page may claim that its clock is there."""


class StreamCredit:
    """Tells the page how much it may send of one stream, and notices that it sends nothing.

    Args:
        context: What the stream shares with the rest of its session.
        binding: The stream event.
        receiver: Takes in what the page sends.
        on_idle: Called with a number of seconds in which the page might have sent something and did not.
        fault: Called with an error that should not have happened.
    """

    def __init__(
        self,
        context: SessionContext,
        binding: Binding,
        receiver: Receiver | AVReceiver,
        on_idle: Callable[[float], None],
        fault: Callable[[BaseException], None],
    ) -> None:
        self._context = context
        self._receiver = receiver
        self._on_idle = on_idle
        self._idle_s = max(context.settings.idle_s, SLOW_INTERVALS * binding.stream_every)
        self._encode_s = 0.0
        self._alarm = Alarm(lambda: self.give(context.clock.time()), fault, context.clock)
        self._idle_alarm = Alarm(self.watch, fault, context.clock)

    def give(self, now: float) -> None:
        """Tell the page how much it may send, if that is more, or look again when it may be.

        Called after whatever may raise it; as long as the page has all that it may have, nothing is computed.
        """
        if self._receiver.is_granted:
            return
        sender = self._context.sender
        for credit in self._receiver.grants(now):
            up = sender.link.up
            if up.rate < math.inf:
                credit.left_us, credit.rate = min(max(int(up.left * 1e6), 0), LATEST_US), int(up.rate)
            sender.control.send(credit)
        at = self._receiver.next_at(now)
        if at is not None and (self._alarm.due is None or at < self._alarm.due):
            self._alarm.set(max(at, now + TICK_S))

    def measure(self, packet: Packet) -> None:
        """Learn from a frame what the uplink carries, and how long the page encodes."""
        if packet.kind is not PacketKind.PICTURE:
            return  # audio comes in real time, whatever the link could carry
        link, encode_s, size = self._context.sender.link, packet.source / 1e6, len(packet.payload)
        link.up.passed(size, packet.captured_us / 1e6 + encode_s, self._context.clock.server_time())
        self._encode_s += (min(encode_s, MAX_ENCODE_S) - self._encode_s) / 8
        if link.rtt_s:
            self._receiver.measured(link.rtt_s, self._encode_s, size / link.up.rate)

    def watch(self) -> None:
        """Call `on_idle` if the page may send and does not; else look again when that might be so."""
        now, idle_at = self._context.clock.time(), self._receiver.active_at + self._idle_s
        if not self._receiver.has_credit:
            idle_at = now + self._idle_s
        if now >= idle_at:
            self._on_idle(self._idle_s)
        else:
            self._idle_alarm.set(idle_at)

    def rest(self) -> None:
        """Do nothing by itself until `watch` is called again: the slot is given up."""
        self._alarm.cancel()
        self._idle_alarm.cancel()
