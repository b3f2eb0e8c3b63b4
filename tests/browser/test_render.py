"""Renders in a real page: fields keep what was typed by their key, act upon the rest, and say why they fail."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import OpenPage

import millstream as gr

pytestmark = pytest.mark.browser


def app() -> gr.Blocks:
    with gr.Blocks(title="Fields") as demo:
        count = gr.Number(2, precision=0, label="Count")
        joined = gr.Textbox(label="Joined")

        @gr.render(inputs=count)
        def fields(count: int) -> None:
            if count < 0:
                raise gr.Error("Fewer than none")
            with gr.Row():
                named = [gr.Textbox(label=f"Field {place}", key=place) for place in range(count)]
            gr.Textbox(label="Without a key")
            gr.JSON({"fields": count}, label="Facts")  # an element whose script the page has to fetch
            gr.Button("Join").click(lambda *texts: "+".join(texts), named, joined)

    return demo


def test_fields_that_a_function_declares(launch: Callable[..., str], open_page: OpenPage) -> None:
    page = open_page(launch(app()))
    fields = page.locator("ms-rendered .ms-row ms-textbox")

    def declare(count: int) -> None:
        page.get_by_label("Count", exact=True).fill(str(count))
        page.keyboard.press("Tab")

    expect(fields).to_have_count(2)
    expect(page.locator("ms-rendered ms-json")).to_contain_text("fields")
    page.get_by_label("Field 0", exact=True).fill("first")
    page.get_by_label("Field 1", exact=True).fill("second")
    page.get_by_label("Without a key", exact=True).fill("lost")
    declare(4)
    expect(fields).to_have_count(4)
    expect(page.get_by_label("Field 0", exact=True)).to_have_value("first")
    expect(page.get_by_label("Field 1", exact=True)).to_have_value("second")
    expect(page.get_by_label("Without a key", exact=True)).to_have_value("")

    page.get_by_label("Field 3", exact=True).fill("fourth")
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_label("Joined", exact=True)).to_have_value("first+second++fourth")

    declare(-1)
    expect(page.locator("ms-rendered [role=alert]")).to_contain_text("Fewer than none")
    expect(fields).to_have_count(0)
    declare(1)
    expect(fields).to_have_count(1)
    expect(page.locator("ms-rendered [role=alert]")).to_have_count(0)
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_label("Joined", exact=True)).to_have_value("")
