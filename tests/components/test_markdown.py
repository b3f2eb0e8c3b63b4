import pytest

import millstream as gr


def markdown(*arguments: object, **keywords: object) -> gr.Markdown:
    with gr.Blocks():
        return gr.Markdown(*arguments, **keywords)


def test_it_is_rendered_on_the_server() -> None:
    component = markdown()
    assert component.wire("# A\n\n*b*") == "<h1>A</h1>\n<p><em>b</em></p>\n"
    assert component.wire("~~a~~") == "<p><s>a</s></p>\n"
    assert "<table>" in component.wire("|a|\n|-|\n|b|")
    assert component.wire("`x`") == "<p><code>x</code></p>\n"
    assert 'class="language-python"' in component.wire("```python\nx\n```")


def test_code_has_colours_and_a_button_that_copies_it() -> None:
    shown = markdown("```python\nreturn 1\n```").inline()
    assert 'class="ms-copy-code"' in shown
    assert 'class="language-python"' in shown
    assert 'href="https://example.org"' in markdown("See https://example.org.").inline()


def test_indentation_of_the_program_is_not_a_code_block() -> None:
    assert markdown().accept("\n    # A\n    b\n") == "# A\nb"


def test_declared_html_stays_and_later_html_is_sanitised() -> None:
    own = '<div onclick="f()">a</div>'
    component = markdown(own)
    assert component.inline().strip() == own
    assert component.wire(own + "\n") != own
    assert "onclick" not in component.wire("later " + own)
    assert "href" not in component.wire("[x](javascript:alert(1))")
    assert "onclick" in markdown(sanitize=False).wire(own)
    assert "onclick" in markdown(sanitize_html=False).wire(own)


def test_line_breaks() -> None:
    assert "<br" in markdown(line_breaks=True).wire("a\nb")
    assert "<br" not in markdown().wire("a\nb")


def test_handlers_get_the_text() -> None:
    component = markdown()
    assert component.preprocess(component.postprocess("# A", None), None) == "# A"
    assert component.postprocess(None, None) == ""


def test_properties() -> None:
    props = markdown(rtl=True, height=100, max_height="50%").props()
    assert (props["rtl"], props["height"], props["max_height"]) == (True, 100, "50%")
    assert "min_height" not in props
    with pytest.warns(UserWarning, match="Markdown: min_height='tall' is not a CSS size; None is taken"):
        assert markdown(min_height="tall").props()["min_height"] is None
    assert markdown(min_height="3em").props()["min_height"] == "3em"


@pytest.mark.parametrize("asked", [{"buttons": ["copy"]}, {"show_copy_button": True}])
def test_a_button_that_copies_the_text(asked: dict) -> None:
    assert markdown(**asked).props()["addons"] == ["copytext"]
    assert markdown(buttons=[]).props()["addons"] == []
    assert "addons" not in markdown().props()
    with gr.Blocks():
        text = gr.Markdown("a")
    assert text.updated(asked).patch(asked)["addons"] == ["copytext"]


def test_space_around_it() -> None:
    assert "padding" not in markdown().props()
    assert markdown(padding=True).props()["padding"] is True
