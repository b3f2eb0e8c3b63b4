"""A6: load that lasts leaves memory, descriptors and latency flat: 6 minutes in CI, an hour by `scripts/soak`."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import psutil
import pytest
from tests.deploy.servers import program

from millstream.client import Client
from millstream.client.client import open_page
from millstream.client.page import Page

SECONDS: Final = float(os.environ.get("MILLSTREAM_A6_S", "360"))
PAGES: Final = 10
RATE_HZ: Final = 10.0
LEAST_ROUNDS: Final = 8
ROUNDS: Final = max(LEAST_ROUNDS, int(SECONDS // 60))
"""Each page records so many times, one after the other."""

MOST_ROUNDS: Final = 2 * ROUNDS
"""A server whose machine gets crowded holds some MiB more from then on; a leak goes on in all further rounds."""

WARM: Final = 2
"""Rounds after which everything is warm that stays."""

SLOPE_MIB_PER_H: Final = 1.0
NOISE_MIB: Final = 2.0
"""What the allocator takes and gives back from one round to the next looks like a slope in a test that is short."""

LATER: Final = 1.2
NOISE_S: Final = 0.005
APP: Final = "from tests.faults.soak_app import declare\n\ndeclare().launch()\n"
ROOT: Final = Path(__file__).parents[2]
SEGMENTS: Final = Path("/dev/shm")


class Holding(NamedTuple):
    """What the server's process holds while nobody streams."""

    mib: float
    descriptors: int
    threads: int
    tasks: int
    files: int
    segments: int


def frames() -> Iterator[np.ndarray]:
    """A camera of 320 x 240 with some noise in it."""
    images = np.random.default_rng(1).integers(100, 140, (5, 240, 320, 3), np.uint8)
    return itertools.cycle(images)


async def visit(page: Page, seconds: float) -> float:
    """Record for a while and press a button each second of it; gives the 95th percentile of the ages of results."""
    recording = await page.record(page.find("Camera"))
    await recording.first.wait_for_state("running")
    await recording.feed(itertools.islice(frames(), int(seconds * RATE_HZ)), RATE_HZ)
    for number in range(int(seconds)):
        await page.set(page.find("Text"), f"{number} " * 100)
        [run] = await page.fire(page.find("Keep"), "click")
        await page.wait_for(lambda run=run: run.is_over)
        assert run.state == "done"
    await recording.stop()
    summary = recording.first.summary()
    assert recording.first.reason == "user"
    assert summary.results >= 0.9 * summary.sent > 0
    return summary.age_p95_s


async def round_of(url: str, seconds: float) -> float:
    """Open all pages, let them work at once, and close them; gives the median of their 95th percentiles."""
    pages = [await open_page(url) for _ in range(PAGES)]
    ages = await asyncio.gather(*(visit(page, seconds) for page in pages))
    for page in pages:
        await page.close()
    return float(np.median(ages))


def holding(url: str, process: psutil.Process, folder: Path) -> Holding:
    """Ask the server what it holds when all pages are gone."""
    with Client(url) as page:
        page.click("Count")
        counted = json.loads(page.value("Text"))
    files = sum(1 for path in folder.rglob("*") if path.is_file())
    segments = len(list(SEGMENTS.iterdir())) if SEGMENTS.is_dir() else 0
    mib = process.memory_full_info().uss / 2**20
    return Holding(mib, process.num_fds(), counted["threads"], counted["tasks"], files, segments)


def rise_of(levels: Sequence[float]) -> float:
    """Give by how much levels rise from the first to the last, by the median of all slopes (Theil and Sen).

    What leaks rises in each round. A single step does not count: a server that has more of the machine to itself, as
    when other tests have ended, holds some MiB more.
    """
    slopes = [(after - before) / (j - i) for (i, before), (j, after) in itertools.combinations(enumerate(levels), 2)]
    return float(np.median(slopes)) * (len(levels) - 1)


def excess_of(levels: Sequence[float]) -> float:
    """Give by how many MiB the last rounds have risen more than they may; negative if they have not."""
    last = levels[WARM - ROUNDS :]
    hours = SECONDS / ROUNDS * (len(last) - 1) / 3600
    return rise_of(last) - max(SLOPE_MIB_PER_H * hours, NOISE_MIB * LEAST_ROUNDS / ROUNDS)


def test_what_rises_in_each_round_is_a_leak_and_a_single_step_is_none() -> None:
    assert rise_of([50.0, 50.5, 51.0, 51.5, 52.0, 52.5]) == 2.5
    assert rise_of([53.3, 53.3, 53.3, 53.4, 53.7, 59.6]) < 1.0
    assert rise_of([59.6, 53.3, 53.3, 53.4, 53.3, 53.3]) <= 0.0


@pytest.mark.slow
@pytest.mark.soak
@pytest.mark.timeout(3 * SECONDS + 300)  # opening, clicking and counting come on top of each round
def test_A6_load_that_lasts_leaves_memory_descriptors_and_latency_flat(tmp_path: Path) -> None:
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    with program(APP, tmp_path, PYTHONPATH=path) as server:
        process = psutil.Process(server.process.pid)
        ages, held = list[float](), list[Holding]()
        while len(held) < ROUNDS or (len(held) < MOST_ROUNDS and excess_of([each.mib for each in held]) >= 0):
            ages.append(asyncio.run(round_of(server.url, SECONDS / ROUNDS)))
            held.append(holding(server.url, process, tmp_path))
            print(f"p95 {ages[-1] * 1000:.1f} ms, {held[-1]}", flush=True)
    first, last = held[WARM], held[-1]
    assert excess_of([each.mib for each in held]) < 0
    assert last.descriptors <= first.descriptors
    assert last.threads <= first.threads
    assert last.tasks <= first.tasks
    assert last.files <= first.files
    assert last.segments <= first.segments
    assert min(ages[-2:]) <= LATER * max(ages[:2]) + NOISE_S
