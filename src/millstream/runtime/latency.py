"""Tells a page that watches the latency what share the server has in it; nothing of this runs while nobody looks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from millstream.runtime.alarm import Alarm
from millstream.runtime.context import SessionContext
from millstream.runtime.stream.stream import Stream
from millstream.runtime.streams import Streams
from millstream.runtime.trace import StreamTrace
from millstream.wire.messages import Latency, Watch

EVERY_S: Final = 1.0


class LatencyReports:
    """Times the calls of a session's streams, and tells the page once a second, while the page watches.

    Args:
        context: What the parts of the session share.
        streams: Its streams.
        fault: Called with an error that should not have happened.
    """

    def __init__(self, context: SessionContext, streams: Streams, fault: Callable[[BaseException], object]) -> None:
        self._context = context
        self._streams = streams
        self._fault = fault
        self._alarm = Alarm(self._report, self._fail, context.clock)
        self._told_at = 0.0

    def watch(self, message: Watch) -> None:
        """Begin, or end. Harmless if repeated."""
        if message.on and self._alarm.due is None:
            self._begin()
        elif not message.on:
            self._alarm.cancel()
            for stream in self._streams.running.values():
                self._trace(stream, None)

    def _begin(self) -> None:
        """Time from now on; streams that are opened meanwhile are timed from the next report on."""
        for stream in self._streams.running.values():
            if stream.metrics.trace is None:
                self._trace(stream, StreamTrace())
        self._told_at = self._context.clock.time()
        self._alarm.set(self._told_at + EVERY_S)

    def _trace(self, stream: Stream, trace: StreamTrace | None) -> None:
        stream.metrics.trace = trace
        for number in self._streams.receivers.keys() & {stream.number, stream.frames}:
            self._streams.receivers[number] = stream.receive if trace is None else trace.noting(stream.receive)

    def _report(self) -> None:
        interval_s = self._context.clock.time() - self._told_at
        if self._context.sender.control.is_calm:  # a page that is behind does not get more to read
            for stream in self._streams.running.values():
                if stream.metrics.trace is not None:
                    self._context.sender.control.send(_report_of(stream, stream.metrics.trace, interval_s))
        self._begin()

    def _fail(self, error: BaseException) -> None:
        self._fault(error)


def _report_of(stream: Stream, trace: StreamTrace, interval_s: float) -> Latency:
    times, metrics = trace.take(), stream.statistics()
    return Latency(
        stream=stream.number,
        calls=times.calls,
        arrived_us=times.arrived_us,
        wait_us=times.wait_us,
        decode_us=times.decode_us,
        call_us=times.call_us,
        encode_us=times.encode_us + trace.late_encoding_us(metrics.encodings, metrics.encodings_s),
        received=metrics.received,
        dropped=metrics.drops,
        decision=stream.encoding.decision(trace.codec, times, interval_s, metrics.rtt_s),
    )
