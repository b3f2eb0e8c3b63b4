"""Chat apps in the browser: formulas, conversations that it keeps, and tables in messages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import OpenPage
from tests.browser.test_axe import AXE, RUN
from tests.browser.test_chat import Pace

import millstream as gr

pytestmark = pytest.mark.browser

Launch = Callable[..., str]

FORMULAS = r"So $$\frac{a_1}{b_1}$$ and $$\href{javascript:window.hurt=1}{x}$$ and $$\sum_{i} i$$ end"


def send(page: Page, text: str) -> None:
    page.get_by_role("textbox", name="Message").fill(text)
    page.keyboard.press("Enter")


def files(page: Page) -> list[str]:
    """Give the names of what the page has fetched."""
    names: list[str] = page.evaluate("performance.getEntriesByType('resource').map(({name}) => name.split('/').at(-1))")
    return names


def test_formulas_are_typeset_as_they_come_by_a_script_that_is_fetched_with_the_first(
    launch: Launch, open_page: OpenPage
) -> None:
    pace = Pace(FORMULAS)
    page = open_page(launch(gr.ChatInterface(pace.speak)))
    assert not [name for name in files(page) if name.startswith("formulas")]
    send(page, "go")
    pace.let(2)
    math = page.locator("ms-chatbot math")
    expect(math).to_have_count(1)
    first = math.element_handle()
    pace.let(6)
    expect(page.get_by_text("end")).to_be_visible()
    expect(math).to_have_count(2)
    assert page.evaluate("one => one.isConnected", first)
    assert page.evaluate("window.hurt") is None
    expect(page.get_by_text("\\href")).to_be_visible()
    expect(page.locator("ms-chatbot a")).to_have_count(0)
    page.evaluate("document.fonts.ready")
    assert [name for name in files(page) if name.endswith(".woff2")]


def test_a_conversation_is_kept_over_a_reload_opened_and_deleted(launch: Launch, open_page: OpenPage) -> None:
    demo = gr.ChatInterface(lambda message, history: f"{message}!{len(history)}", save_history=True, title="Diary")
    page = open_page(launch(demo))
    chats = page.get_by_role("navigation", name="Saved chats")
    send(page, "first")
    expect(page.get_by_text("first!0")).to_be_visible()
    chats.get_by_role("button", name="New chat").click()
    expect(page.get_by_text("first!0")).to_have_count(0)
    send(page, "second")
    expect(chats.get_by_role("listitem")).to_have_count(2)
    page.reload()
    expect(page.locator("ms-message")).to_have_count(0)
    opened = chats.get_by_role("button", name="first", exact=True)
    opened.press("Enter")
    expect(page.get_by_text("first!0")).to_be_visible()
    expect(opened).to_have_attribute("aria-current", "true")
    send(page, "on")
    expect(page.get_by_text("on!2")).to_be_visible()
    expect(chats.get_by_role("listitem").first).to_contain_text("first")
    page.evaluate(AXE.read_text())
    assert page.evaluate(RUN) == []
    chats.get_by_role("button", name="Delete first").focus()
    page.keyboard.press("Enter")
    expect(chats.get_by_role("listitem")).to_have_count(1)
    expect(page.get_by_text("first!0")).to_have_count(0)


def test_an_app_reads_and_writes_the_conversations_that_the_browser_keeps(launch: Launch, open_page: OpenPage) -> None:
    with gr.Blocks() as demo:
        chat = gr.ChatInterface(lambda message, history: f"{message}!{len(history)}", save_history=True)
        count = gr.Textbox(label="Kept")
        saved, shown = chat.saved_conversations, [chat.chatbot, chat.conversation_id]
        saved.change(lambda chats: str(len(chats)), saved, count)
        gr.Button("Delete all").click(lambda: ([], [], None), None, [saved, *shown])
        demo.load(lambda chats: (chats[0], 0) if chats else gr.skip(), saved, shown)
    page = open_page(launch(demo))
    chats = page.get_by_role("navigation", name="Saved chats")
    send(page, "first")
    expect(page.get_by_label("Kept")).to_have_value("1")
    page.reload()
    expect(page.get_by_text("first!0")).to_be_visible()
    expect(chats.get_by_role("button", name="first", exact=True)).to_have_attribute("aria-current", "true")
    send(page, "on")
    expect(page.get_by_text("on!2")).to_be_visible()
    expect(chats.get_by_role("listitem")).to_have_count(1)
    page.get_by_role("button", name="Delete all").click()
    expect(chats.get_by_role("listitem")).to_have_count(0)
    expect(page.get_by_label("Kept")).to_have_value("0")


def test_a_table_in_a_message_comes_with_its_script_and_styles(launch: Launch, open_page: OpenPage) -> None:
    demo = gr.ChatInterface(lambda message, history: gr.Dataframe([[1, "one"], [2, "two"]], headers=["n", "word"]))
    page = open_page(launch(demo))
    assert not [name for name in files(page) if name.startswith("dataframe")]
    send(page, "go")
    table = page.locator("ms-message").get_by_role("grid")
    expect(table).to_contain_text("two")
    assert [name for name in files(page) if name.startswith("dataframe") and name.endswith(".css")]
