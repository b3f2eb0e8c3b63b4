import pytest

import millstream as gr
from millstream.errors import DeclarationError, InvalidValue


@pytest.mark.parametrize(
    ("given", "color"),
    [
        ("#F80", "#ff8800"),
        (" #FF880080 ", "#ff880080"),
        ("#f808", "#ff880088"),
        ("rgb(1,2, 3)", "rgb(1, 2, 3)"),
        ("RGBA(1.4, 2, 3, 50%)", "rgba(1, 2, 3, 0.5)"),
        ("red", "#ff0000"),
        ("hsl(120, 100%, 50%)", "#00ff00"),
        ("", None),
        (None, None),
    ],
)
def test_colours_are_read_and_keep_their_notation(given: object, color: object) -> None:
    picker = gr.ColorPicker()
    assert picker.postprocess(given, None) == color
    assert picker.preprocess(color, None) == color


WRONG = ["rgb(300, 1, 1)", "url(evil)", "#12345", 5, "rgba(1, 1, 1, 2)", "red;x", "rgb(" + " " * 10_000, ["#fff"]]


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_no_colour_is_refused(wrong: object) -> None:
    for check in (lambda: gr.ColorPicker().postprocess(wrong, None), lambda: gr.ColorPicker().validate(wrong, None)):
        with pytest.raises(InvalidValue, match="ColorPicker 'ColorPicker' takes a colour such as '#ff8800'"):
            check()


def test_a_page_sends_no_names() -> None:
    assert gr.ColorPicker().validate("#F80", None) == "#ff8800"
    with pytest.raises(InvalidValue):
        gr.ColorPicker().validate("red", None)


def test_a_wrong_initial_colour_is_found_while_the_app_is_declared() -> None:
    with pytest.raises(DeclarationError, match=r"ColorPicker 'Colour' .*\(the initial value\)"), gr.Blocks():
        gr.ColorPicker("#12", label="Colour")
