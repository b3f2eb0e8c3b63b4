import datetime as dt
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest

import millstream as gr
from millstream.errors import InvalidValue


def made(kind: type, *arguments: object, **keywords: object):
    with gr.Blocks():
        return kind(*arguments, **keywords)


@pytest.mark.parametrize("kind", [gr.Dropdown, gr.Radio, gr.CheckboxGroup])
def test_labels_and_values(kind: type) -> None:
    component = made(kind, ["a", ("Two", 2), 3.5])
    assert component.props()["choices"] == [["a", "a"], ["Two", 2], ["3.5", 3.5]]
    assert component.values == ["a", 2, 3.5]


def test_numbers_of_the_page_become_those_that_were_declared() -> None:
    radio = made(gr.Radio, [1, 2.0])
    assert (radio.validate(1.0, None), radio.validate(2, None)) == (1, 2.0)
    assert type(radio.validate(1.0, None)) is int
    assert type(radio.validate(2, None)) is float
    assert radio.postprocess(np.int64(1), None) == 1
    for other in (True, "1"):
        with pytest.raises(InvalidValue, match="has no choice"):
            radio.validate(other, None)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (dt.date(2026, 1, 2), "2026-01-02"),
        (Path("a/b"), "a/b"),
        (UUID(int=5), str(UUID(int=5))),
        (2**60 + 1, "1152921504606846977"),  # which the page would round to the number before
        (np.int64(2**60 + 1), "1152921504606846977"),
    ],
)
def test_what_the_page_cannot_send_back_is_its_text_as_a_choice_and_as_a_value(given: object, text: str) -> None:
    radio = made(gr.Radio, [2**60, given], value=given)
    assert (radio.values, radio.initial()) == ([str(2**60), text], text)
    assert radio.postprocess(given, None) == text
    assert radio.validate(text, None) == text
    assert made(gr.Dropdown, [], allow_custom_value=True).postprocess(given, None) == text


def test_indices_instead_of_values() -> None:
    assert made(gr.Radio, ["a", "b"], type="index").preprocess("b", None) == 1
    assert made(gr.Radio, ["a", "b"], type="index").preprocess(None, None) is None
    assert made(gr.CheckboxGroup, ["a", "b"], type="index").preprocess(["b", "a"], None) == [1, 0]
    assert made(gr.Dropdown, ["a"], allow_custom_value=True, type="index").preprocess("x", None) is None


def test_what_is_chosen_at_first() -> None:
    assert made(gr.Dropdown, ["a", "b"]).initial() == "a"
    assert made(gr.Dropdown, ["a", "b"], value=None).initial() is None
    assert made(gr.Dropdown, ["a", "b"], value="b").initial() == "b"
    assert made(gr.Dropdown, ["a", "b"], multiselect=True).initial() == []
    assert made(gr.Dropdown, ["a", "b"], multiselect=True, value="b").initial() == ["b"]
    assert made(gr.Dropdown).initial() is None
    assert made(gr.Radio, ["a", "b"]).initial() is None
    assert made(gr.CheckboxGroup, ["a", "b"], value=["b"]).initial() == ["b"]


def test_several() -> None:
    group = made(gr.CheckboxGroup, ["a", "b"])
    assert group.postprocess(None, None) == []
    assert group.postprocess("a", None) == ["a"]
    assert group.postprocess(("a", "b"), None) == ["a", "b"]
    with pytest.raises(InvalidValue, match="each choice once"):
        group.validate(["a", "a"], None)
    with pytest.raises(InvalidValue, match="a list of choices"):
        group.validate("a", None)
    some = made(gr.Dropdown, ["a", "b", "c"], multiselect=True, max_choices=2)
    with pytest.raises(InvalidValue, match="at most 2 choices"):
        some.validate(["a", "b", "c"], None)
    with pytest.raises(InvalidValue, match="at most 2 choices"):
        some.postprocess(["a", "b", "c"], None)


def test_values_of_the_users_own() -> None:
    dropdown = made(gr.Dropdown, ["a"], allow_custom_value=True)
    assert dropdown.validate("mine", None) == "mine"
    with pytest.raises(InvalidValue):
        dropdown.validate("x" * 10_001, None)
    several = made(gr.Dropdown, ["a"], allow_custom_value=True, multiselect=True)
    assert several.validate(["b", "c", "d"], None) == ["b", "c", "d"]
    assert dropdown.filterable


def test_an_error_names_the_choices_and_the_remedy() -> None:
    with pytest.raises(InvalidValue, match=r"Radio 'Size' has no choice str 'c': it has .*'a', 'b'.*update\(choices="):
        made(gr.Radio, ["a", "b"], label="Size").postprocess("c", None)


def test_a_dropdown_as_an_update_says_nothing_of_its_value() -> None:
    assert gr.Dropdown(choices=["x", "y"]).given == {"choices": ["x", "y"]}


def test_properties_of_a_dropdown() -> None:
    props = made(gr.Dropdown, ["a"], multiselect=True, max_choices=1, filterable=False).props()
    assert {
        "multiselect": True,
        "max_choices": 1,
        "filterable": False,
        "allow_custom_value": False,
    }.items() <= props.items()


def test_how_many_choices_the_open_list_shows() -> None:
    assert "num_choices_shown" not in made(gr.Dropdown, ["a"]).props()
    assert made(gr.Dropdown, ["a"], num_choices_shown=4).props()["num_choices_shown"] == 4
    with pytest.warns(UserWarning, match="num_choices_shown=0 is less than 1; None is taken"):
        assert made(gr.Dropdown, ["a"], num_choices_shown=0).props()["num_choices_shown"] is None


def test_choices_from_right_to_left() -> None:
    assert "rtl" not in made(gr.Radio, ["a"]).props()
    assert made(gr.Radio, ["a"], rtl=True).props()["rtl"] is True


def test_max_choices_needs_multiselect() -> None:
    with pytest.warns(UserWarning, match="without multiselect ignores max_choices"):
        made(gr.Dropdown, ["a"], max_choices=1)


def test_a_radio_takes_one() -> None:
    assert made(gr.Radio, ["a"], value=["a"]).initial() == "a"
    assert made(gr.Radio, ["a"], value=[]).initial() is None
    with pytest.warns(UserWarning, match="nothing is chosen instead"):
        assert made(gr.Radio, ["a", "b"], value=["a", "b"]).initial() is None
