"""The encoding of a stream and the reason for it, in one sentence for the page. Pure."""

from __future__ import annotations

from typing import Final

from millstream.runtime.trace import CallTimes
from millstream.wire.packet import CodecNumber

BUSY: Final = 0.8
"""A handler that is at work for this part of the time has no time for more frames."""

SLOW_RTT_S: Final = 0.1
SPARE: Final = 0.9
"""A rate of at least this part of what the app asks for is what it asks for."""

_NAMES: Final = {number.value: number.name for number in CodecNumber}


def decision(codec: int, times: CallTimes, interval_s: float, every_s: float, rtt_s: float | None) -> str:
    """Describe how a stream runs.

    Args:
        codec: Number of the codec of what comes.
        times: Of the calls that have ended in that time.
        interval_s: How long they were counted.
        every_s: How often the app asks for a frame or a chunk; 0 for as often as possible.
        rtt_s: The shortest time to the page and back; `None` if unknown.
    """
    if not times.calls:
        return "Nothing was handled in the last second."
    name = _NAMES.get(codec, f"Codec {codec}")
    rate = times.calls / interval_s
    return f"{name} at {rate:.{0 if rate >= 9.5 else 1}f} a second: {_reason(times, rate, every_s, rtt_s)}."


def _reason(times: CallTimes, rate: float, every_s: float, rtt_s: float | None) -> str:
    took_s = (times.decode_us + times.call_us + times.encode_us) / 1_000_000
    if every_s and rate >= SPARE / every_s:
        return f"the app asks for one every {every_s:g} s"
    if took_s * rate >= BUSY:
        return f"the handler takes {took_s * 1000:.0f} ms for each"
    if rtt_s is not None and rtt_s >= SLOW_RTT_S:
        return f"the server has time, and a round trip takes {rtt_s * 1000:.0f} ms"
    return "the link is fast and the server has time"
