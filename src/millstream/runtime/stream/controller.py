"""Chooses codec, bit rate, size and frame rate of one direction of a stream: pure, with the clock passed in.

As long as the link carries JPEG without a delay that counts, frames are JPEG as the app wants it: that costs both sides
the least. On a narrower one a video codec takes a fraction of the bytes, and without one JPEG is made smaller: first
quality and size fall, then the rate of frames, and never is a frame sent that would make the next one late.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from millstream.runtime.trace import CallTimes
from millstream.types import Encoding
from millstream.wire.packet import CodecNumber

NARROW_S: Final = 0.012
"""A link on which a JPEG frame takes longer than this is narrow."""

WIDE_S: Final = 0.005
STEADY_S: Final = 5.0
"""It is wide again when a frame would have taken less than this for so long."""

DECIDE_EVERY_S: Final = 0.5
RAISE_EVERY_S: Final = 2.0
"""A bit rate falls at once, and rises only so often."""

CHANGE: Final = 1.25
"""A bit rate that differs by less is left as it is."""

ABOUT: Final = 1.15
RISE: Final = 1.5
"""Rates that differ by less than `ABOUT` are the same; one rises only if the link carries `RISE` times as much."""

CAMERA_HZ: Final = 30.0
LOAD: Final = 0.6
"""The share of the time that frames may occupy the link."""

ROOM: Final = 1.5
"""Frames that are smaller than they may be come at the rate at which ones so many times as large would fit."""

BUSY: Final = 0.8
"""A handler that is at work for this part of the time has no time for more frames."""

SLOW_RTT_S: Final = 0.1
SPARE: Final = 0.9
"""A rate of at least this part of what the app asks for is what it asks for."""

_NAMES: Final = {number.value: number.name for number in CodecNumber} | {CodecNumber.H264.value: "H.264"}

RATES_HZ: Final = (60.0, 30.0, 24.0, 20.0, 15.0, 12.0, 10.0, 7.5, 5.0)
SCALES: Final = (1.0, 0.75, 0.5, 0.375, 0.25)
"""The rates and sizes to choose from; a rate below all of them is the handler's."""


@dataclass(frozen=True)
class Quality:
    """Bounds of one kind of codec.

    Attributes:
        frame_s: The time on the link that a frame may take, if this gives it `least_bits`.
        longest_s: The time that it may take in any case.
        least_bits: Bits of a frame that is worth sending.
        least_per_pixel: Bits a pixel below which a smaller frame looks better.
        most_per_pixel: Bits a pixel beyond which nobody sees a difference.
    """

    frame_s: float
    longest_s: float
    least_bits: float
    least_per_pixel: float
    most_per_pixel: float


VIDEO: Final = Quality(0.015, 0.040, 16_000, 0.040, 0.15)
"""0.15 bits a pixel are 1.4 Mbit/s for 640x480 at 30 frames a second; WebRTC sends 1.7 at most. Twice as many add 1.4
dB, and cost the browser 2 ms of each frame."""

STILL: Final = Quality(0.022, 0.060, 40_000, 0.6, 2.0)


@dataclass(frozen=True)
class Conditions:
    """All that a decision depends on.

    Attributes:
        bytes_per_s: The share of the link that the stream may have; infinite as long as it is not known.
        jpeg_bytes: The size of a frame as JPEG of the app's quality; 0 as long as there was none.
        width, height: Its size in pixels.
        frames_per_s: How many frames the handler takes, and the camera has.
        frame_bytes: The size of a frame as it is encoded for the link; 0 as long as there was none.
    """

    bytes_per_s: float
    jpeg_bytes: float
    width: int
    height: int
    frames_per_s: float = CAMERA_HZ
    frame_bytes: float = 0.0


