"""Apps in a real browser: headless Chromium with a camera and a microphone that play our videos and sounds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright
from tests.browser import media
from tests.browser.chromium import find_chromium
from tests.browser.glass import EYES
from tests.browser.media import Clips, make_clips

from millstream import Blocks

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP *.test 127.0.0.1",
]
AUTOPLAY = "--autoplay-policy=no-user-gesture-required"
LOCKED = "--autoplay-policy=document-user-activation-required"
DEVICES = "--use-fake-device-for-media-stream"
ALLOWED = "--use-fake-ui-for-media-stream"
DEADLINE_MS = 15_000

expect.set_options(timeout=DEADLINE_MS)

OpenPage = Callable[..., Page]
"""Opens a page of an app; see `open_page`."""


@pytest.fixture(scope="session")
def clips(pytestconfig: pytest.Config) -> Clips:
    """The videos and sounds; they are kept until the code that makes them changes."""
    version = hashlib.sha256(Path(media.__file__).read_bytes()).hexdigest()[:16]
    return make_clips(pytestconfig.cache.mkdir(f"clips-{version}"))


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


class Browsers:
    """One Chromium for each combination of video and audio: they are flags of the process."""

    def __init__(self, playwright: Playwright) -> None:
        self._playwright = playwright
        self._running: dict[tuple[str, ...], Browser] = {}

    def get(
        self,
        video: Path | None = None,
        sound: Path | None = None,
        *,
        devices: bool = True,
        allowed: bool = True,
        autoplay: bool = True,
    ) -> Browser:
        """Start a browser with a camera that plays `video` and a microphone that plays `sound`, or find it.

        Args:
            video: `None` for Chromium's own test frame.
            audio: `None` for Chromium's own beeps.
            devices: `False` for a machine without camera and microphone.
            allowed: `False` for a user who refuses them.
            autoplay: `False` for a browser that plays no audio before the user has touched the page.
        """
        flags = [
            *FLAGS,
            AUTOPLAY if autoplay else LOCKED,
            *([DEVICES] if devices else []),
            *([ALLOWED] if allowed else []),
        ]
        flags += [f"--use-file-for-fake-video-capture={video}"] if video else []
        flags += [f"--use-file-for-fake-audio-capture={sound}"] if sound else []
        key = tuple(flags)
        if key not in self._running:
            path = find_chromium(asks=not allowed)
            self._running[key] = self._playwright.chromium.launch(executable_path=path, args=flags)
        return self._running[key]

    def close(self) -> None:
        for browser in self._running.values():
            browser.close()


@pytest.fixture(scope="session")
def browsers(playwright: Playwright) -> Iterator[Browsers]:
    running = Browsers(playwright)
    yield running
    running.close()


@pytest.fixture
def launch() -> Iterator[Callable[..., str]]:
    """Launch an app, on a free port unless told otherwise; returns its address. All are closed after the test.

    `launch.apps` lists them.
    """
    apps: list[Blocks] = []

    def start(demo: Blocks, *, server_port: int = 0, **options: Any) -> str:
        apps.append(demo)
        _, url, _ = demo.launch(server_port=server_port, prevent_thread_lock=True, quiet=True, **options)
        return url

    start.apps = apps  # type: ignore[attr-defined]
    yield start
    for demo in apps:
        demo.close()


@pytest.fixture
def open_page(browsers: Browsers) -> Iterator[OpenPage]:
    """Open a page: `open_page(url, video=…, sound=…, devices=True, allowed=True, autoplay=True, script="", **options)`.

    `script` runs before the page's own.

    The page's own errors fail the test at its end, but those that contain a text in `open_page.expected`.
    """
    contexts: list[BrowserContext] = []
    errors: list[tuple[str, str]] = []
    expected: list[str] = []

    def start(
        url: str,
        *,
        video: Path | None = None,
        sound: Path | None = None,
        devices: bool = True,
        allowed: bool = True,
        autoplay: bool = True,
        script: str = "",
        **options: Any,
    ) -> Page:
        browser = browsers.get(video, sound, devices=devices, allowed=allowed, autoplay=autoplay)
        context = browser.new_context(**options)
        contexts.append(context)
        context.set_default_timeout(DEADLINE_MS)
        context.add_init_script(EYES + script)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append((str(error), "")))
        page.on(
            "console",
            lambda line: errors.append((line.text, line.location["url"])) if line.type == "error" else None,
        )
        page.goto(url)
        return page

    start.expected = expected  # type: ignore[attr-defined]
    yield start
    for context in contexts:
        context.close()
    unexpected = [each for each in errors if not any(text in each[0] for text in expected)]
    assert not unexpected, unexpected
