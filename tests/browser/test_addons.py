"""What options add to components: by mouse and keyboard, on a phone, in light and dark."""

from __future__ import annotations

import json
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import OpenPage
from tests.browser.glass import Notes
from tests.browser.test_axe import AXE, RUN

import millstream as gr

pytestmark = pytest.mark.browser

Launch = Callable[..., str]

TEXT = "# Start\n\n" + "A line.\n\n" * 60 + "## The **end**\n\n## The end\n\n" + "A line.\n\n" * 60
CUES = [{"text": "Hello <you>", "timestamp": [0.1, 2]}]


@pytest.fixture
def beep(tmp_path: Path) -> Path:
    path = tmp_path / "beep.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes((np.sin(np.arange(8000 * 4)) * 9000).astype(np.int16).tobytes())
    return path


def app(seen: Notes[Any], beep: Path) -> gr.Blocks:
    with gr.Blocks(title="Add-ons") as demo:
        classes = gr.CheckboxGroup(["cat", "dog", "fox"], value=["dog"], label="Classes", show_select_all=True)
        files = gr.File(file_count="multiple", label="Clips", allow_reordering=True)
        gr.Audio(beep, label="Speech", subtitles=CUES)
        classes.input(seen.add, classes)
        files.input(lambda paths: seen.add([path.orig_name for path in paths]), files)
    return demo


def give_files(page: Page) -> None:
    given = [{"name": f"{name}.txt", "mimeType": "text/plain", "buffer": b"x"} for name in "abc"]
    page.locator("ms-file input").set_input_files(given)  # type: ignore[arg-type]
    expect(page.locator("ms-file li .ms-handle")).to_have_count(3)


def test_all_choices_at_once_by_keyboard(launch: Launch, open_page: OpenPage, beep: Path) -> None:
    seen: Notes[Any] = Notes()
    page = open_page(launch(app(seen, beep)))
    everything = page.get_by_role("checkbox", name="Select all")
    assert everything.evaluate("box => [box.checked, box.indeterminate]") == [False, True]

    everything.focus()
    page.keyboard.press("Space")
    assert seen.wait() == [["cat", "dog", "fox"]]
    assert everything.evaluate("box => [box.checked, box.indeterminate]") == [True, False]
    page.keyboard.press("Space")
    assert seen.wait(2)[1] == []
    page.keyboard.press("Tab")
    expect(page.get_by_role("checkbox", name="cat")).to_be_focused()
    for name in ("cat", "dog", "fox"):
        page.get_by_role("checkbox", name=name).check()
    expect(everything).to_be_checked()


def test_files_in_another_order_by_keyboard_and_pointer(launch: Launch, open_page: OpenPage, beep: Path) -> None:
    seen: Notes[Any] = Notes()
    page = open_page(launch(app(seen, beep)))
    give_files(page)
    handles = page.locator("ms-file li .ms-handle")

    page.get_by_role("button", name="Move c.txt", exact=True).focus()
    page.keyboard.press("ArrowUp")
    expect(page.locator("ms-file li a")).to_have_text(["a.txt", "c.txt", "b.txt"])
    expect(page.get_by_role("button", name="Move c.txt", exact=True)).to_be_focused()
    expect(page.locator("ms-filereordering")).to_have_text("Place 2 of 3")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    seen.until(lambda orders: orders[-2:] == [["a.txt", "c.txt", "b.txt"], ["c.txt", "a.txt", "b.txt"]])

    handles.nth(0).scroll_into_view_if_needed()
    boxes = [handles.nth(at).bounding_box() for at in range(3)]
    first, last = boxes[0], boxes[2]
    assert first is not None
    assert last is not None
    page.mouse.move(first["x"] + 9, first["y"] + 9)
    page.mouse.down()
    page.mouse.move(last["x"] + 9, last["y"] + 9, steps=8)
    expect(page.locator("ms-file li").nth(2)).to_have_attribute("data-moving", "")
    page.mouse.up()
    seen.until(lambda orders: orders[-1:] == [["a.txt", "b.txt", "c.txt"]])
    expect(page.locator("ms-file li[data-moving]")).to_have_count(0)

    page.get_by_role("button", name="Remove b.txt").click()
    page.get_by_role("button", name="Remove a.txt").click()
    expect(page.locator("ms-file li")).to_have_count(1)
    expect(handles.first).to_be_hidden()


