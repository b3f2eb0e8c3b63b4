"""A visit in a real browser, recorded and replayed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect
from tests.browser.conftest import OpenPage
from tests.browser.glass import Notes, record, stop, until
from tests.browser.media import Clips

import millstream as gr
from millstream.testing import replay

pytestmark = pytest.mark.browser

Launch = Callable[..., str]


def counting(seen: Notes[int], by: int = 1) -> gr.Blocks:
    """A camera whose frames are counted in a state, and come back with a bar at the top."""

    def handler(frame: np.ndarray, count: int) -> tuple[Any, ...]:
        seen.add(count)
        frame[: 8 * by] = 255
        return frame, count + 1, f"frame {count}"

    with gr.Blocks() as demo:
        camera, out = gr.Image(sources=["webcam"], label="Camera"), gr.Image(label="Result")
        count, text = gr.State(0), gr.Textbox(label="Count")
        camera.stream(handler, [camera, count], [out, count, text], stream_every=0.05)
    return demo


def test_a_camera_in_the_browser_is_replayed_frame_by_frame(
    launch: Launch, open_page: OpenPage, clips: Clips, tmp_path: Path
) -> None:
    seen: Notes[int] = Notes()
    demo = counting(seen)
    page = open_page(launch(demo, record=tmp_path), video=clips.counter)
    notice = page.get_by_role("complementary").get_by_text("This visit is being recorded by the app's developer.")
    expect(notice).to_be_in_viewport()
    record(page)
    until(page, "eyes.counter('.ms-output') >= 0")
    seen.wait(20)
    stop(page)
    expect(page.get_by_label("Count")).to_have_value(f"frame {len(seen.all) - 1}")
    page.goto("about:blank")
    demo.close()
    [file] = tmp_path.glob("*.msr")
    same = replay(file, counting(Notes()))
    assert same.is_equal, same
    assert same.replayed.results >= 15
    other = replay(file, counting(Notes(), by=5))
    assert any("pixels" in each for each in other.differences), other
