"""The language of the browser: the page's own words, before and after a click, on a phone, and an app's own texts."""

from typing import Any

import pytest
from playwright.sync_api import expect

import millstream as gr

pytestmark = pytest.mark.browser

WIDTH = 390


def app() -> gr.Blocks:
    with gr.Blocks() as demo:
        camera = gr.Image(sources=["webcam"], streaming=True, label="Camera")
        result = gr.Image(label="Result")
        camera.stream(lambda frame: frame, camera, result)
        gr.File(label="File", file_count="multiple")
        gr.ImageEditor(label="Drawing")
    return demo


@pytest.mark.parametrize(
    ("locale", "language", "record", "stop", "occasion"),
    [
        ("de-DE", "de", "Aufnehmen", "Stopp", "Das Bild erscheint hier, wenn Sie „Aufnehmen“ drücken."),
        ("ja-JP", "ja", "収録", "停止", "「収録」を押すと、ここに画像が表示されます。"),
        ("sv-SE", "en", "Record", "Stop", "The image appears here when you press Record."),
    ],
)
def test_a_page_speaks_the_language_of_its_browser(
    launch: Any, open_page: Any, locale: str, language: str, record: str, stop: str, occasion: str
) -> None:
    page = open_page(launch(app()), locale=locale, viewport={"width": WIDTH, "height": 844})
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.get_by_text(occasion)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH

    page.get_by_role("button", name=record).first.click()
    expect(page.get_by_role("button", name=stop, exact=True).first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH


def test_own_texts_and_the_errors_of_the_server_are_in_the_language_of_the_browser(launch: Any, open_page: Any) -> None:
    i18n = gr.I18n(
        en={"title": "Greeter", "name": "Name", "loud": "Loud", "go": "Greet", "hello": "Hello, {name}! **{voice}**"},
        de={"title": "Grüßer", "name": "Dein Name", "loud": "Laut", "go": "Grüßen", "hello": "**{voice}**: {name}"},
    )

    def greet(name: str, voice: str) -> str:
        if not name:
            raise ValueError
        return i18n("hello").format(name=name, voice=voice)

    with gr.Blocks(title=i18n("title")) as demo:
        name, voice = gr.Textbox(label=i18n("name")), gr.Radio([i18n("loud"), "calm"], label="Voice")
        gr.Button(i18n("go")).click(greet, [name, voice], gr.Markdown(elem_id="said"))
    url = launch(demo, i18n=i18n, show_error=False)
    page = open_page(url, locale="de-AT")
    expect(page).to_have_title("Grüßer")
    page.get_by_role("button", name="Grüßen").click()
    expect(page.get_by_text("In der App ist ein Fehler aufgetreten. (").first).to_be_visible()
    page.get_by_label("Dein Name").fill("<i>Ada</i>")
    page.get_by_label("Laut").check()
    page.get_by_role("button", name="Grüßen").click()
    expect(page.locator("#said strong")).to_have_text("loud")
    expect(page.locator("#said")).to_contain_text("loud: Ada")

    page.goto(f"{url}?__lang=en")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("Loud").check()
    page.get_by_role("button", name="Greet").click()
    expect(page.locator("#said")).to_have_text("Hello, Ada! loud")
