"""The Chromium that tests drive."""

from __future__ import annotations

import os
import shutil


def find_chromium(*, asks: bool = False) -> str:
    """Find Chromium without its window, which draws with half the CPU time, or else the whole one.

    Both are built from the same source, and `MILLSTREAM_TEST_CHROMIUM=chromium` names the one that is to be used.

    Args:
        asks: Whether it has to be one that asks its user for camera and microphone, which takes a window.
    """
    light = os.environ.get("MILLSTREAM_TEST_CHROMIUM", "chromium-headless-shell")
    found = next(filter(None, map(shutil.which, ["chromium"] if asks else [light, "chromium"])), None)
    assert found, "the browser tests need Chromium: apt-get install chromium chromium-headless-shell"
    return found
