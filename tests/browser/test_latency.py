"""The latency on show: the badge, its panel, the key that switches it, and whether the figures are true."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect
from tests.browser import scenes
from tests.browser.conftest import Browsers, OpenPage
from tests.browser.glass import record, stop, until
from tests.browser.media import Clips
from tests.browser.stage import PARTS, Stage, stages
from tests.browser.test_axe import AXE, RUN

import millstream as gr

pytestmark = pytest.mark.browser

Launch = Callable[..., str]

COVERED = """(button) => {
  const {left, top, width, height} = button.getBoundingClientRect();
  const there = document.elementFromPoint(left + width / 2, top + height / 2);
  return !button.contains(there);
}"""


@pytest.fixture
def stage(browsers: Browsers) -> Iterator[Any]:
    """Open a scene: `stage(scenes.camera, latency=True, viewport=…)`."""
    yield from stages(browsers)


def badge(page: Page) -> Locator:
    return page.get_by_role("button", name="Latency:")


def panel(page: Page) -> Locator:
    return page.get_by_role("region", name="Latency of")


def opened(stage: Any, scene: Callable[[], gr.Blocks] = scenes.camera, element: str = "out", **options: Any) -> Stage:
    """A stage on which a component shows its latency, with the panel open."""
    on: Stage = stage(scene, latency=True, **options)
    on.stream("inp", state="running", camera=True)
    on.show(element)
    on.age(element)
    badge(on.page).click()
    expect(panel(on.page)).to_be_visible()
    return on


# ---- what is seen ------------------------------------------------------------------------------------------------


def test_nothing_is_shown_unless_somebody_wants_it(stage: Any) -> None:
    quiet: Stage = stage(scenes.camera)
    quiet.age("out")
    quiet.say(type="toast", toast={"level": "info", "title": "", "message": "Later.", "duration_s": 0})
    expect(quiet.page.get_by_text("Later.")).to_be_visible()

    expect(badge(quiet.page)).to_have_count(0)
    assert quiet.page.evaluate("() => performance.getEntriesByName(new URL('assets/latency.js', location)).length") == 0


def test_the_badge_says_age_and_frames_a_second(stage: Any) -> None:
    shown: Stage = stage(scenes.camera, latency=True)
    shown.age("out", p50Ms=38.6, fps=29.8)
    expect(badge(shown.page)).to_have_text("Latency:39 ms30 fps")
    shown.age("out", p50Ms=None, fps=0)
    expect(badge(shown.page)).to_have_text("Latency:– ms0 fps")
    shown.say(type="latency", component=shown.number("out"), view=None)
    expect(badge(shown.page)).to_have_count(0)


def test_the_panel_says_where_the_age_comes_from(stage: Any) -> None:
    on = opened(stage)
    rows = panel(on.page).locator("tbody tr")
    told = {row.get_attribute("data-part"): row.locator("td").last.inner_text() for row in rows.all()}

    assert told == {part: f"{each:.1f} ms" if each < 9.95 else f"{each:.0f} ms" for part, each in PARTS.items()}
    for words in ("39 ms", "51 ms", "30 fps", "3.4 ms", "JPEG", "5.1 Mbit/s", "4.9 Mbit/s", "2 in the queue"):
        expect(panel(on.page)).to_contain_text(words)
    expect(panel(on.page)).to_contain_text("the link is fast and the server has time")
    on.age("out", p50Ms=90)
    expect(panel(on.page).get_by_role("img")).to_have_accessible_name(
        "Median age in the last 2 seconds: 39 to 90 milliseconds"
    )


def test_escape_closes_the_panel_and_focus_returns(stage: Any) -> None:
    on = opened(stage)
    expect(badge(on.page)).to_have_attribute("aria-expanded", "true")
    panel(on.page).get_by_role("button", name="Close").focus()
    on.page.keyboard.press("Escape")
    expect(panel(on.page)).to_be_hidden()
    expect(badge(on.page)).to_be_focused()
    expect(badge(on.page)).to_have_attribute("aria-expanded", "false")

    on.page.keyboard.press("Enter")
    expect(panel(on.page)).to_be_visible()
    panel(on.page).get_by_role("button", name="Close").click()
    expect(panel(on.page)).to_be_hidden()
    expect(badge(on.page)).to_be_focused()


def test_the_key_switches_it_but_not_where_somebody_writes(stage: Any) -> None:
    on: Stage = stage(scenes.camera)
    on.page.keyboard.press("Alt+L")
    expect(on.page.get_by_role("status").filter(has_text="Alt+L hides it")).to_have_count(1)
    on.age("out")
    expect(badge(on.page)).to_be_visible()
    on.page.get_by_role("spinbutton").focus()
    on.page.keyboard.press("Alt+L")
    expect(badge(on.page)).to_be_visible()
    on.page.get_by_role("slider").focus()
    on.page.keyboard.press("Alt+L")
    expect(badge(on.page)).to_have_count(0)
    on.page.keyboard.press("Control+Alt+L")
    on.page.keyboard.press("l")

    assert [detail for name, detail in on.heard() if name == "ms-watch"] == [{"on": True}, {"on": False}]


def test_two_components_have_a_badge_and_a_panel_each(stage: Any) -> None:
    on: Stage = stage(scenes.camera, latency=True)
    on.age("inp", p50Ms=20)
    on.age("out", p50Ms=60)
    badge(on.page.locator("#out")).click()

    expect(badge(on.page.locator("#inp"))).to_contain_text("20 ms")
    expect(panel(on.page.locator("#inp"))).to_have_count(0)
    expect(panel(on.page.locator("#out"))).to_contain_text("60 ms")
    expect(panel(on.page)).to_have_accessible_name("Latency of Output")


def test_figures_that_change_move_nothing(stage: Any) -> None:
    on = opened(stage, viewport={"width": 390, "height": 1600})
    boxes = []
    for age, fps in ((4, 9), (38.6, 30), (999, 120)):
        on.age("out", p50Ms=age, p95Ms=age * 1.5, fps=fps, bitsPerS=[1_000 * age, 90_000 * age])
        expect(badge(on.page)).to_contain_text(f"{age:.0f} ms")
        boxes.append((badge(on.page).bounding_box(), panel(on.page).bounding_box()))

    assert boxes[0] == boxes[1] == boxes[2]


@pytest.mark.parametrize("width", [390, 820, 1440])
@pytest.mark.parametrize(("scene", "element"), [(scenes.camera, "out"), (scenes.unified, "inp")])
def test_it_fits_and_covers_no_control(stage: Any, scene: Any, element: str, width: int) -> None:
    on = opened(stage, scene, element, viewport={"width": width, "height": 1600})
    on.page.locator(f"#{element}").hover()

    assert on.page.evaluate("() => document.documentElement.scrollWidth") <= width
    controls = on.page.locator(".ms-record, .ms-frame .ms-tool:visible, input[type=range]")
    assert controls.count() >= 4
    assert [each.evaluate(COVERED) for each in controls.all()] == [False] * controls.count()
    frame, below = on.page.locator(f"#{element} .ms-frame").bounding_box(), panel(on.page).bounding_box()
    assert frame is not None
    assert below is not None
    assert below["y"] >= frame["y"] + frame["height"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_badge_and_panel_are_accessible(stage: Any, scheme: str) -> None:
    on = opened(stage, color_scheme=scheme)
    on.page.evaluate(AXE.read_text())

    assert on.page.evaluate(RUN) == []


# ---- whether it is true ------------------------------------------------------------------------------------------


def echo(handler: Callable[..., Any] = lambda frame: frame) -> gr.Blocks:
    with gr.Blocks() as demo:
        camera, seen = gr.Image(sources=["webcam"], label="Camera"), gr.Image(label="Seen")
        camera.stream(handler, camera, seen, stream_every=0, time_limit=None)
    return demo


LOOK = """(panel) => ({
  parts: [...panel.querySelectorAll("tbody td:last-child")].map((cell) => parseFloat(cell.textContent)),
  mean: parseFloat(panel.querySelector("tfoot td:last-child").textContent),
  fps: parseFloat(panel.querySelectorAll(".ms-age-stats dd")[2].textContent),
})"""
"""One look at the panel, so that all figures are of the same second."""

SECOND = "document.querySelector('.ms-age-past').textContent !== arg"


def shown(demo: gr.Blocks) -> tuple[int, float]:
    """How many frames pages have reported as shown, and how old they were together, in seconds."""
    (event,) = demo.metrics()["events"].values()  # type: ignore[attr-defined]
    age = event["shown_age"]
    return age["count"], age["count"] * age["mean_s"]


def is_timed(demo: gr.Blocks) -> list[bool]:
    """Whether each open stream is timed."""
    sessions = list(demo.app.host.sessions.values())
    return [stream.metrics.trace is not None for session in sessions for stream in session.streams.values()]


def test_the_parts_are_together_the_age_that_was_seen(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    demo = echo()
    page = open_page(launch(demo, show_latency=True), video=clips.counter)
    record(page)
    badge(page).click()
    until(page, "parseFloat(document.querySelector('tfoot td:last-child').textContent) > 0")
    looks, counts = [], []
    for _ in range(6):
        until(page, SECOND, panel(page).locator(".ms-age-past").inner_text())
        looks.append(panel(page).evaluate(LOOK))
        counts.append((time.monotonic(), *shown(demo)))
    assert is_timed(demo) == [True]
    stop(page)

    for look in looks:
        assert sum(look["parts"]) == pytest.approx(look["mean"], rel=0.1, abs=1)
    seconds, frames, ages_s = (last - first for first, last in zip(counts[0], counts[-1], strict=True))
    mean_ms = np.average([look["mean"] for look in looks[1:]], weights=[look["fps"] for look in looks[1:]])
    assert mean_ms == pytest.approx(ages_s / frames * 1000, rel=0.2)
    assert np.mean([look["fps"] for look in looks[1:]]) == pytest.approx(frames / seconds, rel=0.2)
    expect(badge(page)).to_have_count(0)


def test_a_microphone_shows_how_late_its_audio_is_handled(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    def listen(audio: object) -> str:
        time.sleep(0.02)
        return "heard"

    with gr.Blocks() as demo:
        microphone, heard = gr.Audio(sources=["microphone"], label="Microphone"), gr.Textbox()
        microphone.stream(listen, microphone, heard, stream_every=0.1)
    page = open_page(launch(demo, show_latency=True), sound=clips.speech)
    record(page)
    badge(page).click()
    handler = panel(page).locator("tr[data-part=handler] td").last
    expect(handler).to_have_text(re.compile(r"2\d ms"))
    mean = panel(page).locator("tfoot td").last
    expect(mean).to_have_text(re.compile(r"1\d\d ms"))  # a chunk of 0.1 s, and what it takes
    expect(panel(page)).to_contain_text("PCM")
    expect(panel(page)).to_contain_text("Backlog")
    expect(panel(page).locator("tr[data-part=screen]")).to_have_count(0)
    stop(page)
    expect(badge(page)).to_have_count(0)


def test_the_handlers_part_is_what_it_takes(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    def slow(frame: object) -> object:
        time.sleep(0.15)
        return frame

    page = open_page(launch(echo(slow), show_latency=True), video=clips.counter)
    record(page)
    badge(page).click()
    handler = panel(page).locator("tr[data-part=handler] td").last
    expect(handler).to_have_text(re.compile(r"1[5-9]\d ms"))
    expect(panel(page)).to_contain_text("the handler takes 1")


def test_the_server_times_nothing_unless_the_key_was_pressed(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    demo = echo()
    page = open_page(launch(demo), video=clips.counter)
    record(page)
    until(page, "document.querySelector('.ms-output')")
    assert is_timed(demo) == [False]
    page.keyboard.press("Alt+L")
    expect(badge(page)).to_be_visible()
    assert is_timed(demo) == [True]
    page.keyboard.press("Alt+L")
    expect(badge(page)).to_have_count(0)
    stop(page)
