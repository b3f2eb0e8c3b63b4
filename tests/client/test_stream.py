"""What a page's stream does with the audio and the frames that it is fed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.client.media import RATE, endless, picture, pictures, ramp

import millstream as ms
from millstream.client import backlog as module
from millstream.client.sources import frame
from millstream.client.uplink import CAPTURES_KEPT
from millstream.codecs import jpeg
from millstream.errors import BacklogExceeded
from millstream.testing import TestPage


class DetectorInput:
    """An app that keeps what it hears."""

    def __init__(self, **options: Any) -> None:
        self.chunks: list[np.ndarray] = []
        with ms.Blocks() as self.demo:
            mic = ms.Audio(label="Mic", sources="microphone")
            mic.stream(self.hear, mic, None, **{"stream_every": 0.1, **options})

    def hear(self, chunk: tuple[int, np.ndarray]) -> None:
        self.chunks.append(chunk[1])

    @property
    def heard(self) -> np.ndarray:
        return np.concatenate(self.chunks)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("handler_s", [0.0, 0.25])
def test_stop_hands_over_all_that_was_heard(channels: int, handler_s: float) -> None:
    detector_input = DetectorInput()
    with TestPage(detector_input.demo, handler_time=handler_s) as page:
        page.stream("Mic", ramp(1.03, channels=channels))
    assert np.array_equal(detector_input.heard, ramp(1.03, channels=channels)[1])


def test_stop_while_it_is_fed_loses_nothing_that_was_captured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_SAMPLES_BYTES", 2 * 3_000)  # many packets for what waits
    detector_input = DetectorInput()
    with TestPage(detector_input.demo, handler_time=0.35, latency_s=0.03) as page:
        recording = page.record("Mic")
        recording.wait_for_state("running")
        feeding = recording.feed_in_background(ramp(9))
        page.advance(3.17)
        recording.stop()
        feeding.result()
    captured = recording.summary().captured * RATE // 10
    assert 45_000 < captured < 55_000
    assert np.array_equal(detector_input.heard, ramp(9)[1][:captured])


@pytest.mark.parametrize("channels", [1, 2])
def test_stop_during_the_handover_at_the_end_of_a_slot(channels: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_SAMPLES_BYTES", 2 * 3_000 * channels)
    detector_input = DetectorInput(time_limit=2)
    with TestPage(detector_input.demo, handler_time=0.7) as page, page.another() as other:
        recording = page.record("Mic")
        recording.wait_for_state("running")
        theirs = other.record("Mic")
        feeding = recording.feed_in_background(ramp(5, channels=channels))
        recording.wait_for_state("stopping")
        recording.stop()
        captured = recording.summary().captured * RATE // 10
        theirs.wait_for_state("running")
        feeding.result()
    assert np.array_equal(detector_input.heard, ramp(5, channels=channels)[1][:captured])


@pytest.mark.parametrize("channels", [1, 2])
def test_a_slot_that_ends_with_nothing_waiting_is_handed_over_at_once(channels: int) -> None:
    detector_input = DetectorInput(time_limit=1)
    with TestPage(detector_input.demo) as page, page.another() as other:
        recording = page.record("Mic")
        recording.wait_for_state("running")
        theirs = other.record("Mic")
        feeding = recording.feed_in_background(ramp(2.5, channels=channels))
        theirs.wait_for_state("running")
        assert 1.0 <= page.now < 1.3
        theirs.stop()
        recording.wait_for_state("running")
        feeding.result()
        recording.stop()
        assert recording.streams[0].turns == 2
    assert 1.9 * RATE < len(detector_input.heard) <= 2.5 * RATE


def test_a_slot_of_frames_that_are_all_kept_ends_without_a_delay() -> None:
    with ms.Blocks() as demo:
        camera = ms.Image(label="Camera", sources="webcam")
        camera.stream(lambda frame: None, camera, None, stream_every=0.1, time_limit=1, keep="all")
    with TestPage(demo) as page, page.another() as other:
        recording = page.record("Camera")
        recording.wait_for_state("running")
        feeding = recording.feed_in_background(endless())
        theirs = other.record("Camera")
        theirs.wait_for_state("running")
        assert 1.0 <= page.now < 1.3
        feeding.cancel()


def test_what_waits_is_bounded() -> None:
    with ms.Blocks() as demo:
        mic = ms.Audio(label="Mic", sources="microphone")
        streams = [mic.stream(lambda chunk: None, mic, None, stream_every=0.1, max_backlog=1) for _ in range(2)]
        assert len(streams) == 2
    with TestPage(demo, handler_time=60) as page:
        recording = page.record("Mic")
        recording.wait_for_state("running")
        with pytest.raises(BacklogExceeded, match="more than 1 s"):
            recording.feed(ramp(5))
        with pytest.raises(ms.Error, match="too slow"):
            recording.stop()
        assert {stream.state for stream in recording.streams} == {"ended"}


def test_audio_may_be_the_latest_only() -> None:
    detector_input = DetectorInput(keep="latest")
    with TestPage(detector_input.demo, handler_time=0.35) as page:
        recording = page.stream("Mic", ramp(3))
        assert recording.streams[0].state == "ended"
    assert 0 < len(detector_input.heard) < 3 * RATE


def test_the_interval_is_kept_on_average() -> None:
    with ms.Blocks() as demo:
        camera = ms.Image(label="Camera", sources="webcam")
        camera.stream(lambda frame: None, camera, None, stream_every=0.25)
    with TestPage(demo) as page:
        recording = page.record("Camera")
        recording.wait_for_state("running")
        recording.feed(pictures(30))
        page.advance(3)
        recording.feed(pictures(30))
        recording.stop()
        assert 8 <= recording.summary().sent <= 10
        assert recording.summary().dropped == 0


def test_every_result_of_a_generator_has_its_age() -> None:
    def twice(frame: np.ndarray) -> Any:
        yield frame
        yield frame

    with ms.Blocks() as demo:
        camera = ms.Image(label="Camera", sources="webcam")
        camera.stream(twice, camera, ms.Image(), stream_every=0.0)
    with TestPage(demo) as page:
        recording = page.stream("Camera", pictures(5))
    assert len(recording.results) > 4
    assert all(result.age_s is not None for result in recording.results)


def test_capture_times_are_not_kept_for_ever() -> None:
    with ms.Blocks() as demo:
        camera = ms.Image(label="Camera", sources="webcam")
        camera.stream(lambda frame: None, camera, None, stream_every=0.0)
    data = jpeg.open_encoder(0.5).encode(frame(picture(1))).payload
    with TestPage(demo) as page:
        recording = page.stream("Camera", [data] * (CAPTURES_KEPT + 50), 100)
        assert recording.summary().sent > CAPTURES_KEPT
        assert len(recording.streams[0].uplink.captured_us) <= CAPTURES_KEPT


def test_the_end_of_the_link_ends_a_handover() -> None:
    detector_input = DetectorInput()
    with TestPage(detector_input.demo, handler_time=30) as page:
        recording = page.record("Mic")
        recording.wait_for_state("running")
        recording.feed(ramp(2))
        stopping = page.start(recording.recording.first.uplink.stop())
        page.advance(0.1)
        page.drop()
        stopping.result()
        assert recording.state == "ended"
        assert recording.streams[0].reason == "closed"


def test_a_handler_stops_the_recording_and_the_next_one_is_not_its_business() -> None:
    stops: list[int] = []
    with ms.Blocks() as demo:
        mic = ms.Audio(label="Mic", sources="microphone")
        heard = ms.State(0)

        def listen(chunk: tuple[int, np.ndarray], so_far: int) -> tuple[object, int]:
            so_far += len(chunk[1])
            return (ms.Audio(recording=False) if so_far >= RATE else ms.skip()), so_far

        mic.stream(listen, [mic, heard], [mic, heard], stream_every=0.25)
        mic.stop_recording(lambda so_far: (stops.append(so_far), 0)[1], heard, heard)
    with TestPage(demo) as page:
        for _ in range(2):
            recording = page.record("Mic")
            recording.wait_for_state("running")
            recording.feed(ramp(9))
            recording.wait_for_state("ended")
            assert recording.streams[0].reason == "user"
            page.advance(0.1)
        assert page.now < 4
    assert stops == [RATE, RATE]


def test_a_click_stops_the_recording() -> None:
    with ms.Blocks() as demo:
        camera = ms.Image(label="Camera", sources="webcam")
        camera.stream(lambda frame: None, camera, None, stream_every=0.1)
        ms.Button("Off").click(lambda: ms.Image(recording=False), None, camera)
    with TestPage(demo) as page:
        page.click("Off")
        recording = page.record("Camera")
        recording.wait_for_state("running")
        feeding = recording.feed_in_background(endless())
        page.advance(0.5)
        page.click("Off")
        recording.wait_for_state("ended")
        assert recording.streams[0].reason == "user"
        feeding.result()
