import pytest

import millstream as gr
from millstream.testing import TestPage


def test_it_is_a_value_that_page_and_handlers_set() -> None:
    with gr.Blocks() as demo:
        kept = gr.BrowserState({"count": 1}, storage_key="visits", secret="s")
        said = gr.Textbox(label="Said")
        kept.change(str, kept, said)

        @gr.Button("More").click(inputs=kept, outputs=kept)
        def more(value: dict[str, int]) -> dict[str, int]:
            value["count"] += 1  # its own copy
            return value

    assert kept.props()["key"] == "millstream:visits"
    with TestPage(demo) as page:
        page.set(kept.id, {"count": 7})
        page.click("More")
        page.wait_for(lambda: page.page.values[said.id] == "{'count': 8}")
        assert page.value(kept.id) == {"count": 8}


def test_what_a_browser_keeps_is_bounded_and_plain() -> None:
    with gr.Blocks():
        kept = gr.BrowserState()
        with pytest.raises(gr.DeclarationError, match="at most 256 KiB"):
            gr.BrowserState("x" * 300_000)
        with pytest.raises(gr.DeclarationError, match="what JSON has"):
            gr.BrowserState([object()])
        with pytest.raises(gr.DeclarationError, match="storage_key"):
            gr.BrowserState(storage_key="")
    with pytest.raises(gr.InvalidValue, match="at most 256 KiB"):
        kept.validate(["x"] * 300_000, None)
    assert kept.validate([float("nan"), None], None) == [None, None]


def test_a_handler_of_load_gets_what_the_browser_keeps() -> None:
    with gr.Blocks() as demo:
        kept, other = gr.BrowserState([1], storage_key="a'b"), gr.Textbox()
        demo.load(lambda first, second: None, [other, kept])
        demo.load(lambda first: None, kept, js="(v) => [v]")
        demo.load(lambda: None)
        gr.Button().click(lambda value: None, kept)
    first, second, third, click = demo.freeze().bindings
    assert first.js is not None
    assert '[[1, "millstream:a\'b"]]' in first.js
    assert second.js is not None
    assert second.js.startswith("async(...values)=>((v) => [v])(...(")
    assert (third.js, click.js) == (None, None)


def test_python_is_not_translated() -> None:
    with gr.Blocks() as demo, pytest.warns(UserWarning, match="js=True translates no Python here"):
        gr.Button().click(lambda: None, js=True)
    assert demo.freeze().bindings[0].js is None
