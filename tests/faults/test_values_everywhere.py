"""Every component with every kind of value that Python code has: it is shown, or one error says why; the page lives."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import fractions
import json
import logging
import pathlib
import uuid
import warnings
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

import millstream as gr
from millstream.errors import DeclarationError
from millstream.runtime.settings import Settings
from millstream.testing import TestPage
from millstream.wire.plain import encodable


class Colour(enum.Enum):
    RED = "red"
    NESTED = (1, np.int8(2))


class Level(enum.IntEnum):
    LOW = 1


class Name(str):
    """As libraries of text have them."""


class Ratio(float):
    """As libraries of units have them."""


class Count(int):
    """As libraries of units have them."""


class Series:
    """What a pandas Series is to whoever does not know pandas."""

    def __init__(self, *values: Any) -> None:
        self._values = values
        self.shape = (len(values),)
        self.dtype = np.dtype(object)

    def tolist(self) -> list[Any]:
        return list(self._values)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __eq__(self, other: object) -> Any:
        raise ValueError("The truth value of a Series is ambiguous")

    __hash__ = None  # type: ignore[assignment]


class Frame(Series):
    """A Series that has a name for each of its columns."""

    def __bool__(self) -> bool:
        raise ValueError("The truth value of a DataFrame is ambiguous")


class Broken:
    """What cannot say what it is."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(f"{name} is broken")


class Speechless:
    """What has no text of its own."""

    def __repr__(self) -> str:
        raise RuntimeError("speechless")


class Unlistable(Series):
    """As a table of another process is when that has ended."""

    def tolist(self) -> list[Any]:
        raise RuntimeError("it cannot be listed")

    def __iter__(self) -> Iterator[Any]:
        raise RuntimeError("it cannot be gone through")


class Unkeyed(dict[str, int]):
    """As a dict of another process is when that has ended."""

    def items(self) -> Any:
        raise RuntimeError("it cannot be gone through")


def list_in_itself() -> list[Any]:
    itself: list[Any] = [1]
    itself.append(itself)
    return itself


def dict_in_itself() -> dict[str, Any]:
    itself: dict[str, Any] = {"a": 0.5}
    itself["b"] = itself
    return itself


SCALARS: dict[str, Any] = {
    **{f"np.{kind.__name__}": kind(1) for kind in (np.int8, np.uint8, np.int64, np.uint64, np.float16, np.float32)},
    **{f"np.{kind.__name__}": kind(0.5) for kind in (np.float64, np.longdouble)},
    "np.bool": np.bool_(True),
    "np.str": np.array(["cat", "dog"])[1],
    "np.bytes": np.bytes_(b"a"),
    "np.datetime64": np.datetime64("2026-01-01"),
    "np.void": np.void(b"a"),
    "np.complex": np.complex64(1j),
    "0-d": np.array(3),
    "enum": Colour.RED,
    "nested enum": Colour.NESTED,
    "int enum": Level.LOW,
    "str": Name("name"),
    "float": Ratio(0.5),
    "int": Count(1),
    "decimal": decimal.Decimal("0.5"),
    "fraction": fractions.Fraction(1, 2),
    "path": pathlib.Path("no/such/file"),
    "date": dt.date(2026, 1, 1),
    "time": dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    "uuid": uuid.UUID(int=1),
    "surrogate": "half \ud83d of a pair",
    "late surrogate": "\udc00",
    "nul": "\0",
    "nan": float("nan"),
    "np.nan": np.float32("nan"),
    "inf": float("inf"),
    "huge": 2**100,
    "huge negative": -(2**64),
    "beyond floats": 10**400,
    "beyond digits": 10**5000,
    "signalling": decimal.Decimal("sNaN"),
    "no number": decimal.Decimal("NaN"),
    "fraction beyond floats": fractions.Fraction(10**400),
    "broken": Broken(),
    "speechless": Speechless(),
    "bytes": b"\xff",
    "bytearray": bytearray(b"a"),
    "memoryview": memoryview(b"a"),
    "object": object(),
    "class": int,
    "ellipsis": ...,
    "exception": ValueError("\udc00"),
}
CONTAINERS: dict[str, Any] = {
    "array": np.unique([2001, 2002]),
    "array of text": np.array(["a", "b"]),
    "array of objects": np.array(["a", np.int8(1), None], dtype=object),
    "empty array": np.array([]),
    "matrix": np.eye(2),
    "series": Series("a", np.str_("b")),
    "frame": Frame(np.str_("a"), np.int64(1)),
    "range": range(3),
    "keys": {"a": 1, np.str_("b"): 2}.keys(),
    "values": {"a": np.int64(1)}.values(),
    "set": {"a"},
    "frozen set": frozenset({np.str_("a")}),
    "deque": deque(["a", np.str_("b")]),
    "tuple": (np.str_("a"), "b"),
    "dict": {np.str_("a"): np.float32(0.5), "b": 0.5},
    "ordered": OrderedDict(a=np.float64(1)),
    "dict of surrogates": {"\ud800": 0.5},
    "dict of numbers": {1: 0.5, np.int8(2): 0.5},
    "nested": [[["\ud800", np.int64(1)]], {"a": [Level.LOW]}],
    "pairs": [("A", np.int64(1)), ("B", np.str_("b"))],
    "message": {"role": "assistant", "content": np.str_("\ud800")},
    "messages": [{"role": np.str_("user"), "content": Name("a")}],
    "files": [pathlib.Path("no/such/file")],
    "unlistable": Unlistable(1),
    "unkeyed": Unkeyed(a=1),
    "list in itself": list_in_itself(),
    "dict in itself": dict_in_itself(),
    "dict of bytes": {b"a": 0.5},
    "dict of tuples": {(1, 2): 0.5},
    "masked": np.ma.array([1, 2], mask=[False, True]),
    "records": np.zeros(2, dtype=[("a", "i4"), ("b", "f4")]),
    "views of views": memoryview(np.zeros((2, 2, 3), np.uint8)),
}
VALUES = {**SCALARS, **CONTAINERS}

