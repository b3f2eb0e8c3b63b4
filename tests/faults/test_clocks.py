"""Clocks that jump, and clocks that began long ago: nothing but the monotonic clock counts, whatever it shows."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest
from tests.server.live import serving

import millstream as gr
from millstream.client import Client
from millstream.client.driver import Driver
from millstream.testing import TestPage
from millstream.testing.virtual import VirtualLoop

DAY_S = 86_400.0
FRAMES = np.zeros((5, 48, 64, 3), np.uint8)


def echoes() -> gr.Blocks:
    with gr.Blocks() as demo:
        camera, out = gr.Image(label="Camera", sources="webcam"), gr.Image(label="Out")
        camera.stream(lambda frame: frame, camera, out, stream_every=0)
        text = gr.Textbox(label="Text")
        gr.Button("Say").click(lambda said: f"{said}!", text, text)
    return demo


def use(page: Driver) -> None:
    """Click and stream; everything is answered, and nothing is older than it can be."""
    page.set("Text", "hello")
    page.click("Say")
    assert page.value("Text") == "hello!"
    recording = page.record("Camera")
    recording.feed(FRAMES)
    recording.stop()
    assert recording.results
    assert all(result.age_s is not None and 0 <= result.age_s < 60 for result in recording.results)


def test_B25_a_wall_clock_that_jumps_by_an_hour_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    real, jumps = time.time, itertools.cycle((3600.0, -3600.0, 0.0))
    monkeypatch.setattr(time, "time", lambda: real() + next(jumps))
    with serving(echoes(), auth=("ada", "1815")) as (url, _), Client(url, auth=("ada", "1815")) as page:
        use(page)
        with Client(url, auth=("ada", "1815")) as another:
            use(another)
        use(page)


@pytest.mark.parametrize("uptime_s", [0.0, 400 * DAY_S, 20_000 * DAY_S])
def test_B26_a_machine_that_was_suspended_or_runs_for_years_is_as_any_other(
    monkeypatch: pytest.MonkeyPatch, uptime_s: float
) -> None:
    make = VirtualLoop.__init__

    def begin(loop: VirtualLoop) -> None:
        make(loop)
        loop._virtual_time = uptime_s

    monkeypatch.setattr(VirtualLoop, "__init__", begin)
    with TestPage(echoes()) as page:
        use(page)
        page.advance(3600.0)
        use(page)
        assert page.host.statistics()
