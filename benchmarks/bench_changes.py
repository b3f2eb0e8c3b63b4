"""(n) Ten minutes with pages on a Ray cluster whose replicas become more: how many of their sockets are cut.

HAProxy begins anew with each change of replicas, and its process before keeps the sockets that it has for as long as it
is allowed to. Needs `millstream[ray]`.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import tempfile
import time

from benchmarks import ray_cluster
from benchmarks.bench_ray import APP
from benchmarks.duration import seconds
from benchmarks.pictures import encoded
from benchmarks.ray_cluster import Deployed, app_on
from millstream.client.client import open_page
from millstream.client.page import Page
from millstream.client.recording import Recording

SECONDS = seconds("MILLSTREAM_CHANGES_S", 620, 20)
"""Five times as long as HAProxy keeps sockets unless it is told otherwise."""

PAGES = 8
LATER_PAGES = 5
REPLICAS = 3
RATE_HZ = 2
"""Of each page's camera: what counts is that it is open."""


def measure() -> dict[str, float]:
    """Open pages on one replica, which becomes two; then more pages, for which a third one comes."""
    options = {"max_replicas": REPLICAS, "streams": PAGES / 2, "upscale_s": 1, "downscale_s": 3}
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MILLSTREAM_BENCH_FOLDER"] = folder
        with ray_cluster.cluster() as port, app_on(port, APP, **options) as deployed:
            return asyncio.run(_watched(deployed))


async def _watched(deployed: Deployed) -> dict[str, float]:
    pages = [await open_page(deployed.url) for _ in range(PAGES)]
    sockets = [page.link.transport for page in pages]
    recordings = [await _streaming(page) for page in pages]
    feeds = [asyncio.create_task(_feed(recording)) for recording in recordings]
    begin = time.monotonic()
    await _replicas(deployed, 2)
    await asyncio.sleep(SECONDS / 4)
    later = [await open_page(deployed.url) for _ in range(LATER_PAGES)]
    sockets += [page.link.transport for page in later]
    feeds += [asyncio.create_task(_feed(await _streaming(page))) for page in later]
    await _replicas(deployed, REPLICAS)
    await asyncio.sleep(max(SECONDS - (time.monotonic() - begin), 0.0))
    took_s = time.monotonic() - begin
    kept = [page.link.transport is socket for page, socket in zip([*pages, *later], sockets, strict=True)]
    alive = [
        any(result.received_us / 1e6 > page.now_us() / 1e6 - 5 for result in recording.first.results)
        for page, recording in zip(pages, recordings, strict=True)
    ]
    for feed in feeds:
        feed.cancel()
    await asyncio.gather(*feeds, return_exceptions=True)
    for page in (*pages, *later):
        await page.close()
    return {
        "watched_s": took_s,
        "replicas": float(deployed.running()),
        "sockets": float(len(kept)),
        "cut": float(kept.count(False)),
        "streaming": float(sum(alive)),
    }


async def _streaming(page: Page) -> Recording:
    recording = await page.record(page.find("camera"))
    await recording.first.wait_for_state("running")
    return recording


async def _feed(recording: Recording) -> None:
    await recording.feed(itertools.cycle(encoded(2)), RATE_HZ)


async def _replicas(deployed: Deployed, wanted: int) -> None:
    await asyncio.to_thread(deployed.wait_for, lambda: deployed.running() == wanted)
