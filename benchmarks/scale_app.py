"""Handlers that take no core, so that what comes of them does not depend on the cores that are free."""

from __future__ import annotations

import ctypes
import time

import numpy as np

import millstream as ms

HOLD_S, SHORT_S = 0.02, 0.008
SLEEP_S = 0.05
BATCH_FIXED_S, BATCH_EACH_S, BATCH_SIZE = 0.04, 0.002, 8
SLOTS, TIME_LIMIT_S = 2, 1.0

_HOLDING = ctypes.PyDLL(None)
"""The C library; its functions are called with the GIL held."""


def hold(frame: np.ndarray) -> np.ndarray:
    """Keep the GIL, as a handler in pure Python does."""
    _HOLDING.usleep(int(HOLD_S * 1_000_000))
    return frame


def hold_briefly(frame: np.ndarray) -> np.ndarray:
    """Keep the GIL for less."""
    _HOLDING.usleep(int(SHORT_S * 1_000_000))
    return frame


def sleep(frame: np.ndarray) -> np.ndarray:
    """Wait, as for a service or a GPU."""
    time.sleep(SLEEP_S)
    return frame


def batch(frames: list[np.ndarray]) -> list[list[np.ndarray]]:
    """Wait for a GPU that is given several frames at once."""
    time.sleep(BATCH_FIXED_S + BATCH_EACH_S * len(frames))
    return [frames]


def echo(frame: np.ndarray) -> np.ndarray:
    """Give the frame back."""
    return frame


with ms.Blocks() as demo:
    out = ms.Image()
    for handler in (hold, hold_briefly, sleep, echo):
        camera = ms.Image(label=handler.__name__, sources="webcam")
        camera.stream(handler, camera, out, stream_every=0, concurrency_limit=None)
    camera = ms.Image(label="batch", sources="webcam")
    camera.stream(batch, camera, out, stream_every=0, concurrency_limit=None, batch=True, max_batch_size=BATCH_SIZE)
    camera = ms.Image(label="queue", sources="webcam")
    camera.stream(echo, camera, out, stream_every=0, concurrency_limit=SLOTS, time_limit=TIME_LIMIT_S)

if __name__ == "__main__":
    demo.launch(server_port=0)
