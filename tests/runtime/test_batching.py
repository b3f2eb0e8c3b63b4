"""Batches over real sockets: several clients, each with a camera, on one function of lists."""

from __future__ import annotations

import threading

import httpx
import numpy as np
import pytest
from tests.client.media import pictures
from tests.server.live import serving

import millstream as ms
from millstream.client.client import Client
from millstream.testing.page import TestPage

SESSIONS = 4


class Brightness:
    """Gives the mean of each frame; a frame that is black is one too many for it."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.threads: set[str] = set()

    def look(self, frames: list[np.ndarray], names: list[str]) -> tuple[list[str], list[np.ndarray]]:
        self.sizes.append(len(frames))
        self.threads.add(threading.current_thread().name)
        until = threading.Event()
        until.wait(0.02)
        if any(frame.max() == 0 for frame in frames):
            raise ms.Error("too dark")
        return [f"{name} {len(self.sizes)}" for name in names], frames

    def app(self) -> ms.Blocks:
        with ms.Blocks() as demo:
            camera, name = ms.Image(label="Camera", sources=["webcam"]), ms.Textbox(label="Name")
            said, seen = ms.Textbox(label="Said"), ms.Image(label="Seen")
            camera.stream(self.look, [camera, name], [said, seen], stream_every=0, batch=True, max_batch_size=SESSIONS)
        return demo


@pytest.mark.blocking
def test_streams_of_several_sessions_are_one_call_and_one_bad_session_fails_alone() -> None:
    brightness = Brightness()
    with serving(brightness.app()) as (url, app):
        clients = [Client(url) for _ in range(SESSIONS)]
        recordings = []
        for number, client in enumerate(clients):
            client.set("Name", f"page {number}")
            recordings.append(client.record("Camera"))
        for recording in recordings:
            recording.wait_for_state("running")
        feeds = [recording.feed_in_background(list(pictures(91))[1:], 30) for recording in recordings[1:]]
        recordings[0].feed([np.zeros((48, 64, 3), np.uint8)])
        recordings[0].wait_for_state("ended")
        assert recordings[0].error == "too dark"
        for feed in feeds:
            feed.result()
        for number, recording in enumerate(recordings[1:], 1):
            assert recording.summary().results > 10
            values = [value for result in recording.results for value in result.values.values()]
            names = {value.rpartition(" ")[0] for value in values if isinstance(value, str)}
            assert names == {f"page {number}"}
            recording.stop()
        metrics = app.metrics()["batches"]
        text = httpx.get(f"{url}/metrics").text
        for client in clients:
            client.close()
    assert max(brightness.sizes) > 1
    assert len(brightness.threads) == 1
    assert isinstance(metrics, dict)
    assert metrics["look"]["count"] >= 10
    assert metrics["look"]["mean_size"] > 1
    assert 'millstream_batch_calls_total{event="look"}' in text


@pytest.mark.blocking
def test_a_page_on_virtual_time_makes_batches_of_one() -> None:
    brightness = Brightness()
    with TestPage(brightness.app()) as page:
        page.set("Name", "me")
        page.stream("Camera", list(pictures(4))[1:])
        assert page.value("Said") == "me 3"
    assert brightness.sizes == [1, 1, 1]
