from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import millstream as gr
from millstream.errors import InvalidValue


def textbox(**arguments: object) -> gr.Textbox:
    with gr.Blocks():
        return gr.Textbox(**arguments)


def test_properties() -> None:
    props = textbox(
        type="email", placeholder="you@example.com", max_length=9, submit_btn=True, stop_btn="Halt", buttons=["copy"]
    ).props()
    assert {
        "kind": "email",
        "lines": 1,
        "max_lines": 1,
        "placeholder": "you@example.com",
        "max_length": 9,
        "submit_button": True,
        "stop_button": "Halt",
        "buttons": ["copy"],
        "autofocus": False,
        "autoscroll": True,
        "text_align": None,
        "rtl": False,
    }.items() <= props.items()


def test_length_is_limited_for_the_user_only() -> None:
    box = textbox(max_length=3)
    with pytest.raises(InvalidValue, match="at most 3 characters"):
        box.validate("abcd", None)
    assert box.validate("a\0\u202e", None) == "a\0\u202e"
    assert box.postprocess("abcd", None) == "abcd"
    assert textbox().validate("x" * 100_000, None)


@pytest.mark.filterwarnings("ignore:.*max_length=0")
@pytest.mark.parametrize("kind", [gr.Textbox, gr.MultimodalTextbox])
def test_where_nothing_may_be_entered_only_nothing_is_taken(kind: Any) -> None:
    with gr.Blocks():
        box = kind(max_length=0)
    empty, full = ("", "a") if kind is gr.Textbox else ({"text": "", "files": []}, {"text": "a", "files": []})
    assert box.validate(empty, None) == empty
    with pytest.raises(InvalidValue, match="at most 0 characters"):
        box.validate(full, None)


def test_lines() -> None:
    assert (textbox().lines, textbox().max_lines) == (1, 20)
    assert textbox(lines=30).max_lines == 30
    assert textbox(max_lines=5).max_lines == 5
    with gr.Blocks():
        assert (gr.TextArea().lines, gr.TextArea(lines=2, placeholder="a").lines) == (7, 2)
    assert gr.Text is gr.Textbox


def test_copying() -> None:
    assert textbox(show_copy_button=True).buttons == ["copy"]
    assert textbox().buttons == []


@pytest.mark.parametrize(("value", "text"), [(None, ""), (5, "5"), ("a", "a"), ({"path": "/x"}, "{'path': '/x'}")])
def test_whatever_is_returned_is_text(value: object, text: str) -> None:
    assert textbox().postprocess(value, None) == text


@given(st.text())
def test_every_text_can_be_sent(text: str) -> None:
    half = text + "\ud800"
    stored = textbox().postprocess(half, None)
    stored.encode()
    assert stored == text + "\ufffd"


@pytest.mark.parametrize("kind", [gr.Textbox, gr.MultimodalTextbox])
def test_attributes_of_the_field_are_those_that_are_known(kind: type) -> None:
    with gr.Blocks():
        given = gr.InputHTMLAttributes(autocapitalize="off", spellcheck=False, tabindex=2)
        assert kind(html_attributes=given).props()["html_attributes"] == {
            "autocapitalize": "off", "spellcheck": "false", "tabindex": "2",
        }  # fmt: skip
        assert kind(html_attributes={"lang": "fr"}).props()["html_attributes"] == {"lang": "fr"}
        assert "html_attributes" not in kind().props()
        with pytest.raises(TypeError, match="onfocus"):
            kind(html_attributes={"onfocus": "alert(1)"})
