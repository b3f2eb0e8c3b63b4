"""The links between pages: which there are, where they stand, and what a handler changes."""

from __future__ import annotations

import pytest

import millstream as gr
from millstream.testing import TestPage


def shop(**main: object) -> tuple[gr.Blocks, gr.Navbar]:
    with gr.Blocks() as demo, gr.Row():
        gr.Markdown("# Welcome")
        navbar = gr.Navbar(**main)  # type: ignore[arg-type]
        gr.Button("Hide").click(lambda: gr.Navbar(visible=False, main_page_name="Start"), None, navbar)
        gr.Button("Links").click(lambda now: [*(now or []), ("Docs", "https://example.com")], navbar, navbar)
    with demo.route("Cart"):
        gr.Markdown("# Cart")
    with demo.route("Secret", show_in_navbar=False):
        pass
    return demo, navbar


def test_every_page_has_one_in_front_with_the_pages_that_are_listed() -> None:
    demo, navbar = shop(main_page_name="Shop", value=[("Help", "cart?topic=help")])
    pages = {path: page.page() for path, page in demo.freeze().pages.items()}
    for path, page in pages.items():
        front = page["root"]["children"][0]
        props = page["components"][str(front["id"])]["props"]
        assert (front["type"], props["pages"], props["path"]) == ("navbar", [["Cart", "cart"]], path)
        assert (props["main"], props["value"]) == ("Shop", [["Help", "cart?topic=help"]])
    assert pages[""]["root"]["children"][0]["id"] == navbar.id


def test_a_handler_hides_it_names_the_main_page_and_adds_links() -> None:
    demo, navbar = shop(value=[("Help", "cart")])
    with TestPage(demo) as page:
        page.click("Links")
        page.wait_for(lambda: page.page.values[navbar.id] == [["Help", "cart"], ["Docs", "https://example.com"]])
        page.click("Hide")
        page.wait_for(lambda: page.page.props[navbar.id]["visible"] is False)
        assert page.page.props[navbar.id]["main"] == "Start"
        assert page.page.props[navbar.id]["pages"] == [["Cart", "cart"]]


@pytest.mark.parametrize(
    "value", ["cart", [("Cart",)], [("Cart", 3)], [("", "cart")], [("Bad", "javascript:alert(1)")], [("Bad", "//evil")]]
)
def test_links_that_lead_nowhere_good_are_refused(value: object) -> None:
    with pytest.raises(gr.DeclarationError, match="Navbar"), gr.Blocks():
        gr.Navbar(value)  # type: ignore[arg-type]


def test_a_page_has_one_at_most_and_the_main_page_a_name() -> None:
    with gr.Blocks() as demo:
        gr.Navbar()
        gr.Navbar()
    with pytest.raises(gr.DeclarationError, match="the main page has 2 Navbars"):
        demo.freeze()
    with pytest.raises(gr.DeclarationError, match="main_page_name='' is no name"), gr.Blocks():
        gr.Navbar(main_page_name="")
    with gr.Blocks() as single:
        gr.Navbar(main_page_name=False)
    assert single.freeze().page()["components"]["1"]["props"]["main"] is None


def test_an_app_of_one_page_has_none() -> None:
    with gr.Blocks() as demo:
        gr.Markdown("Alone")
    assert len(demo.freeze().components) == 1
