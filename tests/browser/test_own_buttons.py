"""The app's own buttons in the toolbar of a component, and the button that copies a Markdown text."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.browser.conftest import OpenPage
from tests.browser.glass import Notes
from tests.browser.test_axe import AXE, RUN

import millstream as gr

pytestmark = pytest.mark.browser

Launch = Callable[..., str]
PHONE = {"width": 360, "height": 740}
COPIED = "Title\nSome bold words.\n\nreturn 1\none\ntwo"
TEXT = "# Title\n\nSome **bold** words.\n\n```python\nreturn 1\n```\n\n- one\n- two"


def app() -> gr.Blocks:
    with gr.Blocks(title="Toolbars") as demo:
        refresh = gr.Button("Refresh")
        clear = gr.Button("Clear it", variant="primary")
        text = gr.Textbox("old", label="Text", buttons=["copy", refresh, clear])
        with gr.Row():
            gr.Slider(label="Strength", buttons=["reset", gr.Button("Most")], min_width=100)
            gr.Number(label="A number", buttons=[gr.Button("Next")], min_width=100)
        classes = gr.CheckboxGroup(["a", "b"], label="Classes", interactive=True, buttons=[gr.Button("All")])
        gr.Image(label="Picture", height=200, buttons=[gr.Button("Rotate")])
        gr.Checkbox(label="Check", buttons=[gr.Button("Why")])
        refresh.click(lambda: "new", None, text)
        clear.click(lambda: (gr.Button(visible=False), ""), None, [clear, text])
        classes.change(lambda: gr.Button("Again"), None, refresh)
    return demo


def box_of(place: Locator) -> dict[str, float]:
    box = place.bounding_box()
    assert box is not None
    return dict(box)


def is_within(inner: Locator, outer: Locator) -> bool:
    small, large = box_of(inner), box_of(outer)
    return (
        large["x"] <= small["x"]
        and large["y"] <= small["y"]
        and small["x"] + small["width"] <= large["x"] + large["width"] + 0.5
        and small["y"] + small["height"] <= large["y"] + large["height"] + 0.5
    )


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


@pytest.mark.parametrize("is_phone", [False, True])
def test_they_stand_in_the_toolbar_and_work_by_keyboard(launch: Launch, open_page: OpenPage, is_phone: bool) -> None:
    page = open_page(launch(app()), **({"viewport": PHONE, "has_touch": True} if is_phone else {}))
    assert is_within(button(page, "Refresh"), page.locator("ms-textbox .ms-caption"))
    assert is_within(button(page, "All"), page.locator("ms-checkboxgroup legend"))
    assert is_within(button(page, "Rotate"), page.locator("ms-image .ms-frame"))
    assert is_within(button(page, "Why"), page.locator("ms-checkbox"))
    copy, refresh, clear = (box_of(button(page, name))["x"] for name in ("Copy", "Refresh", "Clear it"))
    assert copy < refresh < clear
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    heights = page.locator(".ms-caption > label").evaluate_all("all => all.map(label => label.offsetHeight)")
    assert max(heights) < 30, "a label is broken"

    field = page.get_by_role("textbox", name="Text")
    button(page, "Refresh").focus()
    page.keyboard.press("Enter")
    expect(field).to_have_value("new")
    expect(button(page, "Refresh")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(field).to_have_value("")
    expect(button(page, "Clear it")).to_have_count(0)
    page.get_by_role("checkbox", name="b").check()
    expect(button(page, "Again")).to_be_visible()
    assert is_within(button(page, "Again"), page.locator("ms-textbox .ms-caption"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_toolbars_are_fit_for_everybody(launch: Launch, open_page: OpenPage, scheme: str) -> None:
    page = open_page(launch(app()), viewport=PHONE, color_scheme=scheme)
    page.evaluate(AXE.read_text())
    assert page.evaluate(RUN) == []


def test_a_text_is_copied_as_it_is_read(launch: Launch, open_page: OpenPage) -> None:
    seen: Notes[str] = Notes()

    def note(data: gr.CopyData) -> None:
        seen.add(str(data.value))

    with gr.Blocks() as demo:
        text = gr.Markdown(TEXT, buttons=["copy"], header_links=True)
        gr.Textbox(label="Paste", lines=8)
        text.copy(note, None, None)
    page = open_page(launch(demo))
    copy = page.locator("ms-copytext button")
    copy.focus()
    page.keyboard.press("Enter")
    expect(copy).to_have_accessible_name("Copied")
    expect(copy).to_be_focused()
    field = page.get_by_role("textbox", name="Paste")
    field.press("Control+v")
    expect(field).to_have_value(COPIED)
    expect(copy).to_have_accessible_name("Copy")
    assert seen.wait() == [COPIED]
    assert page.evaluate("String(getSelection())") == ""
