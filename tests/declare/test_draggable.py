import pytest

import millstream as gr


def test_its_children_follow_each_other_as_said() -> None:
    with gr.Blocks() as demo:
        with gr.Draggable(orientation="row") as row:
            gr.Textbox(label="One")
        column = gr.Draggable()
    assert (row.props()["orientation"], column.props()["orientation"]) == ("row", "column")
    assert [child.name for child in row.children] == ["Textbox 'One'"]
    assert demo.freeze()


def test_an_unknown_direction_is_a_column() -> None:
    with gr.Blocks(), pytest.warns(UserWarning, match="orientation='diagonal' is not one of"):
        assert gr.Draggable(orientation="diagonal").props()["orientation"] == "column"  # type: ignore[arg-type]