class Controller:
    """Decides for one direction.

    Args:
        video: The codec for a narrow link: H.264 or VP8, or JPEG if one side has neither.

    Attributes:
        encoding: The last decision; `None` is JPEG as the app wants it.
        reason: The last decision and why, in a sentence.
    """

    def __init__(self, video: int) -> None:
        self._video = video
        self._at = self._raised_at = self._narrow_at = -math.inf
        self._bits = 0.0
        self.encoding: Encoding | None = None
        self.reason = "JPEG as the app wants it: the link is not measured yet."

    def decide(self, seen: Conditions, now: float) -> bool:
        """Look whether something is to change; gives whether it does. Nothing is looked at too often."""
        if now < self._at + DECIDE_EVERY_S or not seen.jpeg_bytes or seen.bytes_per_s == math.inf:
            return False
        self._at = now
        before = self.encoding
        jpeg_s = seen.jpeg_bytes / seen.bytes_per_s
        if jpeg_s > (NARROW_S if before is None else WIDE_S):
            self._narrow_at = now
        if (before is None and jpeg_s <= NARROW_S) or now >= self._narrow_at + STEADY_S:
            self.encoding = None
        else:
            self._choose(seen, now)
        name = "JPEG as the app wants it" if self.encoding is None else _described(self.encoding)
        self.reason = (
            f"{name}: the link carries {_rate(seen.bytes_per_s * 8)}, "
            f"on which {seen.jpeg_bytes / 1000:.0f} kB of JPEG take {jpeg_s * 1000:.0f} ms."
        )
        return self.encoding != before

    def _choose(self, seen: Conditions, now: float) -> None:
        quality = STILL if self._video == CodecNumber.JPEG else VIDEO
        share, pixels = seen.bytes_per_s * 8, seen.width * seen.height
        wanted = min(share * quality.longest_s, quality.least_bits)
        # A camera that is faster than most gets its rate, with fewer bits for each frame.
        frame_s = min(quality.frame_s, LOAD / seen.frames_per_s)
        bits = min(max(share * frame_s, wanted), pixels * quality.most_per_pixel)
        before = self.encoding
        # Where little happens frames are small: more of them fit, and a rate that was measured too low costs nothing.
        taken = min(ROOM * 8 * seen.frame_bytes, bits) or bits
        rate_hz = self._rate_hz(LOAD * share / taken, seen.frames_per_s)
        self._bits = bits if before is None else self._steady(bits, now)
        longest = self._longest(seen, self._bits / quality.least_per_pixel)
        bits_per_s = self._bits * rate_hz if taken == bits else min(self._bits * rate_hz, LOAD * share)
        self.encoding = Encoding(self._video, round(bits_per_s), rate_hz, longest)

    def _rate_hz(self, carried_hz: float, wanted_hz: float) -> float:
        """Choose a rate that the link carries and that is wanted, and keep to it as long as it is about right."""
        before = 0.0 if self.encoding is None else self.encoding.frames_per_s
        possible_hz = min(carried_hz, wanted_hz)
        best = next((each for each in RATES_HZ if each <= possible_hz), possible_hz)
        if best <= before:
            return before if before <= possible_hz * ABOUT else best
        # What is wanted is not compared with room to spare: a camera of 30 frames per second never wants more than 30.
        return best if best >= before * ABOUT and carried_hz >= before * RISE else before

    def _steady(self, bits: float, now: float) -> float:
        """Leave the bits of a frame as they are if the difference is small, or if they rose just now."""
        known = self._bits
        if known / CHANGE <= bits <= known * CHANGE or (bits > known and now < self._raised_at + RAISE_EVERY_S):
            return known
        if bits > known:
            self._raised_at = now
        return bits

    def _longest(self, seen: Conditions, pixels: float) -> int:
        """Choose the size at which so many pixels are worth sending; it grows only if they are clearly enough."""
        longest = max(seen.width, seen.height)
        before = self.encoding.longest if self.encoding is not None else 0
        for scale in SCALES:
            side, needed = round(longest * scale), seen.width * seen.height * scale**2
            if needed <= pixels and (side <= before or before == 0 or needed * CHANGE <= pixels):
                return side
        return round(longest * SCALES[-1])


def unlimited(codec: int, times: CallTimes, interval_s: float, every_s: float, rtt_s: float | None) -> str:
    """Describe a stream whose encoding the link does not limit, in the words of `Controller.reason`.

    Args:
        codec: Number of the codec of what comes.
        times: Of the calls that have ended in that time.
        interval_s: How long they were counted.
        every_s: How often the app asks for a frame or a chunk; 0 for as often as possible.
        rtt_s: The shortest time to the page and back; `None` if unknown.
    """
    if not times.calls:
        return "Nothing was handled in the last second."
    rate = times.calls / interval_s
    took_s = (times.decode_us + times.call_us + times.encode_us) / 1_000_000
    if every_s and rate >= SPARE / every_s:
        reason = f"the app asks for one every {every_s:g} s"
    elif took_s * rate >= BUSY:
        reason = f"the handler takes {took_s * 1000:.0f} ms for each"
    elif rtt_s is not None and rtt_s >= SLOW_RTT_S:
        reason = f"the server has time, and a round trip takes {rtt_s * 1000:.0f} ms"
    else:
        reason = "the link is fast and the server has time"
    return f"{_name(codec)} at {rate:.{0 if rate >= 9.5 else 1}f} a second: {reason}."


def _name(codec: int) -> str:
    return _NAMES.get(codec, f"Codec {codec}")


def _described(encoding: Encoding) -> str:
    name = _name(encoding.codec)
    size, rate = f"{encoding.longest} pixels at the longer side", f"{encoding.frames_per_s:.3g} frames a second"
    return f"{name} at {_rate(encoding.bits_per_s)}, {size}, {rate}"


def _rate(bits_per_s: float) -> str:
    return f"{bits_per_s / 1e6:.1f} Mbit/s" if bits_per_s >= 1e6 else f"{bits_per_s / 1e3:.0f} kbit/s"
