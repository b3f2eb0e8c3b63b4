"""The developer's button that records one visit, from the first press to the replay."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.browser.conftest import OpenPage
from tests.browser.glass import button, until

import millstream as gr
from millstream.testing import replay

pytestmark = pytest.mark.browser

SAID = "document.querySelector('textarea, input').value"


def test_a_visit_is_recorded_from_one_press_to_the_next(
    launch: Callable[..., str], open_page: OpenPage, tmp_path: Path
) -> None:
    with gr.Blocks() as demo:
        count, text = gr.State(0), gr.Textbox(label="Text")

        def add(number: int) -> tuple[int, str]:
            return number + 1, f"press {number + 1}"

        gr.Button("Add").click(add, count, [count, text])
    page = open_page(launch(demo, record=tmp_path, record_button=True))
    button(page, "Add").click()
    until(page, f"{SAID} === 'press 1'")
    page.get_by_role("link", name="Record a visit").click()
    page.get_by_text("This visit is being recorded to").wait_for()
    for press in (1, 2):  # it begins anew
        button(page, "Add").click()
        until(page, f"{SAID} === 'press {press}'")
    page.get_by_role("link", name="Stop").click()
    page.get_by_role("link", name="Record another").wait_for()
    shown = Path(page.locator(".ms-record-bar code").inner_text())
    button(page, "Add").click()
    until(page, f"{SAID} === 'press 1'")
    demo.close()
    assert list(tmp_path.iterdir()) == [shown]
    result = replay(shown, demo)
    assert result.is_equal, result
