import pytest

import millstream as gr


@pytest.mark.parametrize(("given", "width"), [(250, "250px"), (250.0, "250px"), ("30%", "30%"), ("18.5rem", "18.5rem")])
def test_a_width_is_a_number_of_pixels_or_a_length_of_css(given: object, width: str) -> None:
    with gr.Blocks():
        assert gr.Sidebar(width=given).props()["width"] == width


@pytest.mark.parametrize("width", ["wide", "10px;color:red", "calc(1px)", ""])
def test_no_other_text_reaches_the_style(width: str) -> None:
    with gr.Blocks(), pytest.raises(gr.DeclarationError, match="is not a length such as 320 or '30%'"):
        gr.Sidebar(width=width)


def test_the_page_gets_its_side_and_name() -> None:
    with gr.Blocks():
        props = gr.Sidebar("Options", position="right", open=False).props()
    assert {"label": "Options", "position": "right", "open": False}.items() <= props.items()


def test_an_unknown_side_is_left() -> None:
    with gr.Blocks(), pytest.warns(UserWarning, match="position='top' is not one of"):
        assert gr.Sidebar(position="top").props()["position"] == "left"
