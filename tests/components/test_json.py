"""JSON: whatever a handler returns becomes plain data, and what is too large or too deep is refused in words."""

import dataclasses
import datetime as dt
import enum
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import millstream as gr
from millstream.errors import InvalidValue
from millstream.testing import TestPage


@dataclasses.dataclass
class Found:
    label: str
    score: np.float32


class Color(enum.Enum):
    RED = "red"


class Model:
    def model_dump(self) -> dict[str, object]:
        return {"x": np.int64(1)}


class Table:
    """As tables of pandas give their rows."""

    shape = (2, 1)

    def to_dict(self, orient: str = "dict") -> object:
        return [{"a": 1}, {"a": float("nan")}] if orient == "records" else {"a": {0: 1}}


class Huge(Table):
    shape = (10**6, 10)


@dataclasses.dataclass
class Person:
    parent: Any = None
    friend: Any = None


def shared(depth: int) -> Person:
    """Make people who know each other: as a tree they would be 2**depth."""
    person = Person("Ann", "Bob")
    for _ in range(depth):
        person = Person(person, person)
    return person


def circle() -> Person:
    person = Person()
    person.parent, person.friend = Person(person, person), Person(person, [person])
    return person


ANN = {"parent": "Ann", "friend": "Bob"}


class Pair(NamedTuple):
    a: int
    b: tuple[int, ...]


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ({"a": np.arange(3), 1: None, None: 2, False: 3}, {"a": [0, 1, 2], "1": None, "null": 2, "false": 3}),
        ([np.float32(0.97), np.array([0.1], np.float16), float("nan"), float("-inf")], [0.97, [0.1], None, None]),
        (Found("cat", np.float32(0.5)), {"label": "cat", "score": 0.5}),
        ([Color.RED, Pair(1, (2,)), {3}, range(2), iter("a")], ["red", {"a": 1, "b": [2]}, [3], [0, 1], ["a"]]),
        (Model(), {"x": 1}),
        (Table(), [{"a": 1}, {"a": None}]),
        (
            [dt.date(2026, 1, 31), Path("a/b"), b"x", np.array(["2026-01-31"], "M8[D]"), 1j],
            ["2026-01-31", "a/b", "b'x'", ["2026-01-31"], "1j"],
        ),
        ('{"a": [1, NaN, "\\ud800"]}', {"a": [1, None, "�"]}),
        ([2**70, 0.5, True], [2**70, 0.5, True]),
        ([shared(0), shared(1)], [ANN, {"parent": ANN, "friend": ANN}]),
        (None, None),
    ],
)
def test_values_are_made_plain(value: object, plain: object) -> None:
    json = gr.JSON()
    stored = json.postprocess(json.received(value), None)
    assert stored == plain
    assert json.preprocess(stored, None) == plain


def test_whole_numbers_that_a_browser_would_round_are_sent_as_text() -> None:
    json = gr.JSON()
    stored = json.postprocess({"id": [2**53 + 1, 2**53, True]}, None)
    assert json.wire(stored) == {"id": [str(2**53 + 1), 2**53, True]}
    assert json.preprocess(stored, None) == {"id": [2**53 + 1, 2**53, True]}


def nested(depth: int) -> list[Any]:
    return [nested(depth - 1)] if depth else []


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("hello", "takes text only if it is JSON, but 'hello' is not: Expecting value: line 1"),
        ("[" * 100_000, "more than 64 lists or dicts"),
        ("9" * 5_000, "is not: Exceeds the limit"),
        (nested(80), "cannot show .*more than 64 lists or dicts"),
        (np.zeros((3_000, 3_000)), "too large for the page"),
        (Huge(), "10000000 values are too many"),
        (shared(60), "too large for the page"),
        (shared(80), "cannot show this Person: more than 64 lists or dicts"),
        (circle(), "cannot show this Person: more than 64 lists or dicts"),
    ],
)
def test_what_is_no_data_is_refused(value: object, message: str) -> None:
    with pytest.raises(InvalidValue, match=rf"JSON 'JSON'.*{message}"):
        gr.JSON().postprocess(value, None)


def test_a_handler_may_change_what_it_gets() -> None:
    seen: list[Any] = []

    def add(data: dict[str, Any]) -> dict[str, Any]:
        data["list"].append(len(data["list"]))
        seen.append(data)
        return data

    with gr.Blocks() as demo:
        json = gr.JSON({"list": []}, label="Data")
        json.change(lambda: seen.append("changed"), None, None)
        gr.Button("Add").click(add, json, json)
    with TestPage(demo) as page:
        page.click("Add")
        page.click("Add")
        page.wait_for(lambda: seen.count("changed") == 2)
        assert page.value("Data") == {"list": [0, 1]}
        page.set("Data", {"list": ["mine"]})  # it only shows
        page.click("Add")
        assert page.value("Data") == {"list": [0, 1, 2]}


def test_properties() -> None:
    with gr.Blocks():
        props = gr.JSON(open=True, show_indices=True, height=200, max_height="50vh", buttons=[]).props()
        with pytest.warns(UserWarning, match="min_height='tall' is not a CSS size; None is taken"):
            gr.JSON(min_height="tall")
    assert [props[name] for name in ("open", "show_indices", "height", "max_height", "min_height", "buttons")] == [
        True, True, 200, "50vh", None, [],
    ]  # fmt: skip
