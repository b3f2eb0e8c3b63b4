"""The figures of a client's own streams."""

from __future__ import annotations

from typing import Any

from tests.client.media import pictures

import millstream as gr
from millstream.testing import TestPage


def test_streams_add_up_by_the_component_that_records() -> None:
    with gr.Blocks() as demo:
        camera = gr.Image(label="Camera", sources=["webcam"])
        camera.stream(lambda frame: None, camera, None, stream_every=0)
    with TestPage(demo, latency_s=0.01) as page:
        for _ in range(2):
            page.stream("Camera", pictures(10))
        metrics: Any = page.metrics()
        running = page.record("Camera")
        running.wait_for_state("running")
        other = page.another()
        other.record("Camera").wait_for_state("waiting")
        assert page.metrics()["streams"] == {"running": 1, "waiting": 0}
        assert other.metrics()["streams"] == {"running": 0, "waiting": 1}
        other.close()
    figures = metrics["events"]["Camera"]
    assert metrics["streams"] == {"running": 0, "waiting": 0}
    assert figures["captured"] == figures["sent"] + figures["dropped"]["unsent"] == 20
    assert figures["sent"] > 10
    assert figures["age"]["p50_s"] <= figures["age"]["p95_s"] <= figures["age"]["max_s"]


def test_a_page_that_never_recorded_has_no_events() -> None:
    with gr.Blocks() as demo:
        gr.Image(label="Camera", sources=["webcam"])
    with TestPage(demo) as page:
        assert page.metrics() == {"streams": {"running": 0, "waiting": 0}, "events": {}}
