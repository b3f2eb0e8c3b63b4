"""(j) The page: how soon it can be used on loopback, how much it moves by then, and the cost of updates."""

from __future__ import annotations

import statistics
import time
from typing import Final

from playwright.sync_api import Browser

from benchmarks.chromium import filming
from benchmarks.server import serve

OPENINGS: Final = 9
WARM_UP_S: Final = 3.0
SECONDS: Final = 10.0

WATCH: Final = """
window.shift = 0;
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) if (!each.hadRecentInput) window.shift += each.value;
}).observe({type: "layout-shift", buffered: true});
"""
USED: Final = """async () => {
  const field = () => document.querySelector("ms-textbox textarea, ms-textbox input");
  while (field()?.value !== "gone") {
    document.querySelector("#go button, button#go")?.click();
    await new Promise((done) => setTimeout(done, 5));
  }
  return performance.now();
}"""
"""Clicks until the app has answered, and gives the milliseconds since the page was asked for."""


def measure() -> dict[str, float]:
    """Give the milliseconds until a click is answered, the layout shift until then, and the core's share of updates."""
    with filming(30) as browser:
        with serve(app="benchmarks.page_app") as server:
            used_ms, shifts = zip(*(_open(browser, server.url) for _ in range(OPENINGS)), strict=True)
        with serve("--updates", app="benchmarks.page_app") as server:
            updates_percent = _updates(browser, server.url)
    return {
        "interactive_ms": statistics.median(used_ms),
        "layout_shift": max(shifts),
        "updates_core_percent": updates_percent,
    }


def _open(browser: Browser, url: str) -> tuple[float, float]:
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(url, wait_until="commit")
    used_ms: float = page.evaluate(USED)
    shift: float = page.evaluate("shift")
    context.close()
    return used_ms, shift


def _updates(browser: Browser, url: str) -> float:
    """Give the share of a core, in percent, of all renderers while one page gets updates."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(url)
    time.sleep(WARM_UP_S)
    before, begun = _renderers_s(browser), time.monotonic()
    time.sleep(SECONDS)
    used_s, took_s = _renderers_s(browser) - before, time.monotonic() - begun
    context.close()
    return used_s / took_s * 100


def _renderers_s(browser: Browser) -> float:
    session = browser.new_browser_cdp_session()
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    return sum(float(each["cpuTime"]) for each in processes if each["type"] == "renderer")
