"""Words that complete the one that is typed in an editor of code: by keyboard and pointer, on a phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.browser.conftest import OpenPage
from tests.browser.test_axe import AXE, RUN

import millstream as gr

pytestmark = pytest.mark.browser

CODE = "def resize(image, width): pass"
START = f"{CODE}\n"


@pytest.fixture
def page(launch: Callable[..., str], open_page: OpenPage) -> Page:
    with gr.Blocks(title="Editor") as demo:
        gr.Code(CODE, language="python", label="Code", autocomplete=True, interactive=True)
        gr.Code("return", language="python", label="Plain", interactive=True)
    return open_page(launch(demo))


def edited(page: Page, typed: str) -> Locator:
    field = page.get_by_label("Code", exact=True)
    field.press("Control+End")
    field.press("Enter")
    field.press_sequentially(typed)
    return field


def offered(page: Page) -> list[Any]:
    rows: list[Any] = page.locator(".ms-codewords").get_by_role("option").all_text_contents()
    return rows


def test_words_of_the_language_and_of_the_text_are_offered_and_taken(page: Page) -> None:
    field = edited(page, "re")
    expect(page.locator(".ms-codewords [aria-selected=true]")).to_have_text("resize")
    assert offered(page) == ["resize", "return"]
    expect(field).to_have_attribute("aria-activedescendant", "ms-1-words-0")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(field).to_have_value(START + "return")
    expect(page.locator(".ms-codewords")).to_be_hidden()
    page.keyboard.press("Control+z")
    expect(field).to_have_value(START + "re")

    page.keyboard.type("s")
    page.keyboard.press("Tab")
    expect(field).to_have_value(START + "resize")
    page.keyboard.type("(wi")
    page.get_by_role("option", name="width").click()
    expect(field).to_have_value(START + "resize(width")
    expect(field).to_be_focused()


def test_keys_are_the_editors_own_where_nothing_is_offered(page: Page) -> None:
    field = edited(page, "return")  # is whole, and nothing is longer
    expect(page.locator(".ms-codewords")).to_be_hidden()
    page.keyboard.type("\nre")
    expect(page.locator(".ms-codewords")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".ms-codewords")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(field).to_have_value(START + "return\nre\n")
    page.keyboard.type("is")  # a word of the language, which begins others
    page.keyboard.type("\n")
    expect(field).to_have_value(START + "return\nre\nis\n")
    page.keyboard.type("r")
    expect(page.locator(".ms-codewords")).to_be_hidden()

    page.get_by_label("Plain", exact=True).press_sequentially(" re")
    expect(page.locator(".ms-codewords li")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_list_stands_below_the_word_also_on_a_phone(page: Page, scheme: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    edited(page, "re")
    rows = page.locator(".ms-codewords")
    expect(rows).to_be_visible()
    line = page.locator(".ms-lines > div").nth(1).bounding_box()
    box = rows.bounding_box()
    assert line is not None
    assert box is not None
    assert 0 <= box["y"] - line["y"] - line["height"] < 12
    assert abs(box["x"] - line["x"]) < 12
    assert box["x"] + box["width"] <= 360
    page.evaluate(AXE.read_text())
    assert page.evaluate(RUN) == []
