"""An app below a cell of JupyterLab: with the camera, in the notebook's scheme, replaced when the cell runs again."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import OpenPage

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
    """JupyterLab in its dark theme, with one notebook; gives the notebook's address."""
    cell = {
        "cell_type": "code",
        "source": CELL,
        "metadata": {},
        "outputs": [],
        "execution_count": None,
        "id": "the-cell",
    }
    kernel = {"name": "python3", "display_name": "Python", "language": "python"}
    whole = {"cells": [cell], "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "app.ipynb").write_text(json.dumps(whole))
    settings = tmp_path / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "themes.jupyterlab-settings").write_text('{"theme": "JupyterLab Dark"}')
    (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false", "checkForUpdates": false}')
    folders = {f"JUPYTER_{name}_DIR": str(tmp_path / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    arguments = [
        "--no-browser",
        "--port=0",
        "--allow-root",
        "--IdentityProvider.token=",
        f"--LabApp.user_settings_dir={tmp_path / 'settings'}",
    ]
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *arguments], cwd=tmp_path, env=os.environ | folders,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert server.stderr is not None
    found = next(match for line in server.stderr if (match := re.search(r"http://localhost:\d+/", line)))
    yield f"{found[0]}doc/tree/app.ipynb"
    server.terminate()
    server.communicate(timeout=20)


def test_an_app_works_below_its_cell(notebook: str, open_page: OpenPage) -> None:
    open_page.expected.append("")  # JupyterLab's own
    page = open_page(notebook, viewport={"width": 1280, "height": 900})
    shown = page.locator(".jp-OutputArea iframe")
    page.locator(".jp-CodeCell .cm-content").click(timeout=60_000)
    expect(page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]")).to_be_visible(timeout=60_000)
    for _ in range(20):  # what is run while the kernel is being connected is lost
        page.keyboard.press("Control+Enter")
        if shown.or_(page.locator(".jp-InputPrompt", has_text=re.compile(r"\[[\d*]+\]"))).first.is_visible():
            break
        page.wait_for_timeout(1_000)
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
