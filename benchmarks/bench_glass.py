"""(c) From the camera to the screen: headless Chromium films a video whose frames carry their number."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
from tests.browser.media import make_clips

from benchmarks.server import serve
from benchmarks.watch import watch, watching

WARM_UP_S = 3.0
SECONDS = 12.0
CAMERA_INTERVAL_MS = 1000 / 30
HANDLER_MS = 200.0


def measure() -> dict[str, float]:
    """Echo at the camera's rate, then through a handler that takes 200 ms."""
    folder = Path(tempfile.mkdtemp(prefix="millstream-bench-"))
    try:
        video = make_clips(folder).counter
        fps, ages = _watch(video)
        slow_fps, slow_ages = _watch(video, "--slow")
    finally:
        shutil.rmtree(folder)
    p50, p95 = np.percentile(ages, (50, 95))
    slow_p50, slow_p95 = np.percentile(slow_ages, (50, 95))
    bound = HANDLER_MS + p50 + CAMERA_INTERVAL_MS + 20
    return {
        "fps": fps,
        "p50_ms": float(p50),
        "p95_ms": float(p95),
        "slow_fps": slow_fps,
        "slow_p50_ms": float(slow_p50),
        "slow_p95_ms": float(slow_p95),
        "slow_age_p95_over_bound_ms": float(slow_p95 - bound),
    }


def _watch(video: Path, *arguments: str) -> tuple[float, list[float]]:
    """Frames per second in the output, and for each the milliseconds since the camera delivered it."""
    with serve(*arguments) as server, watching(server.url, video) as page:
        time.sleep(WARM_UP_S)
        watched = watch(page, SECONDS)
    return watched.fps, watched.ages_ms
