import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import millstream as gr
from millstream.declare.arguments import describe, is_number
from millstream.errors import DeclarationError, InvalidValue
from millstream.types import Blob, WebLink


def test_the_label_is_the_class_unless_one_is_given() -> None:
    assert gr.Image().label == "Image"
    assert gr.Image(label="Camera").label == "Camera"
    assert gr.Button().label is None
    assert gr.HTML().label is None


def test_common_properties_of_every_component() -> None:
    with gr.Blocks():
        box = gr.Textbox(label="Name", info="Your name", scale=2, elem_id="name", elem_classes="wide")
    props = box.props()
    expected = {
        "label": "Name",
        "info": "Your name",
        "show_label": True,
        "container": True,
        "scale": 2,
        "min_width": 160,
        "visible": True,
        "interactive": True,
        "elem_id": "name",
        "elem_classes": ["wide"],
    }
    assert expected.items() <= props.items()
    assert "value" not in props


def test_a_wrong_initial_value_is_a_mistake_of_the_declaration() -> None:
    with gr.Blocks(), pytest.raises(DeclarationError, match=r"Number 'Number' takes a finite number or None.*initial"):
        gr.Number("five")


def test_a_function_gives_a_new_initial_value_each_time() -> None:
    counter = iter(range(10))
    with gr.Blocks():
        number = gr.Number(lambda: next(counter))
    assert (number.initial(), number.initial()) == (0, 1)
    assert number.inline() is None
    assert not number.is_empty


def test_a_function_whose_result_does_not_fit_is_an_error() -> None:
    with gr.Blocks():
        number = gr.Number(lambda: "five")
    with pytest.raises(InvalidValue, match="Number"):
        number.initial()


def test_sessions_do_not_share_a_list() -> None:
    with gr.Blocks():
        group = gr.CheckboxGroup(["a", "b"], value=["a"])
    first = group.initial()
    first.append("b")
    assert group.initial() == ["a"]


def test_what_the_manifest_can_hold_of_the_initial_value() -> None:
    with gr.Blocks():
        assert gr.Textbox("hello").inline() == "hello"
        assert gr.Image("https://example.com/a.png").inline() == {"url": "https://example.com/a.png"}
        picture = gr.Image(np.zeros((4, 4, 3), np.uint8))
    assert picture.inline() is None
    assert isinstance(picture.initial(), Blob)


def test_links_go_to_the_page_as_they_are() -> None:
    assert gr.Image().wire(WebLink("https://example.com/a.png")) == {"url": "https://example.com/a.png"}
    assert gr.Image().wire(None) is None


def test_a_mark_shows_a_list_changed_in_place() -> None:
    group = gr.CheckboxGroup(["a", "b"])
    value = ["a"]
    before = group.mark(value)
    value.append("b")
    assert group.mark(value) != before


def test_handlers_cannot_change_the_sessions_list() -> None:
    group = gr.CheckboxGroup(["a", "b"])
    stored = ["a"]
    group.preprocess(stored, None).append("b")
    assert stored == ["a"]


def test_an_update_keeps_what_the_tree_told() -> None:
    with gr.Blocks() as demo:
        camera, out = gr.Image(sources="webcam"), gr.Image()
        camera.stream(lambda x: x, camera, out)
    demo.freeze()
    assert camera.updated({"label": "A"}).props()["streaming"] is True
    assert out.updated({"label": "A"}).props()["interactive"] is False
    assert out.updated({"interactive": True}).props()["interactive"] is True


def test_an_update_of_the_choices_does_not_look_at_the_declared_value() -> None:
    with gr.Blocks():
        dropdown = gr.Dropdown(["a", "b"], value="a")
    assert dropdown.updated({"choices": ["x", "y"]}).accept("x") == "x"


def test_a_component_that_is_shown_only_cannot_be_set() -> None:
    for component in (gr.Label(), gr.HTML(), gr.Markdown(), gr.Button()):
        with pytest.raises(InvalidValue, match="cannot be edited"):
            component.validate("x", None)


@pytest.mark.parametrize("value", [True, False, "5", None, math.nan, math.inf, -math.inf, [], 10**400])
def test_what_is_not_a_number(value: object) -> None:
    assert not is_number(value)


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**300), 10**300))
def test_what_is_a_number(value: float) -> None:
    assert is_number(value)


def test_descriptions_are_short_and_name_arrays_by_shape() -> None:
    assert describe(np.zeros((2, 3), np.float32)) == "an array of shape (2, 3) and type float32"
    assert describe(None) == "None"
    assert describe("x" * 1000).startswith("str 'xxxx")
    assert len(describe("x" * 1000)) < 50
    assert len(describe({"a": list(range(1000))})) < 120


@pytest.mark.parametrize("argument", ["minimum", "maximum", "step"])
@pytest.mark.parametrize("value", [math.nan, "one", True])
def test_arguments_that_are_numbers_are_finite(argument: str, value: object) -> None:
    with gr.Blocks(), pytest.raises(DeclarationError, match=f"{argument}="):
        gr.Number(**{argument: value})


def test_an_option_adds_an_element_to_that_of_its_component() -> None:
    with gr.Blocks():
        plain, refused = gr.CheckboxGroup(["a"]), gr.CheckboxGroup(["a"], show_select_all=False)
        asked = gr.CheckboxGroup(["a"], show_select_all=True)
    assert "addons" not in plain.props()
    assert (refused.props()["addons"], asked.props()["addons"]) == ([], ["selectall"])
    for component, expected in ((plain, ["selectall"]), (asked, [])):
        changes = {"show_select_all": component is plain}
        assert component.updated(changes).patch(changes) == {"addons": expected}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: gr.CheckboxGroup(["a"], show_select_all="x"),
            "CheckboxGroup: show_select_all='x' is not True or False",
        ),
        (lambda: gr.File(allow_reordering="x"), "File: allow_reordering='x' is not True or False"),
        (lambda: gr.Markdown(header_links="x"), "Markdown: header_links='x' is not True or False"),
    ],
)
def test_such_an_option_is_true_or_false(make: Callable[[], object], message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        make()
