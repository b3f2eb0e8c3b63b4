"""Rows of values: how they are declared, what the page sees of them, and what a click does."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Picture

import millstream as ms
from millstream.components import examples as module
from millstream.errors import DeclarationError, InvalidValue
from millstream.testing import TestPage

RED = np.full((90, 200, 3), (200, 20, 20), np.uint8)
BEEP = (8_000, np.arange(800, dtype=np.int16))


def declared(rows: Any, *inputs: ms.Component, **options: Any) -> ms.Examples:
    with ms.Blocks():
        for part in inputs:
            part.render()
        return ms.Examples(rows, list(inputs), **options)


def words(examples: ms.Examples) -> list[list[object]]:
    rows: Any = examples.initial()
    return [[cell.get("text") for cell in row] for row in rows]


# ---- what the page sees ----------------------------------------------------------------------------------------


def test_rows_are_told_in_words() -> None:
    examples = declared(
        [
            ["a", 3, True, "r", ["x", "y"]],
            ["b", None, False, "b", []],
            ["c"],
        ],
        ms.Textbox(label="Text"),
        ms.Number(label="Number"),
        ms.Checkbox(label="Check"),
        ms.Dropdown([("Red", "r"), ("Blue", "b")], label="Colour"),
        ms.CheckboxGroup(["x", "y"], label="Group"),
    )
    assert examples.props()["headers"] == ["Text", "Number", "Check", "Colour", "Group"]
    assert words(examples) == [
        ["a", "3", "yes", "Red", "x, y"],
        ["b", "", "no", "Blue", ""],
        ["c", None, None, None, None],
    ]


@pytest.mark.parametrize("rows", [["a", "b"], [["a"], ["b"]], (("a",), "b")])
def test_of_a_single_input_the_values_may_stand_by_themselves(rows: Any) -> None:
    assert words(declared(rows, ms.Textbox())) == [["a"], ["b"]]


def test_a_value_that_is_a_list_or_a_pair_is_one_value() -> None:
    assert words(declared([["x", "y"], [["y"]]], ms.CheckboxGroup(["x", "y"]))) == [["x, y"], ["y"]]
    assert words(declared([BEEP], ms.Audio())) == [["audio.wav"]]


def test_an_input_without_any_value_is_not_shown() -> None:
    examples = declared([["a", None], ["b", None]], ms.Textbox(label="A"), ms.Textbox(label="B"))
    assert examples.props()["headers"] == ["A"]


def test_long_texts_are_cut() -> None:
    ((text,),) = words(declared(["x" * 1_000], ms.Textbox()))
    assert len(str(text)) == module.MAX_TEXT


def test_images_are_small_and_sounds_can_be_heard(tmp_path: Path) -> None:
    path = tmp_path / "wide.png"
    Picture.fromarray(np.zeros((100, 1_000, 4), np.uint8)).save(path)
    sound = tmp_path / "long.mp3"
    sound.write_bytes(b"ID3" + bytes(module.MAX_PLAYED_BYTES))
    examples = declared(
        [[RED, BEEP], [path, sound], ["https://example.org/a.png", "https://example.org/a.mp3"]],
        ms.Image(label="Picture"),
        ms.Audio(label="Sound"),
    )
    rows: Any = examples.initial()
    sizes = [Picture.open(io.BytesIO(row[0]["picture"].data)).size for row in rows[:2]]
    assert sizes == [(200, 90), (256, 26)]
    assert rows[0][1]["sound"].mime == "audio/wav"
    assert rows[1][1] == {"text": "long.mp3"}
    assert rows[2][0]["picture"] == {"url": "https://example.org/a.png"}
    assert rows[2][1] == {"text": "https://example.org/a.mp3"}
    assert len(examples.files(rows)) == 3


def test_values_of_several_files_are_told_by_their_names_and_the_first_image(tmp_path: Path) -> None:
    for name in ("under.png", "over.png"):
        Picture.fromarray(np.zeros((10, 20, 4), np.uint8)).save(tmp_path / name)
    under, over = (str(tmp_path / name) for name in ("under.png", "over.png"))
    (tmp_path / "a.csv").write_text("a,b")
    rows: Any = declared(
        [
            [{"background": under, "layers": [over], "composite": None}, [under, over], [str(tmp_path / "a.csv")] * 2],
            ["https://example.org/a.png", ["https://example.org/b.png"], None],
        ],
        ms.ImageEditor(label="Drawing"),
        ms.Gallery(label="Gallery"),
        ms.File(file_count="multiple", label="Files"),
    ).initial()
    drawing, gallery, files = rows[0]
    assert (drawing["text"], gallery["text"]) == ("under.png, over.png", "under.png, over.png")
    assert drawing["picture"].name == gallery["picture"].name == "under.png.webp"
    assert files == {"text": "a.csv, a.csv"}
    assert [cell["picture"] for cell in rows[1][:2]] == [{"url": f"https://example.org/{name}.png"} for name in "ab"]


def test_the_text_of_a_message_stands_for_its_files(tmp_path: Path) -> None:
    Picture.fromarray(np.zeros((10, 20, 4), np.uint8)).save(tmp_path / "a.png")
    rows: Any = declared(
        [
            [{"text": "what is it?", "files": [str(tmp_path / "a.png")]}],
            [{"text": "", "files": [str(tmp_path / "a.png")]}],
        ],
        ms.MultimodalTextbox(),
    ).initial()
    assert rows[0][0] == {"text": "what is it?"}
    assert (rows[1][0]["text"], rows[1][0]["picture"].name) == ("a.png", "a.png.webp")


def test_an_image_that_cannot_be_read_is_told_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "broken.png"
    path.write_bytes(b"no picture")
    assert words(declared([path], ms.Image())) == [["broken.png"]]


# ---- what is found when the app is declared --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        ("folder", {}, "'folder' is not a folder, beside the app"),
        (["a"], {"cache_examples": True}, "cache_examples needs the function and what it writes"),
        ([], {}, "neither a list of examples"),
        ([["a", 1, 2]], {}, "example 0 has 3 values for 2 inputs"),
        (["a"], {}, "example 0 is not a list with a value for each input"),
        ([["a", 1], ["b", "many"]], {}, "example 1 does not fit: Number"),
        ([["a", 1]], {"example_labels": ["x", "y"]}, "2 example_labels for 1 examples"),
        ([["a", 1]], {"run_on_click": True}, "run_on_click needs the function"),
    ],
)
def test_what_does_not_fit(rows: Any, options: Any, message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        declared(rows, ms.Textbox(), ms.Number(), **options)


def test_what_is_not_a_component() -> None:
    with pytest.raises(DeclarationError, match="inputs must be the components"), ms.Blocks():
        ms.Examples(["a"], ["text"])  # type: ignore[list-item]


def test_rows_cannot_be_returned() -> None:
    examples = declared(["a"], ms.Textbox())
    with pytest.raises(InvalidValue, match="set when the app is declared"):
        examples.accept([["b"]])


# ---- a click ---------------------------------------------------------------------------------------------------


def test_a_click_fills_the_inputs_and_their_change_follows(tmp_path: Path) -> None:
    hidden = tmp_path / ".private" / "red.png"
    hidden.parent.mkdir()
    Picture.fromarray(RED).save(hidden)
    changes: list[str] = []
    with ms.Blocks() as demo:
        text, image = ms.Textbox(label="Text", value="old"), ms.Image(label="Image")
        sound, colour = ms.Audio(label="Sound"), ms.Dropdown([("Red", "r")], label="Colour")
        ms.Examples([["new", hidden, BEEP, "r"], ["newer"]], [text, image, sound, colour])
        text.change(changes.append, text, None)
    with TestPage(demo) as page:
        page.fire("Examples", "select", {"index": 0, "value": "new", "selected": True})
        page.advance(0.1)
        assert (page.value("Text"), page.value("Colour")) == ("new", "r")
        assert np.array_equal(page.value("Image"), RED), "the developer's files may lie anywhere"
        rate, samples = page.value("Sound")
        assert (rate, samples.tolist()) == (8_000, BEEP[1].tolist())
        page.fire("Examples", "select", {"index": 1, "value": "newer", "selected": True})
        page.advance(0.1)
        assert (page.value("Text"), page.value("Colour")) == ("newer", "r"), "what the row leaves out stays"
    assert changes == ["new", "newer"]


@pytest.mark.parametrize("index", [2, -1, [0, 1], None])
def test_a_row_that_does_not_exist_changes_nothing(index: Any) -> None:
    with ms.Blocks() as demo:
        ms.Examples(["a", "b"], ms.Textbox(label="Text", value="old"))
    with TestPage(demo) as page:
        page.fire("Examples", "select", {"index": index})
        assert (page.value("Text"), page.toasts, page.page.closed) == ("old", [], None)


def test_the_function_may_run_then_also_if_it_is_a_generator() -> None:
    def spell(text: str) -> Iterator[str]:
        for end in range(1, len(text) + 1):
            yield text[:end]

    with ms.Blocks() as demo:
        text, out = ms.Textbox(label="Text"), ms.Textbox(label="Out")
        ms.Examples(["abc"], text, out, spell, run_on_click=True)
    with TestPage(demo) as page:
        page.fire("Examples", "select", {"index": 0})
        page.advance(0.1)
        assert page.value("Out") == "abc"


def test_what_follows_can_be_bound() -> None:
    with ms.Blocks() as demo:
        text, out = ms.Textbox(label="Text"), ms.Textbox(label="Out")
        examples = ms.Examples(["abc"], text)
        assert examples.load_input_event is not None
        examples.load_input_event.then(str.upper, text, out)
    with TestPage(demo) as page:
        page.fire("Examples", "select", {"index": 0})
        page.advance(0.1)
        assert page.value("Out") == "ABC"


def test_it_may_stand_before_its_inputs_and_be_hidden_by_an_update() -> None:
    with ms.Blocks() as demo:
        text = ms.Textbox(label="Text", render=False)
        examples = ms.Examples(["abc"], text)
        text.render()
        ms.Button("Hide").click(lambda: ms.update(visible=False), None, examples)
    with TestPage(demo) as page:
        page.click("Hide")
        assert page.props(examples)["visible"] is False
        page.run(page.page.fire(examples.id, "select", {"index": 0}))
        page.advance(0.1)
        assert "closed with 4404" in str(page.page.closed)


def test_it_can_be_rendered_later() -> None:
    with ms.Blocks() as demo:
        text = ms.Textbox(label="Text")
        examples = ms.Examples(["abc"], text, render=False)
        assert examples.load_input_event is None
        with ms.Accordion("More"):
            examples.render()
    with TestPage(demo) as page:
        page.fire("Examples", "select", {"index": 0})
        page.advance(0.1)
        assert page.value("Text") == "abc"


def test_the_page_gets_files_of_its_own_session() -> None:
    with ms.Blocks() as demo:
        ms.Examples([RED], ms.Image(label="Image"))
    with TestPage(demo) as page, page.another() as other:
        page.advance(0.1)
        handles = []
        for one in (page, other):
            rows: Any = one.page.values[one.page.find("Examples")]
            handles.append(rows[0][0]["picture"]["file"])
            data = one.run(one.download(handles[-1]))
            assert Picture.open(io.BytesIO(data)).size == (200, 90)
        assert handles[0] != handles[1]


# ---- in an Interface -------------------------------------------------------------------------------------------


def test_an_interface_has_examples_for_what_the_page_shows() -> None:
    def greet(memory: object, name: str, times: float) -> tuple[object, str]:
        return memory, name * int(times)

    demo = ms.Interface(
        greet, ["state", "text", "number"], ["state", "text"], examples=[["a", 2], ["b", 3]], example_labels=["A", "B"]
    )
    assert demo.examples is not None
    assert demo.examples.props()["names"] == ["A", "B"]
    with TestPage(demo) as page:
        page.fire("Examples", "select", {"index": 1})
        assert (page.value("name"), page.value("times"), page.value("output")) == ("b", 3, "")
        page.click("Submit")
        assert page.value("output") == "bbb"


def test_examples_of_an_interface_may_run_its_function_and_stop_is_offered_meanwhile() -> None:
    def count(up_to: float) -> Iterator[int]:
        yield from range(int(up_to))

    demo = ms.Interface(count, "number", "number", examples=[5], run_examples_on_click=True)
    with TestPage(demo, handler_time=1.0) as page:
        page.fire("Examples", "select", {"index": 0}, wait=False)
        page.advance(4)
        assert page.props("Stop")["visible"] is True
        page.advance(10)
        assert page.value("output") == 4
        assert page.props("Stop")["visible"] is False


def test_a_live_interface_runs_because_its_inputs_change() -> None:
    demo = ms.Interface(str.upper, "text", "text", live=True, examples=["abc"])
    with TestPage(demo) as page:
        page.fire("Examples", "select", {"index": 0})
        page.advance(0.1)
        assert page.value("output") == "ABC"
