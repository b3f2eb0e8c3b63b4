"""The times of the calls of one stream."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from millstream.jobs import Result
from millstream.runtime.trace import MAX_ARRIVED, CallTimes, StreamTrace
from millstream.wire.packet import Flag, Packet, PacketKind

SECONDS = st.floats(0, 5)
CALLS = st.lists(st.tuples(SECONDS, SECONDS, SECONDS, SECONDS), min_size=1, max_size=30)


def packet(sequence: int, stream: int = 1) -> Packet:
    return Packet(PacketKind.PICTURE, 1, Flag.KEY, stream, 4, sequence, 0, 0, 0, b"")


def result(decode_s: float = 0.0, call_s: float = 0.0, encode_s: float = 0.0) -> Result:
    return Result(1, decode_s=decode_s, call_s=call_s, encode_s=encode_s)


def traced(*calls: tuple[float, float, float, float], untaken: int = 0) -> StreamTrace:
    """Let calls come one after the other, each after some packets that nobody takes."""

    async def fill() -> StreamTrace:
        trace, now, sequence = StreamTrace(), 0.0, 0
        for wait_s, *steps in calls:
            for _ in range(untaken + 1):
                sequence += 1
                trace.received(packet(sequence), now)
            trace.called(packet(sequence), now + wait_s, result(*steps))
        return trace

    return asyncio.run(fill())


@given(CALLS)
def test_each_part_is_the_mean_of_the_calls(calls: list[tuple[float, float, float, float]]) -> None:
    times = traced(*calls).take()
    assert times.calls == len(calls)
    for told_us, seconds in zip(times[2:], zip(*calls, strict=True), strict=True):
        assert abs(told_us - sum(seconds) / len(calls) * 1e6) <= 1


def test_what_is_encoded_right_before_it_is_sent_counts_by_itself() -> None:
    trace = StreamTrace()
    told = [trace.late_encoding_us(*totals) for totals in [(0, 0.0), (10, 0.05), (10, 0.05), (14, 0.09)]]
    assert told == [0, 5_000, 0, 10_000]


def test_what_was_taken_is_not_told_again() -> None:
    trace = traced((1, 2, 3, 4))
    assert trace.take() != CallTimes()
    assert trace.take() == CallTimes()


def test_only_packets_that_were_handled_count() -> None:
    assert traced((1.0, 0, 0, 0), (3.0, 0, 0, 0), untaken=3).take()[:1] == (2,)


def test_later_steps_of_a_generator_are_no_age_of_a_frame() -> None:
    trace = traced((1.0, 0, 0.5, 0))
    trace.called(packet(1), 9.0, result(call_s=9.0))
    assert trace.take().call_us == 500_000


def test_a_handler_that_takes_nothing_costs_no_memory() -> None:
    trace = traced((0, 0, 0, 0), untaken=3 * MAX_ARRIVED)
    assert len(trace._arrivals) < MAX_ARRIVED


def test_sequences_of_two_streams_are_not_mixed_up() -> None:
    async def fill() -> StreamTrace:
        trace = StreamTrace()
        trace.received(packet(1), 0.0)
        trace.received(packet(1, stream=2), 4.0)
        trace.called(packet(1), 5.0, result())
        return trace

    assert asyncio.run(fill()).take().wait_us == 5_000_000
