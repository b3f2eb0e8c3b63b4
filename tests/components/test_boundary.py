"""What the page sends is checked completely, and strings from handlers are text unless a component is for files."""

import math
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import millstream as gr
from millstream.declare.component import Component
from millstream.errors import DeclarationError, InvalidValue
from millstream.types import Blob, WebLink

COMPONENTS = {
    "image": gr.Image,
    "audio": gr.Audio,
    "textbox": lambda: gr.Textbox(max_length=50),
    "number": lambda: gr.Number(minimum=-10, maximum=10),
    "slider": lambda: gr.Slider(0, 1, step=0.05),
    "dropdown": lambda: gr.Dropdown(["a", "b", 3]),
    "several": lambda: gr.Dropdown(["a", "b", 3], multiselect=True, max_choices=2),
    "custom": lambda: gr.Dropdown(["a"], allow_custom_value=True),
    "radio": lambda: gr.Radio(["a", ("B", "b")]),
    "checkbox": gr.Checkbox,
    "checkboxgroup": lambda: gr.CheckboxGroup(["a", "b", "c"]),
    "button": gr.Button,
    "markdown": gr.Markdown,
    "html": gr.HTML,
    "label": gr.Label,
    "state": gr.State,
}

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=60)
    | st.binary(max_size=20)
    | st.sampled_from(["a", "b", 3, 3.0, 0.05, 0.5, 10, -10]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)


