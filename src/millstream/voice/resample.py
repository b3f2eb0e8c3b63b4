"""Resamples a microphone's audio to the rate and the single channel that speech detectors work with.

Not done by soxr, which would delay the end of each turn: docs/decisions/0010.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from millstream.frames import Samples
from millstream.speech import VOICE_RATE_HZ

ZERO_CROSSINGS: Final = 8
"""Length of the filter on each side, in periods of the lower rate: from 9.5 kHz up, aliases are 40 dB down."""

FULL_SCALE: Final = 32768.0


class Resampler:
    """Resamples an int16 stream of one rate, chunk by chunk, without a seam: a polyphase filter (windowed sinc).

    Output sample `n` corresponds to input sample `n * rate / 16000`.

    Args:
        rate: Samples a second of the input, in Hz.
    """

    def __init__(self, rate: int) -> None:
        divisor = math.gcd(rate, VOICE_RATE_HZ)
        self._up, self._down = VOICE_RATE_HZ // divisor, rate // divisor
        width = math.ceil(ZERO_CROSSINGS * max(1.0, rate / VOICE_RATE_HZ))
        self._filters = _filters(self._up, min(1.0, VOICE_RATE_HZ / rate), width)
        self._waiting = np.zeros(width - 1, np.float32)  # silence before the first sample
        self._origin = 1 - width
        self._given = 0
        self._width = width

    def take(self, samples: Samples) -> NDArray[np.float32]:
        """Resample the next samples, `(n, channels)` int16, to mono float32 from -1 to 1."""
        mono: NDArray[np.float32] = (samples.astype(np.float32).mean(axis=1) / FULL_SCALE).astype(np.float32)
        if self._up == self._down:
            return mono
        self._waiting = np.concatenate([self._waiting, mono])
        end = self._origin + len(self._waiting)
        # Output n lies at n * down / up; its filter reaches `width` samples beyond that.
        count = max(0, ((end - self._width) * self._up - 1) // self._down + 1 - self._given)
        if not count:
            return np.zeros(0, np.float32)
        numbers = np.arange(self._given, self._given + count, dtype=np.int64) * self._down
        first = numbers // self._up - self._width + 1 - self._origin
        windows = sliding_window_view(self._waiting, 2 * self._width)[first]
        heard: NDArray[np.float32] = np.einsum("ij,ij->i", windows, self._filters[numbers % self._up])
        self._given += count
        spent = max(0, self._given * self._down // self._up - self._width + 1 - self._origin)
        self._waiting, self._origin = self._waiting[spent:], self._origin + spent
        return heard


def _filters(up: int, cutoff: float, width: int) -> NDArray[np.float32]:
    """Make the filter of each phase: `(up, 2 * width)`, each with the sum 1."""
    offsets = np.arange(2 * width) - (width - 1)
    distance = offsets[None, :] - np.arange(up)[:, None] / up
    window = 0.5 + 0.5 * np.cos(np.pi * np.clip(distance / width, -1, 1))
    filters = np.sinc(distance * cutoff) * window
    return np.asarray(filters / filters.sum(axis=1, keepdims=True), np.float32)
