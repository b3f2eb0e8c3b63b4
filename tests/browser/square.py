"""A moving square for Chromium's fake camera, and the means to find it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT, FRAMES_PER_SECOND = 640, 480, 30
FRAMES = 200
SIDE = 80
TRAVEL = 500
"""Pixels that the square moves to the right before it turns round."""
STEP = 5
"""Pixels from one frame to the next."""
BACKGROUND = (40, 40, 40)
SQUARE = (255, 255, 255)

Picture = NDArray[np.uint8]


def left_of(number: int) -> int:
    """Give the left edge of the square on a frame."""
    way = number * STEP % (2 * TRAVEL)
    return 30 + min(way, 2 * TRAVEL - way)


def draw(number: int) -> Picture:
    frame = np.full((HEIGHT, WIDTH, 3), BACKGROUND, np.uint8)
    left = left_of(number)
    frame[200 : 200 + SIDE, left : left + SIDE] = SQUARE
    return frame


def make_video(path: Path) -> Path:
    """Write the video as MJPEG, which the fake camera plays at 30 frames a second in a loop."""
    command = ["ffmpeg", "-hide_banner", "-loglevel", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24"]
    command += ["-s", f"{WIDTH}x{HEIGHT}", "-r", str(FRAMES_PER_SECOND), "-i", "-"]
    command += ["-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "2", "-f", "mjpeg", str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        for frame in _frames():
            process.stdin.write(frame.tobytes())
        process.stdin.close()
    assert process.returncode == 0
    return path


def _frames() -> Iterator[Picture]:
    return map(draw, range(FRAMES))


def find(frame: Picture) -> tuple[int, int, int, int] | None:
    """Give left, top, right and bottom of what is bright; `None` if nothing is, as before the camera's first frame."""
    rows, columns = np.nonzero(frame.min(axis=2) > 180)
    if not len(rows):
        return None
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1
