"""(j) Narrow and long links: how many frames come back, how old they are, and how late a control message is."""

from __future__ import annotations

import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from playwright.sync_api import Page

from benchmarks.duration import seconds
from benchmarks.natural import COUNTER_SHARE, FAST_HZ, fast_film, film
from benchmarks.server import Server, serve
from benchmarks.watch import Watched, count, watch, watching
from millstream.testing import Link

SECONDS = seconds("MILLSTREAM_LINK_S", 12, 3.0)
WARM_UP_S = 4.0
ASKS = 12
WINDOWS = 3
SIZE = (640, 480)
LARGE_SIZES = ((1280, 720), (1920, 1080))
STALL_AFTER_S = 0.5
STALL_S = 3.0
FRESH_MS = 500.0
"""What a frame may be old while the link changes its rate, before it counts as stale."""


class Shape(NamedTuple):
    """A link: Mbit/s in each direction, and the round trip in milliseconds."""

    rate: float | None
    rtt: float

    @property
    def name(self) -> str:
        """As the figures are called, such as `4mbit_40ms`."""
        if self.rate is None:
            return "none"
        rate = f"{self.rate:.0f}mbit" if self.rate >= 1 else f"{self.rate * 1000:.0f}kbit"
        return f"{rate}_{self.rtt:.0f}ms"


SHAPES = (Shape(None, 0), Shape(20, 20), Shape(4, 40), Shape(2, 100), Shape(0.5, 100))
ASK = """
  async (text) => {
    const field = (id) => document.querySelector(`#${id} textarea, #${id} input`);
    const asked = field("asked");
    asked.value = text;
    const at = performance.timeOrigin + performance.now();
    asked.dispatchEvent(new Event("input", { bubbles: true }));
    const until = performance.now() + 10_000;
    while (!field("handled").value.startsWith(`${text} `)) {
      if (performance.now() > until) throw new Error("the handler did not answer within 10 s");
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return Number(field("handled").value.split(" ")[1]) - at;
  }
"""
"""Types a text, and gives the milliseconds until its handler got it."""


def measure() -> dict[str, float]:
    """Echo over each link, then with a slow handler, over a link that stalls and one that changes, and larger."""
    folder = Path(tempfile.mkdtemp(prefix="millstream-bench-"))
    figures: dict[str, float] = {}
    try:
        for shape in SHAPES:
            figures |= _named(shape.name, _echo(folder, shape))
        for shape in (SHAPES[0], Shape(4, 40)):
            figures |= _named(f"slow_{shape.name}", _slow(folder, shape))
        figures |= _named("stall", _stall(folder))
        figures |= _named("falling", _fall(folder))
        for shape in (SHAPES[0], SHAPES[1]):
            figures |= _named(f"fast_{shape.name}", _fast(folder, shape))
        for width, height in LARGE_SIZES:
            figures |= _named(f"{height}p", _large(folder, width, height))
    finally:
        shutil.rmtree(folder)
    idle = figures["none_control_p95_ms"]
    for shape in SHAPES[1:]:
        late = figures.pop(f"{shape.name}_control_p95_ms") - idle - shape.rtt / 2
        figures[f"{shape.name}_control_late_ms"] = late
    return figures


def _echo(folder: Path, shape: Shape) -> dict[str, float]:
    """Frames a second, ages, bytes a frame in each direction, CPU of both sides, and control messages meanwhile."""
    with _opened(folder, shape) as (page, server, link):
        time.sleep(WARM_UP_S)
        up, down = link.carried if link else (0, 0)
        server_s = server.cpu_s()
        watched = watch(page, SECONDS)
        figures = _ages(watched)
        frames = max(len(watched.shown), 1)
        figures["server_cpu_ms"] = (server.cpu_s() - server_s) / frames * 1000
        if link:
            figures["up_kb"] = (link.carried[0] - up) / frames / 1000
            figures["down_kb"] = (link.carried[1] - down) / frames / 1000
        figures["browser_cpu_ms"] = _cpu_per_frame_s(page, server) * 1000
        figures["control_p95_ms"] = float(np.percentile(_asked(page), 95))
    return figures


def _slow(folder: Path, shape: Shape) -> dict[str, float]:
    """Ages through a handler that takes 200 ms."""
    with _opened(folder, shape, "--slow") as (page, _, _):
        time.sleep(WARM_UP_S)
        return _ages(watch(page, SECONDS))


