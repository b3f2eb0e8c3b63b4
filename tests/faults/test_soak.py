"""A6: load that lasts leaves memory, descriptors and latency flat: 6 minutes in CI, an hour by `scripts/soak`."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import numpy as np
import psutil
import pytest
from tests.deploy.servers import program
from tests.faults import test_gateways
from tests.faults.soak_report import LATER, LEAST_ROUNDS, NOISE_S, Holding, Soak, holding, processes_of, slope_of

from millstream.client import Client
from millstream.client.client import open_page
from millstream.client.page import Page

SECONDS: Final = float(os.environ.get("MILLSTREAM_A6_S", "360"))
HOW: Final = os.environ.get("MILLSTREAM_A6_HOW", "alone")
"""What is soaked: one process (`alone`), two gateways and their broker (`workers`), or handlers in worker processes
(`process`)."""

PAGES: Final = 10
RATE_HZ: Final = 10.0
ROUNDS: Final = max(LEAST_ROUNDS, int(SECONDS // 60))
"""Each page records so many times, one after the other."""

MOST_ROUNDS: Final = 2 * ROUNDS
"""A server whose machine gets crowded holds some MiB more from then on; a leak goes on in all further rounds."""

MOST_TRIES: Final = 50
APP: Final = "from tests.faults.soak_app import declare\n\ndemo = declare()\ndemo.launch()\n"
ROOT: Final = Path(__file__).parents[2]


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


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, psutil.Process, Path]]:
    """Serve the app; gives its address, the process that has started all others, and their temporary folder."""
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    if HOW != "workers":
        engine = "process" if HOW == "process" else "thread"
        with program(APP, folder, PYTHONPATH=path, MILLSTREAM_ENGINE=engine) as server:
            yield server.url, psutil.Process(server.process.pid), folder
        return
    target = folder / "app.py"
    target.write_text(APP)
    with test_gateways.started(target, PYTHONPATH=path) as (process, temp):
        assert process.stdout is not None
        yield process.stdout.readline().split()[-1], psutil.Process(process.pid), temp


def look(url: str, root: psutil.Process, folder: Path) -> Holding:
    """See what the server holds when all pages are gone, and all that serve pages have given back what they can."""
    processes = processes_of(root)
    servers = {one.pid for name, one in processes.items() if "gateway" in name} or {root.pid}
    tasks: dict[int, int] = {}
    with ExitStack() as open_pages:  # while one is open, the next goes to another gateway
        for _ in range(MOST_TRIES):
            page = open_pages.enter_context(Client(url))
            page.click("Count")
            counted = json.loads(page.value("Text"))
            tasks.setdefault(counted["pid"], counted["tasks"])
            if tasks.keys() == servers:
                break
    assert tasks.keys() == servers
    return holding(processes, sum(tasks.values()), folder)


def test_what_rises_in_each_round_is_a_leak_and_a_single_step_is_none() -> None:
    assert slope_of([50.0, 50.5, 51.0, 51.5, 52.0, 52.5]) == 0.5
    assert slope_of([53.3, 53.3, 53.3, 53.4, 53.7, 59.6]) < 0.2
    assert slope_of([59.6, 53.3, 53.3, 53.4, 53.3, 53.3]) <= 0.0


def test_a_report_says_what_the_bar_asks_for() -> None:
    soak = Soak(10, 360.0, [0.02] * 10, [Holding({"server": 50.0 + at}, 20, 5, 9, 3, 0) for at in range(10)])
    soak.ages[-1], soak.held[-1] = 0.03, soak.held[-1]._replace(descriptors=21)
    assert soak.report() == (
        "server: 52.0 to 59.0 MiB, +10.00 MiB an hour (at most 2.29)\n"
        "p95 20.0 ms at the start, 20.0 ms at the end: 1.00 times (at most 1.2, and 5 ms)\n"
        "left: 1 descriptors, 0 threads, 0 tasks, 0 files, 0 segments"
    )
    assert not soak.is_flat


@pytest.mark.slow
@pytest.mark.soak
@pytest.mark.timeout(3 * SECONDS + 300)  # opening, clicking and counting come on top of each round
def test_A6_load_that_lasts_leaves_memory_descriptors_and_latency_flat(tmp_path: Path) -> None:
    soak = Soak(ROUNDS, SECONDS / ROUNDS)
    with serving(tmp_path) as (url, process, folder):
        while len(soak.held) < ROUNDS or (len(soak.held) < MOST_ROUNDS and not soak.is_flat):
            soak.ages.append(asyncio.run(round_of(url, soak.round_s)))
            soak.held.append(look(url, process, folder))
            print(f"round {len(soak.held)}: p95 {soak.ages[-1] * 1000:.1f} ms; {soak.held[-1]}", flush=True)
    print(soak.report(), flush=True)
    first, last = soak.latency
    assert soak.is_flat
    assert max(soak.left.values()) <= 0
    assert last <= LATER * first + NOISE_S
