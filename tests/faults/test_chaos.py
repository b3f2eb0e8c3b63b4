"""B39: whatever happens in whatever order, nothing is left behind and nobody gets what is somebody else's.

`MILLSTREAM_CHAOS_SEED` repeats a run as far as the machine lets it, `MILLSTREAM_CHAOS_S` makes it longer.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import signal
import socket
import struct
import threading
import time
from collections import Counter
from pathlib import Path
from typing import IO, Final, NamedTuple

import numpy as np
import psutil
import pytest
from tests.deploy.servers import program
from tests.faults.chaos_app import EXPECTED

from millstream.client import Client
from millstream.client.client import open_page
from millstream.client.page import Page
from millstream.errors import Closed, Refused
from millstream.testing import Link

SEED: Final = int(os.environ.get("MILLSTREAM_CHAOS_SEED") or random.SystemRandom().randrange(2**32))
SECONDS: Final = float(os.environ.get("MILLSTREAM_CHAOS_S", "45"))
VISITORS: Final = 8
PATIENCE_S: Final = 30.0
"""For a run that waits behind others that hang, and until all is quiet again."""

SEGMENTS: Final = Path("/dev/shm")

APP: Final = """
from tests.faults.chaos_app import demo

if __name__ == "__main__":
    demo.launch(engine_workers=2, hang_after=1.0, grace=2.0)
"""
ROOT: Final = Path(__file__).parents[2]
UNHANDLED: Final = ("never awaited", "never retrieved", "Exception in", "Exception ignored", "Unclosed", "leaked")
"""What asyncio and the interpreter say of what nobody looked after."""


class Visitor:
    """Somebody who comes again and again, does one thing, and leaves or vanishes; each with dice of their own."""

    def __init__(self, number: int, link: Link, straight: str) -> None:
        self.name = f"visitor{number}"
        self.dice = random.Random(f"{SEED} {number}")
        self.link, self.straight = link, straight
        self.did: Counter[str] = Counter()

    async def come_and_go(self, until_s: float) -> None:
        while time.monotonic() < until_s:
            try:
                page = await open_page(self.dice.choice([self.link.url, self.straight]))
            except (Closed, Refused, OSError):  # the link was cut in between
                self.did["turned away"] += 1
                continue
            try:
                await self.act(page)
                self.did["left"] += 1
            except Closed:
                self.did["was cut off"] += 1
            await self.leave(page)

    async def act(self, page: Page) -> None:
        """Do a few things one after the other."""
        await page.set(page.find("Text"), self.said)
        for _ in range(self.dice.randint(1, 4)):
            what = self.dice.choices(
                ["echo", "steps", "later", "fail", "die", "hang", "size", "Camera", "Isolated"],
                [6, 3, 3, 2, 1, 0.5, 2, 4, 3],
            )[0]
            self.did[what] += 1
            if what in ("Camera", "Isolated"):
                await self.film(page, what)
            else:
                await self.press(page, what)

    @property
    def said(self) -> str:
        return f"{self.name} {self.dice.random()}"

    async def press(self, page: Page, button: str) -> None:
        runs = await page.fire(page.find(button), "click")
        if self.dice.random() < 0.2:
            return  # leaves, or does something else, while it runs
        if runs and self.dice.random() < 0.2:
            await page.cancel(runs[0])
        async with asyncio.timeout(PATIENCE_S):
            await page.wait_for(lambda: all(run.is_over for run in runs))
        self.check(page)

    async def film(self, page: Page, camera: str) -> None:
        recording = await page.record(page.find(camera))
        shade = int(self.name[-1]) * 25
        frames = [np.full((48, 64, 3), shade, np.uint8)] * self.dice.randint(1, 30)
        await page.wait_for(lambda: recording.first.state != "opening")
        if recording.first.state == "running":
            await recording.feed(iter(frames), 60.0)
        if self.dice.random() < 0.7:
            await recording.stop()
            async with asyncio.timeout(PATIENCE_S):
                await recording.first.wait_for_state("ended")
        self.check(page)

    def check(self, page: Page) -> None:
        """See that what is shown is one's own."""
        shown = page.values.get(page.find("Shown"))
        assert not shown or re.match(rf"{self.name} |\d+ bytes|none", str(shown)), (self.name, shown)

    async def leave(self, page: Page) -> None:
        if self.dice.random() < 0.4:
            reset(page)
            await page.drop()
        else:
            await page.close()


