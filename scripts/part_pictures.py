"""Takes the pictures of all parts with which the tests compare the page: `python scripts/part_pictures.py`.

Used when the look of a part has changed, or there is a new one. They are in `tests/pictures/references`: look at what
has changed before you commit them. Needs the packages of the tests, and Chromium.
"""

import sys
from contextlib import closing
from importlib import import_module
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src"), str(ROOT / "examples")]

from tests.browser.chromium import find_chromium  # noqa: E402
from tests.browser.conftest import ALLOWED, AUTOPLAY, DEVICES, FLAGS  # noqa: E402
from tests.pictures.matching import REFERENCES, load, mismatches, save  # noqa: E402
from tests.pictures.taking import arrange, names, prepare, settled  # noqa: E402


def main() -> None:
    """Take all pictures, and say which parts have changed."""
    demo = import_module("all_parts").demo
    _, url, _ = demo.launch(server_port=0, prevent_thread_lock=True, quiet=True)
    flags = [*FLAGS, AUTOPLAY, DEVICES, ALLOWED]
    with (
        sync_playwright() as playwright,
        closing(playwright.chromium.launch(executable_path=find_chromium(), args=flags)) as browser,
    ):
        page = browser.new_page(reduced_motion="reduce")
        page.goto(url)
        page.wait_for_load_state("networkidle")
        prepare(page)
        for name, scheme, width in names():
            arrange(page, scheme, width)
            taken = settled(page)
            for part, problems in mismatches(load(name), taken).items():
                sys.stdout.write(f"{name}, {part}: {'; '.join(problems)}\n")
            save(name, taken)
    demo.close()
    size = sum(path.stat().st_size for path in REFERENCES.iterdir())
    sys.stdout.write(f"{REFERENCES.relative_to(ROOT)}: {size / 1000:.0f} kB\n")


if __name__ == "__main__":
    main()