def is_finite(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def is_of(*choices: object):
    return lambda value: (
        not isinstance(value, bool)
        and any(
            isinstance(value, str) == isinstance(choice, str) and value == choice
            for choice in choices
            if not isinstance(value, list | dict)
        )
    )


def is_list_of(*choices: object, at_most: int = 9):
    fits = is_of(*choices)
    return lambda value: (
        isinstance(value, list) and all(map(fits, value)) and len(value) <= at_most and len(set(value)) == len(value)
    )


def is_on_step(value: object) -> bool:
    return is_finite(value) and -1e-6 < value < 1 + 1e-6 and abs(value * 20 - round(value * 20)) < 1e-6


SCHEMAS = {
    "image": lambda value: value is None,
    "audio": lambda value: value is None,
    "textbox": lambda value: isinstance(value, str) and len(value) <= 50,
    "number": lambda value: value is None or (is_finite(value) and -10 <= value <= 10),
    "slider": is_on_step,
    "dropdown": lambda value: value is None or is_of("a", "b", 3)(value),
    "several": is_list_of("a", "b", 3, at_most=2),
    "custom": lambda value: value is None or isinstance(value, str) or is_finite(value),
    "radio": lambda value: value is None or is_of("a", "b")(value),
    "checkbox": lambda value: isinstance(value, bool),
    "checkboxgroup": is_list_of("a", "b", "c"),
    "button": lambda value: False,
    "markdown": lambda value: False,
    "html": lambda value: False,
    "label": lambda value: False,
    "state": lambda value: False,
}
"""What each component lets through, said in another way than it says it itself."""


FITTING = {
    "textbox": st.text(max_size=50),
    "number": st.none() | st.floats(-10, 10) | st.integers(-10, 10),
    "slider": st.integers(0, 20).map(lambda step: step * 0.05),
    "dropdown": st.sampled_from([None, "a", "b", 3]),
    "several": st.lists(st.sampled_from(["a", "b", 3]), max_size=2, unique=True),
    "custom": st.none() | st.text() | st.integers(-5, 5),
    "radio": st.sampled_from([None, "a", "b"]),
    "checkbox": st.booleans(),
    "checkboxgroup": st.lists(st.sampled_from("abc"), unique=True),
}
"""What users enter."""


@cache
def made(kind: str) -> Component:
    with gr.Blocks():
        return COMPONENTS[kind]()


class NoFiles:
    def find(self, handle: str) -> Blob:
        raise InvalidValue("no such file")


@pytest.mark.parametrize("kind", COMPONENTS)
@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(wire=values)
def test_exactly_what_fits_is_let_through(kind: str, wire: object) -> None:
    component = made(kind)
    if SCHEMAS[kind](wire):
        component.validate(wire, NoFiles())
        return
    with pytest.raises(InvalidValue) as caught:
        component.validate(wire, NoFiles())
    if kind not in ("image", "audio"):
        assert component.name in str(caught.value)


@pytest.mark.parametrize("kind", FITTING)
@settings(max_examples=50)
@given(data=st.data())
def test_what_a_user_enters_goes_through_the_handler_and_back_unchanged(kind: str, data: st.DataObject) -> None:
    value = data.draw(FITTING[kind])
    component = made(kind)
    assert SCHEMAS[kind](value)
    stored = component.validate(value, NoFiles())
    assert component.postprocess(component.preprocess(stored, None), Refusing()) == stored
    assert component.wire(stored) == stored == pytest.approx(value) if is_finite(value) else stored == value


@pytest.mark.filterwarnings("ignore:Slider 'Slider' takes numbers from 0 to 1")  # said once, and the value is stored
@pytest.mark.parametrize("kind", [kind for kind in COMPONENTS if kind != "state"])
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(value=values)
def test_whatever_a_handler_returns_is_stored_or_refused_by_name(kind: str, value: object) -> None:
    component = made(kind)
    message = ""
    try:
        component.postprocess(value, Refusing())
    except InvalidValue as error:
        message = str(error)
    assert message == "" or component.name in message or message == "not allowed"


class Refusing(NoFiles):
    def temporary(self, suffix: str) -> Path:
        raise AssertionError("no file is needed")

    def admit(self, path: Path) -> Blob:
        raise InvalidValue("not allowed")


STRINGS = [
    "/etc/passwd",
    "../../secret",
    "file:///etc/passwd",
    "http://169.254.169.254/latest/meta-data",
    "javascript:alert(1)",
    "\\\\server\\share",
]
TEXTS = ["textbox", "button", "markdown", "html", "label", "custom"]


_seen: list[list[str]] = []
"""Where the hook below writes, while a test wants it to."""


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    for seen in _seen:
        if event in ("socket.connect", "socket.getaddrinfo"):
            seen.append(event)
        if event == "open" and "passwd" in str(arguments[0]):
            seen.append(str(arguments[0]))


@pytest.fixture(scope="module")
def _hook() -> None:
    sys.addaudithook(_watch)


@pytest.fixture
def no_reading(_hook: None) -> Iterator[list[str]]:
    """Note every file that is opened and every connection that is made."""
    _seen.append([])
    yield _seen[0]
    _seen.clear()


@pytest.mark.audit
@pytest.mark.parametrize("text", STRINGS)
@pytest.mark.parametrize("kind", TEXTS)
def test_strings_are_text(kind: str, text: str, no_reading: list[str]) -> None:
    component = made(kind)
    shown = component.wire(component.postprocess(text, Refusing()))
    if kind in ("textbox", "button", "custom"):
        assert shown == text
    assert no_reading == []


@pytest.mark.audit
@pytest.mark.parametrize("kind", [kind for kind in COMPONENTS if kind != "state"])
def test_a_dict_with_a_path_is_not_a_file(kind: str, no_reading: list[str]) -> None:
    component = made(kind)
    try:
        stored = component.postprocess({"path": "/etc/passwd"}, Refusing())
    except InvalidValue:
        stored = None
    assert not isinstance(stored, Blob | WebLink)
    assert no_reading == []


@pytest.mark.audit
@pytest.mark.parametrize("kind", ["image", "audio"])
def test_media_components_fetch_nothing(kind: str, no_reading: list[str]) -> None:
    component = made(kind)
    link = component.postprocess("http://169.254.169.254/x.png", Refusing())
    assert component.wire(link) == {"url": "http://169.254.169.254/x.png"}
    for text in (
        "file:///etc/passwd",
        "javascript:alert(1)",
        "ftp://x/y.png",
        "data:image/svg+xml,<svg/>",
        "data:text/html,x",
    ):
        with pytest.raises(InvalidValue, match="http"):
            component.postprocess(text, Refusing())
    assert no_reading == []


@pytest.mark.parametrize("kind", ["image", "audio"])
def test_a_handler_cannot_read_an_address(kind: str) -> None:
    with pytest.raises(InvalidValue, match="only the browser opens"):
        made(kind).preprocess(WebLink("https://example.com/a"), Refusing())


@pytest.mark.parametrize("kind", ["image", "audio"])
@pytest.mark.parametrize(
    "wire",
    [
        {"file": 5},
        {"file": "x", "path": "/etc/passwd"},
        {"path": "/etc/passwd"},
        {"url": "http://example.com"},
        {},
        "x",
    ],
)
def test_the_page_can_only_name_files_by_handle(kind: str, wire: object) -> None:
    with pytest.raises(InvalidValue, match="takes a file that was uploaded"):
        made(kind).validate(wire, NoFiles())


@pytest.mark.parametrize("kind", ["image", "audio"])
def test_a_file_of_the_session_has_to_be_of_the_right_kind(kind: str) -> None:
    class Files:
        def find(self, handle: str) -> Blob:
            return Blob("a.txt", handle, data=b"x")

    good = made(kind).validate({"file": f"{kind}/x", "name": "a", "type": "ignored", "size": 1}, Files())
    assert isinstance(good, Blob)
    with pytest.raises(InvalidValue, match=f"files of type {kind}"):
        made(kind).validate({"file": "text/plain"}, Files())


def test_a_state_is_never_set_by_the_page() -> None:
    with pytest.raises(InvalidValue, match="lives on the server"):
        made("state").validate("evil", NoFiles())


@pytest.mark.parametrize(
    "make",
    [
        lambda: gr.Slider(5, 1),
        lambda: gr.Number(minimum=2, maximum=1),
        lambda: gr.Dropdown([["a", {}]]),
        lambda: gr.Radio(["a"], type="label"),
        lambda: gr.Checkbox("yes"),
        lambda: gr.Textbox(type="phone"),
        lambda: gr.Label({"a": "b"}),
        lambda: gr.Button(link="javascript:alert(1)"),
        lambda: gr.Image(type="array"),
        lambda: gr.Image(image_mode="XYZ"),
        lambda: gr.Image(sources=["camera"]),
        lambda: gr.Image("/no/such/file.png"),
        lambda: gr.Image(np.full((2, 2), 300.0)),
        lambda: gr.Audio(type="pil"),
        lambda: gr.Audio(format="ogg"),
        lambda: gr.Audio(sample_rate=100),
        lambda: gr.Audio(channels=9),
        lambda: gr.Audio(min_length="short"),
        lambda: gr.State(x for x in "generators cannot be copied"),
        lambda: gr.State(time_to_live=0),
        lambda: gr.State(delete_callback=5),
    ],
)
def test_mistakes_are_found_when_the_app_is_declared(make) -> None:
    with gr.Blocks(), pytest.raises(DeclarationError):
        make()
