"""Credit that is due at once, on the loop that the server uses: uvloop, which rounds times to milliseconds."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from tests.client.media import picture
from tests.server.live import serving

import millstream as gr
from millstream.client.client import Client
from millstream.runtime.stream import input as stream_input
from millstream.runtime.stream.receiver import Receiver

FRAMES = 60


@pytest.mark.slow
@pytest.mark.parametrize("ahead_s", [0.0, 0.0002, 0.0004, 0.0006])
def test_a_stream_outlives_credit_that_is_due_within_a_millisecond(
    ahead_s: float, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(stream_input, "TICK_S", ahead_s)
    monkeypatch.setattr(Receiver, "next_at", lambda self, now: now + ahead_s if self.is_open else None)
    with gr.Blocks() as demo:
        camera, out = gr.Image(label="Camera", sources="webcam"), gr.Image(label="Out")
        camera.stream(np.flipud, camera, out, stream_every=0)
    with serving(demo) as (url, app), Client(url) as page:
        recording = page.stream("Camera", (picture(number) for number in range(FRAMES)))
        assert len(recording.results) > FRAMES / 2
        assert app.host.statistics()["served"] == 1
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
