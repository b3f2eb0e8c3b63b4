"""Tables in the browser: large ones, rows that are appended, keys, the clipboard, and a phone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from playwright.sync_api import expect
from tests.browser.conftest import OpenPage

import millstream as gr

pytestmark = pytest.mark.browser

Launch = Callable[..., str]


def test_a_large_table_is_scrolled_sorted_and_searched(launch: Launch, open_page: OpenPage) -> None:
    numbers = np.arange(1_000_000).reshape(100_000, 10)
    with gr.Blocks() as demo:
        gr.Dataframe(numbers, label="Large", show_search="search")
    page = open_page(launch(demo))
    grid = page.get_by_role("grid", name="Large")
    expect(grid).to_have_attribute("aria-rowcount", "100001")
    expect(page.get_by_role("gridcell", name="7", exact=True)).to_be_visible()
    assert page.locator(".ms-td").count() < 600, "only what is in view is drawn"
    grid.evaluate("grid => { grid.scrollTop = grid.scrollHeight }")
    expect(page.get_by_role("gridcell", name="999999", exact=True)).to_be_visible()
    page.get_by_role("columnheader", name="1", exact=True).click()
    page.get_by_role("columnheader", name="1", exact=True).click()
    grid.evaluate("grid => { grid.scrollTop = 0 }")
    expect(page.locator("[data-row='0'] [data-column='0']")).to_have_text("999990")
    page.get_by_role("searchbox").fill("123456")
    expect(page.get_by_role("status").filter(has_text="1 of 100,000 rows")).to_be_visible()


def test_rows_that_are_appended_are_followed_and_change_nothing_else(launch: Launch, open_page: OpenPage) -> None:
    def grow() -> Iterator[tuple[list[list[object]], list[list[object]]]]:
        rows: list[list[object]] = []
        for number in range(60):
            rows.append([number, "x"])
            yield rows, rows
            time.sleep(0.02)

    with gr.Blocks() as demo:
        tall = gr.Dataframe(label="Tall", headers=["n", "s"], max_height=5000, elem_id="tall")
        low = gr.Dataframe(label="Low", headers=["n", "s"], max_height=200)
        gr.Button("Grow").click(grow, None, [tall, low])
    page = open_page(launch(demo))
    page.get_by_role("button", name="Grow").click()
    expect(page.locator("#tall [data-row='2']")).to_be_visible()
    page.evaluate("""() => {
      window.changes = 0;
      const watcher = new MutationObserver((list) => { changes += list.length });
      watcher.observe(document.querySelector("#tall [data-row='1']"), {subtree: true, childList: true});
    }""")
    expect(page.get_by_role("grid", name="Low").get_by_role("gridcell", name="59", exact=True)).to_be_attached()
    assert page.locator("#tall .ms-tbody .ms-tr").count() == 60
    assert page.evaluate("() => changes") == 0


def test_a_table_is_edited_with_the_keyboard_alone(launch: Launch, open_page: OpenPage) -> None:
    with gr.Blocks() as demo:
        table = gr.Dataframe(
            {"name": ["a", "b"], "age": [1, 2], "ok": [True, False]},
            label="Table",
            interactive=True,
            datatype=["str", "number", "bool"],
        )
        text = gr.Textbox(label="Text")
        table.change(lambda value: str(value.values.tolist()), table, text)
    page = open_page(launch(demo))
    page.get_by_role("grid").focus()
    said = page.get_by_role("textbox", name="Text")
    keys = page.keyboard
    for key in ("ArrowDown", "ArrowRight", "ArrowDown"):
        keys.press(key)
    keys.type("x")
    keys.press("Enter")
    expect(page.locator(".ms-cell-field")).to_have_attribute("aria-invalid", "true")
    page.locator(".ms-cell-field").fill("7")
    keys.press("Tab")
    keys.press("Space")
    expect(said).to_have_value("[['a', 1, True], ['b', 7, True]]")
    for key in ("Control+Home", "F2", "End", "z", "Escape", "Enter", "End", "z", "Enter"):
        keys.press(key)
    expect(said).to_have_value("[['az', 1, True], ['b', 7, True]]")
    keys.press("Shift+F10")
    keys.press("End")
    expect(page.get_by_role("menuitem", name="Delete the rows")).to_be_focused()
    keys.press("Enter")
    expect(said).to_have_value("[['az', 1, True]]")
    for key in ("Control+Home", "ArrowUp", "Enter"):
        keys.press(key)
    expect(page.get_by_role("columnheader", name="name")).to_have_attribute("aria-sort", "ascending")


def test_hostile_texts_are_texts(launch: Launch, open_page: OpenPage) -> None:
    hostile = "<b onclick=window.__xss=1>x</b><script>window.__xss=1</script>"
    with gr.Blocks() as demo:
        gr.Dataframe(
            {hostile: [hostile], "m": [hostile], "h": [hostile], "i": ["javascript:window.__xss=1"]},
            datatype=["str", "markdown", "html", "str"],
            label=hostile,
        )
    page = open_page(launch(demo))
    expect(page.locator("[data-row='0'] [data-column='0']")).to_have_text(hostile)
    page.locator("[data-row='0'] [data-column='2'] b").click()
    assert page.evaluate("() => window.__xss === undefined")
    assert page.locator(".ms-td [onclick]").count() == 0
