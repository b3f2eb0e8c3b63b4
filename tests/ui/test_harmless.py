"""What programs for Gradio do that is not quite right and harms nobody: they run, with one warning or none."""

import enum
import json
import math
import warnings
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import millstream as gr


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


def prop(name: str) -> Callable[[Any], object]:
    return lambda component: component.props()[name]


def first(component: Any) -> object:
    return component.initial()


WARNED: dict[str, tuple[Callable[[], Any], str, Callable[[Any], object], object]] = {
    "a fast timer": (lambda: gr.Timer(0.001), "Timer ticks every", first, 0.01),
    "a timer of nothing": (lambda: gr.Timer(0), "Timer ticks every", first, 0.01),
    "every too fast": (lambda: gr.Number(lambda: 1, every=0.001), "every=0.001", lambda one: one.interval_s(1), 0.01),
    "every without a function": (lambda: gr.Number(1, every=1), "every= does nothing", first, 1),
    "a negative step": (lambda: gr.Slider(0, 10, step=-2), "Slider 'Slider': step=-2", prop("step"), 2),
    "no step": (lambda: gr.Slider(0, 10, step=0), "Slider 'Slider': step=0", prop("step"), 0.1),
    "a negative step of a field": (lambda: gr.Number(step=-1), "Number 'Number': step=-1", prop("step"), 1),
    "beyond the end": (lambda: gr.Slider(0, 10, 20), "Slider 'Slider' takes numbers from 0 to 10", first, 10),
    "no such choice": (lambda: gr.Radio(["a"], value="z"), "Radio 'Radio' has no choice str 'z'", first, None),
    "no such choices": (lambda: gr.CheckboxGroup(["a"], value=["z"]), "has no choice", first, []),
    "no lines": (lambda: gr.Textbox(lines=0), "Textbox 'Textbox': lines=0", prop("lines"), 1),
    "centred": (lambda: gr.Textbox(text_align="center"), "text_align='center'", prop("text_align"), None),
    "a variant": (lambda: gr.Button(variant="danger"), "Button 'Run': variant='danger'", prop("variant"), "secondary"),
    "a size": (lambda: gr.Button(size="xl"), "Button 'Run': size='xl'", prop("size"), "lg"),
    "buttons": (lambda: gr.Chatbot(buttons=["undo", "copy"]), "there is no 'undo'", prop("buttons"), ["copy"]),
    "a layout": (lambda: gr.Chatbot(layout="x"), "Chatbot 'Chatbot': layout='x'", prop("layout"), "bubble"),
}

SILENT: dict[str, tuple[Callable[[], Any], Callable[[Any], object], object]] = {
    "an array": (lambda: gr.Dropdown(np.unique([2002, 2001])), prop("choices"), [["2001", 2001], ["2002", 2002]]),
    "pairs": (lambda: gr.Radio(np.array([["A", "a"], ["B", "b"]])), prop("choices"), [["A", "a"], ["B", "b"]]),
    "a range": (lambda: gr.Radio(range(2)), prop("choices"), [["0", 0], ["1", 1]]),
    "a zip": (lambda: gr.Radio(zip("ab", [1, 2], strict=True)), prop("choices"), [["a", 1], ["b", 2]]),
    "keys": (lambda: gr.Radio({"a": 1}.keys()), prop("choices"), [["a", "a"]]),
    "a dict": (lambda: gr.Radio({"a": 1}), prop("choices"), [["a", "a"]]),
    "an enum": (lambda: gr.Radio(Colour, value=Colour.BLUE), prop("choices"), [["red", "red"], ["blue", "blue"]]),
    "yes and no": (lambda: gr.Radio([True, False], value=True), prop("choices"), [["True", True], ["False", False]]),
    "none": (lambda: gr.Dropdown([None, "a"]), prop("choices"), [["None", None], ["a", "a"]]),
    "a path": (lambda: gr.Dropdown([Path("a.txt")]), prop("choices"), [["a.txt", "a.txt"]]),
    "a decimal": (lambda: gr.Dropdown([Decimal("0.5")]), prop("choices"), [["0.5", 0.5]]),
    "a number as label": (lambda: gr.Dropdown([(1, "a")]), prop("choices"), [["1", "a"]]),
    "twice the same": (lambda: gr.CheckboxGroup(["a"], value=["a", "a"]), first, ["a"]),
    "an end of its own": (lambda: gr.Slider(3, 3), first, 3),
    "decimals": (lambda: gr.Slider(0, 1, step=Decimal("0.5")), prop("step"), 0.5),
    "no end": (lambda: gr.Number(1, minimum=-math.inf, maximum=math.inf), prop("maximum"), None),
    "a width in a text": (lambda: gr.Textbox(min_width="160"), prop("min_width"), 160),
    "a width in pixels": (lambda: gr.File(height="100px"), prop("height"), 100),
    "a label that is a number": (lambda: gr.Textbox(label=np.int64(3)), prop("label"), "3"),
    "a table of examples": (
        lambda: gr.Examples(np.array([["a", "b"]]), [gr.Textbox(), gr.Textbox()]),
        lambda one: len(one.wire(one.initial())),
        1,
    ),
    "examples of a generator": (
        lambda: gr.Examples((each for each in "ab"), gr.Textbox()),
        lambda one: len(one.wire(one.initial())),
        2,
    ),
}


