"""(i) The cost of pages that are open and do nothing: memory of each, and CPU of all of them together."""

from __future__ import annotations

import asyncio
import itertools
import re
from pathlib import Path
from typing import Final

from benchmarks.server import Server, serve
from millstream.client.client import open_page
from millstream.client.page import Page

PAGES: Final = 300
WARM_UP_PAGES: Final = 50
SETTLE_S: Final = 2.0
SECONDS: Final = 30.0

LINK: Final = Path(__file__).parents[1] / "web" / "src" / "transport" / "link.ts"


def measure() -> dict[str, float]:
    """Give the kB of a page, the share of a core that all of them take, and the CPU milliseconds of opening one."""
    with serve() as server:
        return asyncio.run(_measure(server))


async def _measure(server: Server) -> dict[str, float]:
    for page in [await open_page(server.url) for _ in range(WARM_UP_PAGES)]:
        await page.close()
    await asyncio.sleep(SETTLE_S)
    bytes_before, opening_s = server.process.memory_info().rss, _cpu_s(server)
    pages = [await open_page(server.url) for _ in range(PAGES)]
    opening_s = _cpu_s(server) - opening_s
    _ping_no_more()
    beats = [asyncio.create_task(_beat(page, index)) for index, page in enumerate(pages)]
    await asyncio.sleep(SETTLE_S)
    bytes_after = server.process.memory_info().rss
    idle_s = _cpu_s(server)
    await asyncio.sleep(SECONDS)
    idle_s = _cpu_s(server) - idle_s
    for beat in beats:
        beat.cancel()
    for page in pages:
        await page.close()
    return {
        "page_kb": (bytes_after - bytes_before) / PAGES / 1000,
        "core_percent": idle_s / SECONDS * 100,
        "opening_cpu_ms": opening_s / PAGES * 1000,
    }


def _ping_no_more() -> None:
    """End the pings that the client's library sends: a browser sends none."""
    for task in asyncio.all_tasks():
        if getattr(task.get_coro(), "__qualname__", "") == "Connection.keepalive":
            task.cancel()


async def _beat(page: Page, index: int) -> None:
    """Compare the clocks as often as the page of a browser does while it rests; the server does the rest."""
    every_s = idle_clock_s()
    await asyncio.sleep(index / PAGES * every_s)
    for _ in itertools.count():
        await page.link.compare_clocks(idle=True)
        await asyncio.sleep(every_s)


def _cpu_s(server: Server) -> float:
    """Give the CPU time of all threads, by a clock that is finer than the 10 ms of psutil."""
    tasks = Path(f"/proc/{server.process.pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def idle_clock_s() -> float:
    """Read from the page's source how often a page that rests compares its clock, in seconds."""
    source = LINK.read_text()
    every_ms, beats = (_constant(source, name) for name in ("CLOCK_EVERY_MS", "REST_BEATS"))
    return every_ms * beats / 1000


def _constant(source: str, name: str) -> int:
    found = re.search(rf"const {name} = ([0-9_]+);", source)
    if found is None:
        raise RuntimeError(f"{LINK.name} has no constant {name} any more: say how often an idle page is heard")
    return int(found[1])
