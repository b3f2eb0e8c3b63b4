"""Chromium with a microphone that plays a file."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright


@contextmanager
def listening_to(sound: str) -> Iterator[Browser]:
    """Start it; `sound` is a path, with `%noloop` behind it to be played once."""
    executable = shutil.which("chromium") or sys.exit("this benchmark needs Chromium: apt-get install chromium")
    flags = [
        "--no-sandbox",
        "--disable-gpu",
        "--autoplay-policy=no-user-gesture-required",
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={sound}",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=flags)
        yield browser
        browser.close()
