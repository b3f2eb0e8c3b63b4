"""(f) Ten minutes, a typical visit: one session throughout and no gap, while something else is busy."""

from __future__ import annotations

import asyncio
import itertools
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

from benchmarks.chromium import filming
from benchmarks.duration import seconds
from benchmarks.pictures import encoded
from benchmarks.server import serve
from millstream.client.client import open_page
from millstream.client.page import Page
from millstream.client.stream import ClientStream

RATE_HZ = 30
SIZES = ((640, 480), (1280, 720))
LEAST_S = 10.0
BUSY = "while True: pass"

WATCH = """
  () => {
    window.soak = { last: performance.now(), longest: 0, shown: 0 };
    const note = () => {
      const now = performance.now();
      window.soak.longest = Math.max(window.soak.longest, now - window.soak.last);
      window.soak.last = now;
    };
    const step = () => {
      const surface = document.querySelector("#output .ms-output");
      if (surface instanceof HTMLVideoElement) {
        surface.requestVideoFrameCallback(() => { window.soak.shown += 1; note(); step(); });
      } else {
        setTimeout(step, 50);
      }
    };
    step();
  }
"""
"""Counts the frames that the output shows, and the longest time between two of them."""

SECONDS = seconds("MILLSTREAM_SOAK_S", 600, LEAST_S)


def measure() -> dict[str, float]:
    """Run Chromium at both sizes, and clients without a browser on both event loops."""
    figures: dict[str, float] = {}
    with _busy():
        for width, height in SIZES:
            figures |= _told({f"browser_{width}_{name}": value for name, value in _browse(width, height).items()})
        for loop in ("uvloop", "asyncio"):
            with serve("--loop", loop) as server:
                for size, found in zip(SIZES, asyncio.run(_connect(server.url)), strict=True):
                    figures |= _told({f"{loop}_{size[0]}_{name}": value for name, value in found.items()})
    return figures


def _told(figures: dict[str, float]) -> dict[str, float]:
    """Show figures as soon as they are known: the next ones take ten minutes."""
    print(*(f"{name} {value:.1f}" for name, value in figures.items()), sep=", ", file=sys.stderr, flush=True)
    return figures


@contextmanager
def _busy() -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-c", BUSY])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _browse(width: int, height: int) -> dict[str, float]:
    with serve("--size", f"{width}x{height}") as server, filming(RATE_HZ) as browser:
        page = browser.new_page()
        page.goto(server.url)
        page.get_by_role("button", name="Record").click()
        page.locator("#output .ms-output").wait_for()
        page.evaluate(WATCH)
        begin = time.monotonic()
        while (lasted_s := time.monotonic() - begin) < SECONDS and page.get_by_role("button", name="Stop").is_visible():
            page.wait_for_timeout(min(1000, (SECONDS - lasted_s) * 1000))
        found = page.evaluate("({ ...soak, longest: Math.max(soak.longest, performance.now() - soak.last) })")
    return _figures(found["shown"], found["longest"] / 1000, lasted_s)


async def _connect(url: str) -> list[dict[str, float]]:
    """Let a client of each size stream at once."""
    cameras = [encoded(RATE_HZ, *size) for size in SIZES]
    pages = [await open_page(url) for _ in SIZES]
    found = await asyncio.gather(*(_stream(page, camera) for page, camera in zip(pages, cameras, strict=True)))
    for page in pages:
        await page.close()
    return found


async def _stream(page: Page, camera: list[bytes]) -> dict[str, float]:
    now = asyncio.get_running_loop().time
    recording = await page.record(page.find("camera"))
    await recording.first.wait_for_state("running")
    begin = now()
    arrivals = [begin]
    watching = asyncio.create_task(_note(recording.first, arrivals))
    await recording.feed(itertools.islice(itertools.cycle(camera), int(SECONDS * RATE_HZ)), RATE_HZ)
    lasted_s = now() - begin
    watching.cancel()
    arrivals.append(now())
    longest_s = max(after - before for before, after in pairwise(arrivals))
    return _figures(recording.first.summary().results, longest_s, lasted_s)


async def _note(stream: ClientStream, arrivals: list[float]) -> None:
    """Note the times of results, checking every 10 ms."""
    newest = None
    while True:
        await asyncio.sleep(0.01)
        if stream.results and stream.results[-1] is not newest:
            newest = stream.results[-1]
            arrivals.append(asyncio.get_running_loop().time())


def _figures(shown: int, gap_s: float, lasted_s: float) -> dict[str, float]:
    """Summarise a run. One that ended early was cut off, for whatever reason."""
    return {"lost_s": max(SECONDS - lasted_s, 0.0), "longest_gap_ms": gap_s * 1000, "fps": shown / lasted_s}
