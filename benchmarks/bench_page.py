"""(j) The page: how soon a click counts on loopback and is answered, how much moves by then, the cost of updates."""

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
  const wait = async (found) => {
    while (!found()) {
      if (performance.now() > 30_000) throw new Error("The page did not answer the first click.");
      await new Promise((done) => setTimeout(done, 5));
    }
  };
  const button = () => document.querySelector("#go button, button#go");
  await wait(button);
  const clickedMs = performance.now();
  button().click();
  await wait(() => document.querySelector("ms-textbox textarea, ms-textbox input")?.value === "gone");
  return [clickedMs, performance.now()];
}"""
"""Clicks once, as soon as there is a button; gives the milliseconds from the request to the click and to its answer."""


def measure() -> dict[str, float]:
    """Give the milliseconds until a click counts and is answered, the layout shift, and the core's share of updates."""
    with filming(30) as browser:
        with serve(app="benchmarks.page_app") as server:
            clicked_ms, answered_ms, shifts = zip(*(_open(browser, server.url) for _ in range(OPENINGS)), strict=True)
        with serve("--updates", app="benchmarks.page_app") as server:
            updates_percent = _updates(browser, server.url)
    return {
        "interactive_ms": statistics.median(clicked_ms),
        "answered_ms": statistics.median(answered_ms),
        "layout_shift": max(shifts),
        "updates_core_percent": updates_percent,
    }


def _open(browser: Browser, url: str) -> tuple[float, float, float]:
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(url, wait_until="commit")
    clicked_ms, answered_ms = page.evaluate(USED)
    shift: float = page.evaluate("shift")
    context.close()
    return clicked_ms, answered_ms, shift


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
