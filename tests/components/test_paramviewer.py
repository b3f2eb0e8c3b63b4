import pytest

import millstream as gr
from millstream.testing import TestPage

KNOWN = {
    "value": {"type": "str | None", "description": "The **initial** text", "default": "None"},
    "on_<x>": {"type": "Event", "description": "<script>alert(1)</script>"},
}


def shown(**options: object) -> str:
    with gr.Blocks() as demo:
        gr.ParamViewer(KNOWN, label="P", **options)  # type: ignore[arg-type]
    with TestPage(demo) as page:
        return str(page.value("P"))


def test_a_row_for_each_parameter() -> None:
    table = shown()
    assert table.startswith("<h3>Parameters</h3><table>")
    assert "<td><code>value</code></td><td><code>str | None</code></td>" in table
    assert "<strong>initial</strong>" in table
    assert "on_&lt;x&gt;" in table
    assert "<script" not in table


def test_addresses_and_links() -> None:
    table = shown(anchor_links="my", linkify=["Event"], header=None)
    assert '<tr id="param-my-value">' in table
    assert '<a href="#param-my-Event">Event</a>' in table
    assert "<h3>" not in table


def test_handlers_get_and_return_the_dict() -> None:
    seen: list[object] = []

    def swap(known: object) -> object:
        seen.append(known)
        return {"other": {"type": "int"}}

    with gr.Blocks() as demo:
        viewer = gr.ParamViewer(KNOWN, label="P")
        gr.Button("Go").click(swap, viewer, viewer)
    with TestPage(demo) as page:
        page.click("Go")
        assert seen == [KNOWN]
        assert "<code>other</code>" in str(page.value("P"))


def test_what_is_no_dict_of_dicts() -> None:
    with pytest.raises(gr.DeclarationError, match="a dict of"), gr.Blocks():
        gr.ParamViewer({"value": "str"})  # type: ignore[dict-item]
