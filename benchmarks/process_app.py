"""Handlers of the benchmark of engines, which worker processes import."""

from __future__ import annotations

import time

import numpy as np

import millstream as ms

WORK_S = 0.02


def echo(frame: np.ndarray) -> np.ndarray:
    """Give the frame back."""
    return frame


def compute(frame: np.ndarray) -> np.ndarray:
    """Compute in pure Python for 20 ms of this thread's CPU time, with the GIL."""
    until, number = time.thread_time() + WORK_S, 0
    while time.thread_time() < until:
        number += sum(range(100))
    return frame


with ms.Blocks() as demo:
    camera, out = ms.Image(sources="webcam"), ms.Image()
    for handler in (echo, compute):
        camera.stream(handler, camera, out, stream_every=0)
