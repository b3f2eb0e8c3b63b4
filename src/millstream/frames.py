"""Decoded media as immutable values: a `Frame` of video, a `Chunk` of audio, a `Scene` with both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Pixels: TypeAlias = NDArray[np.uint8]
Samples: TypeAlias = NDArray[np.int16]

RATES_HZ: Final = range(8_000, 192_000 + 1)
"""Sample rates of a `Chunk`."""

CHANNELS: Final = range(1, 8 + 1)
"""Numbers of channels of a `Chunk`."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded frame or image.

    Attributes:
        pixels: `(height, width, 3)` RGB or `(height, width, 4)` RGBA, uint8, C-contiguous, writable.
        captured_us: Capture time in microseconds of the page's clock; 0 if it does not come from a camera.
    """

    pixels: Pixels
    captured_us: int = 0

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])

    @property
    def has_alpha(self) -> bool:
        return bool(self.pixels.shape[2] == 4)

    def __repr__(self) -> str:
        return f"<Frame {self.width}x{self.height}{' alpha' if self.has_alpha else ''} captured={self.captured_us}us>"


@dataclass(frozen=True, slots=True)
class Chunk:
    """One decoded chunk of audio.

    Attributes:
        samples: `(n, channels)`, int16, C-contiguous.
        sample_rate: In Hz.
        first_sample: Number of the first sample since the microphone was opened; reveals gaps and repetitions.
        captured_us: Capture time of the first sample, in microseconds of the page's clock.
    """

    samples: Samples
    sample_rate: int
    first_sample: int = 0
    captured_us: int = 0

    @property
    def channels(self) -> int:
        return int(self.samples.shape[1])

    @property
    def duration_s(self) -> float:
        return len(self.samples) / self.sample_rate

    def part(self, first: int, last: int) -> Chunk:
        """Return the samples from number `first` up to `last`, as far as they are in it; by the microphone's count."""
        begin, end = (max(at - self.first_sample, 0) for at in (first, last))
        captured_us = self.captured_us + round(begin / self.sample_rate * 1_000_000)
        return Chunk(self.samples[begin:end], self.sample_rate, self.first_sample + begin, captured_us)

    def __repr__(self) -> str:
        return f"<Chunk {len(self.samples)} samples x{self.channels} at {self.sample_rate} Hz from {self.first_sample}>"


@dataclass(frozen=True, slots=True)
class Scene:
    """A chunk of audio and the frame that belongs to it, with times of the same clock."""

    frame: Frame
    chunk: Chunk
