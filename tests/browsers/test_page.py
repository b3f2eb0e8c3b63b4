"""The page around the media in Firefox and WebKit: chat, forms, a lost link, a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from tests.browser.cable import Cable
from tests.browser.glass import Notes
from tests.browsers.conftest import OpenTab

import millstream as gr

pytestmark = pytest.mark.browser

Launch = Callable[..., str]


def test_what_goes_wrong_in_a_page_is_noticed_here(launch: Launch, open_tab: OpenTab) -> None:
    """The fixture looks at the errors of every page; this is what they look like."""
    with gr.Blocks() as demo:
        gr.Markdown("Hello")
    head = """<script>
      console.error("told");
      setTimeout(() => { throw new Error("thrown"); });
      Promise.reject(new Error("rejected"));
    </script>"""
    open_tab.expected += ["told", "thrown", "rejected"]  # type: ignore[attr-defined]
    tab = open_tab(launch(demo, head=head))
    tab.until_text("Hello")
    for word in ("told", "thrown", "rejected"):
        assert [error for error in tab.errors if word in error], (word, tab.errors)


def test_a_chat_answers_word_by_word(launch: Launch, open_tab: OpenTab) -> None:
    def reply(message: str, history: list[dict[str, Any]]) -> Iterator[str]:
        for count in range(1, 4):
            yield " ".join(["**word**"] * count) + f" after {len(history)}: {message}"

    tab = open_tab(launch(gr.ChatInterface(reply)))
    tab.click("Message")
    tab.type("hello")
    tab.press("Enter")
    tab.until_text("word word word after 0: hello")
    assert tab.run("return document.querySelectorAll('ms-chatbot strong').length") == 3
    tab.click("Message")
    tab.type("again")
    tab.press("Enter")
    tab.until_text("word word word after 2: again")


def test_the_parts_of_a_form(launch: Launch, open_tab: OpenTab) -> None:
    told: Notes[list[object]] = Notes()
    with gr.Blocks() as demo:
        fields = [
            gr.Textbox(label="Name", elem_id="name"),
            gr.Number(3, label="Count", elem_id="count"),
            gr.Slider(0, 10, 4, step=1, label="Size", elem_id="size"),
            gr.Checkbox(label="Loud", elem_id="loud"),
            gr.Radio(["left", "right"], label="Side", elem_id="side"),
            gr.CheckboxGroup(["a", "b", "c"], label="Kinds", elem_id="kinds"),
            gr.Dropdown(["one", "two"], value="one", label="Choice", elem_id="choice"),
        ]
        out = gr.Textbox(label="Out", elem_id="out")

        def send(*values: object) -> str:
            told.add(list(values))
            return "sent"

        gr.Button("Send").click(send, fields, out)
    tab = open_tab(launch(demo))
    tab.click_on("#name textarea, #name input")
    tab.type("Ann")
    tab.click_on("#count input")
    tab.type("5")
    tab.press("Tab")
    tab.click_on("#size input[type=range]")
    tab.click_on("#loud input")
    tab.click_on("#side label:last-of-type")
    tab.click_on("#kinds label:nth-of-type(2)")
    tab.click("Choice")
    tab.click("two")
    tab.click("Send")
    tab.until_value("#out textarea, #out input", "sent")
    ((name, count, size, *others),) = told.wait()
    assert name == "Ann"
    assert str(count) in ("35", "53")
    assert size == 5
    assert others == [True, "right", ["b"], "two"]


def test_the_page_comes_back_when_the_link_is_lost(launch: Launch, open_tab: OpenTab) -> None:
    frames: Notes[Any] = Notes()
    with gr.Blocks() as demo:
        camera = gr.Image(label="Camera", elem_id="camera", sources="webcam")
        camera.stream(frames.add, camera, None, stream_every=0.1)
        out = gr.Textbox(label="Out", elem_id="out")
        gr.Button("Greet").click(lambda: "hello", None, out)
    with Cable(launch(demo)) as cable:
        open_tab.expected += ["WebSocket", "websocket", "ws://", "the connection to"]  # type: ignore[attr-defined]
        tab = open_tab(cable.url)
        tab.click("Record", "#camera")
        frames.wait(3)
        cable.cut()
        tab.click("Greet")
        tab.until_value("#out textarea, #out input", "hello")
        tab.until("named('Stop', '#camera')")
        frames.wait(len(frames.all) + 5)
        tab.open("about:blank")


def test_nothing_is_wider_than_a_phone(launch: Launch, open_tab: OpenTab) -> None:
    frames: Notes[Any] = Notes()
    with gr.Blocks() as demo:
        with gr.Row():
            camera = gr.Image(label="Camera", elem_id="camera", sources="webcam")
            out = gr.Image(label="Out", elem_id="out")
        gr.Radio(["one", "two", "three"], label="Choice")
        gr.Audio((8000, np.zeros(8000, np.int16)), label="Sound")

        def echo(frame: Any) -> Any:
            frames.add(frame)
            return frame

        camera.stream(echo, camera, out, stream_every=0)
    tab = open_tab(launch(demo), phone=True)
    assert (width := tab.run("return innerWidth")) < 450
    tab.click("Record", "#camera")
    frames.wait(3)
    tab.until("document.querySelector('#out .ms-output')")
    assert tab.run("return document.documentElement.scrollWidth") <= width
    camera_end, out_begin = tab.run(
        "const box = (css) => document.querySelector(css).getBoundingClientRect();"
        "return [box('#camera').bottom, box('#out').top]"
    )
    assert camera_end <= out_begin, "one below the other"
