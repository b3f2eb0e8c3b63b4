"""Buttons of the app's own in the toolbar of a component."""

import pytest

import millstream as gr
from millstream.errors import DeclarationError
from millstream.server.look import first_elements
from millstream.testing import TestPage

FIELDS = [
    *(gr.Textbox, gr.Number, gr.Checkbox, gr.CheckboxGroup, gr.Radio, gr.Dropdown, gr.DateTime, gr.Markdown, gr.HTML),
    *(gr.Label, gr.File, gr.FileExplorer, gr.HighlightedText, gr.Model3D, gr.Image, gr.Audio, gr.Video, gr.Gallery),
    *(gr.AnnotatedImage, gr.Code, gr.JSON, gr.Plot, gr.LinePlot, gr.ImageSlider, gr.ImageEditor, gr.Slider),
    *(gr.Chatbot, gr.Dataframe),
]  # fmt: skip


@pytest.mark.parametrize("kind", FIELDS)
@pytest.mark.filterwarnings("error")
def test_each_component_with_a_toolbar_takes_them(kind: type) -> None:
    with gr.Blocks() as demo:
        button = gr.Button("Refresh")
        field = kind(buttons=[button])
    props = field.props()
    assert props["own_buttons"] == [button.id]
    assert "toolbar" in props["addons"]
    assert button not in props.get("buttons", [])
    assert {"toolbar", field.tag} <= set(first_elements(demo.freeze()))


def test_they_stand_beside_the_buttons_that_a_component_has_anyway() -> None:
    with gr.Blocks():
        field = gr.Textbox(buttons=["copy", gr.Button("Refresh")])
    assert field.props()["buttons"] == ["copy"]
    assert "addons" not in gr.Textbox(buttons=["copy"]).props()
    assert "own_buttons" not in gr.Textbox(buttons=["copy"]).props()


def test_one_that_has_no_place_yet_gets_one() -> None:
    field = gr.Textbox(label="Name", buttons=[gr.Button("Refresh", render=False)])
    with gr.Blocks() as demo:
        row = gr.Row()
        with row:
            field.render()
    assert [child.name for child in row.children] == ["Button 'Refresh'", "Textbox 'Name'"]
    assert field.props()["own_buttons"] == [demo.freeze().page()["root"]["children"][0]["children"][0]["id"]]


def test_what_is_no_button_is_refused() -> None:
    with gr.Blocks(), pytest.raises(DeclarationError, match=r"Textbox 'Textbox': buttons= takes gr.Button, but got"):
        gr.Textbox(buttons=[gr.Number()])
    with gr.Blocks(), pytest.warns(UserWarning, match="Checkbox 'Checkbox' ignores buttons"):
        gr.Checkbox(buttons=["copy"])


@pytest.mark.blocking  # in a TestPage the handler runs on the loop
def test_a_press_calls_its_handler_and_an_update_leaves_it_where_it_is() -> None:
    with gr.Blocks() as demo:
        button = gr.Button("Refresh")
        field = gr.Textbox("old", label="Text", buttons=["copy", button])
        button.click(lambda: gr.Textbox("new", buttons=[]), None, field)
    with TestPage(demo) as page:
        page.click("Refresh")
        assert page.value("Text") == "new"
        assert page.page.props[field.id]["own_buttons"] == [button.id]
        assert page.page.props[field.id]["buttons"] == []
