import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import millstream as gr
from millstream.components.example_results import ExampleResults
from millstream.components.examples import Examples
from millstream.declare.handler import inspect_handler
from millstream.testing import TestPage

pytestmark = pytest.mark.blocking  # TestPage runs handlers, which read and write files here, on its loop

calls: list[object] = []


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    calls.clear()
    monkeypatch.setenv("MILLSTREAM_EXAMPLES_CACHE", str(tmp_path / "kept"))
    return tmp_path / "kept"


def shout(text: str, times: float = 2) -> str:
    calls.append(text)
    return text.upper() * int(times)


async def shout_async(text: str) -> str:
    calls.append(text)
    return text.upper()


def spell(text: str) -> Iterator[str]:
    calls.append(text)
    for end in range(len(text)):
        yield text[: end + 1]


async def spell_async(text: str) -> AsyncIterator[str]:
    calls.append(text)
    await asyncio.sleep(0)
    yield text[:1]
    yield text


def app(
    fn: Any, rows: Any, output: Any = gr.Textbox, mode: Any = "lazy", **options: Any
) -> tuple[gr.Blocks, Examples, Any]:
    with gr.Blocks() as demo:
        field, said = gr.Textbox(label="Text"), output(label="Said")
        examples = gr.Examples(rows, field, said, fn, mode, **options)
    return demo, examples, said


def chosen(made: tuple[gr.Blocks, Examples, Any], number: int = 0) -> Any:
    """Choose an example in a fresh page of an app; gives what the output shows."""
    demo, examples, said = made
    with TestPage(demo) as page:
        page.fire(examples.id, "select", {"index": number})
        page.wait_for(lambda: page.page.values.get(said.id) not in ("", None))
        page.advance(0.1)
        return page.value(said.id)


@pytest.mark.parametrize(("fn", "said"), [(shout, "ABAB"), (spell, "ab")])
@pytest.mark.parametrize("mode", ["lazy", True])
def test_a_result_is_computed_once_and_found_again_by_the_next_run(fn: Any, said: str, mode: Any, folder: Path) -> None:
    for _ in range(2):
        assert chosen(app(fn, ["ab", "c"], mode=mode)) == said
    assert calls == (["ab"] if mode == "lazy" else ["ab", "c"])
    assert len(list(folder.iterdir())) == len(calls)


def test_async_functions_are_kept_as_well() -> None:
    async def results(fn: Any) -> list[object]:
        with gr.Blocks():
            parts = gr.Textbox(), gr.Textbox()
        made: Any = ExampleResults(inspect_handler(fn, "test"), parts[:1], parts[1:], lambda: [("ab",)]).handler()(0)
        return [await made] if asyncio.iscoroutine(made) else [one async for one in made]

    assert [asyncio.run(results(shout_async)) for _ in range(2)] == [["AB"], ["AB"]]
    assert [asyncio.run(results(spell_async)) for _ in range(2)] == [["a", "ab"], ["ab"]]
    assert calls == ["ab", "ab"]


@pytest.mark.anyio
async def test_async_functions_are_pickled_in_threads_and_endless_ones_are_not_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    threads: set[str] = set()

    class Watched(str):
        def __reduce__(self) -> Any:
            threads.add(threading.current_thread().name)
            return str, (str(self),)

    async def each(text: str) -> AsyncIterator[str]:
        for _ in range(4):
            calls.append(text)
            yield Watched(text)

    async def one(text: str) -> str:
        calls.append(text)
        return Watched(text)

    with gr.Blocks():
        parts = gr.Textbox(), gr.State()
    monkeypatch.setattr("millstream.components.example_results.MAX_STEPS", 3)
    monkeypatch.setattr(ExampleResults, "_is_played", True)
    made = [
        ExampleResults(inspect_handler(fn, "test"), parts[:1], parts[1:], lambda: [("ab",)]).handler()
        for fn in (each, one)
    ]
    for _ in range(2):
        assert [str(step) async for step in made[0](0)] == ["ab"] * 4  # type: ignore[attr-defined]
        assert await made[1](0) == "ab"  # type: ignore[misc]
    assert threads == {"millstream examples"}
    assert len(calls) == 9, "eight for the generator, which gives too much, and one"


def test_results_for_one_visitor_are_not_kept() -> None:
    def greet(text: str, request: gr.Request) -> str:
        calls.append(text)
        return f"{text} {request.session_hash}"

    with pytest.warns(UserWarning, match="not kept for others"):
        made = app(greet, ["ab"])
    assert chosen(made) != chosen(made)
    assert calls == ["ab", "ab"]


