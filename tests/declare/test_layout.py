import pytest

import millstream as gr
from millstream.errors import InvalidValue


def kinds(tree: dict) -> object:
    children = tree.get("children")
    return tree["type"] if not children else {tree["type"]: [kinds(child) for child in children]}


def test_layouts_nest() -> None:
    with gr.Blocks() as demo:
        with gr.Row():
            with gr.Column():
                gr.Image()
            with gr.Group():
                gr.Textbox()
        with gr.Accordion("More", open=False):
            gr.Number()
    tree = demo.freeze().page()["root"]
    assert kinds(tree) == {
        "blocks": [{"row": [{"column": ["image"]}, {"group": ["textbox"]}]}, {"accordion": ["number"]}]
    }


def test_a_layout_may_be_filled_in_two_goes() -> None:
    with gr.Blocks() as demo:
        with gr.Row() as row:
            first = gr.Number()
        with row:
            second = gr.Number()
        with row, row:
            third = gr.Number()
        last = gr.Number()
    assert row.children == [first, second, third]
    assert demo.children == [row, last]


def test_an_error_inside_leaves_the_layout() -> None:
    with gr.Blocks() as demo:
        with pytest.raises(RuntimeError), gr.Row():
            raise RuntimeError
        after = gr.Number()
    assert after.parent is demo


def test_layouts_outside_of_an_app_are_numbered_when_they_join() -> None:
    with gr.Row(render=False) as row:
        box = gr.Textbox()
    with gr.Blocks() as demo:
        row.render()
    assert (row.id, box.id) == (1, 2)
    assert demo.freeze().elements[2] is box


@pytest.mark.parametrize(
    ("layout", "props"),
    [
        (lambda: gr.Row(equal_height=True), {"equal_height": True, "variant": "default", "height": None}),
        (lambda: gr.Row(scale=2, height=200, max_height="50vh"), {"scale": 2, "height": 200, "max_height": "50vh"}),
        (
            lambda: gr.Column(scale=2, min_width=100, variant="panel"),
            {"scale": 2, "min_width": 100, "variant": "panel"},
        ),
        (lambda: gr.Tabs(selected="b"), {"selected": "b"}),
        (lambda: gr.Tab("First", id="a"), {"label": "First", "id": "a", "interactive": True}),
        (lambda: gr.Accordion("Details", open=False), {"label": "Details", "open": False}),
        (gr.Accordion, {"label": "More", "open": True}),
        (lambda: gr.Accordion(height=200, max_height="50vh"), {"height": 200, "max_height": "50vh"}),
        (lambda: gr.Tab("First", height="9em"), {"height": "9em"}),
        (lambda: gr.Step("First", max_height=300), {"max_height": 300}),
        (lambda: gr.Row(show_progress=True), {"show_progress": True}),
        (lambda: gr.Column(show_progress=True), {"show_progress": True}),
    ],
)
def test_properties(layout, props: dict) -> None:
    with gr.Blocks():
        assert props.items() <= layout().props().items()


@pytest.mark.parametrize("layout", [gr.Row, gr.Column])
def test_variants(layout) -> None:
    with gr.Blocks(), pytest.warns(UserWarning, match="variant='wide' is not one of .*; 'default' is taken"):
        assert layout(variant="wide").props()["variant"] == "default"


@pytest.mark.parametrize("layout", [gr.Row, gr.Accordion, gr.Tab, gr.Step])
def test_a_height_that_css_does_not_have_is_left_out(layout) -> None:
    with gr.Blocks(), pytest.warns(UserWarning, match="height='1px;color:red' is not a CSS size; None is taken"):
        assert layout(height="1px;color:red").props()["height"] is None


def test_tabs_are_put_around_tabs_that_stand_alone() -> None:
    with gr.Blocks() as demo:
        gr.Markdown("above")
        with gr.Tab("A"):
            gr.Textbox()
        with gr.Tab("B"), gr.Column(), gr.Tab("C"):
            gr.Number()
        gr.Markdown("between")
        with gr.Tab("D"):
            pass
    tree = demo.freeze().page()["root"]
    assert kinds(tree) == {
        "blocks": [
            "markdown",
            {"tabs": [{"tab": ["textbox"]}, {"tab": [{"column": [{"tabs": [{"tab": ["number"]}]}]}]}]},
            "markdown",
            {"tabs": ["tab"]},
        ]
    }
    assert gr.TabItem is gr.Tab


def test_freezing_twice_gives_the_same() -> None:
    with gr.Blocks() as demo, gr.Tab("A"):
        gr.Textbox()
    assert demo.freeze().page() == demo.freeze().page()


def test_layouts_have_events() -> None:
    with gr.Blocks() as demo:
        with gr.Tabs() as tabs, gr.Tab("A") as tab:
            pass
        accordion = gr.Accordion()
        for trigger in (tabs.change, tab.select, accordion.expand, accordion.collapse):
            trigger(lambda: None)
    events = [binding.targets[0][1] for binding in demo.freeze().bindings]
    assert events == ["change", "select", "expand", "collapse"]


def test_a_layout_has_no_value() -> None:
    row = gr.Row()
    assert row.postprocess(None, None) is None
    with pytest.raises(InvalidValue, match=r"Row has no value; return Row\(visible=…\)"):
        row.postprocess("text", None)
