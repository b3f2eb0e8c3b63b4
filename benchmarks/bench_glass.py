"""(c) From the camera to the glass: headless Chromium looks at a film whose pictures carry their number."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright
from tests.browser.media import make_clips

from benchmarks.server import serve

PROBE = (Path(__file__).parent / "probe.js").read_text()
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
    """Pictures a second in the output, and for each the milliseconds since the preview showed it."""
    executable = shutil.which("chromium") or sys.exit("this benchmark needs Chromium: apt-get install chromium")
    flags = [
        "--no-sandbox",
        "--disable-gpu",
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={video}",
    ]
    with serve(*arguments) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=flags)
        page = browser.new_page()
        page.goto(server.url)
        page.get_by_role("button", name="Record").click()
        page.locator("#output .ms-output").wait_for()
        page.evaluate(PROBE)
        shown = _collect(page)
        browser.close()
    ages = [age for _, age in shown if age is not None]
    if not ages:
        raise RuntimeError(
            f"{len(shown)} pictures were shown, and the number of none could be read: did the camera open?"
        )
    return len(shown) / SECONDS, ages


def _collect(page: Page) -> list[tuple[float, float | None]]:
    time.sleep(WARM_UP_S)
    page.evaluate("glass.shown.length = 0")
    time.sleep(SECONDS)
    shown: list[tuple[float, float | None]] = page.evaluate("glass.shown")
    return shown
