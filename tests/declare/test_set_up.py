"""`setup`: what is called once in each process that calls handlers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import millstream as gr
from millstream.errors import DeclarationError
from millstream.testing import TestPage


class Model:
    """A handler that has something to load."""

    def __init__(self) -> None:
        self.loads = 0

    def setup(self) -> None:
        self.loads += 1

    def __call__(self, text: str) -> str:
        return f"{text} {self.loads}"


def test_it_is_called_once_before_the_first_visitor_and_so_are_those_of_handlers() -> None:
    model, order = Model(), []
    with gr.Blocks() as part:
        part.setup(lambda: order.append("part"))
    with gr.Blocks() as demo:
        text = gr.Textbox(label="Text")
        gr.Button("One").click(model, text, text)
        gr.Button("Two").click(model, text, text)

        @gr.setup
        def load() -> None:
            order.append("load")

        part.render()
    demo.setup(lambda: order.append("again"))
    with TestPage(demo) as page:
        assert order == ["load", "part", "again"]
        page.set("Text", "x")
        page.click("One")
        page.click("Two")
        assert page.value("Text") == "x 1 1"
    load()
    assert order[-1] == "load"


async def wait() -> None:
    """Take its time."""


@pytest.mark.parametrize(
    ("fn", "said"),
    [(wait, "plain function"), (lambda x: x, "without arguments"), (3, "takes a function")],
)
def test_what_cannot_be_called_is_refused(fn: Callable[[], object], said: str) -> None:
    with gr.Blocks() as demo, pytest.raises(DeclarationError, match=said):
        gr.setup(fn)
    demo.freeze()
    with pytest.raises(DeclarationError, match="too late"):
        demo.setup(print)


def test_it_belongs_to_an_app() -> None:
    with pytest.raises(DeclarationError, match="outside of an app"):
        gr.setup(print)


def test_a_method_that_needs_arguments_is_none_of_ours() -> None:
    class Trained(Model):
        def setup(self, stage: str) -> None:  # type: ignore[override]
            self.loads += 10

    with gr.Blocks() as demo:
        text = gr.Textbox(label="Text")
        gr.Button("One").click(Trained(), text, text)
    with TestPage(demo) as page:
        page.set("Text", "x")
        page.click("One")
        assert page.value("Text") == "x 0"