def reset(page: Page) -> None:
    """Break the connection as a killed browser does."""
    transport = page.link.transport._socket.transport  # type: ignore[attr-defined]
    if not transport.is_closing():
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()


async def storm(visitors: list[Visitor], link: Link) -> None:
    """Let all come and go at once, over a link that is cut again and again."""
    until_s, dice = time.monotonic() + SECONDS, random.Random(SEED)
    everybody = asyncio.gather(*(visitor.come_and_go(until_s) for visitor in visitors))
    while not everybody.done():
        await asyncio.wait([everybody], timeout=dice.uniform(0.5, 3))
        link.cut()
    await everybody


class Holding(NamedTuple):
    """What the server's process holds: of each no more than before is left."""

    tasks: int
    threads: int
    descriptors: int
    workers: int
    files: int
    segments: int

    def is_within(self, other: Holding) -> bool:
        return all(mine <= theirs for mine, theirs in zip(self, other, strict=True))


def holding(url: str, process: psutil.Process, folder: Path) -> Holding:
    """Ask the server what it holds while nobody but us is there."""
    with Client(url) as page:
        page.click("count")
        counted = json.loads(page.value("Shown"))
    files = sum(len(names) for at, _, names in os.walk(folder) if "millstream-" in at)
    segments = len(list(SEGMENTS.iterdir())) if SEGMENTS.is_dir() else 0
    workers = len(process.children(recursive=True))
    return Holding(counted["tasks"], counted["threads"], process.num_fds(), workers, files, segments)


def warm(url: str) -> None:
    """Do everything once that starts what stays: worker processes, threads, the queue."""
    with Client(url) as page:
        for button in ("die", "hang", "echo", "steps", "later", "size"):
            page.set("Text", "visitor")
            page.click(button)
        for camera in ("Camera", "Isolated"):
            page.stream(camera, [np.zeros((48, 64, 3), np.uint8)] * 5)


def read(stream: IO[str], lines: list[str]) -> None:
    lines.extend(iter(stream.readline, ""))


@pytest.mark.slow
@pytest.mark.timeout(SECONDS + 180)
def test_B39_a_storm_of_everything_leaves_nothing_behind_and_mixes_up_nobody(tmp_path: Path) -> None:
    print(f"MILLSTREAM_CHAOS_SEED={SEED}")
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    log: list[str] = []
    with program(APP, tmp_path, PYTHONPATH=path) as server, Link(server.url) as link:
        process = psutil.Process(server.process.pid)
        assert server.process.stderr is not None
        reader = threading.Thread(target=read, args=(server.process.stderr, log))
        reader.start()
        warm(server.url)
        before = holding(server.url, process, tmp_path)
        visitors = [Visitor(number, link, server.url) for number in range(VISITORS)]
        asyncio.run(storm(visitors, link))
        until_s = time.monotonic() + PATIENCE_S
        while not (after := holding(server.url, process, tmp_path)).is_within(before):
            assert time.monotonic() < until_s, f"{after} where there was {before}"
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0
        reader.join()
    assert list(tmp_path.glob("millstream-*")) == []
    check_log(log)
    did = sum((visitor.did for visitor in visitors), Counter[str]())
    print(dict(did))

    assert min(did[name] for name in ("left", "echo", "fail", "die", "Camera", "Isolated")) > 0


def check_log(log: list[str]) -> None:
    """See that nothing went wrong but what was asked for."""
    assert [line for line in log if any(each in line for each in UNHANDLED)] == []
    tracebacks = re.findall(r"^Traceback.*\n(?: .*\n)*\S.*", "".join(log), flags=re.MULTILINE)
    assert [each for each in tracebacks if EXPECTED not in each] == []
    assert tracebacks
