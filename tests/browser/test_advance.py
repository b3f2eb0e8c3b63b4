"""How far a run is, rows of examples, files and keys: as a visitor sees and uses them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import OpenPage
from tests.browser.glass import Notes, button, until

import millstream as gr

pytestmark = pytest.mark.browser

Launch = Callable[..., str]


class Gate:
    """Holds a handler until the test has looked."""

    def __init__(self) -> None:
        self._steps = threading.Semaphore(0)

    def open(self) -> None:
        self._steps.release()

    def wait(self) -> None:
        assert self._steps.acquire(timeout=20)


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    for _ in range(20):
        gate.open()


def bar(page: Page, elem_id: str) -> Any:
    return page.locator(f"#{elem_id}").get_by_role("progressbar")


def test_a_bar_moves_with_the_handlers_word_and_goes_with_the_result(
    launch: Launch, open_page: OpenPage, gate: Gate
) -> None:
    def work(progress: gr.Progress = gr.Progress()) -> tuple[str, Any]:
        progress(None, desc="Loading")
        gate.wait()
        for _ in progress.tqdm(range(4), desc="Reading", unit="pages"):
            gate.wait()
        return "done", np.zeros((60, 80, 3), np.uint8)

    with gr.Blocks() as demo:
        text, image = gr.Textbox(label="Text", elem_id="text"), gr.Image(label="Image", elem_id="image")
        gr.Button("Go").click(work, None, [text, image])
    page = open_page(launch(demo))
    button(page, "Go").click()
    expect(bar(page, "image")).to_have_attribute("aria-valuetext", "Loading")
    assert bar(page, "image").get_attribute("aria-valuenow") is None
    expect(bar(page, "text")).to_have_count(0)  # the largest output shows it for all

    before = page.locator("#image").bounding_box()
    for _ in range(3):
        gate.open()
    expect(bar(page, "image")).to_have_attribute("aria-valuenow", "50")
    expect(page.locator("#image")).to_contain_text("Reading 2/4 pages")
    expect(page.locator("#image")).to_contain_text("50 %")
    filled = "(e) => e.firstElementChild.offsetWidth / e.offsetWidth"
    until(page, f"Math.abs(({filled})(document.querySelector('#image .ms-run')) - 0.5) < 0.02")
    assert page.locator("#image").bounding_box() == before

    gate.open()
    gate.open()
    expect(page.get_by_label("Text", exact=True)).to_have_value("done")
    expect(page.get_by_role("progressbar")).to_have_count(0)


def test_how_much_is_shown_is_the_apps_choice(launch: Launch, open_page: OpenPage, gate: Gate) -> None:
    def work(progress: gr.Progress = gr.Progress()) -> tuple[str, ...]:
        progress(0.25, desc="Reading")
        gate.wait()
        return ("done",)

    with gr.Blocks() as demo:
        for shown in ("full", "minimal", "hidden"):
            text = gr.Textbox(label=shown, elem_id=shown)
            gr.Button(f"Go {shown}").click(work, None, text, show_progress=shown, concurrency_limit=None)  # type: ignore[arg-type]
    page = open_page(launch(demo))
    for shown in ("full", "minimal", "hidden"):
        button(page, f"Go {shown}").click()
    expect(page.locator("#full")).to_contain_text("25 %")
    expect(bar(page, "minimal")).to_have_attribute("aria-valuenow", "25")
    expect(page.locator("#minimal")).not_to_contain_text("25 %")
    expect(bar(page, "hidden")).to_have_count(0)


@pytest.mark.parametrize("width", [390, 1440])
def test_words_cover_no_text(launch: Launch, open_page: OpenPage, gate: Gate, width: int) -> None:
    def work(progress: gr.Progress = gr.Progress()) -> tuple[str, str, str]:
        progress(0.25, desc="Reading")
        gate.wait()
        return "", "", ""

    with gr.Blocks() as demo:
        outputs = [gr.Markdown("One line.", elem_id="one"), gr.HTML("Two.", elem_id="two", padding=False)]
        outputs += [gr.Textbox("Three", show_label=False, elem_id="three")]
        gr.Button("Go").click(work, None, outputs, show_progress_on=outputs)
    page = open_page(launch(demo), viewport={"width": width, "height": 800})
    button(page, "Go").click()
    expect(page.get_by_text("25 %")).to_have_count(3)
    marks = [mark.bounding_box() for mark in page.locator(".ms-run, .ms-run-words").all()]
    for text in page.locator("#one p, #two .ms-html, #three .ms-input, button.ms-button").all():
        box = text.bounding_box()
        assert box is not None
        assert [m for m in marks if m and m["y"] < box["y"] + box["height"] and box["y"] < m["y"] + m["height"]] == []


def test_a_generator_that_is_cancelled_takes_its_bar_along(launch: Launch, open_page: OpenPage, gate: Gate) -> None:
    closed = Notes[str]()

    def work(progress: gr.Progress = gr.Progress()) -> Iterator[str]:
        try:
            for number in progress.tqdm(range(10)):
                yield f"part {number}"
                gate.wait()
        finally:
            closed.add("closed")

    with gr.Blocks() as demo:
        text = gr.Textbox(label="Text", elem_id="text")
        gr.Button("Go").click(work, None, text)
    page = open_page(launch(demo))
    button(page, "Go").click()
    gate.open()
    expect(bar(page, "text")).to_have_attribute("aria-valuenow", "10")
    button(page.locator("#text"), "Cancel").click()
    expect(page.get_by_role("progressbar")).to_have_count(0)
    gate.open()
    closed.wait()
    expect(page.get_by_label("Text", exact=True)).to_have_value("part 1")


# ---- examples --------------------------------------------------------------------------------------------------


def test_the_values_of_a_row_stand_in_one_line(launch: Launch, open_page: OpenPage) -> None:
    with gr.Blocks() as demo:
        gr.Examples([["a cat", 10]], [gr.Textbox(label="Word"), gr.Number(label="Times")])
    page = open_page(launch(demo))
    expect(page.locator(".ms-words")).to_have_count(2)
    tops = page.locator(".ms-words").evaluate_all("(words) => words.map((word) => word.getBoundingClientRect().top)")
    assert abs(tops[0] - tops[1]) < 1


def with_examples() -> gr.Blocks:
    red, blue = (np.full((60, 80, 3), colour, np.uint8) for colour in ((220, 0, 0), (0, 0, 220)))
    tone = 8_000, np.zeros(8_000, np.int16)
    with gr.Blocks() as demo:
        word = gr.Textbox(label="Word")
        picture = gr.Image(label="Picture", sources=["upload"], format="png")
        sound = gr.Audio(label="Sound", sources=["upload"])
        gr.Examples([["red", red, tone], ["blue", blue, None]], [word, picture, sound], elem_id="table")
        gr.Examples(
            [f"word {number}" for number in range(7)], word, label="Words", examples_per_page=3, elem_id="words"
        )
        heard = gr.Textbox(label="Heard")
        word.change(lambda text: f"heard {text}", word, heard)
    return demo


def test_a_row_is_chosen_by_mouse_or_keyboard(launch: Launch, open_page: OpenPage) -> None:
    page = open_page(launch(with_examples()))
    table = page.locator("#table")
    expect(table.get_by_role("columnheader")).to_have_text(["Word", "Picture", "Sound"])
    expect(table.locator("img").first).to_have_js_property("complete", True)
    table.get_by_role("row").nth(2).click()
    expect(page.get_by_label("Word", exact=True)).to_have_value("blue")
    until(page, "eyes.colours('.ms-output') === 'blue blue'")
    expect(page.get_by_label("Heard")).to_have_value("heard blue")

    table.get_by_role("button", name="red").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Word", exact=True)).to_have_value("red")
    until(page, "eyes.colours('.ms-output') === 'red red'")


def test_audio_is_heard_without_being_chosen(launch: Launch, open_page: OpenPage) -> None:
    page = open_page(launch(with_examples()))
    listen = page.locator("#table .ms-listen")
    listen.click()
    expect(listen).to_have_attribute("title", "Pause audio.wav")
    expect(listen).to_have_attribute("title", "Play audio.wav")
    expect(page.get_by_label("Word", exact=True)).to_have_value("")


def test_many_rows_have_pages(launch: Launch, open_page: OpenPage) -> None:
    page = open_page(launch(with_examples()))
    words = page.locator("#words")
    expect(words.get_by_role("listitem")).to_have_text(["word 0", "word 1", "word 2"])
    button(words, "Page 3").click()
    expect(words.get_by_role("listitem")).to_have_text(["word 6"])
    expect(button(words, "Page 3")).to_have_attribute("aria-current", "page")
    button(words, "word 6").click()
    expect(page.get_by_label("Word", exact=True)).to_have_value("word 6")


# ---- files -----------------------------------------------------------------------------------------------------


def test_files_go_up_together_and_come_down(launch: Launch, open_page: OpenPage, tmp_path: Path) -> None:
    counts = Notes[int]()
    paths = [tmp_path / name for name in ("a.txt", "b.txt", "c.png")]
    for path in paths:
        path.write_text(path.name)

    def join(files: list[str] | None) -> Path | None:
        counts.add(len(files or []))
        joined = tmp_path / "joined.txt"
        joined.write_text(" ".join(Path(file).read_text() for file in files or []))
        return joined

    with gr.Blocks() as demo:
        texts = gr.File(label="Texts", file_count="multiple", file_types=[".txt"], elem_id="texts")
        joined = gr.File(label="Joined", elem_id="joined", interactive=False)
        texts.upload(join, texts, joined)
    page = open_page(launch(demo))
    chooser = page.locator("#texts input[type=file]")
    chooser.set_input_files(paths[:2])
    items = page.locator("#texts").get_by_role("listitem")
    expect(items).to_have_count(2)
    expect(items.first).to_contain_text("a.txt")
    assert counts.wait() == [2], "it is told once, when all are there"

    with page.expect_download() as download:
        page.locator("#joined").get_by_role("link", name="joined.txt").click()
    assert Path(download.value.path()).read_text() == "a.txt b.txt"

    chooser.set_input_files(paths[2])
    expect(page.locator("#texts")).to_contain_text("c.png is not of a type that is taken here.")
    button(page, "Remove a.txt").click()
    expect(items).to_have_count(1)
    chooser.set_input_files(paths[0])
    expect(items.last).to_contain_text("a.txt")
    assert counts.wait(2) == [2, 2]


def test_a_single_file_replaces_the_last(launch: Launch, open_page: OpenPage, tmp_path: Path) -> None:
    names = Notes[str]()
    with gr.Blocks() as demo:
        file = gr.File(label="File", elem_id="file")
        file.change(lambda path: names.add(Path(path).read_text() if path else "none"), file, None)
    page = open_page(launch(demo))
    for name in ("one", "two"):
        (tmp_path / name).write_text(name)
        page.locator("#file input[type=file]").set_input_files(tmp_path / name)
        expect(page.locator("#file").get_by_role("listitem")).to_contain_text(name)
    button(page, "Remove two").click()
    expect(page.locator("#file").get_by_role("listitem")).to_have_count(0)
    names.until(lambda all_names: all_names[-1] == "none")
    assert names.all[0] == "one"


def test_a_run_that_changes_a_row_too_is_shown_on_the_component(
    launch: Launch, open_page: OpenPage, gate: Gate
) -> None:
    def change() -> tuple[gr.Row, str]:
        gate.wait()
        return gr.Row(), "new"

    with gr.Blocks() as demo:
        with gr.Row(min_height=300) as row:
            text = gr.Textbox(label="Text", elem_id="text")
        gr.Button("Change").click(change, None, [row, text])
    page = open_page(launch(demo))
    button(page, "Change").click()
    expect(bar(page, "text")).to_be_attached()
    gate.open()
    expect(bar(page, "text")).to_have_count(0)
    expect(page.get_by_label("Text")).to_have_value("new")


@pytest.mark.parametrize("layout", [gr.Row, gr.Column])
def test_a_row_or_a_column_shows_the_run_that_changes_it(
    launch: Launch, open_page: OpenPage, gate: Gate, layout: type[gr.Row | gr.Column]
) -> None:
    def change() -> gr.Row | gr.Column:
        gate.wait()
        return layout(visible=False)

    with gr.Blocks() as demo:
        with layout(show_progress=True, elem_id="quick") as quick:
            gr.Textbox(label="Text")
        with layout(elem_id="quiet") as quiet:
            gr.Textbox(label="Other")
        gr.Button("Hide").click(change, None, quick)
        gr.Button("Hide it quietly").click(change, None, quiet)
    page = open_page(launch(demo))
    button(page, "Hide").click()
    expect(page.locator("#quick")).to_have_attribute("aria-busy", "true")
    line = "row => [getComputedStyle(row, '::after').height, getComputedStyle(row, '::after').position]"
    assert page.locator("#quick").evaluate(line) == ["2px", "absolute"]
    gate.open()
    expect(page.locator("#quick")).to_be_hidden()
    expect(page.locator("#quick")).not_to_have_attribute("aria-busy", "true")
    button(page, "Hide it quietly").click()
    assert page.locator("[aria-busy=true]").count() == 0
    gate.open()
    expect(page.locator("#quiet")).to_be_hidden()


# ---- keys ------------------------------------------------------------------------------------------------------


def test_a_key_that_is_let_go_of_is_told(launch: Launch, open_page: OpenPage) -> None:
    keys = Notes[tuple[str, str]]()

    def note(event: gr.KeyUpData) -> None:
        keys.add((event.key, event.input_value))

    with gr.Blocks() as demo:
        gr.Textbox(label="Text").key_up(note, None, None, trigger_mode="multiple")
    page = open_page(launch(demo))
    page.get_by_label("Text").press_sequentially("ab")
    page.get_by_label("Text").press("ArrowLeft")
    assert keys.wait(3) == [("a", "a"), ("b", "ab"), ("ArrowLeft", "ab")]
