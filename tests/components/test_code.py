import pytest

import millstream as gr
from millstream.errors import InvalidValue


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("\n\ndef f():\n    pass\n\n", "def f():\n    pass"),
        ("\n    indented\n", "    indented"),
        ("a", "a"),
        (" \n ", ""),
        (None, ""),
        (5, "5"),
        ("a\ud800", "a�"),
    ],
)
def test_blank_lines_at_both_ends_are_left_out(value: object, text: str) -> None:
    assert gr.Code().postprocess(value, None) == text


def test_what_the_user_types_stays_as_it_is() -> None:
    assert gr.Code().validate("\n  a\n", None) == "\n  a\n"
    for wrong in (None, 5, ["a"]):
        with pytest.raises(InvalidValue, match="Code 'Code' takes text"):
            gr.Code().validate(wrong, None)


def test_properties() -> None:
    with gr.Blocks():
        code = gr.Code(
            "x", "sql-pgSQL", lines=3, max_lines=9, wrap_lines=True, show_line_numbers=False, buttons=["copy"]
        )
        with pytest.warns(UserWarning, match="language='klingon' is not one of"):
            assert gr.Code(language="klingon").language is None
        with pytest.warns(UserWarning, match="max_lines=2 is less than lines=5"):
            assert gr.Code(max_lines=2).max_lines == 5
    names = ("language", "lines", "max_lines", "wrap_lines", "line_numbers", "buttons")
    assert [code.props()[name] for name in names] == ["sql-pgSQL", 3, 9, True, False, ["copy"]]
    assert code.patch(["show_line_numbers"]) == {"line_numbers": False}
    assert "python" in gr.Code.languages


def test_words_that_complete_the_one_that_is_typed() -> None:
    with gr.Blocks():
        plain, offering = gr.Code(), gr.Code(autocomplete=True)
    assert "addons" not in plain.props()
    assert offering.props()["addons"] == ["codewords"]
    asked = {"autocomplete": True}
    assert plain.updated(asked).patch(asked)["addons"] == ["codewords"]
