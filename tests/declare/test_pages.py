"""Apps of several pages: what belongs to which, and what is refused while the app is declared."""

from __future__ import annotations

import numpy as np
import pytest

import millstream as gr
from millstream.errors import InvalidValue
from millstream.testing import TestPage


def wait(page: TestPage, label: str, value: object) -> None:
    number = page.page.find_component(label)
    page.wait_for(lambda: page.page.values[number] == value)


def two_pages() -> gr.Blocks:
    with gr.Blocks(title="Shop") as demo:
        visits = gr.State(0)
        word = gr.Textbox(label="Word")
        loud = gr.Textbox(label="Loud")
        word.submit(str.upper, word, loud)
        demo.load(lambda: "main", None, word)
    with demo.route("Second page") as second:
        count = gr.Number(label="Count")
        gr.Button("More").click(lambda n: (n + 1, n + 1), visits, [visits, count])
        second.load(lambda: 40, None, count)
    return demo


def test_each_page_has_its_own_parts_events_and_values() -> None:
    with TestPage(two_pages()) as main, main.another("/second-page") as second:
        wait(main, "Word", "main")
        wait(second, "Count", 40)
        assert (main.page.manifest.get("page"), second.page.manifest["page"]) == (None, "Second page")
        with pytest.raises(InvalidValue, match="Count"):
            main.value("Count")
        with pytest.raises(InvalidValue, match="Word"):
            second.value("Word")


def test_a_state_may_be_used_by_every_page_and_each_visit_has_its_own() -> None:
    with TestPage(two_pages(), path="second-page") as first, first.another("second-page") as other:
        for expected in (1, 2):
            first.click("More")
            wait(first, "Count", expected)
        other.click("More")
        wait(other, "Count", 1)


def test_a_page_that_no_app_has_is_named_with_those_that_it_has() -> None:
    with pytest.raises(InvalidValue, match="no page '/third'; its pages are /, /second-page"):
        TestPage(two_pages(), path="/third")


def test_an_app_rendered_in_a_page_brings_its_events_along() -> None:
    with gr.Blocks() as inner:
        text = gr.Textbox(label="Text")
        inner.load(lambda: "loaded", None, text)
    with gr.Blocks() as demo:
        gr.Textbox(label="Text")
    with demo.route("Inner"):
        inner.render()
        gr.Interface(lambda x, y: x * y, ["number", "number"], gr.Number(label="Product"))
    with TestPage(demo, path="/inner") as page:
        wait(page, "Text", "loaded")
    assert [element.tag for element in demo.freeze().pages[""].components.values()] == ["navbar", "textbox"]


def test_a_page_streams() -> None:
    with gr.Blocks() as demo:
        gr.Markdown("Nothing here")
    with demo.route("Camera"):
        camera = gr.Image(label="Camera", sources=["webcam"])
        camera.stream(lambda frame: 255 - frame, camera, gr.Image(label="Result"))
    with TestPage(demo, path="/camera") as page:
        page.stream("Camera", [np.zeros((48, 64, 3), np.uint8)] * 3)
        assert page.value("Result").mean() > 250


def test_what_is_computed_again_or_rendered_belongs_to_its_page() -> None:
    with gr.Blocks() as demo:
        shared = gr.State("shared")
    with demo.route("Second"):
        base = gr.Number(2, label="Base")
        gr.Number(lambda base: base * 10, inputs=base, label="Tenfold")

        @gr.render(inputs=base)
        def parts(base: float) -> None:
            button = gr.Button("Ask", key="ask")
            button.click(lambda text: text, shared, gr.Textbox(label="Answer", key="answer"))

    with TestPage(demo, path="/second") as page:
        wait(page, "Tenfold", 20)
        page.click("Ask")
        wait(page, "Answer", "shared")
    assert demo.freeze().pages[""].bindings == ()


def test_a_browser_state_of_another_page_comes_along_unseen() -> None:
    with gr.Blocks() as demo:
        name = gr.BrowserState("nobody", storage_key="name")
    with demo.route("Second"):
        demo.load(lambda name: name, name, gr.Textbox(label="Name"))
    page = demo.freeze().pages["second"].page()
    assert str(name.id) in page["components"]
    assert {"id": name.id, "type": "browserstate"} in page["root"]["children"]
    assert "localStorage" in (demo.freeze().pages["second"].bindings[0].js or "")


def test_an_event_works_on_one_page() -> None:
    with gr.Blocks() as demo:
        word = gr.Textbox(label="Word")
    with demo.route("Second"):
        button = gr.Button("Go")
        with pytest.raises(gr.DeclarationError, match=r"'Go'\.click is an event of the page 'Second', but names T"):
            button.click(str.upper, word, gr.Textbox())
        with pytest.raises(gr.DeclarationError, match="'Word' of the main page: an event works on one page"):
            gr.on([button.click, word.submit], lambda: None)


def test_what_finds_its_place_later_is_checked_then() -> None:
    late = gr.Textbox(label="Late", render=False)
    with gr.Blocks() as demo:
        gr.Button("Go").click(lambda: "x", None, late)
    with demo.route("Second"):
        late.render()
    with pytest.raises(gr.DeclarationError, match="names Textbox 'Late' of the page 'Second'"):
        demo.freeze()


def test_a_chain_and_its_end_stay_on_one_page() -> None:
    with gr.Blocks() as demo:
        first = gr.Button("Go").click(lambda: None)
    with demo.route("Second"):
        out = gr.Textbox(label="Out")
        with pytest.raises(gr.DeclarationError, match="main page, but names Textbox 'Out'"):
            first.then(lambda: "x", None, out)
        with pytest.raises(gr.DeclarationError, match="of the main page"):
            gr.Button("Stop").click(None, cancels=[first])


@pytest.mark.parametrize(
    ("name", "path", "why"),
    [
        ("Second", "/a/b", "one word"),
        ("Second", "/../etc", "one word"),
        ("Second", "a b?", "one word"),
        ("🙂", None, "give a path="),
        ("x" * 101, None, "give a path="),
        ("Assets", None, "the server uses /assets itself"),
        ("Second", "/WS/", "the server uses"),
        ("first", None, "has the path /first already"),
        ("", None, "the name of a page is a text"),
        (3, None, "the name of a page is a text"),
        ("Second", 3, "path=3 is no text"),
    ],
)
def test_paths_that_cannot_be(name: str, path: str | None, why: str) -> None:
    with gr.Blocks() as demo:
        pass
    with demo.route("First"):
        pass
    with pytest.raises(gr.DeclarationError, match=why):
        demo.route(name, path)


def test_a_page_stands_beside_the_main_page() -> None:
    with gr.Blocks() as demo, pytest.raises(gr.DeclarationError, match="inside of another `with`"):
        demo.route("Second")
    with demo.route("Über uns!") as page:
        assert page.path == "über-uns"
        with pytest.raises(gr.DeclarationError, match="inside of another `with`"):
            demo.route("Third")
    with gr.Blocks(), pytest.raises(gr.DeclarationError, match="has pages, so it cannot be a part"):
        demo.render()
    assert page.queue(max_size=3) is demo
    with pytest.raises(AttributeError, match="sesame"):
        page.sesame  # noqa: B018 - the look-up is the test
    demo.freeze()
    with pytest.raises(gr.DeclarationError, match="too late"):
        demo.route("Fourth")