COMPONENTS: dict[str, Callable[..., Any]] = {
    "Textbox": gr.Textbox,
    "Number": gr.Number,
    "Slider": lambda **more: gr.Slider(**{"minimum": 0, "maximum": 10, **more}),
    "Checkbox": gr.Checkbox,
    "CheckboxGroup": lambda **more: gr.CheckboxGroup(**{"choices": ["a", "b", 1], **more}),
    "Radio": lambda **more: gr.Radio(**{"choices": ["a", "b", 1], **more}),
    "Dropdown": lambda **more: gr.Dropdown(**{"choices": ["a", "b", 1], **more}),
    "Multiselect": lambda **more: gr.Dropdown(**{"choices": ["a", "b", 1], "multiselect": True, **more}),
    "Custom": lambda **more: gr.Dropdown(**{"choices": [], "allow_custom_value": True, **more}),
    "Label": gr.Label,
    "HTML": gr.HTML,
    "Markdown": gr.Markdown,
    "Button": lambda **more: gr.Button(**{"value": "B", **more}),
    "File": gr.File,
    "Image": gr.Image,
    "Audio": gr.Audio,
    "Video": gr.Video,
    "Chatbot": gr.Chatbot,
    "MultimodalTextbox": gr.MultimodalTextbox,
    "Timer": lambda **more: gr.Timer(**{"value": 100, "active": False, **more}),
}

SHOWN = {"Multiselect": "Dropdown", "Custom": "Dropdown"}
"""How messages call them."""

EVERYWHERE = ("label", "visible", "elem_classes")
COMMON = ("info", "show_label", "container", "scale", "min_width", "interactive", "elem_id")
"""Arguments of all components; what one does with them, all do."""
OWN: dict[str, tuple[str, ...]] = {
    "Textbox": (
        *COMMON,
        "lines",
        "max_lines",
        "placeholder",
        "max_length",
        "type",
        "text_align",
        "submit_btn",
        "buttons",
    ),
    "Number": ("minimum", "maximum", "step", "precision", "placeholder"),
    "Slider": ("minimum", "maximum", "step", "precision"),
    "CheckboxGroup": ("choices",),
    "Radio": ("choices",),
    "Dropdown": ("choices", "multiselect", "max_choices", "allow_custom_value", "filterable"),
    "Label": ("num_top_classes", "color"),
    "Button": ("variant", "size", "link"),
    "File": ("file_types", "file_count", "height"),
    "Image": ("height", "width", "sources", "type", "format"),
    "Audio": ("sources", "type", "format", "max_length"),
    "Video": ("sources", "height", "width"),
    "Chatbot": ("height", "placeholder", "buttons"),
    "MultimodalTextbox": ("placeholder", "lines", "sources", "file_types"),
}
CASES = [
    *((name, "value") for name in COMPONENTS),
    *((name, argument) for name in COMPONENTS for argument in (*EVERYWHERE, *OWN.get(name, ()))),
]


class Bench:
    """An app with one component to try values on, and a State that must not be lost."""

    def __init__(self, name: str) -> None:
        self.returned: Any = None
        with gr.Blocks() as self.demo:
            part = COMPONENTS[name](elem_id="part")
            kept, shown = gr.State(0), gr.Number(label="Kept")
            gr.Button("Return").click(lambda: self.returned, None, part)
            gr.Button("Count").click(lambda count: (count + 1, count + 1), kept, [kept, shown])


@contextmanager
def quiet() -> Iterator[None]:
    """Take harmless warnings for what they are, and the log for read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        logging.disable(logging.ERROR)
        try:
            yield
        finally:
            logging.disable(logging.NOTSET)


@pytest.mark.parametrize(("name", "argument"), CASES, ids=lambda each: each)
def test_a_handler_may_return_anything(name: str, argument: str) -> None:
    bench = Bench(name)
    with quiet(), TestPage(bench.demo, settings=Settings(show_error=True)) as page:
        for count, (kind, value) in enumerate(VALUES.items(), 1):
            bench.returned = value if argument == "value" else gr.update(**{argument: value})
            shown = len(page.toasts)
            page.click("Return")
            errors = page.toasts[shown:]
            assert len(errors) <= 1, (kind, errors)
            assert all(0 < len(error.message) < 1000 for error in errors), kind
            assert all(SHOWN.get(name, name) in error.message for error in errors), (kind, errors)
            page.click("Count")
            assert page.value("Kept") == count, f"the State is lost after {kind}"


@pytest.mark.parametrize(("name", "argument"), CASES, ids=lambda each: each)
def test_anything_may_be_declared(name: str, argument: str) -> None:
    """It becomes part of the page, or is refused by an error that names the component and the argument."""
    for kind, value in VALUES.items():
        error = ""
        with quiet(), gr.Blocks() as demo:
            try:
                COMPONENTS[name](**{argument: value})
            except DeclarationError as raised:
                error = str(raised)
        if error:
            assert SHOWN.get(name, name) in error, kind
            assert "initial value" in error or argument.removesuffix("es") in error, (kind, error)
        else:
            page = demo.freeze().page()
            json.dumps(page, allow_nan=False, ensure_ascii=False).encode()
            assert encodable(page) == page
