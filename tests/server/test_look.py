import pytest

import millstream as gr
from millstream.server.look import page_look
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
