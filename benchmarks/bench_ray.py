"""(m) An app on a Ray cluster of three nodes, beside plain uvicorn in the same run: frames, ends, kills, scaling.

Needs `millstream[ray]`.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import statistics
import tempfile
import time
from pathlib import Path

from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from benchmarks import ray_cluster
from benchmarks.pictures import encoded
from benchmarks.ray_cluster import Deployed, app_on
from benchmarks.server import Server, serve
from millstream.client.client import open_page
from millstream.client.page import Page
from millstream.client.recording import Recording
from millstream.wire.packet import SUBPROTOCOL

APP = Path(__file__).with_name("ray_app.py")

ROUNDS = 5
FRAMES = 120
RATE_HZ = 30
ENDS = 100
STREAMS = 8
GAP_HZ = 15
RESULTS_S = 0.5


def measure() -> dict[str, float]:
    """Frames: medians of the differences to plain uvicorn. Gaps: the longest time without a result, of all streams."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MILLSTREAM_BENCH_FOLDER"] = folder
        with ray_cluster.cluster() as port, serve() as plain:
            return _frames(port, plain) | _ends(port, Path(folder)) | _kill(port) | _scaling(port)


# ---- what a frame costs ----------------------------------------------------------------------------------------------


def _frames(port: int, plain: Server) -> dict[str, float]:
    pictures = encoded(30)
    ages: dict[str, list[float]] = {"plain": [], "ray": []}
    used: dict[str, list[float]] = {"plain": [], "ray": []}
    with app_on(port, APP) as deployed:
        ways = {"plain": (plain.url, plain.cpu_s), "ray": (deployed.url, ray_cluster.cpu_s)}
        for number in range(ROUNDS + 1):
            for name, (url, cpu_s) in ways.items():
                before = cpu_s()
                age_s = asyncio.run(_echoed(url, pictures))
                if number:  # the first round warms up
                    ages[name].append(age_s * 1000)
                    used[name].append((cpu_s() - before) * 1000 / FRAMES)
        deflates = asyncio.run(_negotiates_deflate(deployed.url))
    return {
        "plain_ms": statistics.median(ages["plain"]),
        "ray_ms": statistics.median(ages["ray"]),
        "more_ms": _difference(ages["ray"], ages["plain"]),
        "plain_cpu_ms": statistics.median(used["plain"]),
        "ray_cpu_ms": statistics.median(used["ray"]),
        "more_cpu_ms": _difference(used["ray"], used["plain"]),
        "deflate": float(deflates),
    }


def _difference(these: list[float], those: list[float]) -> float:
    return statistics.median(one - other for one, other in zip(these, those, strict=True))


async def _echoed(url: str, pictures: list[bytes]) -> float:
    """Echo frames of one camera, and give the median age of the results."""
    page = await open_page(url)
    recording = await page.record(page.find("camera"))
    await recording.first.wait_for_state("running")
    await recording.feed(itertools.islice(itertools.cycle(pictures), FRAMES), RATE_HZ)
    await asyncio.sleep(RESULTS_S)
    found = [result.age_s for result in recording.first.results if result.age_s is not None]
    await recording.stop()
    await page.close()
    return statistics.median(found)


async def _negotiates_deflate(url: str) -> bool:
    address = url.replace("http", "ws", 1) + "ws"
    async with connect(address, subprotocols=[Subprotocol(SUBPROTOCOL)], compression="deflate", proxy=None) as socket:
        assert socket.response is not None
        return "sec-websocket-extensions" in socket.response.headers


# ---- what becomes of sessions ----------------------------------------------------------------------------------------


def _ends(port: int, folder: Path) -> dict[str, float]:
    """Lose the links of so many pages; gives how many of them ran their `unload`."""
    gone = folder / "gone"
    with app_on(port, APP) as deployed:
        before = len(_lines(gone))
        for _ in range(ENDS):
            asyncio.run(_vanish(deployed.url))
        deployed.wait_for(lambda: len(_lines(gone)) - before >= ENDS)
    return {"unloads": float(len(_lines(gone)) - before)}


async def _vanish(url: str) -> None:
    page = await open_page(url)
    await page.drop()


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


# ---- replicas that are killed, come and go ---------------------------------------------------------------------------


def _kill(port: int) -> dict[str, float]:
    with app_on(port, APP, min_replicas=2, max_replicas=2) as deployed:
        return {"kill_gap_s": asyncio.run(_longest_gap(deployed, _killed))}


async def _killed(deployed: Deployed) -> None:
    await asyncio.sleep(2.0)
    os.kill(deployed.pids()[0], signal.SIGKILL)
    await asyncio.sleep(6.0)


def _scaling(port: int) -> dict[str, float]:
    options = {"max_replicas": 2, "streams": STREAMS / 2, "upscale_s": 1, "downscale_s": 3}
    took: list[float] = []

    async def scaled(deployed: Deployed) -> None:
        took.append(await asyncio.to_thread(deployed.wait_for, lambda: deployed.running() == 2))
        await asyncio.sleep(3.0)

    with app_on(port, APP, **options) as deployed:
        gap_s = asyncio.run(_longest_gap(deployed, scaled))
    return {"upscale_s": took[0], "upscale_gap_s": gap_s}


async def _longest_gap(deployed: Deployed, event: object) -> float:
    """Stream to so many pages while something happens; gives the longest time in which one of them got no result."""
    pictures = encoded(30)
    pages = [await open_page(deployed.url) for _ in range(STREAMS)]
    recordings = [await page.record(page.find("camera")) for page in pages]
    for recording in recordings:
        await recording.first.wait_for_state("running")
    feeds = [asyncio.create_task(recording.feed(itertools.cycle(pictures), GAP_HZ)) for recording in recordings]
    begin = time.monotonic()
    await event(deployed)  # type: ignore[operator]
    gaps = [_gap(page, recording, begin) for page, recording in zip(pages, recordings, strict=True)]
    for feed in feeds:
        feed.cancel()
    await asyncio.gather(*feeds, return_exceptions=True)
    for page in pages:
        await page.close()
    return max(gaps)


def _gap(page: Page, recording: Recording, begin: float) -> float:
    times = [result.received_us / 1e6 for stream in recording.streams for result in stream.results]
    ends = [*times, page.now_us() / 1e6]
    return max(later - earlier for earlier, later in itertools.pairwise(sorted(ends)))
