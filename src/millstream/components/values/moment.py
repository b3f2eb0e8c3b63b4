"""`Moment`: what a handler gets of camera and microphone together."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from millstream.frames import Frame, Scene


class Moment(NamedTuple):
    """A frame of the camera and the audio around it, with capture times on one clock: the argument of `Video.stream`.

    Times are in seconds of the page's clock, which counts from 1970, never jumps, and is the same for all components of
    a page. The time of a frame is when it reached the page. The microphone's time is its sample
    counter, laid onto that clock: sample `n` was captured `n / sample_rate` after the start, and the start is the
    earliest that agrees with the arrival of every block of the last four seconds, less the delay that the browser knows
    of the device. So delays on the way into the page do not count, and two clocks that drift apart by 100 parts in a
    million are never more than half a millisecond apart here.

    One frame is taken for each `stream_every` of audio, in the middle of it. When the handler is slow, the audio that
    waits is joined, and the frame is the newest one: it belongs to the end of the audio. A handler that is faster
    than the camera gets a frame again, with the same `frame_time`.

    Attributes:
        frame: The newest frame: `(height, width, 3)` uint8 RGB, C-contiguous, writable, mirrored as the user sees it.
        audio: `(sample_rate, samples)`: all audio since the last call, int16 of shape `(n,)` for one channel and
            `(n, channels)` for more. `None` with `include_audio=False`, and for a device without a microphone.
        frame_time: When the frame was captured.
        audio_time: When the first sample was captured; `None` without audio.
    """

    frame: NDArray[np.uint8]
    audio: tuple[int, NDArray[np.int16]] | None = None
    frame_time: float = 0.0
    audio_time: float | None = None


def moment_of(captured: Frame | Scene) -> Moment:
    """Make a handler's argument of a frame, with or without audio."""
    frame = captured if isinstance(captured, Frame) else captured.frame
    frame_time = frame.captured_us / 1e6
    if isinstance(captured, Frame):
        return Moment(frame.pixels, None, frame_time, None)
    chunk = captured.chunk
    samples = chunk.samples[:, 0] if chunk.channels == 1 else chunk.samples
    return Moment(frame.pixels, (chunk.sample_rate, samples), frame_time, chunk.captured_us / 1e6)
