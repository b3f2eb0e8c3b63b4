"""JupyterLab with one notebook of one cell, in its dark theme unless told otherwise."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect


@contextmanager
def jupyter_lab(folder: Path, code: str, theme: str = "JupyterLab Dark") -> Iterator[str]:
    """Serve a notebook with one cell from a folder; gives the notebook's address."""
    cell = {
        "cell_type": "code",
        "source": code,
        "metadata": {},
        "outputs": [],
        "execution_count": None,
        "id": "the-cell",
    }
    kernel = {"name": "python3", "display_name": "Python", "language": "python"}
    whole = {"cells": [cell], "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    (folder / "app.ipynb").write_text(json.dumps(whole))
    settings = folder / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "themes.jupyterlab-settings").write_text(json.dumps({"theme": theme}))
    (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false", "checkForUpdates": false}')
    folders = {f"JUPYTER_{name}_DIR": str(folder / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    arguments = [
        "--no-browser",
        "--port=0",
        "--allow-root",
        "--IdentityProvider.token=",
        f"--LabApp.user_settings_dir={folder / 'settings'}",
    ]
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *arguments], cwd=folder, env=os.environ | folders,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert server.stderr is not None
        found = next(match for line in server.stderr if (match := re.search(r"http://localhost:\d+/", line)))
        yield f"{found[0]}doc/tree/app.ipynb"
    finally:
        server.terminate()
        server.communicate(timeout=20)


def run_the_cell(page: Page) -> None:
    """Run the cell of an open notebook as soon as its kernel listens."""
    shown = page.locator(".jp-OutputArea iframe")
    page.locator(".jp-CodeCell .cm-content").click(timeout=60_000)
    expect(page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]")).to_be_visible(timeout=60_000)
    for _ in range(20):  # what is run while the kernel is being connected is lost
        page.keyboard.press("Control+Enter")
        if shown.or_(page.locator(".jp-InputPrompt", has_text=re.compile(r"\[[\d*]+\]"))).first.is_visible():
            break
        page.wait_for_timeout(1_000)
