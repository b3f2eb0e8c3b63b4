"""The page's own words in the language of the browser: before and after a click, on a phone, and from its worker."""

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
