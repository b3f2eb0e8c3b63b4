"""A video as a camera delivers it, each frame with its number: detail and noise everywhere, so that bytes count."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image
from tests.browser.media import draw_counter

PORTRAIT = Path(__file__).parents[1] / "examples" / "media" / "astronaut.jpg"
FRAMES = 300
FAST_HZ = 60
SIGMA = 2.0
"""Of the noise of a camera's sensor, in steps of 8 bits."""

COUNTER_SHARE = 0.5
"""Of width and height, in the upper left, is where the number stands; `probe.js` looks for it there."""


def film(path: Path, width: int, height: int) -> Path:
    """Write ten seconds of MJPEG at 30 frames a second, unless they are there already: a person, panned and zoomed."""
    if not path.exists():
        with path.open("wb") as video:
            for pixels in _frames(width, height):
                video.write(simplejpeg.encode_jpeg(pixels, quality=92))
    return path


def fast_film(path: Path, width: int, height: int) -> Path:
    """Write the same frames at 60 a second, as Y4M: Chromium plays MJPEG at no other rate than 30."""
    if not path.exists():
        with path.open("wb") as video:
            video.write(f"YUV4MPEG2 W{width} H{height} F{FAST_HZ}:1 Ip A1:1 C420jpeg\n".encode())
            for pixels in _frames(width, height):
                planes = av.VideoFrame.from_ndarray(pixels, "rgb24").reformat(format="yuv420p").to_ndarray()
                video.write(b"FRAME\n" + planes.tobytes())
    return path


def _frames(width: int, height: int) -> Iterator[NDArray[np.uint8]]:
    random = np.random.default_rng(0)
    noise = [random.normal(0.0, SIGMA, (height, width, 3)).astype(np.float32) for _ in range(8)]
    rows, columns = int(height * COUNTER_SHARE), int(width * COUNTER_SHARE)
    with Image.open(PORTRAIT) as opened:
        portrait = opened.convert("RGB")
    for number in range(FRAMES):
        frame = _seen(portrait, number, width, height) + noise[number % len(noise)]
        pixels = np.clip(frame, 0, 255).astype(np.uint8)
        counter = Image.fromarray(draw_counter(number)).resize((columns, rows), Image.Resampling.NEAREST)
        pixels[:rows, :columns] = counter
        yield np.ascontiguousarray(pixels)


def _seen(portrait: Image.Image, number: int, width: int, height: int) -> NDArray[np.float32]:
    """Look at the portrait through a window that wanders and breathes once in the video."""
    phase = 2 * np.pi * number / FRAMES
    across = portrait.width * (0.7 + 0.15 * np.cos(phase))
    down = min(across * height / width, portrait.height)
    left = (portrait.width - across) * (0.5 + 0.5 * np.sin(phase))
    top = (portrait.height - down) * (0.5 + 0.5 * np.cos(2 * phase))
    box = (left, top, left + across, top + down)
    seen = portrait.resize((width, height), Image.Resampling.BILINEAR, box=box)
    return np.asarray(seen, np.float32)
