"""The Chromium that tests drive."""

from __future__ import annotations

import os
import shutil


def find_chromium() -> str:
    """Find Chromium without its window, which draws with half the CPU time, or else the whole one.

    Both are built from the same source, and `MILLSTREAM_TEST_CHROMIUM=chromium` names the one that is to be used.
    """
    names = [os.environ.get("MILLSTREAM_TEST_CHROMIUM", "chromium-headless-shell"), "chromium"]
    found = next(filter(None, map(shutil.which, names)), None)
    assert found, "the browser tests need Chromium: apt-get install chromium-headless-shell"
    return found
