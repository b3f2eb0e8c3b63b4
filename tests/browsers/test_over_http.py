"""Pages in Firefox and WebKit whose WebSocket is blocked on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.browser.blocking_proxy import BlockingProxy, Way
from tests.browser.glass import Notes
from tests.browsers.conftest import OpenTab

import millstream as gr

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("way", ["refuse", "hang"])
def test_a_camera_and_a_click_go_over_http(launch: Callable[..., str], open_tab: OpenTab, way: Way) -> None:
    frames: Notes[Any] = Notes()
    with gr.Blocks() as demo:
        camera = gr.Image(label="Camera", elem_id="camera", sources="webcam")
        camera.stream(frames.add, camera, None, stream_every=0.05)
        out = gr.Textbox(label="Out", elem_id="out")
        gr.Button("Greet").click(lambda: "hello", None, out)
    open_tab.expected += ["WebSocket", "websocket", "ws://", "the connection to"]  # type: ignore[attr-defined]
    with BlockingProxy(launch(demo), way) as proxy:
        tab = open_tab(proxy.url)
        tab.click("Greet")
        tab.until_value("#out textarea, #out input", "hello")
        tab.click("Record", "#camera")
        frames.wait(20)
        assert proxy.batches > 0
        tab.open("about:blank")
