"""A camera and a microphone that do not exist: frames with detail and noise, audio that rises and falls."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from millstream.codecs import jpeg
from millstream.frames import Chunk, Frame

QUALITY: Final = 0.8
"""The quality of a page's JPEG."""

NOISE: Final = 2.0
"""Standard deviation of the noise of a sensor, in steps of 8 bits."""

CONTRAST: Final = 55.0
"""Standard deviation of a scene, in steps of 8 bits."""

FALL: Final = 1.6
"""A scene's amplitude falls with this power of the frequency: as through a lens, which is steeper than in nature."""

PAN: Final = 3
"""Pixels by which the scene moves from frame to frame."""

SAMPLE_RATE: Final = 48_000

SYLLABLES_HZ: Final = 4.0


def camera(count: int, width: int, height: int) -> list[bytes]:
    """Make `count` frames as JPEG, as a page sends them: 640x480 take some 50 kB each."""
    encoder = jpeg.open_encoder(QUALITY)
    return [encoder.encode(Frame(pixels)).payload for pixels in moving(scene(width, height), count)]


def scene(width: int, height: int) -> NDArray[np.uint8]:
    """Make an image whose spectrum falls with the frequency, as that of photographs does: `(height, width, 3)` RGB."""
    random = np.random.default_rng(7)
    rows, columns = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :]
    fall = np.maximum(np.hypot(rows, columns), 1 / max(width, height)) ** -FALL
    light, red, blue = (_drawn(random, fall, (height, width)) for _ in range(3))
    colours = np.stack((light + 0.3 * red, light, light + 0.3 * blue), axis=-1)
    pixels: NDArray[np.uint8] = np.clip(128 + CONTRAST * colours, 0, 255).astype(np.uint8)
    return pixels


def moving(still: NDArray[np.uint8], count: int) -> list[NDArray[np.uint8]]:
    """Pan a camera over an image, in `count` frames with noise of their own."""
    random = np.random.default_rng(7)
    noise = [random.normal(0, NOISE, still.shape).astype(np.int16) for _ in range(4)]
    return [
        np.clip(np.roll(still, PAN * index, axis=1) + noise[index % 4], 0, 255).astype(np.uint8)
        for index in range(count)
    ]


def microphone(seconds: float) -> Chunk:
    """Make noise that comes in syllables: mono, int16."""
    times = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    loudness = 3000 * np.sin(np.pi * SYLLABLES_HZ * times) ** 2
    samples = np.random.default_rng(7).normal(0, loudness).astype(np.int16)
    return Chunk(samples.reshape(-1, 1), SAMPLE_RATE)


def _drawn(random: np.random.Generator, fall: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.float64]:
    """Draw one plane with a spectrum; mean 0, standard deviation 1."""
    phases = np.fft.rfft2(random.normal(size=shape))
    plane = np.fft.irfft2(phases * fall, s=shape)
    plane -= plane.mean()
    return np.asarray(plane / plane.std(), np.float64)
