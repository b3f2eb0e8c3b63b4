"""Takes the look of each part of the page that shows all of them, so that another machine takes the same.

The page gets one font, which comes with matplotlib; what moves, or is drawn by a graphics driver, is left out.
"""

from __future__ import annotations

import base64
import io
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Page
from tests.pictures.matching import BLOCK, Look, Looks, load, mismatches, show

SCHEMES = ("light", "dark")
WINDOWS = {1280: 800, 390: 844}
"""The widths in which the parts are taken, each with the height of its window."""
TALLEST_PX = 8_000
"""So much of a page is taken at a time."""
DEADLINE_S = 10.0

FONTS = Path(find_spec("matplotlib").origin).parent / "mpl-data" / "fonts" / "ttf"  # type: ignore[union-attr, arg-type]
FACES = [
    ("Letters", "DejaVuSans.ttf", "100 500"), ("Letters", "DejaVuSans-Bold.ttf", "600 900"),
    ("Code", "DejaVuSansMono.ttf", "100 500"), ("Code", "DejaVuSansMono-Bold.ttf", "600 900"),
]  # fmt: skip
STYLE = """
*, ::before, ::after {
  animation: none !important; transition: none !important; caret-color: transparent !important;
  font-family: Letters !important; text-rendering: geometricPrecision !important; scrollbar-width: none !important;
}
:is(code, pre, kbd, samp, .ms-code, .ms-json), :is(code, pre, kbd, samp, .ms-code, .ms-json) * {
  font-family: Code !important;
}
video, .ms-model > * { visibility: hidden !important; }
"""
PREPARE = """async ([faces, style]) => {
  for (const [family, data, weight] of faces) {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    document.fonts.add(await new FontFace(family, bytes, {weight}).load());
  }
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style);
  document.adoptedStyleSheets.push(sheet);
  document.activeElement?.blur();
  for (const image of document.images) image.loading = "eager";
  for (const story of document.querySelectorAll(".story")) {
    story.scrollIntoView();
    await new Promise(requestAnimationFrame);
  }
  scrollTo(0, 0);
}"""
BOXES = """() => {
  const boxOf = (element, left, top) => {
    const {x, y, width, height} = element.getBoundingClientRect();
    const isShown = width > 0 || height > 0;
    return isShown ? [x - left, y - top, width, height].map(Math.round) : [0, 0, 0, 0];
  };
  const stories = [...document.querySelectorAll(".story")].map((story) => {
    const {x, y} = story.getBoundingClientRect();
    const seen = {};
    for (const each of story.querySelectorAll("*")) {
      if (!each.localName.startsWith("ms-") || !each.props) continue;
      const count = Object.keys(seen).filter((name) => name.split(" ")[0] === each.localName).length;
      seen[`${each.localName} ${count + 1}`] = boxOf(each, x, y);
    }
    return [story.id.replace("story-", ""), {box: boxOf(story, -scrollX, -scrollY), components: seen}];
  });
  return [Object.fromEntries(stories), document.documentElement.scrollHeight];
}"""


def names() -> list[tuple[str, str, int]]:
    """Give the references by name, each with its scheme and its width."""
    return [(f"{width}-{scheme}", scheme, width) for width in WINDOWS for scheme in SCHEMES]


def prepare(page: Page) -> None:
    """Give a page the one font, and stop what moves."""
    faces = [(family, base64.b64encode((FONTS / file).read_bytes()).decode(), weight) for family, file, weight in FACES]
    page.evaluate(PREPARE, [faces, STYLE])
    page.set_viewport_size({"width": 800, "height": 800})  # plots are drawn anew for another size, not for another font
    page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")


def arrange(page: Page, scheme: Any, width: int) -> None:
    """Bring a page into one of the schemes and widths."""
    page.set_viewport_size({"width": width, "height": WINDOWS[width]})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")


def take(page: Page) -> Looks:
    """Take all parts as they are now."""
    boxes, height = page.evaluate(BOXES)
    strips = []
    for top in range(0, height, TALLEST_PX):
        clip = {"x": 0, "y": top, "width": page.viewport_size["width"], "height": min(TALLEST_PX, height - top)}  # type: ignore[index]
        taken = page.screenshot(full_page=True, clip=clip, type="jpeg", quality=95)  # type: ignore[arg-type]
        strips.append(np.asarray(Image.open(io.BytesIO(taken))))
    whole = np.concatenate(strips)
    return {name: look_of(each, whole) for name, each in boxes.items()}


def look_of(boxes: dict[str, Any], page: Any) -> Look:
    """Give the look of a part on the picture of its page."""
    left, top, width, height = box = tuple(boxes["box"])
    across, down = width // BLOCK * BLOCK, height // BLOCK * BLOCK
    pixels = page[top : top + down, left : left + across].astype(np.uint16)
    blocks = pixels.reshape(down // BLOCK, BLOCK, across // BLOCK, BLOCK, 3).mean(axis=(1, 3))
    return Look(box, {name: tuple(each) for name, each in boxes["components"].items()}, blocks.round().astype(np.uint8))


def settled(page: Page) -> Looks:
    """Take all parts as soon as they no longer change, as by images that arrive and plots that are drawn anew."""
    before, now = take(page), take(page)
    end_s = time.monotonic() + DEADLINE_S
    while mismatches(before, now) and time.monotonic() < end_s:
        before, now = now, take(page)
    return now


def compare(page: Page, shown: Path) -> dict[str, list[str]]:
    """Compare all parts with their references; gives the problems of those that differ, and writes pictures of them.

    A part may still be on its way to what it should be: it has until the deadline.
    """
    prepare(page)
    found = {}
    for name, scheme, width in names():
        arrange(page, scheme, width)
        references = load(name)
        end_s = time.monotonic() + DEADLINE_S
        taken = take(page)
        while (wrong := mismatches(references, taken)) and time.monotonic() < end_s:
            taken = take(page)
        for part, problems in wrong.items():
            show(shown / f"{part}-{name}.png", references.get(part), taken.get(part))
            found[f"{part}, {name}"] = problems
    return found
