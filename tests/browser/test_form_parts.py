"""Code, colours, dates, labelled text, files: what only a browser shows, by keyboard where that is possible."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import OpenPage

import millstream as gr

pytestmark = pytest.mark.browser

SCRIPT = "<img src=x onerror=\"document.title='owned'\">"


def app(seen: list[Any], folder: Path) -> gr.Blocks:
    with gr.Blocks(title="Parts") as demo:
        code = gr.Code("def f():\n    return 1", language="python", label="Code")
        color = gr.ColorPicker(label="Color")
        moment = gr.DateTime(label="When", type="string")
        text = gr.HighlightedText([("Ada met ", None), ("Babbage", SCRIPT)], label="Names", interactive=True)
        upload = gr.UploadButton("Upload", file_count="multiple")
        download = gr.DownloadButton("Download")
        with gr.Tabs(), gr.Tab("First"):
            gr.Markdown("Nothing here")
        files = gr.FileExplorer("*.txt", root_dir=folder, label="Files")
        data = gr.JSON(label="Data")
        code.blur(seen.append, code)
        color.submit(seen.append, color)
        moment.submit(seen.append, moment)
        text.input(seen.append, text)
        upload.upload(lambda paths: (paths[0], {SCRIPT: [path.orig_name for path in paths]}), upload, [download, data])
        files.input(lambda paths: seen.append([Path(path).name for path in paths]), files)
    return demo


def test_parts_of_a_form(launch: Callable[..., str], open_page: OpenPage, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("a.txt", "sub/b.txt", "c.png"):
        (tmp_path / name).touch()
    seen: list[Any] = []
    page = open_page(launch(app(seen, tmp_path)))
    press = page.keyboard.press

    page.get_by_label("Code", exact=True).focus()
    press("Control+End")
    press("Enter")
    page.keyboard.type("if x:")
    press("Enter")
    page.keyboard.type("y")
    press("Shift+Tab")
    press("Control+z")
    expect(page.locator(".ms-lines > div")).to_have_text(["def f():", "    return 1", "    if x:", "        y"])
    press("Escape")
    press("Tab")
    expect(page.get_by_label("Color: pick")).to_be_focused()

    page.get_by_label("Color", exact=True).fill("#f80")
    press("Enter")
    when = page.get_by_label("When", exact=True)
    when.fill("soon")
    press("Enter")
    expect(page.get_by_text("Write a moment such as")).to_be_visible()
    expect(when).to_have_value("soon")
    when.fill("2026-2-3 4:05")
    press("Enter")

    page.locator("ms-highlightedtext p").focus()
    press("ArrowRight")
    press("Enter")
    page.keyboard.type("person")
    press("Enter")
    expect(page.locator("ms-highlightedtext mark")).to_have_count(2)

    chosen = [{"name": name, "mimeType": "text/plain", "buffer": b"x"} for name in ("one.txt", "two.txt")]
    for count in (2, 1):
        page.locator("ms-uploadbutton input").set_input_files(chosen[:count])  # type: ignore[arg-type]
        names = ", ".join(f'"{file["name"]}"' for file in chosen[:count])
        expect(page.locator("ms-json")).to_contain_text(f"[{names}]")
    with page.expect_download() as downloaded:
        page.get_by_role("link", name="Download").click()
    assert downloaded.value.suggested_filename == "one.txt"

    tree = page.get_by_role("tree", name="Files")
    tree.get_by_role("treeitem", name="sub").focus()
    press("ArrowRight")
    expect(tree.get_by_role("treeitem")).to_have_text(["sub", "b.txt", "a.txt"])
    press("ArrowRight")
    press(" ")
    expect(tree.get_by_role("treeitem", name="b.txt")).to_have_attribute("aria-selected", "true")

    labelled = [("Ada", "person"), (" met ", None), ("Babbage", SCRIPT)]
    program = "def f():\n    return 1\n    if x:\n        y"
    page.wait_for_function("document.title === 'Parts'")
    assert seen == [program, "#ff8800", "2026-02-03 04:05:00", labelled, ["b.txt"]]
