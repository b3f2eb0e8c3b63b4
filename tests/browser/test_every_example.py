"""Every example, in both schemes, on desktop and phone: accessible, nothing moves by itself, nothing fails.

The parts on the page of all parts look as on their reference pictures, too.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module

import pytest
from playwright.sync_api import Page, Request
from tests.browser.conftest import Browsers
from tests.browser.test_axe import AXE
from tests.examples.conftest import EXAMPLES
from tests.pictures.taking import compare

pytestmark = pytest.mark.browser

NAMES = sorted(path.stem for path in EXAMPLES.glob("*.py"))
SHOWN = EXAMPLES.parent / "build" / "pictures"
MOST_SHIFT = 0.02
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}

SHIFTS = """window.shifts = [];
new PerformanceObserver((list) => window.shifts.push(...list.getEntries().filter((each) => !each.hadRecentInput)))
  .observe({type: "layout-shift", buffered: true});"""
SETTLED = """() => document.readyState === "complete" && document.querySelector(".ms-page *")
  && !document.querySelector("ms-rendered[aria-busy]") && performance.now() > 700"""
MOVED = """() => [shifts.reduce((sum, {value}) => sum + value, 0), shifts.flatMap(({sources}) =>
  sources.map(({node, previousRect: a, currentRect: b}) =>
    `${node?.nodeName}.${node?.className}: ${a.y}, ${a.height} high → ${b.y}, ${b.height} high`))]"""
VIOLATIONS = """async (runOnly) =>
  (await axe.run(document, {resultTypes: ["violations"], ...(runOnly && {runOnly})})).violations
  .filter(({impact}) => impact === "serious" || impact === "critical")
  .map(({id, nodes}) => [id, ...nodes.slice(0, 8).map(({target, failureSummary}) => `${target} ${failureSummary}`)])"""
WIDER = "() => document.documentElement.scrollWidth - innerWidth"

LOOKS = [
    ("light", DESKTOP, None),
    ("dark", DESKTOP, ["color-contrast", "link-in-text-block"]),
    ("dark", PHONE, None),
    ("light", PHONE, ["color-contrast", "link-in-text-block"]),
]
"""Scheme, window, and the rules to try; of the other scheme only those on colours, which are all that differs."""


@pytest.mark.timeout(240)  # the gallery has all examples on its page
@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_accessible_and_still_and_nothing_fails(
    browsers: Browsers, launch: Callable[..., str], name: str
) -> None:
    for example in NAMES:
        sys.modules.pop(example, None)
    example = import_module(name)
    options = {"css": example.CSS} if hasattr(example, "CSS") else {}
    context = browsers.get().new_context(viewport=DESKTOP, reduced_motion="reduce")  # type: ignore[arg-type]
    page = context.new_page()
    faults = heard(page)
    page.add_init_script(SHIFTS)
    page.goto(launch(example.demo, **options))
    page.wait_for_function(SETTLED)
    moved, what = page.evaluate(MOVED)
    page.evaluate(AXE.read_text())
    found = {}
    for scheme, window, rules in LOOKS:
        page.set_viewport_size(window)  # type: ignore[arg-type]
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        found[scheme, window["width"]] = page.evaluate(VIOLATIONS, rules), max(0, page.evaluate(WIDER))
    looks_otherwise = compare(page, SHOWN) if name == "all_parts" else {}
    context.close()

    assert [each for each in found.items() if each[1] != ([], 0)] == []
    assert faults == []
    assert moved < MOST_SHIFT, what
    assert looks_otherwise == {}, f"look at {SHOWN}; if it is meant so: python scripts/part_pictures.py"


def heard(page: Page) -> list[str]:
    """Give the list of what goes wrong in a page: errors, complaints of the browser, requests that fail."""
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
    page.on(
        "requestfailed", lambda request: faults.append(f"{request.url}: {request.failure}") if fails(request) else 0
    )
    page.on(
        "response", lambda answer: faults.append(f"{answer.url}: {answer.status}") if answer.status >= 400 else None
    )
    return faults


def fails(request: Request) -> bool:
    """Say whether a request failed: of audio and video the browser fetches the beginning, and breaks off by itself."""
    return not (request.resource_type == "media" and request.failure == "net::ERR_ABORTED")
