from pathlib import Path
from typing import Any

import numpy as np
import pytest

import millstream as gr
from millstream.testing import TestPage

IMAGE = np.zeros((4, 6, 3), np.uint8)


def shown(page: TestPage, demo: gr.ChatInterface, text: str = "go") -> list[Any]:
    page.set(demo.textbox, {"text": text, "files": []})
    page.fire(demo.textbox, "submit")
    page.advance(1)
    return [part for entry in page.value(demo.chatbot) if entry["role"] == "assistant" for part in entry["content"]]


@pytest.mark.parametrize(
    ("make", "tag"),
    [
        (lambda: gr.Dataframe([[1, "a"], [2, "b"]], headers=["n", "s"]), "dataframe"),
        (lambda: gr.Gallery([(IMAGE, "black")]), "gallery"),
        (lambda: gr.JSON({"a": [1]}), "json"),
        (lambda: gr.Code("x = 1", language="python"), "code"),
        (lambda: gr.Label({"cat": 0.9}), "label"),
        (lambda: gr.HighlightedText([("so", "+")]), "highlightedtext"),
        (lambda: gr.LinePlot({"x": [1, 2], "y": [3, 4]}, x="x", y="y"), "nativeplot"),
    ],
)
def test_a_component_that_shows_something_is_shown_in_a_message(make: Any, tag: str) -> None:
    demo = gr.ChatInterface(lambda message, history: make())
    with TestPage(demo) as page:
        (part,) = shown(page, demo)
        assert (part["kind"], part["tag"], part["props"]["interactive"]) == ("element", tag, False)
        assert part["value"]


def test_files_in_it_are_files_of_the_session() -> None:
    demo = gr.ChatInterface(lambda message, history: gr.Gallery([IMAGE]))
    with TestPage(demo) as page:
        (part,) = shown(page, demo)
        assert part["value"][0]["media"]["file"]


@pytest.mark.blocking  # the inline engine of tests lets plotly read its files on the loop
def test_a_plot_of_a_library_is_shown_in_a_message() -> None:
    figure = pytest.importorskip("plotly.graph_objects").Figure()
    demo = gr.ChatInterface(lambda message, history: ["Look:", gr.Plot(figure)])
    with TestPage(demo) as page:
        text, plot = shown(page, demo)
        assert (text["text"], plot["tag"]) == ("Look:", "plot")


@pytest.mark.blocking  # as above, and matplotlib
def test_a_figure_that_is_drawn_on_the_server_is_an_image_in_a_message() -> None:
    figure = pytest.importorskip("matplotlib.figure").Figure()
    figure.add_subplot().plot([1, 2], [3, 4])
    demo = gr.ChatInterface(lambda message, history: gr.Plot(figure, label="Outbreak"))
    with TestPage(demo) as page:
        (part,) = shown(page, demo)
        assert (part["kind"], part["alt"], part["value"]["type"]) == ("image", "Outbreak", "image/png")
        assert part["value"]["file"]


@pytest.mark.blocking  # as above
def test_a_3d_model_and_several_files_are_shown_in_a_message(tmp_path: Path) -> None:
    (tmp_path / "a.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    (tmp_path / "b.txt").write_text("b")
    paths = [str(tmp_path / name) for name in ("a.obj", "b.txt")]
    demo = gr.ChatInterface(lambda message, history: [gr.Model3D(paths[0]), gr.File(paths)])
    with TestPage(demo) as page:
        model, files = shown(page, demo)
        assert (model["tag"], files["tag"], len(files["value"])) == ("model3d", "file", 2)


@pytest.mark.blocking  # as above
@pytest.mark.parametrize("before", [[], ["path"]])
def test_the_file_of_a_3d_model_in_a_message_is_one_of_the_session(tmp_path: Path, before: list[str]) -> None:
    model = tmp_path / "a.obj"
    model.write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    demo = gr.ChatInterface(lambda message, history: [{"path": str(model)} for _ in before] + [gr.Model3D(str(model))])
    with TestPage(demo) as page:
        *_, part = shown(page, demo)
        assert (part["tag"], part["value"]["name"]) == ("model3d", "a.obj")
        assert part["value"]["file"]


@pytest.mark.blocking  # as above
def test_the_file_of_a_model_that_is_shown_twice_stays(tmp_path: Path) -> None:
    model = tmp_path / "a.obj"
    model.write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    demo = gr.ChatInterface(lambda message, history: gr.Model3D(str(model)) if message == "go" else "done")
    with TestPage(demo) as page:
        for text in ("go", "go", "on", "on"):
            parts = shown(page, demo, text)
            handles = {part["value"]["file"] for part in parts if part.get("tag") == "model3d"}
            assert all(page.run(page.download(handle)) == model.read_bytes() for handle in handles)


def test_a_handler_gets_it_back_and_may_return_it_as_it_is() -> None:
    seen = []

    def answer(message: str, history: list[dict[str, Any]]) -> object:
        seen.append([one["content"] for one in history])
        return gr.JSON({"a": 1}) if message == "go" else "done"

    demo = gr.ChatInterface(answer)
    with TestPage(demo) as page:
        shown(page, demo)
        element, text = shown(page, demo, "on")
        assert (element["tag"], text["text"]) == ("json", "done")
    assert seen[1][1]["type"] == "component"
    assert seen[1][1]["component"] == "json"


def test_what_asks_for_something_is_not_shown_in_a_message() -> None:
    demo = gr.ChatInterface(lambda message, history: gr.Slider(0, 1))
    with TestPage(demo) as page:
        assert shown(page, demo) == []
        assert page.value(demo.chatbot)[-1]["role"] == "user"


def test_a_value_that_does_not_fit_its_component_is_an_error_of_the_answer() -> None:
    demo = gr.ChatInterface(lambda message, history: gr.Gallery(7))
    with TestPage(demo) as page:
        assert shown(page, demo) == []


def test_a_conversation_that_begins_with_one_shows_it() -> None:
    with gr.Blocks() as demo:
        chat = gr.Chatbot([{"role": "assistant", "content": gr.Dataframe([[1]], headers=["n"])}])
    with TestPage(demo) as page:
        assert page.value(chat)[0]["content"][0]["tag"] == "dataframe"
