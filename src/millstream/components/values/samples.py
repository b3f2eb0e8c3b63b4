"""From the audio that handlers return to 16-bit samples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeGuard

import numpy as np
from numpy.typing import NDArray

from millstream.declare.arguments import describe, is_number
from millstream.frames import Chunk, Samples

RATES_HZ: Final = range(1_000, 384_000 + 1)
MAX_CHANNELS: Final = 8

BLOCK: Final = 1 << 18
"""So many floats are converted at once: those of an hour would take eight times their memory in one piece."""

OVERSHOOT: Final = 1.01
"""Floats up to here are brought into -1 to 1 without a word: filters and encoders overshoot a little."""


INT16_FLOATS: Final = 32.0
"""Floats of a stream that reach this are samples of 16 bits that were computed with: no gain is meant to be so high."""


class UnfitAudio(ValueError):
    """An array is not audio; the message says why, and what to do."""


def is_sound(value: object) -> TypeGuard[tuple[object, NDArray[np.generic]]]:
    """Tell whether a value is a pair of a sample rate and an array."""
    return isinstance(value, tuple | list) and len(value) == 2 and hasattr(value[1], "__array__")


class Loudness:
    """Brings the audio that one handler returns to 16 bits: a whole, or the chunks of a stream.

    Floats beyond -1 to 1 are divided by the largest of them, as people expect whose arrays are in the range of int16.
    Chunks are divided by the largest of all that came so far, so that a chunk is not louder than the one before; by
    32768 from the first on that is plainly in the range of int16, so that each is as loud as it was.

    NaN, such as a silent chunk divided by its peak, is silence, and what is infinite is as loud as it gets.

    Args:
        warn: Called with what it is about, and with what there is to be said of it.
        is_piecewise: True for chunks of a stream.
    """

    def __init__(self, warn: Callable[[str, str], None], *, is_piecewise: bool = False) -> None:
        self._warn = warn
        self._is_piecewise = is_piecewise
        self._peak = 1.0

    def to_chunk(self, rate: object, array: object) -> Chunk:
        """Make a chunk of what a handler gave.

        Raises:
            UnfitSound: The rate is none from 1000 to 384000 Hz, or see `to_samples`.
        """
        rate = rate.item() if isinstance(rate, np.generic) else rate
        if not is_number(rate) or not isinstance(rate, int | float) or int(rate) not in RATES_HZ:
            wanted = f"a sample rate between {RATES_HZ[0]} and {RATES_HZ[-1]} Hz"
            raise UnfitAudio(f"expected {wanted}, got {describe(rate)}")
        return Chunk(to_samples(self._scaled(np.asarray(array))), int(rate))

    def _scaled(self, array: NDArray[np.generic]) -> NDArray[np.generic]:
        if array.dtype.kind != "f":
            return array
        wave = array.reshape(-1)
        blocks = [slice(start, start + BLOCK) for start in range(0, len(wave), BLOCK)]
        peak = max((_peak_of(wave[block]) for block in blocks), default=0.0)
        if not all(np.isfinite(wave[block]).all() for block in blocks):
            message = "some samples are NaN or infinite: NaN, such as 0/0 in a silent chunk, is played as silence"
            self._warn("finite", message)
        is_int16 = self._is_piecewise and peak > INT16_FLOATS
        if peak > OVERSHOOT:
            by = "32768, as samples of 16 bits" if is_int16 else "the largest"
            message = f"floats are audio from -1 to 1, but these reach {peak:g}: they are divided by {by}"
            self._warn("loudness", message)
        self._peak = max(self._peak if self._is_piecewise else 1.0, peak, 32768.0 if is_int16 else 0.0)
        samples = np.empty(len(wave), np.int16)
        for block in blocks:
            scaled = np.nan_to_num(wave[block].astype(np.float64) / self._peak, nan=0.0, posinf=1.0, neginf=-1.0)
            samples[block] = (scaled * 32767).round()
        return samples.reshape(array.shape)


def _peak_of(wave: NDArray[np.generic]) -> float:
    wave = wave.astype(np.float64)
    return float(np.abs(wave[np.isfinite(wave)]).max(initial=0.0))


def to_samples(array: NDArray[np.generic]) -> Samples:
    """Make `(n, channels)` int16 of an array of that shape, or of `(n,)` or `(1, n)`.

    Takes int16; floats, of which what is beyond -1 to 1 scales all of them down (what is not a number is silence);
    32-bit samples and those of 8 bits over their whole range; other whole numbers that fit into 16 bits.

    Raises:
        UnfitAudio: Shape, type or numbers do not fit.
    """
    if array.ndim == 2 and array.shape[0] == 1 and not 1 <= array.shape[1] <= MAX_CHANNELS:
        array = array[0]  # one channel, as decoders give it
    if array.ndim not in (1, 2) or (array.ndim == 2 and not 1 <= array.shape[1] <= MAX_CHANNELS):
        hint = ": it seems to be the wrong way round, return .T" if _is_turned(array) else ""
        raise UnfitAudio(f"the shape has to be (samples,) or (samples, 1 to {MAX_CHANNELS} channels){hint}")
    samples = _to_int16(array)
    return np.ascontiguousarray(samples if array.ndim == 2 else samples[:, None])


def _is_turned(array: NDArray[np.generic]) -> bool:
    return array.ndim == 2 and 1 <= array.shape[0] <= MAX_CHANNELS


def _to_int16(array: NDArray[np.generic]) -> Samples:
    if array.dtype == np.int16:
        return array.astype(np.int16, copy=False)
    if array.dtype.kind == "f":
        wave = np.nan_to_num(array.astype(np.float64), nan=0.0, posinf=1.0, neginf=-1.0)
        peak = float(np.abs(wave).max(initial=0.0))
        return (wave / max(peak, 1.0) * 32767).round().astype(np.int16)
    if array.dtype == np.int32:
        return (array.astype(np.int32) >> 16).astype(np.int16)
    if array.dtype == np.uint8:
        return (array.astype(np.int16) - 128) << 8
    if array.dtype == np.int8:
        return array.astype(np.int16) << 8
    if array.dtype.kind in "iu":
        whole = array.astype(np.int64)
        if len(whole) and (whole.min() < -32768 or whole.max() > 32767):
            raise UnfitAudio(f"whole numbers of type {array.dtype} have to fit into 16 bits: return int16 or float")
        return whole.astype(np.int16)
    raise UnfitAudio("the type has to be int16, int32, int8, uint8 or float")
