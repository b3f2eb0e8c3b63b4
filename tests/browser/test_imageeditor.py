"""The image editor under fingers and keys: pinched, drawn upon, cropped, and what the handler gets of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import CDPSession, Page, expect
from tests.browser.conftest import OpenPage
from tests.browser.glass import Notes
from tests.browser.test_axe import AXE, RUN

import millstream as gr

pytestmark = pytest.mark.browser

GREY = np.full((100, 200, 3), 90, np.uint8)
DIAMETER = 6
SHEET = """() => {
  const {x, y, width} = document.querySelector(".ms-editor-sheet").getBoundingClientRect();
  return [x, y, width];
}"""

Point = tuple[float, float]


def app(seen: Notes[Any]) -> gr.Blocks:
    brush = gr.Brush(default_size=DIAMETER, colors=[("#ff0000", 0.5)], default_color=("#ff0000", 0.5))
    with gr.Blocks() as demo:
        editor = gr.ImageEditor(GREY, label="Mask", brush=brush)
        editor.input(seen.add, editor)
    return demo


class Hand:
    """Fingers on the screen."""

    def __init__(self, page: Page) -> None:
        self._session: CDPSession = page.context.new_cdp_session(page)

    def stroke(self, *steps: list[Point]) -> None:
        """Put fingers down, move them from step to step, and lift them."""
        kinds = ["touchStart", *["touchMove"] * (len(steps) - 1), "touchEnd"]
        for kind, points in zip(kinds, [*steps, []], strict=True):
            touches = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
            self._session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})


def extent(mask: Any) -> list[int]:
    """Give the first and the last column and row of a mask, the last exclusive."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return [int(columns[0]), int(columns[-1]) + 1, int(rows[0]), int(rows[-1]) + 1]


def test_a_mask_is_drawn_by_touch_at_zoom_2_and_cropped_by_keyboard(
    launch: Callable[..., str], open_page: OpenPage
) -> None:
    seen: Notes[Any] = Notes()
    page = open_page(launch(app(seen)), viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.wait_for_function("() => document.querySelector('.ms-editor-sheet canvas')?.width === 200")
    hand, left, top, width = Hand(page), *page.evaluate(SHEET)
    middle, y = left + width / 2, top + width / 4
    hand.stroke(*([(middle - reach, y), (middle + reach, y)] for reach in (40, 60, 80)))
    expect(page.get_by_role("button", name="200 %")).to_be_visible()
    x, y, wide = page.evaluate(SHEET)
    assert (wide, x) == (pytest.approx(2 * width, abs=1), pytest.approx(left - width / 2, abs=1))

    scale = wide / 200
    hand.stroke(*([(x + column * scale, y + 40.5 * scale)] for column in (80.5, 90.5, 105.5, 120.5)))
    mask = seen.wait(1)[0]["layers"][0][..., 3]
    assert extent(mask > 32) == pytest.approx([80.5 - 3, 120.5 + 3, 40.5 - 3, 40.5 + 3], abs=1)
    assert np.ptp(mask[40, 80:121]) == 0  # of one density, though it was drawn part by part
    assert mask[40, 80] == pytest.approx(128, abs=1)

    page.keyboard.press("0")
    expect(page.get_by_role("button", name="100 %")).to_be_visible()
    page.get_by_role("button", name="Crop").press("Enter")
    frame = page.get_by_role("group", name="Crop frame")
    expect(frame).to_be_visible()
    small = "(all) => all.filter((e) => e.offsetHeight < 44).map((e) => e.textContent)"
    assert page.locator(".ms-editor-tools :is(button, input, select), .ms-editor-crop > i").evaluate_all(small) == []
    for key in ("ArrowLeft", "ArrowUp", "Shift+ArrowRight", "Shift+ArrowDown"):
        frame.press(key)
    page.evaluate(AXE.read_text())
    assert page.evaluate(RUN) == []
    frame.press("Enter")
    cut_out = seen.wait(2)[1]
    assert cut_out["composite"].shape == (76, 151, 4)
    assert np.array_equal(cut_out["layers"][0][..., 3], mask[12:88, 24:175])
    page.keyboard.press("Control+z")
    assert np.array_equal(seen.wait(3)[2]["layers"][0][..., 3], mask)
