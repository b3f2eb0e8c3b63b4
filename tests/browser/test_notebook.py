"""An app below a cell of JupyterLab: with the camera, in the notebook's scheme, replaced when the cell runs again."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import Browsers, OpenPage
from tests.browser.jupyter_lab import jupyter_lab, run_the_cell

from millstream.server.notebook.frame import frame

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

CELL = """\
import millstream as gr
with gr.Blocks(title="Below a cell") as demo:
    camera = gr.Image(sources=["webcam"], label="Camera")
    count = gr.Number(label="Mean")
    camera.stream(lambda frame: float(frame.mean()), camera, count, stream_every=0.1)
demo.launch(height=700)"""


@pytest.fixture
def notebook(tmp_path: Path) -> Iterator[str]:
    with jupyter_lab(tmp_path, CELL) as address:
        yield address


def test_an_app_works_below_its_cell(notebook: str, open_page: OpenPage) -> None:
    open_page.expected.append("")  # JupyterLab's own
    page = open_page(notebook, viewport={"width": 1280, "height": 900})
    shown = page.locator(".jp-OutputArea iframe")
    run_the_cell(page)
    app = page.frame_locator(".jp-OutputArea iframe")
    app.get_by_role("button", name="Record").first.click(timeout=60_000)
    expect(app.get_by_label("Mean")).not_to_have_value("", timeout=30_000)
    first, name = shown.get_attribute("src"), shown.get_attribute("id")
    assert first is not None
    assert re.fullmatch(r"http://localhost:\d+/\?__theme=dark", first)

    page.locator(".jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Control+Enter")
    expect(page.locator(f".jp-OutputArea iframe:not(#{name})")).to_have_attribute("src", first, timeout=30_000)
    expect(shown).to_have_count(1)
    expect(app.get_by_role("button", name="Record").first).to_be_visible(timeout=30_000)


COLAB = """<script>
globalThis.google = { colab: { kernel: { accessAllowed: %s, proxyPort: async (port, { cache }) => {
  if (!port) throw new Error("no port");
  return `https://${port}-${cache}.colab.test/`;
} } } };
</script>"""
HUB = """<script id="jupyter-config-data" type="application/json">{"baseUrl": "/user/ann/"}</script>"""
CODE = """<script>document.body.className = "vscode-dark"</script>"""

KINDS = [
    ("Colab", COLAB % "true", 7860, "https://7860-false.colab.test/", "Open in a tab"),
    ("Colab, a port that it does not show", COLAB % "true", 0, None, "Colab does not show port 0: Error: no port"),
    ("Colab, a notebook that was saved", COLAB % "false", 7860, None, "Run this cell to start the app."),
    ("JupyterHub", HUB, 7860, "https://notebook.test/user/ann/proxy/7860/", "Open in a tab"),
    ("VS Code", CODE, 7860, "http://127.0.0.1:7860/?__theme=dark", "which has the camera and the microphone"),
]


def test_a_frame_finds_its_app_in_each_kind_of_notebook(browsers: Browsers) -> None:
    page = browsers.get().new_page()
    page.route("https://notebook.test/", lambda route: route.fulfill(body=notebook, content_type="text/html"))
    page.route(re.compile("proxy|colab.test|127.0.0.1"), lambda route: route.fulfill(body="The app"))
    for kind, before, port, address, said in KINDS:
        notebook = f"<body>{before}{frame('http://127.0.0.1:7860/', port)}"
        page.goto("https://notebook.test/")
        expect(page.locator("p"), kind).to_contain_text(said)
        shown = page.locator("iframe")
        if address is None:
            expect(shown, kind).to_have_count(0)
        else:
            expect(shown, kind).to_have_attribute("src", address)
            expect(shown, kind).to_have_attribute("allow", re.compile("camera; microphone;"))
    page.close()
