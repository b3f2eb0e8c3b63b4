"""Templates of HTML and validators, as a visitor meets them: what only a browser's parser and security policy show."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import OpenPage

import millstream as gr

pytestmark = pytest.mark.browser

EVIL = "<img src=data:, onerror=\"document.title='owned'\"><svg onload=\"document.title='owned'\"></svg>"
EVIL += "<b class='ms-error mine'>kept</b>"
EVIL += "<style>i { letter-spacing: 7px }</style><form action='logout'><button>Win</button></form>"


def app() -> gr.Blocks:
    with gr.Blocks(title="Templates") as demo:
        stars = gr.HTML(
            2,
            html_template="${[1, 2, 3].map(n => `<button class='${n <= value ? 'on' : ''}'>${n}</button>`).join('')}",
            css_template="button { color: ${color}; } .on { font-weight: 900; }",
            js_on_load="""
                element.querySelectorAll("button").forEach((button, at) => button.addEventListener("click", () => {
                    props.value = at + 1;
                    trigger("rated", {from: button.textContent});
                }));
            """,
            color="rgb(1, 2, 3)",
        )
        with gr.HTML(
            html_template="<h2>{{title}}</h2>@children<i title='${value}'>${value}</i>", title="<Form>"
        ) as form:
            text = gr.Textbox(label="Text")
        said = gr.Textbox(label="Said")

        @stars.rated(inputs=stars, outputs=[said, stars])
        def rated(value: int, event: gr.EventData) -> object:
            return f"{value} from {getattr(event, 'from')}", gr.HTML(color="rgb(4, 5, 6)")

        go = gr.Button("Go")
        go.click(lambda text: text, text, form, validator=lambda text: gr.validate(text != "no", "Say something else."))
    return demo


def test_templates_live_under_the_security_policy(launch: Callable[..., str], open_page: OpenPage) -> None:
    # The policy reports what the cleaner parses, in a document of its own where nothing runs.
    open_page.expected += ["Executing inline event handler", "Applying inline style"]  # type: ignore[attr-defined]
    page = open_page(launch(app()))
    button = page.get_by_role("button", name="3")
    expect(button).to_have_css("color", "rgb(1, 2, 3)")
    button.click()
    expect(button).to_have_css("font-weight", "900")
    expect(page.get_by_label("Said")).to_have_value("3 from 3")
    expect(button).to_have_css("color", "rgb(4, 5, 6)")
    expect(page.get_by_role("heading", name="<Form>")).to_be_visible()

    field = page.locator("ms-htmltemplate").get_by_label("Text")  # inside of the template
    field.fill("no")
    page.get_by_role("button", name="Go").click()
    expect(page.locator("ms-textbox").first.get_by_text("Say something else.")).to_be_visible()
    field.fill(EVIL)
    page.get_by_role("button", name="Go").click()
    expect(page.locator("ms-htmltemplate b")).to_have_text("kept")
    expect(page.get_by_text("Say something else.")).to_be_hidden()
    expect(page.locator("ms-htmltemplate b")).to_have_attribute("class", "mine")
    shown = page.locator("ms-htmltemplate i")
    assert shown.get_attribute("title") == EVIL
    assert "on" not in shown.evaluate("i => [...i.querySelectorAll('*')].flatMap(e => e.getAttributeNames()).join()")
    assert shown.locator("form").count() == 0
    expect(shown).not_to_have_css("letter-spacing", "7px")
    assert page.title() == "Templates"


def count(path: str, words: list[str]) -> dict[str, int]:
    text = Path(path).read_text()
    return {word: text.count(word) for word in words}


def refuse() -> None:
    raise gr.Error("Not today.")


def calling_app() -> gr.Blocks:
    with gr.Blocks(fill_height=True) as demo:
        gr.HTML(
            html_template="<input type='file' aria-label='File'><button>Refuse</button><output></output>",
            js_on_load="""
                const [file, button, shown] = element.children;
                file.addEventListener("change", async () => {
                    const sent = await upload(file.files[0]);
                    const link = await fetch(sent.url);
                    shown.value = JSON.stringify([await server.count(sent.path, ["a", "b"]), await link.text()]);
                });
                button.addEventListener("click", () => server.refuse().catch((error) => shown.value = error.message));
            """,
            server_functions=[count, refuse],
        )
        gr.Textbox(label="Notes", lines=2, scale=1)
    return demo


def test_a_script_calls_functions_of_the_app_and_sends_files(
    launch: Callable[..., str], open_page: OpenPage, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("aab")
    page = open_page(launch(calling_app()))
    page.get_by_label("File").set_input_files(tmp_path / "a.txt")
    expect(page.locator("output")).to_have_text('[{"a":2,"b":1},"aab"]')
    page.get_by_role("button", name="Refuse").click()
    expect(page.locator("output")).to_have_text("Not today.")
    expect(page.locator(".ms-toast")).to_contain_text("Not today.")
    box = page.get_by_label("Notes").bounding_box()
    window = page.viewport_size
    assert box
    assert window
    assert 0 < window["height"] - box["y"] - box["height"] < 140  # the footer and the space around
    assert box["height"] > window["height"] / 3
