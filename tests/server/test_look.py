import pytest

import millstream as gr
from millstream.server.look import CODE_BLOCKS, first_elements, later_elements, page_look
from millstream.server.options import ServerOptions


@pytest.mark.parametrize(
    ("given", "has", "lacks"),
    [
        ({"fill_width": True}, "max-width: none", "--ms-scale"),
        ({"fill_height": True}, "flex: var(--ms-scale)", "max-width: none"),
    ],
)
def test_an_app_that_fills_the_window_has_a_style_sheet_for_it_before_its_own(
    given: dict[str, bool], has: str, lacks: str
) -> None:
    look = page_look(gr.Blocks(css="p {}", **given).look, ServerOptions())
    assert has in look.css
    assert lacks not in look.css
    assert look.css.endswith("p {}")
    assert page_look(gr.Blocks(css="p {}").look, ServerOptions(css="b {}")).css == "b {}"
    assert page_look(gr.Interface(len, "text", "number", **given).look, ServerOptions()).css == look.css[: -len("p {}")]


@pytest.mark.parametrize(
    ("text", "is_first"), [("```python\nx = 1\n```", True), ("- [x] done", True), ("Plain text.", False)]
)
def test_the_look_of_code_comes_with_the_page_where_there_is_some_and_may_come_later(text: str, is_first: bool) -> None:
    with gr.Blocks() as demo:
        gr.Markdown(text)
    manifest = demo.freeze()
    assert (CODE_BLOCKS in first_elements(manifest)) is is_first
    assert CODE_BLOCKS in (later_elements(manifest) or ())


def test_an_app_without_formatted_text_never_asks_for_the_look_of_code() -> None:
    with gr.Blocks() as demo:
        gr.Textbox("```x```")
    manifest = demo.freeze()
    assert CODE_BLOCKS not in {*first_elements(manifest), *(later_elements(manifest) or ())}
