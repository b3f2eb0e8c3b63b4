from pathlib import Path

import pytest

import millstream as gr
from millstream.components.values.links import is_page_address
from millstream.errors import DeclarationError


def button(*arguments: object, **keywords: object) -> gr.Button:
    with gr.Blocks():
        return gr.Button(*arguments, **keywords)


def test_its_value_is_its_text() -> None:
    assert button("Go").inline() == "Go"
    assert button().inline() == "Run"
    assert button().postprocess(5, None) == "5"
    assert button("Go").name == "Button 'Go'"


def test_properties() -> None:
    props = button("Go", variant="primary", size="sm", link="/help").props()
    assert {
        "variant": "primary",
        "size": "sm",
        "link": "/help",
        "icon": None,
        "interactive": True,
    }.items() <= props.items()


def test_where_a_link_opens() -> None:
    assert "link_target" not in button(link="/help").props()
    assert button(link="/help", link_target="_self").props()["link_target"] == "_self"
    with pytest.warns(UserWarning, match="Button 'Run': link_target='here' is not one of '_blank', '_self'"):
        assert button(link="/help", link_target="here").props()["link_target"] == "_blank"


def test_it_can_be_pressed_unless_it_says_otherwise() -> None:
    with gr.Blocks() as demo:
        output, off = gr.Button("A"), gr.Button("B", interactive=False)
        output.click(lambda: "B", None, [output])
    demo.freeze()
    assert output.props()["interactive"] is True
    assert off.props()["interactive"] is False


def test_icons(tmp_path: Path) -> None:
    icon = tmp_path / "a.png"
    icon.write_bytes(b"\x89PNG")
    assert button(icon=icon).props()["icon"] == {"url": "data:image/png;base64,iVBORw=="}
    assert button(icon="https://example.com/a.png").props()["icon"] == {"url": "https://example.com/a.png"}
    with pytest.raises(DeclarationError, match="is not a file"):
        button(icon="none.png").props()


@pytest.mark.parametrize("link", ["/help", "help", "?a=1", "#top", "https://example.com", "mailto:a@example.com", "C"])
def test_where_links_may_lead(link: str) -> None:
    assert is_page_address(link)


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        " javascript:x",
        "data:text/html,x",
        "//evil.example",
        "\\\\evil",
        "java\tscript:x",
        "file:///x",
    ],
)
def test_where_they_may_not(link: str) -> None:
    assert not is_page_address(link)
