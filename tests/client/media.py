"""Frames and audio whose content says which they are."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

RATE = 16_000


def picture(number: int, side: int = 32) -> np.ndarray:
    """A flat frame that carries its number as its brightness, which JPEG keeps."""
    return np.full((side, side, 3), number % 256, np.uint8)


def pictures(count: int) -> Iterator[np.ndarray]:
    return (picture(number) for number in range(count))


def endless() -> Iterator[np.ndarray]:
    while True:
        yield picture(7)


def brightness(value: np.ndarray) -> int:
    return round(float(value.mean()))


def ramp(seconds: float, rate: int = RATE, channels: int = 1) -> tuple[int, np.ndarray]:
    """Audio in which every sample is its own number."""
    samples = (np.arange(round(seconds * rate)) % 30_000).astype(np.int16)
    return rate, samples if channels == 1 else np.repeat(samples[:, None], channels, axis=1)
