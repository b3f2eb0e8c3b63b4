"""Chromium with a microphone that plays a file, or with a camera."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright


@contextmanager
def listening_to(sound: str) -> Iterator[Browser]:
    """Start Chromium; `sound` is a path, followed by `%noloop` to play it once."""
    hears = f"--use-file-for-fake-audio-capture={sound}"
    with _started("--autoplay-policy=no-user-gesture-required", "--use-fake-device-for-media-stream", hears) as browser:
        yield browser


@contextmanager
def filming(rate_hz: int) -> Iterator[Browser]:
    """Start Chromium with a camera of so many frames per second, of any size."""
    with _started(f"--use-fake-device-for-media-stream=fps={rate_hz}") as browser:
        yield browser


@contextmanager
def _started(*flags: str) -> Iterator[Browser]:
    executable = shutil.which("chromium") or sys.exit("this benchmark needs Chromium: apt-get install chromium")
    flags = ("--no-sandbox", "--disable-gpu", "--use-fake-ui-for-media-stream", *flags)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=flags)
        yield browser
        browser.close()
