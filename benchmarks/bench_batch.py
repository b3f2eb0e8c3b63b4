"""(m) Eight sessions on one model: a call for each frame, compared in one run with calls for those of all sessions.

What batches can save depends on the model, and on the memory of the machine: `…_model_ratio` is what they save without
a server, the frames a second of one caller with batches over those of a caller for each core without.

The models use all cores, as ONNX Runtime does by default. `wide_1_thread` shows the other case, in which calls of one
frame share the cores, and a batch has one of them to itself; it has no budget.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from benchmarks.batch_app import MODELS, Dense
from benchmarks.pictures import encoded
from benchmarks.server import serve
from millstream.client.client import open_page
from millstream.client.page import Page

SIDE = 96
SESSIONS = 8
RATES_HZ = {"wide": 60, "narrow": 100, "wide_1_thread": 60, "light": 100}
ALONE_HZ = 15
WARM_UP_S = 1.0
SECONDS = 3.0
ROUNDS = 5


class Load(NamedTuple):
    """Results a second of all sessions, and their ages."""

    fps: float
    p50_ms: float
    p95_ms: float


def measure() -> dict[str, float]:
    """Medians of ratios within each round; ages in milliseconds, from the capture to the result in the client."""
    frames = encoded(30, SIDE, SIDE)
    with serve(app="benchmarks.batch_app") as server:
        figures = asyncio.run(_measure(server.url, frames))
    ratios = {model: _model_ratio(Dense(layer)) for model, layer in MODELS.items()}
    return figures | {f"{model}_model_ratio": ratio for model, ratio in ratios.items()}


async def _measure(url: str, frames: list[bytes]) -> dict[str, float]:
    figures: dict[str, float] = {}
    for model, rate_hz in RATES_HZ.items():
        plain, batched = await _compared(url, frames, model, SESSIONS, rate_hz)
        figures |= {
            f"{model}_plain_fps": statistics.median(load.fps for load in plain),
            f"{model}_batched_fps": statistics.median(load.fps for load in batched),
            f"{model}_fps_ratio": _median_ratio([load.fps for load in batched], [load.fps for load in plain]),
            f"{model}_plain_p95_ms": statistics.median(load.p95_ms for load in plain),
            f"{model}_batched_p95_ms": statistics.median(load.p95_ms for load in batched),
            f"{model}_p95_ratio": _median_ratio([load.p95_ms for load in batched], [load.p95_ms for load in plain]),
        }
    plain, batched = await _compared(url, frames, "narrow", 1, ALONE_HZ)
    figures["alone_more_ms"] = statistics.median(
        one.p50_ms - other.p50_ms for one, other in zip(batched, plain, strict=True)
    )
    return figures


async def _compared(
    url: str, frames: list[bytes], model: str, sessions: int, rate_hz: float
) -> tuple[list[Load], list[Load]]:
    """Measure both ways in turn, and give what came of each round; the first one warms up."""
    loads: dict[str, list[Load]] = {"plain": [], "batched": []}
    for number in range(ROUNDS + 1):
        for way, measured in loads.items():
            load = await _load(url, frames, f"{model} {way}", sessions, rate_hz)
            print(f"{model} {way} {sessions}: {load}", file=sys.stderr)
            if number:
                measured.append(load)
    return loads["plain"], loads["batched"]


async def _load(url: str, frames: list[bytes], camera: str, sessions: int, rate_hz: float) -> Load:
    pages: list[Page] = [await open_page(url) for _ in range(sessions)]
    recordings = [await page.record(page.find(camera)) for page in pages]
    for recording in recordings:
        await recording.first.wait_for_state("running")
    loop = asyncio.get_running_loop()
    feeds = [asyncio.ensure_future(recording.feed(itertools.cycle(frames), rate_hz)) for recording in recordings]
    await asyncio.sleep(WARM_UP_S)
    begun, began_at = [recording.first.summary().results for recording in recordings], loop.time()
    since_us = max(result.received_us for recording in recordings for result in recording.first.results)
    await asyncio.sleep(SECONDS)
    count = sum(recording.first.summary().results for recording in recordings) - sum(begun)
    seconds = loop.time() - began_at
    ages = [
        result.age_s
        for recording in recordings
        for result in recording.first.results
        if result.age_s is not None and result.received_us > since_us
    ]
    for feed in feeds:
        feed.cancel()
    await asyncio.wait(feeds)
    for page in pages:
        await page.close()
    p50_s, p95_s = np.percentile(ages, (50, 95))
    return Load(count / seconds, float(p50_s) * 1000, float(p95_s) * 1000)


def _model_ratio(model: Dense) -> float:
    frame = np.random.default_rng(2).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    ratios = []
    for _ in range(ROUNDS):
        plain_hz = _rate_hz(lambda: model.one(frame), threads=os.cpu_count() or 1)
        batches_hz = _rate_hz(lambda: model.many([frame] * SESSIONS), threads=1)
        ratios.append(SESSIONS * batches_hz / plain_hz)
    return statistics.median(ratios)


def _rate_hz(call: Callable[[], object], threads: int) -> float:
    """Give how often all threads together can call a function in a second."""
    counts = [0] * threads
    begun = time.perf_counter()

    def work(thread: int) -> None:
        while time.perf_counter() < begun + SECONDS / 2:
            call()
            counts[thread] += 1

    workers = [threading.Thread(target=work, args=(thread,)) for thread in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(counts) / (time.perf_counter() - begun)


def _median_ratio(these: list[float], those: list[float]) -> float:
    return statistics.median(one / other for one, other in zip(these, those, strict=True))