def test_other_rows_outputs_and_functions_are_computed_anew() -> None:
    chosen(app(shout, ["ab"]))
    chosen(app(shout, ["ac"]))
    chosen(app(shout, ["ab"], gr.Markdown))
    chosen(app(spell, ["ab"]))
    assert len(calls) == 4


def test_what_a_visitor_has_entered_is_never_kept() -> None:
    made = app(shout, ["ab"])
    demo, examples, _ = made
    with TestPage(demo) as page:
        page.fire(examples.id, "select", {"index": 0}, wait=False)
        page.set("Text", "evil")
        page.advance(0.5)
    assert calls == ["ab"]


def test_files_and_arrays_are_kept_with_their_contents(tmp_path: Path) -> None:
    picture = tmp_path / "made.png"

    def draw(text: str) -> tuple[str, Any, Any, Any]:
        calls.append(text)
        Image.new("RGB", (8, 6), "red").save(picture)
        return (
            str(picture),
            np.full((4, 5, 3), 7, np.uint8),
            gr.Textbox("now", label="New"),
            (8000, np.zeros(800, np.int16)),
        )

    def made() -> tuple[gr.Blocks, Examples, Any]:
        with gr.Blocks() as demo:
            field = gr.Textbox()
            file, image, said, sound = (
                gr.File(label="File"),
                gr.Image(label="Image"),
                gr.Textbox(label="Said"),
                gr.Audio(),
            )
            examples = gr.Examples(["x"], field, [file, image, said, sound], draw, "lazy")
            size = gr.Textbox(label="Size")
            image.change(lambda pixels, path: f"{pixels.shape} {Path(path).read_bytes()[:4]!r}", [image, file], size)
        return demo, examples, size

    assert chosen(made()) == "(4, 5, 3) b'\\x89PNG'"
    picture.unlink()
    assert chosen(made()) == "(4, 5, 3) b'\\x89PNG'"
    assert calls == ["x"]


def test_a_damaged_file_and_what_cannot_be_kept_are_computed_anew(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    chosen(app(shout, ["ab"]))
    for path in folder.iterdir():
        path.write_bytes(b"broken")
    assert chosen(app(shout, ["ab"])) == "ABAB"
    assert "cannot be read, and is computed anew" in caplog.text

    def odd(text: str) -> Any:
        calls.append(text)
        return (
            {"value": (one for one in text), "__type__": "update"} if text == "q" else gr.update(value=text, info=text)
        )

    assert chosen(app(odd, ["ab"])) == "ab"
    assert chosen(app(odd, ["ab"])) == "ab"
    assert len(calls) == 3


def test_an_example_that_fails_costs_the_others_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def half(text: str, progress: gr.Progress = gr.Progress()) -> str:
        if text == "bad":
            raise ValueError("no")
        progress(0.5)
        return text

    assert chosen(app(half, ["bad", "good"], mode=True), 1) == "good"
    assert "example 0 of half() failed" in caplog.text


def test_an_interface_keeps_results_and_the_environment_may_ask_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_CACHE_EXAMPLES", "lazy")
    for _ in range(2):
        demo = gr.Interface(shout, ["text", "number"], "text", examples=[["ab", 3], ["c", 1]])
        assert demo.examples is not None
        with TestPage(demo) as page:
            page.fire(demo.examples.id, "select", {"index": 0})
            page.advance(0.5)
            assert page.value("output") == "ABABAB"
    assert calls == ["ab"]


# ---- folders -------------------------------------------------------------------------------------------------------


def test_each_file_of_a_folder_is_an_example_or_each_line_of_its_log(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "b.png")
    Image.new("RGB", (4, 4)).save(tmp_path / "a.png")
    (tmp_path / ".hidden").write_text("x")
    with gr.Blocks():
        image = gr.Image(sources=["upload"])
        files = gr.Examples(str(tmp_path), image)
        with pytest.raises(gr.DeclarationError, match=r"has no log\.csv"):
            gr.Examples(str(tmp_path), [image, gr.Textbox()])
    assert [row[0]["text"] for row in files._initial] == ["a.png", "b.png"]
    (tmp_path / "log.csv").write_text('image,said,flag\na.png,"hello, you",ok\nb.png,,ok\n')
    with gr.Blocks():
        logged = gr.Examples(tmp_path, [gr.Image(sources=["upload"]), gr.Textbox()])
    assert [[cell.get("text", "") for cell in row] for row in logged._initial] == [
        ["a.png", "hello, you"],
        ["b.png", ""],
    ]
