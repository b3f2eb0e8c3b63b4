"""What a page is told that watches the latency, and that nothing is timed for one that does not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.client.media import pictures

import millstream as gr
from millstream import codecs
from millstream.client.driver import DrivenRecording
from millstream.runtime.send.frame_encoder import FrameEncoder
from millstream.testing import TestPage, fake_delta
from millstream.wire.messages import Latency, Watch


def echo() -> gr.Blocks:
    with gr.Blocks() as demo:
        camera, seen = gr.Image(label="Camera", sources=["webcam"]), gr.Image(label="Seen")
        camera.stream(lambda frame: frame, camera, seen, stream_every=0, concurrency_limit=None, time_limit=None)
    return demo


@contextmanager
def recording(page: TestPage) -> Iterator[DrivenRecording]:
    """Let a camera run for as long as the block lasts."""
    camera = page.record("Camera")
    camera.wait_for_state("running")
    feeding = camera.feed_in_background(pictures(600))
    yield camera
    feeding.cancel()


def watch(page: TestPage, *, on: bool) -> None:
    page.run(page.page.send(Watch(on=on)))


def told(camera: DrivenRecording) -> Latency:
    message = camera.streams[0].latency
    assert message is not None
    return message


def is_timed(page: TestPage) -> list[bool]:
    return [
        stream.metrics.trace is not None
        for session in page.host.sessions.values()
        for stream in session.streams.values()
    ]


def test_nothing_is_timed_for_a_page_that_does_not_watch() -> None:
    with TestPage(echo()) as page, recording(page) as camera:
        page.advance(3)
        assert is_timed(page) == [False]
        assert camera.streams[0].latency is None


def test_the_parts_of_a_second_are_told_each_second() -> None:
    with TestPage(echo(), handler_time=0.02, latency_s=0.05) as page, recording(page) as camera:
        watch(page, on=True)
        page.advance(1.2)
        first = told(camera)
        page.advance(1)
        second = told(camera)
        assert first.calls > 20  # a round trip passes before the first frame comes
        assert second.calls == pytest.approx(30, abs=3)
        assert second.received > first.received
        # page and server share the virtual clock here, so the frame's way is all that has passed
        assert second.arrived_us == pytest.approx(50_000, abs=2_000)
        assert second.dropped.keys() == {"superseded", "broken", "unsent", "stale"}
        assert second.dropped["superseded"] == second.dropped["broken"] == 0
        assert second.decision.startswith("JPEG at 30 a second")


def test_frames_that_wait_for_a_slow_handler_say_so() -> None:
    with TestPage(echo(), handler_time=0.2) as page, recording(page) as camera:
        watch(page, on=True)
        page.advance(3.1)
        assert told(camera).calls == pytest.approx(5, abs=1)
        assert 0 < told(camera).wait_us < 200_000


def test_who_does_not_look_any_more_is_told_nothing_more() -> None:
    with TestPage(echo()) as page, recording(page) as camera:
        watch(page, on=True)
        page.advance(1.5)
        last = told(camera)
        watch(page, on=False)
        page.advance(3)
        assert told(camera) is last
        assert is_timed(page) == [False]


def test_a_stream_that_begins_later_is_told_of_too() -> None:
    with TestPage(echo()) as page:
        watch(page, on=True)
        page.advance(5)
        with recording(page) as camera:
            page.advance(2.5)
            assert told(camera).calls > 20


def test_to_watch_twice_is_to_watch_once() -> None:
    with TestPage(echo()) as page, recording(page) as camera:
        watch(page, on=True)
        page.advance(0.5)
        watch(page, on=True)
        page.advance(0.7)
        assert told(camera).calls > 20
        watch(page, on=False)
        watch(page, on=False)
        page.advance(1)


def test_a_page_that_reads_nothing_is_not_told_more() -> None:
    with TestPage(echo()) as page, recording(page) as camera:
        watch(page, on=True)
        (session,) = page.host.sessions.values()
        control = session._sender.control
        control.is_calm, control._bytes = False, control._bytes + 10**6  # as if so much waited for the page
        page.advance(3)
        assert camera.streams[0].latency is None
        control.is_calm, control._bytes = True, control._bytes - 10**6
        page.advance(1)
        assert camera.streams[0].latency is not None


def test_frames_that_are_encoded_right_before_they_are_sent_count_as_encoded(monkeypatch: pytest.MonkeyPatch) -> None:
    encoded = FrameEncoder._encoded

    def slow(self: FrameEncoder, *frame: Any) -> Any:
        time.sleep(0.01)
        return encoded(self, *frame)

    monkeypatch.setattr(FrameEncoder, "_encoded", slow)
    monkeypatch.setitem(codecs._codecs(), fake_delta.NUMBER, fake_delta)  # type: ignore[arg-type]  # a module
    monkeypatch.setattr(gr.Image, "codec", lambda *_: (fake_delta.NAME, 1.0))
    with TestPage(echo()) as page:
        page.page.camera_codec = fake_delta.NAME
        with recording(page) as camera:
            watch(page, on=True)
            page.advance(1.5)
            assert 10_000 <= told(camera).encode_us < 100_000


def test_a_page_that_closes_while_frames_wait_for_its_link_ends_its_session() -> None:
    with TestPage(echo(), handler_time=0.02, latency_s=0.05) as page, recording(page):
        page.advance(1.2)
        host = page.host
    assert host.sessions == {}
