"""Stock Firefox, headless, with a fake camera and microphone of its own: Playwright speaks WebDriver BiDi with it."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from playwright.sync_api import Download, Page, ViewportSize, sync_playwright
from tests.browsers.tab import Conditions, Tab

PROGRAM = "firefox-esr"

SCREENSHOT_STYLE = "sha256-YjaKGiklmzC6wjXA513HAMmzus8VE61XCOT+SmwNZWA="
"""The hash of `body {}`: a style that Playwright adds for a screenshot, and the page's policy forbids."""


def preferences(conditions: Conditions) -> dict[str, bool | int | str]:
    """Give the settings that make Firefox such a machine and such a user."""
    allows, autoplay = conditions.allowed, conditions.autoplay
    chosen: dict[str, bool | int | str] = {
        "media.navigator.streams.fake": conditions.devices,
        "media.navigator.permission.disabled": allows,
        "permissions.default.camera": 0 if allows else 2,
        "permissions.default.microphone": 0 if allows else 2,
        "media.autoplay.default": 0 if autoplay else 1,
        "media.autoplay.blocking_policy": 0,
        "media.autoplay.block-webaudio": not autoplay,
        "dom.disable_open_during_load": False,  # a tab of its own hides the page
        "privacy.resistFingerprinting": not conditions.webcodecs,
    }
    # Without a loudspeaker Firefox starts no audio graph. Machines for tests have none: an imaginary one stands in.
    if conditions.loudspeaker:
        return {**chosen, "media.cubeb.force_mock_context": True}
    return {**chosen, "media.cubeb.backend": "none"}


class Firefox(Tab):
    """One Firefox."""

    def __init__(self, conditions: Conditions) -> None:
        program = shutil.which(PROGRAM)
        assert program, "these tests need Firefox: apt-get install firefox-esr"
        with ExitStack() as stack:
            firefox = stack.enter_context(sync_playwright()).firefox
            browser = firefox.launch(
                channel="moz-firefox", executable_path=program, firefox_user_prefs=dict(preferences(conditions))
            )
            stack.callback(browser.close)
            width, height = (390, 844) if conditions.phone else (1024, 768)
            size = ViewportSize(width=width, height=height)
            self._context = browser.new_context(viewport=size, accept_downloads=True)
            self._page = self._context.new_page()
            self._stack = stack.pop_all()
        self._errors: list[str] = []
        self._downloads: list[Download] = []
        self._cover: Page | None = None
        self._page.on("console", lambda line: self._errors.append(line.text) if line.type == "error" else None)
        self._page.on("pageerror", lambda error: self._errors.append(str(error)))
        self._page.on("download", self._note_download)

    @property
    def errors(self) -> list[str]:
        return [error for error in self._errors if SCREENSHOT_STYLE not in error]

    def open(self, url: str) -> None:
        self._errors.clear()
        self._page.goto(url)

    def run(self, body: str, *args: object) -> Any:
        return self._page.evaluate(f"async (args) => {{ {body} }}", list(args))

    def click_at(self, x: float, y: float) -> None:
        self._page.mouse.click(x, y)

    def type(self, text: str) -> None:
        self._page.keyboard.type(text)

    def press(self, key: str) -> None:
        self._page.keyboard.press(key)

    def choose_file(self, css: str, path: str) -> None:
        self._page.locator(css).first.set_input_files(path)

    def hide(self) -> None:
        with self._context.expect_page() as opened:
            self._page.evaluate("void window.open('about:blank')")
        self._cover = opened.value

    def show(self) -> None:
        if self._cover:
            self._cover.close()
        self._cover = None

    def close(self) -> None:
        self._stack.close()

    def downloaded(self, name: str, size: int) -> Path:
        while not self._downloads:
            self._page.wait_for_event("download")
        download = self._downloads.pop()
        path = Path(download.path())  # when it is complete
        assert (download.suggested_filename, path.stat().st_size) == (name, size)
        return path

    def _note_download(self, download: Download) -> None:
        self._downloads.append(download)

    def _screenshot(self) -> bytes:
        return self._page.screenshot()
