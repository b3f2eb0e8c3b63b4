"""From what handlers return as sound to 16-bit samples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeGuard

import numpy as np
from numpy.typing import NDArray

from millstream.frames import Chunk, Samples
from millstream.ui.component import describe, is_number

RATES_HZ: Final = range(1_000, 384_000 + 1)
MAX_CHANNELS: Final = 8

LOUDEST: Final = 64.0
"""Floats up to here are sound from -1 to 1 that is too loud; beyond, they are counted as 16-bit samples are."""


class UnfitSound(ValueError):
    """An array is no sound; the message says why, and what to do."""


def is_sound(value: object) -> TypeGuard[tuple[object, NDArray[np.generic]]]:
    """Tell whether a value is a pair of a sample rate and an array."""
    return isinstance(value, tuple | list) and len(value) == 2 and hasattr(value[1], "__array__")


def to_chunk(rate: object, array: object, convert: Callable[[NDArray[np.generic]], Samples]) -> Chunk:
    """Make a sound of what a handler gave: `convert` is `to_samples`, or `to_piece`.

    Raises:
        UnfitSound: The rate is none from 1000 to 384000 Hz, or see there.
    """
    rate = rate.item() if isinstance(rate, np.generic) else rate
    if not is_number(rate) or not isinstance(rate, int | float) or int(rate) not in RATES_HZ:
        raise UnfitSound(f"expected a sample rate between {RATES_HZ[0]} and {RATES_HZ[-1]} Hz, got {describe(rate)}")
    return Chunk(convert(np.asarray(array)), int(rate))


def to_samples(array: NDArray[np.generic]) -> Samples:
    """Make `(n, channels)` int16 of an array of that shape, or of `(n,)` or `(1, n)`.

    Takes int16; floats from -1 to 1, which are scaled down together if they are larger (what is not a number is
    silence); 32-bit and unsigned 8-bit samples over their whole range; other whole numbers that fit into 16 bits.

    Raises:
        UnfitSound: Shape, type or numbers do not fit.
    """
    if array.ndim == 2 and array.shape[0] == 1 and array.shape[1] > MAX_CHANNELS:
        array = array[0]  # one channel, as decoders give it
    if array.ndim not in (1, 2) or (array.ndim == 2 and not 1 <= array.shape[1] <= MAX_CHANNELS):
        hint = ": it seems to be the wrong way round, return .T" if _is_turned(array) else ""
        raise UnfitSound(f"the shape has to be (samples,) or (samples, 1 to {MAX_CHANNELS} channels){hint}")
    samples = _to_int16(array)
    return np.ascontiguousarray(samples.reshape(len(samples), -1) if array.ndim == 2 else samples[:, None])


def to_piece(array: NDArray[np.generic]) -> Samples:
    """Make `(n, channels)` int16 of one piece of a longer sound, as `to_samples` does, but alike for every piece.

    Floats beyond -1 to 1 are clipped: one piece scaled down would be heard as a jump in loudness.

    Raises:
        UnfitSound: See `to_samples`; also if anything is not a finite number, which would be heard as a click, or
            cannot have been meant to be between -1 and 1, which would be heard as noise.
    """
    if array.dtype.kind == "f":
        if not np.isfinite(array).all():
            raise UnfitSound("every sample has to be a finite number: some are NaN or infinite")
        if (peak := float(np.abs(array).max(initial=0.0))) > LOUDEST:
            raise UnfitSound(
                f"floats have to be between -1 and 1, but these reach {peak:g}: divide by 32768, or return "
                ".astype(np.int16)"
            )
        array = array.clip(-1.0, 1.0)
    return to_samples(array)


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
    if array.dtype.kind in "iu":
        whole = array.astype(np.int64)
        if len(whole) and (whole.min() < -32768 or whole.max() > 32767):
            raise UnfitSound(f"whole numbers of type {array.dtype} have to fit into 16 bits: return int16 or float")
        return whole.astype(np.int16)
    raise UnfitSound("the type has to be int16, int32, uint8 or float")