def _stall(folder: Path) -> dict[str, float]:
    """The first frame after nothing passed for three seconds, and how soon they are as many as before."""
    with _opened(folder, Shape(20, 20)) as (page, _, link):
        assert link is not None
        time.sleep(WARM_UP_S)
        stall = threading.Timer(STALL_AFTER_S, link.stall, [STALL_S])
        stall.start()
        watched = watch(page, STALL_AFTER_S + STALL_S + 4.0)
        stall.join()
    # The longest time without a frame is the stall, by whose end it is known where it was.
    times = [each.at_ms for each in watched.shown]
    _, end = max(pairwise(range(len(times))), key=lambda pair: times[pair[1]] - times[pair[0]])
    after = watched.shown[end:]
    known = [each.age_ms for each in after if each.age_ms is not None]
    later = [each for each in after if 2000 <= each.at_ms - times[end] < 3000]
    return {"first_age_ms": known[0], "fps_after_2_s": float(len(later))}


def _fall(folder: Path) -> dict[str, float]:
    """For how long frames are stale when the rate falls from 20 to 2 Mbit/s, and what it is like when it is back."""
    with _opened(folder, Shape(20, 40)) as (page, _, link):
        assert link is not None
        time.sleep(WARM_UP_S)
        before = watch(page, 3.0)
        link.set_rates(up=2, down=2)
        narrow = watch(page, 8.0)
        link.set_rates(up=20, down=20)
        time.sleep(7.0)
        back = watch(page, 3.0)
    return {
        "stale_s": _stale_s(narrow),
        "fps_before": before.fps,
        "fps_narrow": narrow.fps,
        "fps_back": back.fps,
        "p50_back_ms": float(np.percentile(back.ages_ms, 50)),
    }


def _fast(folder: Path, shape: Shape) -> dict[str, float]:
    """Echo of a camera with 60 frames per second."""
    video = fast_film(folder / "natural-fast.y4m", *SIZE)
    with _opened(folder, shape, "--rate", str(FAST_HZ), video=video) as (page, _, _):
        time.sleep(WARM_UP_S)
        return _ages(watch(page, SECONDS))


def _large(folder: Path, width: int, height: int) -> dict[str, float]:
    with _opened(folder, Shape(None, 0), "--size", f"{width}x{height}", size=(width, height)) as (page, _, _):
        time.sleep(WARM_UP_S)
        return _ages(watch(page, SECONDS))


@contextmanager
def _opened(
    folder: Path, shape: Shape, *arguments: str, size: tuple[int, int] = SIZE, video: Path | None = None
) -> Iterator[tuple[Page, Server, Link | None]]:
    video = video or film(folder / f"natural-{size[1]}.mjpeg", *size)
    with serve(*arguments) as server:
        over: AbstractContextManager[Link | None] = nullcontext()
        if shape.rate is not None:
            over = Link(server.url, up=shape.rate, down=shape.rate, rtt=shape.rtt)
        with over as link, watching(link.url if link else server.url, video, COUNTER_SHARE) as page:
            yield page, server, link


def _asked(page: Page) -> list[float]:
    """Type a text again and again; gives the milliseconds until the handler had each."""
    waits = []
    for number in range(ASKS):
        waits.append(float(page.evaluate(ASK, f"text{number}")))
        time.sleep(0.25)
    return waits


def _ages(watched: Watched) -> dict[str, float]:
    p50, p95 = np.percentile(watched.ages_ms, (50, 95))
    return {"fps": watched.fps, "p50_ms": float(p50), "p95_ms": float(p95)}


def _stale_s(watched: Watched) -> float:
    """Seconds in which what was on the screen was older than `FRESH_MS`."""
    known = [(each.at_ms, each.age_ms) for each in watched.shown if each.age_ms is not None]
    # A frame grows older on the screen until the next one replaces it.
    stale = [min(max(age + end - at - FRESH_MS, 0.0), end - at) for (at, age), (end, _) in pairwise(known)]
    return sum(stale) / 1000


def _cpu_per_frame_s(page: Page, server: Server) -> float:
    """CPU seconds that the whole browser takes for a frame, without those of reading what it shows; a median."""
    taken = []
    for _ in range(WINDOWS):
        before = _browser_cpu_s(server)
        frames = count(page, SECONDS / 3)
        taken.append((_browser_cpu_s(server) - before) / max(frames, 1))
    return statistics.median(taken)


def _browser_cpu_s(server: Server) -> float:
    """CPU seconds of all processes of the browser, which are children of this one as the server is."""
    processes = server.process.parent().children(recursive=True)
    seconds_used = 0.0
    for process in processes:
        if "chrom" in process.name():
            times = process.cpu_times()
            seconds_used += times.user + times.system
    return seconds_used


def _named(prefix: str, figures: dict[str, float]) -> dict[str, float]:
    return {f"{prefix}_{name}": value for name, value in figures.items()}
