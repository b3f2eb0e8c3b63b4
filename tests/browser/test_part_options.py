"""Options that change how a part is laid out: what they measure, and that the keyboard follows what is seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, expect
from tests.browser.conftest import Browsers
from tests.browser.stage import stages

import millstream as gr

pytestmark = pytest.mark.browser

PHONE = {"width": 360, "height": 740}
LEFT = "element => element.getBoundingClientRect().left"
ROWS_IN_VIEW = """list => {
  const {top, bottom} = list.getBoundingClientRect();
  const rows = [...list.children].map(row => row.getBoundingClientRect());
  return rows.filter(row => row.top >= top && row.bottom <= bottom + 1).length;
}"""


@pytest.fixture
def stage(browsers: Browsers) -> Iterator[Any]:
    yield from stages(browsers)


def choices(number: int | None = None, count: int = 30) -> gr.Blocks:
    shown = {} if number is None else {"num_choices_shown": number}
    with gr.Blocks() as demo:
        names = [
            "a choice whose name takes two lines of a phone, as it is long",
            *(f"choice {n}" for n in range(1, count)),
        ]
        gr.Dropdown(names, label="Choice", interactive=True, **shown)
    return demo


def left_of(place: Locator) -> float:
    left: float = place.evaluate(LEFT)
    return left


@pytest.mark.parametrize("is_phone", [False, True])
def test_an_open_list_shows_as_many_choices_as_the_app_wants(stage: Any, is_phone: bool) -> None:
    page = stage(lambda: choices(4)).page
    if is_phone:
        page.set_viewport_size(PHONE)
    field = page.get_by_role("combobox", name="Choice")
    field.press("ArrowDown")
    rows = page.get_by_role("listbox")
    assert rows.evaluate(ROWS_IN_VIEW) == 4

    for _ in range(7):
        field.press("ArrowDown")
    expect(page.get_by_role("option", name="choice 7")).to_be_in_viewport(ratio=1)
    assert rows.evaluate("list => list.scrollTop > 0")
    field.fill("choice 1")
    assert rows.evaluate(ROWS_IN_VIEW) == 4
    field.fill("choice 11")
    assert rows.evaluate("list => [list.children.length, list.scrollHeight <= list.clientHeight]") == [1, True]


def test_more_choices_than_the_window_has_room_for_scroll(stage: Any) -> None:
    page = stage(lambda: choices(25)).page
    page.set_viewport_size({"width": 900, "height": 600})
    page.get_by_role("combobox", name="Choice").press("ArrowDown")
    box = page.get_by_role("listbox").bounding_box()
    assert box is not None
    assert box["height"] > 320
    assert box["y"] + box["height"] <= 600


def test_choices_run_from_right_to_left_and_arrows_with_them(stage: Any) -> None:
    def both() -> gr.Blocks:
        with gr.Blocks() as demo:
            gr.Radio(["one", "two", "three"], label="Right to left", rtl=True, interactive=True)
            gr.Radio(["four", "five"], label="Left to right", interactive=True)
        return demo

    page = stage(both).page
    places = [left_of(page.get_by_text(name, exact=True)) for name in ("one", "two", "three", "four", "five")]
    assert places[0] > places[1] > places[2]
    assert places[3] < places[4]
    assert left_of(page.get_by_role("radio", name="one")) > places[0]
    page.get_by_role("radio", name="one").check()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("radio", name="two")).to_be_checked()


def limited() -> gr.Blocks:
    with gr.Blocks() as demo:
        with gr.Accordion("Log", max_height=200):
            for number in range(9):
                gr.Image(label=f"Image {number}", height=120)
        with gr.Tab("Notes", height="10em"):
            gr.Markdown("A line.\n\n" * 40)
        with gr.Tab("Empty", max_height=300):
            gr.Markdown("Nothing")
    return demo


@pytest.mark.parametrize("is_phone", [False, True])
def test_what_is_higher_than_its_accordion_or_tab_scrolls(stage: Any, is_phone: bool) -> None:
    opened = stage(limited)
    page = opened.page
    if is_phone:
        page.set_viewport_size(PHONE)
    log = page.locator(".ms-accordion > .ms-panel")
    assert log.evaluate("panel => panel.offsetHeight") == 200
    assert page.locator("ms-image").evaluate_all("all => all.every(image => image.offsetHeight > 100)")
    log.focus()
    page.keyboard.press("End")
    expect(page.locator("ms-image").last).to_be_in_viewport(ratio=0.5)

    notes = page.get_by_role("tabpanel", name="Notes")
    assert notes.evaluate("panel => [panel.offsetHeight, panel.scrollHeight > 400, panel.tabIndex]") == [150, True, 0]
    page.get_by_role("tab", name="Empty").click()
    assert page.get_by_role("tabpanel", name="Empty").evaluate("panel => panel.offsetHeight < 120")


def aligned() -> gr.Blocks:
    with gr.Blocks() as demo, gr.Tabs():
        for name, side in (("Help", "right"), ("Camera", "left"), ("About", "right"), ("Files", "left")):
            with gr.Tab(name, alignment=side):
                gr.Markdown(name)
    return demo


def test_tabs_stand_at_the_right_and_the_keyboard_goes_from_left_to_right(stage: Any) -> None:
    page = stage(aligned).page
    tabs = {name: page.get_by_role("tab", name=name) for name in ("Camera", "Files", "Help", "About")}
    places = [left_of(tab) for tab in tabs.values()]
    assert places == sorted(places)
    strip, end = (page.get_by_role("tablist").bounding_box(), tabs["About"].bounding_box())
    assert strip is not None
    assert end is not None
    assert abs(strip["x"] + strip["width"] - end["x"] - end["width"]) < 1

    tabs["Camera"].click()
    for name in ("Files", "Help", "About", "Camera"):
        page.keyboard.press("ArrowRight")
        expect(tabs[name]).to_be_focused()
        expect(page.get_by_role("tabpanel", name=name)).to_be_visible()
