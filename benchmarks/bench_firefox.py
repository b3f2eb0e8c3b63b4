"""The echo app in headless Firefox, at 640x480, by the page's own figures: those of the badge that Alt+L shows."""

from __future__ import annotations

import time
from contextlib import closing

from tests.browsers.firefox import Firefox
from tests.browsers.tab import Conditions

from benchmarks.server import serve

WARM_UP_S = 3.0
SECONDS = 12

BADGE = r"""
const text = document.querySelector("#output .ms-age")?.innerText ?? "";
const [age, fps] = (text.match(/\d+/g) ?? []).map(Number);
return [age ?? 0, fps ?? 0];
"""


def measure() -> dict[str, float]:
    """Frames shown a second, and their median age, in the mean of some seconds."""
    with serve() as server, closing(Firefox(Conditions())) as tab:
        tab.open(server.url)
        tab.click("Record", "#camera")
        tab.until("document.querySelector('#output .ms-output')")
        tab.press("Alt+L")
        time.sleep(WARM_UP_S)
        seen = []
        for _ in range(SECONDS):
            time.sleep(1)
            seen.append(tab.run(BADGE))
    ages, rates = zip(*seen, strict=True)
    return {"fps": sum(rates) / SECONDS, "p50_ms": sum(ages) / SECONDS}
