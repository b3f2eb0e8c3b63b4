"""Keywords that a constructor does not know: the error is ours, and names the class, the keyword and the nearest."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import millstream as gr
from millstream.components.options.choices import Choosing
from millstream.declare.element import Element

OBJECTS: list[Callable[..., object]] = [gr.WebcamOptions, gr.WaveformOptions, gr.AlgoOptions, gr.SileroVadOptions]


def elements() -> Iterator[type[Element]]:
    """Give all classes of elements that an app can name, need no arguments, and do not take any, as `HTML` does."""
    for name in gr.__all__:
        kind = getattr(gr, name)
        is_element = isinstance(kind, type) and issubclass(kind, Element) and kind is not gr.HTML
        if is_element and not any(
            each.default is each.empty and each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)
            for each in list(inspect.signature(kind.__init__).parameters.values())[1:]
        ):
            yield kind


@pytest.mark.parametrize("kind", [*elements(), *OBJECTS], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("keyword", ["multiple", "zzz"])
def test_an_unknown_keyword_is_named(kind: Callable[..., object], keyword: str) -> None:
    with pytest.raises(TypeError, match=rf"{getattr(kind, '__name__', '')}\(\) has no argument '{keyword}'"):
        kind(**{keyword: True})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: gr.Dropdown(["a"], multiple=True), r"Dropdown\(\) has no argument 'multiple'; did you mean 'multisel"),
        (lambda: gr.Textbox(lable="a"), r"Textbox\(\) has no argument 'lable'; did you mean 'label'"),
        (lambda: gr.WebcamOptions(mirorr=True), r"WebcamOptions\(\) has no argument 'mirorr'; did you mean 'mirror'"),
        (
            lambda: gr.ReplyOnPause(lambda audio: audio, can_interupt=False),
            r"ReplyOnPause\(\) has no argument 'can_interupt'; did you mean 'can_interrupt'",
        ),
    ],
)
def test_the_nearest_keyword_is_named(make: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        make()


def test_a_base_keeps_its_own_arguments_to_itself() -> None:
    class Menu(Choosing):
        tag = "radio"

        def __init__(self, **common: Any) -> None:
            super().__init__(["a"], None, "value", False, **common)

    assert Menu(label="Menu").label == "Menu"
    with pytest.raises(TypeError, match=r"Menu\(\) has no argument 'multiple'"):
        Menu(multiple=True)