@pytest.mark.parametrize(("make", "words", "look", "expected"), WARNED.values(), ids=WARNED)
def test_one_warning_says_what_is_taken_instead(
    make: Callable[[], Any], words: str, look: Callable[[Any], object], expected: object
) -> None:
    with warnings.catch_warnings(record=True) as caught, gr.Blocks() as demo:
        warnings.simplefilter("always")
        made = make()
    assert [words in str(warning.message) for warning in caught] == [True]
    assert caught[0].filename == __file__
    assert look(made) == pytest.approx(expected)
    json.dumps(demo.freeze().page(), allow_nan=False)


@pytest.mark.parametrize(("make", "look", "expected"), SILENT.values(), ids=SILENT)
def test_what_loses_nothing_is_taken_without_a_word(
    make: Callable[[], Any], look: Callable[[Any], object], expected: object
) -> None:
    with gr.Blocks() as demo:
        made = make()
    assert look(made) == expected
    json.dumps(demo.freeze().page(), allow_nan=False)


def test_true_and_one_are_two_choices() -> None:
    with gr.Blocks():
        group = gr.CheckboxGroup([1, True, "1"], type="index")
    assert group.validate([True, 1.0], None) == [True, 1]
    assert group.preprocess([True, 1, "1"], None) == [1, 0, 2]


@pytest.mark.parametrize(
    "options",
    [
        *({"batch": False}, {"batch": np.bool_(False)}, {"every": None}, {"status_tracker": None}, {"queue": 1}),
        *({"queue": None}, {"show_progress": None}, {"concurrency_limit": np.int64(2)}, {"concurrency_id": 3}),
        *({"js": False}, {"preprocess": True}, {"validator": None}),
    ],
    ids=str,
)
def test_options_that_ask_for_nothing(options: dict[str, Any]) -> None:
    with gr.Blocks() as demo:
        gr.Button().click(print, **options)
    assert len(demo.freeze().bindings) == 1


@pytest.mark.parametrize("options", [{"batch": False}, {"validator": None}, {"show_progress": True}, {"examples": []}])
def test_interfaces_that_ask_for_nothing(options: dict[str, Any]) -> None:
    assert gr.Interface(str, "text", "text", **options).freeze().bindings


def test_an_interface_of_batches_is_an_error() -> None:
    with pytest.raises(TypeError, match=r"Interface\(\) has no argument 'batch'"):
        gr.Interface(str, "text", "text", batch=True)


def test_numbers_of_numpy_for_the_queue() -> None:
    with gr.Blocks() as demo:
        demo.queue(max_size=np.int64(3), default_concurrency_limit=np.int32(2))
    assert (demo.max_waiting, demo.default_concurrency_limit) == (3, 2)


def test_options_take_numbers_of_numpy_too() -> None:
    size, rate = (np.int64(64), np.int16(48)), np.float32(0.5)
    assert gr.WebcamOptions(size=size, quality=rate).size == (64, 48)  # type: ignore[arg-type]
    assert gr.WaveformOptions(skip_length=np.int64(3)).skip_length == 3  # type: ignore[arg-type]
    assert gr.AlgoOptions(audio_chunk_duration=np.float64(0.5)).audio_chunk_duration == 0.5
    assert type(gr.ReplyOnPause(print, pause=np.float64(0.5)).pause) is float
