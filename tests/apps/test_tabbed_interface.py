import pytest

import millstream as gr
from millstream.testing import TestPage


def test_each_app_has_a_tab_and_works_in_it() -> None:
    hello = gr.Interface(lambda name: f"Hello {name}", gr.Textbox(label="To"), gr.Textbox(label="Said"))
    with gr.Blocks() as bye:
        gr.Button("Bye")
    demo = gr.TabbedInterface([hello, bye], ["Hello", "Bye"], title="Both")
    tree = demo.freeze().page()["root"]
    assert [node["type"] for node in tree["children"]] == ["markdown", "tabs"]
    assert [tab["props"]["label"] for tab in tree["children"][1]["children"]] == ["Hello", "Bye"]
    with TestPage(demo) as page:
        page.set("To", "Ann")
        page.click("Submit")
        assert page.value("Said") == "Hello Ann"


def test_tabs_have_numbers_without_names() -> None:
    demo = gr.TabbedInterface([gr.Blocks(), gr.Blocks()])
    assert [tab.label for tab in demo.children[0].children] == ["Tab 0", "Tab 1"]


def test_arguments_of_the_tabs_reach_them() -> None:
    demo = gr.TabbedInterface([gr.Blocks(), gr.Blocks()], tabs_kwargs={"selected": 1})
    assert demo.children[0].props()["selected"] == 1


@pytest.mark.parametrize(
    ("apps", "names", "words"),
    [
        ([gr.Blocks()], ["a", "b"], "1 apps, but 2 tab_names"),
        (["text"], None, "'text' is not an Interface"),
    ],
)
def test_what_does_not_fit_is_said(apps: list, names: list[str] | None, words: str) -> None:
    with pytest.raises(gr.DeclarationError, match=words):
        gr.TabbedInterface(apps, names)
