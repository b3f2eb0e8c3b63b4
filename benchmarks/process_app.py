"""Handlers of the benchmark of engines, which worker processes import."""

from __future__ import annotations

import ctypes
import time

import numpy as np

import millstream as ms

WORK_S = 0.02

_HOLDING = ctypes.PyDLL(None)
"""The C library; its functions are called with the GIL held."""


def echo(frame: np.ndarray) -> np.ndarray:
    """Give the frame back."""
    return frame


def compute(frame: np.ndarray) -> np.ndarray:
    """Compute in pure Python for 20 ms of this thread's CPU time, with the GIL."""
    until, number = time.thread_time() + WORK_S, 0
    while time.thread_time() < until:
        number += sum(range(100))
    return frame


def hold(frame: np.ndarray) -> np.ndarray:
    """Keep the GIL for 20 ms as `compute` does, but without a core: what comes of it does not depend on free cores."""
    _HOLDING.usleep(int(WORK_S * 1_000_000))
    return frame


HANDLERS = (echo, compute, hold)

with ms.Blocks() as demo:
    camera, out = ms.Image(sources="webcam"), ms.Image()
    for handler in HANDLERS:
        camera.stream(handler, camera, out, stream_every=0)
