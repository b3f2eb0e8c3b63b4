"""`Dataset`: samples are shown, one is chosen, and a handler gets it, or gives others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import millstream as ms
from millstream.errors import DeclarationError
from millstream.testing import TestPage

RED = np.full((90, 200, 3), (200, 20, 20), np.uint8)


@pytest.mark.parametrize(("kind", "expected"), [("values", "['b', 2]"), ("index", "1"), ("tuple", "(1, ['b', 2])")])
def test_a_function_gets_the_sample_that_was_chosen(kind: Any, expected: str) -> None:
    with ms.Blocks() as demo:
        data = ms.Dataset(components=["text", ms.Number()], samples=[["a", 1], ["b", 2]], type=kind, label="Data")
        text = ms.Textbox(label="Text")
        data.click(repr, data, text)
    with TestPage(demo) as page:
        page.set("Data", 1)
        page.fire("Data", "click")
        assert page.value("Text") == expected


def test_nothing_is_chosen_at_first_and_what_is_not_there_cannot_be() -> None:
    with ms.Blocks() as demo:
        data = ms.Dataset(components=["text"], samples=["a"], label="Data")
        text = ms.Textbox(label="Text")
        data.click(repr, data, text)
    with TestPage(demo) as page:
        page.fire("Data", "click")
        assert page.value("Text") == "None"
        page.set("Data", 1)
        page.wait_for(lambda: bool(page.toasts))
        assert "the number of one of 1 samples" in page.toasts[0].message


@pytest.mark.parametrize("update", [lambda rows: ms.Dataset(components=["text"], samples=rows), lambda rows: rows])
def test_a_handler_gives_other_samples(update: Any) -> None:
    with ms.Blocks() as demo:
        data = ms.Dataset(components=[ms.Textbox(visible=False)], samples=[["a"]], label="Data")
        ms.Button("Go").click(lambda: update([["x"], ["y"]]), None, data)
        ms.Button("More").click(lambda: ms.update(samples=["z"], samples_per_page=5), None, data)
    with TestPage(demo) as page:
        page.click("Go")
        assert page.value("Data") == [[{"text": "x"}], [{"text": "y"}]]
        page.click("More")
        assert page.value("Data") == [[{"text": "z"}]]
        assert page.props("Data")["per_page"] == 5


def test_images_are_shown_small() -> None:
    with ms.Blocks():
        data = ms.Dataset(components=["image"], samples=[[RED]])
    stored = data.initial()
    assert data.files(stored)[0].mime == "image/webp"
    assert data.props()["headers"] == ["Image"]


@pytest.mark.parametrize(
    "options",
    [
        {"components": ["nothing"]},
        {"components": [], "samples": ["a"]},
        {"samples": ["a"]},
        {"components": ["text"], "type": "rows"},
        {"components": ["text"], "samples": "abc"},
        {"components": ["number"], "samples": [["a"]]},
        {"components": ["text", "text"], "samples": ["a"]},
    ],
)
def test_mistakes_are_found_when_the_app_is_declared(options: dict[str, Any]) -> None:
    with pytest.raises(DeclarationError, match="Dataset"), ms.Blocks():
        ms.Dataset(**options)


def test_one_of_nothing_shows_nothing() -> None:
    with ms.Blocks():
        data = ms.Dataset()
    assert data.props()["headers"] == []
    assert data.wire(data.initial()) == []
