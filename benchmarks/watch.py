"""Headless Chromium in front of a video whose frames carry their number: which of them are shown, and how old."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Page, sync_playwright

PROBE = (Path(__file__).parent / "probe.js").read_text()
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)


class Shown(NamedTuple):
    """A frame that the output showed: when, and its age, in milliseconds; `None` if its capture was not seen."""

    at_ms: float
    age_ms: float | None


class Watched(NamedTuple):
    """What was shown in some seconds."""

    seconds: float
    shown: list[Shown]

    @property
    def fps(self) -> float:
        """Frames shown a second."""
        return len(self.shown) / self.seconds

    @property
    def ages_ms(self) -> list[float]:
        """The ages that are known.

        Raises:
            RuntimeError: None is known.
        """
        ages = [each.age_ms for each in self.shown if each.age_ms is not None]
        if not ages:
            raise RuntimeError(f"{len(self.shown)} frames were shown, and the age of none is known: is the camera on?")
        return ages


@contextmanager
def watching(url: str, video: Path, share: float = 1.0) -> Iterator[Page]:
    """Open the echo app in front of a video, press Record, and begin to note what is shown.

    Args:
        url: The page, or the near end of a link to it.
        video: MJPEG; each frame carries its number as `tests.browser.media.draw_counter` draws it.
        share: Of width and height, in the upper left, that the number covers.
    """
    executable = shutil.which("chromium") or sys.exit("this benchmark needs Chromium: apt-get install chromium")
    flags = [*FLAGS, f"--use-file-for-fake-video-capture={video}"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=flags)
        page = browser.new_page()
        page.goto(url)
        page.get_by_role("button", name="Record").click()
        page.locator("#output .ms-output").wait_for(timeout=60_000)
        page.evaluate(PROBE, share)
        yield page
        browser.close()


def count(page: Page, seconds: float) -> int:
    """Count the frames that a `<video>` shows from now on, and read nothing of them: so little that CPU can be told."""
    before = page.evaluate("(glass.rests = true, glass.given())")
    time.sleep(seconds)
    return int(page.evaluate("(glass.rests = false, glass.given())") - before)


def watch(page: Page, seconds: float) -> Watched:
    """Note what is shown from now on."""
    page.evaluate("glass.shown.length = 0")
    time.sleep(seconds)
    return Watched(seconds, [Shown(at, age) for at, age in page.evaluate("glass.shown")])