def test_files_have_names_however_narrow_their_list(launch: Launch, open_page: OpenPage, beep: Path) -> None:
    page = open_page(launch(app(Notes(), beep)), viewport={"width": 390, "height": 844})
    give_files(page)
    page.locator(".ms-files").evaluate("list => (list.style.width = '150px')")
    for name in page.locator("ms-file li a span").all():
        width = name.evaluate("span => span.getBoundingClientRect().width")
        assert width > 30, "as wide as such a short name is"


def test_code_and_tasks_in_a_text_have_their_look_without_a_conversation(launch: Launch, open_page: OpenPage) -> None:
    text = "```python\nreturn 1\n```\n- [x] done"
    with gr.Blocks() as demo:
        shown = gr.Markdown("Nothing yet.")
        gr.Button("Show").click(lambda: text, None, shown)
    page = open_page(launch(demo))
    page.get_by_role("button", name="Show").click()
    copy, task = page.get_by_role("button", name="Copy"), page.locator(".ms-task")
    expect(copy).to_have_css("border-top-width", "0px")
    expect(task).to_have_css("list-style-type", "none")
    colours = page.locator(".ms-code").evaluate(
        "block => [block, block.querySelector('.ms-c-k')].map((each) => getComputedStyle(each).color)"
    )
    assert colours[0] != colours[1], "a keyword is coloured"


def test_subtitles_of_audio_are_shown_while_it_plays(launch: Launch, open_page: OpenPage, beep: Path) -> None:
    page = open_page(launch(app(Notes(), beep)))
    titles = page.get_by_role("group", name="Subtitles")
    expect(titles).to_have_text("")
    height = titles.bounding_box()
    page.get_by_role("button", name="Play").click()
    expect(titles).to_have_text("Hello <you>")
    assert titles.bounding_box() == height
    page.get_by_role("slider", name="Speech: position").press("End")
    expect(titles).to_have_text("")


def test_a_handler_adds_an_element_whose_script_the_page_does_not_have(launch: Launch, open_page: OpenPage) -> None:
    with gr.Blocks() as demo:
        classes = gr.CheckboxGroup(["cat", "dog"], label="Classes", interactive=True)
        box = gr.Checkbox(label="Offer all")
        box.change(lambda on: gr.CheckboxGroup(show_select_all=on), box, classes)
    page = open_page(launch(demo))
    page.get_by_role("checkbox", name="Offer all").check()
    page.get_by_role("checkbox", name="Select all").check()
    expect(page.get_by_role("checkbox", name="dog")).to_be_checked()
    page.get_by_role("checkbox", name="Offer all").uncheck()
    expect(page.get_by_role("checkbox", name="Select all")).to_have_count(0)


def test_each_heading_has_an_address_which_the_tabs_keep(launch: Launch, open_page: OpenPage) -> None:
    with gr.Blocks() as demo, gr.Tabs():
        with gr.Tab("First"):
            gr.Markdown("Nothing")
        with gr.Tab("Text"):
            text = gr.Markdown(TEXT, header_links=True)
            button = gr.Button("Again")
            button.click(lambda: TEXT.replace("Start", "Begin"), None, text)
    url = launch(demo)
    page = open_page(url)
    page.get_by_role("tab", name="Text").click()
    expect(page.locator("#h-the-end, #h-the-end-2")).to_have_count(2)

    page.get_by_role("link", name="Link to The end").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#h-the-end")).to_be_in_viewport()
    assert page.evaluate("location.hash") == "#text,h-the-end"
    page.get_by_role("link", name="Link to Start").click()
    assert page.evaluate("location.hash") == "#text,h-start"
    page.evaluate("location.hash = '#text,h-the-end'")
    expect(page.locator("#h-the-end")).to_be_in_viewport()
    page = open_page(f"{url}#text,h-the-end")
    expect(page.locator("#h-the-end")).to_be_in_viewport()

    page.get_by_role("button", name="Again").click()
    expect(page.get_by_role("link", name="Link to Begin")).to_have_attribute("href", "#h-begin")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_all_of_it_fits_and_can_be_read(
    launch: Launch, open_page: OpenPage, beep: Path, scheme: str
) -> None:
    demo = app(Notes(), beep)
    with demo:
        gr.Markdown("# A heading with more words than fit into one line of a phone", header_links=True)
    page = open_page(launch(demo), viewport={"width": 360, "height": 800}, color_scheme=scheme, has_touch=True)
    give_files(page)
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("group", name="Subtitles")).to_have_text("Hello <you>")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.evaluate(AXE.read_text())
    assert page.evaluate(RUN) == [], json.dumps(page.evaluate(RUN), indent=1)
