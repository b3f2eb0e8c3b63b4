import pytest

import millstream as gr
from millstream.testing import TestPage


def kinds(node: dict) -> object:
    children = node.get("children")
    return node["type"] if not children else {node["type"]: [kinds(child) for child in children]}


def test_tabs_and_steps_that_stand_alone_get_what_they_have_to_be_in() -> None:
    with gr.Blocks() as demo:
        for kind in (gr.Tab, gr.Tab, gr.Step, gr.Step):
            with kind("One"):
                gr.Textbox()
    tab, step = {"tab": ["textbox"]}, {"step": ["textbox"]}
    assert kinds(demo.freeze().page()["root"]) == {"blocks": [{"tabs": [tab, tab]}, {"walkthrough": [step, step]}]}


@pytest.mark.parametrize(
    ("layout", "inside", "remedy"),
    [
        (gr.Tabs, gr.Textbox, "Tabs holds Textbox 'Textbox': put it into a `with gr.Tab"),
        (gr.Walkthrough, gr.Row, "Walkthrough holds Row: put it into a `with gr.Step"),
        (gr.Tabs, gr.Step, "Tabs holds Step 'Step': put it into a `with gr.Tab"),
    ],
)
def test_nothing_else_may_be_in_them(layout, inside, remedy: str) -> None:
    with gr.Blocks(), pytest.raises(gr.DeclarationError, match=remedy), layout():
        inside()


def test_tabs_that_do_not_fit_scroll_or_wrap() -> None:
    with gr.Blocks():
        assert "overflow_behavior" not in gr.Tabs().props()
        assert gr.Tabs(overflow_behavior="wrap").props()["overflow_behavior"] == "wrap"
        with pytest.warns(UserWarning, match="Tabs: overflow_behavior='hide' is not one of 'menu', 'wrap'"):
            assert gr.Tabs(overflow_behavior="hide").props()["overflow_behavior"] == "menu"
        with pytest.warns(UserWarning, match="Walkthrough ignores overflow_behavior"):
            gr.Walkthrough(overflow_behavior="wrap")


def test_a_tab_at_the_right() -> None:
    with gr.Blocks():
        assert "alignment" not in gr.Tab().props()
        assert gr.Tab(alignment="right", render_children=True).props()["alignment"] == "right"
        with pytest.warns(UserWarning, match="Tab 'Tab': alignment='centre' is not one of 'left', 'right'"):
            assert gr.Tab(alignment="centre").props()["alignment"] == "left"
        with pytest.warns(UserWarning, match="Step 'Step' ignores alignment"):
            gr.Step(alignment="right")


def test_what_the_page_does_not_show_may_be_anywhere() -> None:
    with gr.Blocks(), gr.Tabs():
        gr.State(1)
        with gr.Tab("A"):
            gr.Textbox()


def test_gradios_positional_arguments() -> None:
    with gr.Blocks():
        assert gr.Tab("A", False, False).props() | {"label": "A", "visible": False, "interactive": False} == (
            gr.Tab("A", visible=False, interactive=False).props()
        )
        assert gr.Step("B", id=3).props()["id"] == 3


def test_a_handler_turns_to_a_tab_and_hears_which_one_is_open() -> None:
    with gr.Blocks() as demo:
        with gr.Tabs() as tabs:
            for name in "ab":
                gr.Tab(name, id=name)
        go = gr.Button("Go")
        seen = gr.Textbox(label="Seen")
        go.click(lambda: gr.Tabs(selected="b"), None, tabs)

        def note(data: gr.SelectData) -> str:
            return f"{data.index} {data.value} {data.selected}"

        tabs.select(note, None, seen)
    with TestPage(demo) as page:
        page.click("Go")
        page.wait_for(lambda: page.page.props[tabs.id]["selected"] == "b")
        page.run(page.page.fire(tabs.id, "select", {"index": 1, "value": "b", "selected": True}))
        page.wait_for(lambda: page.page.values[seen.id] == "1 b True")


def test_a_step_that_is_disabled_cannot_be_fired() -> None:
    with gr.Blocks() as demo:
        with gr.Walkthrough():
            step = gr.Step("A", interactive=False)
        step.select(lambda: None)
    with TestPage(demo) as page:
        page.run(page.page.fire(step.id, "select"))
        with pytest.raises(gr.MillstreamError, match="is disabled"):
            page.wait_for(lambda: False)
