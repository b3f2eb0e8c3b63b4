"""Camera and microphone together, under virtual time: one clock, nothing lost, the newest frame."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.client.media import RATE, pictures, ramp

import millstream as ms
from millstream.errors import Error, InvalidValue
from millstream.testing import TestPage

EVERY_S = 0.1
CAMERA_S = 1 / 30
SECONDS = 6.0


class ContinuousVideo:
    """An app that records video; keeps what it gets."""

    def __init__(self, *, include_audio: bool = True, **options: Any) -> None:
        self.moments: list[ms.Moment] = []
        self.ends: list[str] = []
        with ms.Blocks() as self.demo:
            video = ms.Video(label="Me", sources="webcam", include_audio=include_audio)
            shown = ms.Image(label="Shown")
            stream = video.stream(self.watch, video, shown, **{"stream_every": EVERY_S, **options})
            stream.then(lambda: self.ends.append("then"))
            stream.failure(lambda: self.ends.append("failure"))
            ms.Button("Look").click(self.watch, video, shown)

    def watch(self, moment: ms.Moment) -> np.ndarray:
        self.moments.append(moment)
        return moment.frame

    @property
    def heard(self) -> np.ndarray:
        return np.concatenate([moment.audio[1] for moment in self.moments if moment.audio is not None])

    @property
    def lengths(self) -> list[int]:
        return [len(moment.audio[1]) for moment in self.moments if moment.audio is not None]

    def offsets(self) -> list[float]:
        """Seconds from the end of the audio to the frame that came with it."""
        return [
            moment.frame_time - (moment.audio_time + len(moment.audio[1]) / RATE)
            for moment in self.moments
            if moment.audio is not None and moment.audio_time is not None
        ]


def film(seconds: float = SECONDS) -> tuple[Any, tuple[int, np.ndarray]]:
    return pictures(round(seconds * 30)), ramp(seconds)


def number_of(frame: np.ndarray) -> int:
    return round(float(frame.mean()))


# ---- one clock -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("every_s", [0.05, 0.1, 0.5, 1.0])
def test_a_fast_handler_gets_each_chunk_with_the_frame_from_its_middle(every_s: float) -> None:
    app = ContinuousVideo(stream_every=every_s)
    with TestPage(app.demo) as page:
        page.stream("Me", film())
    assert app.lengths == [round(every_s * RATE)] * round(SECONDS / every_s)
    for offset in app.offsets()[1:]:  # the very first frame is taken at once
        assert -every_s / 2 - CAMERA_S <= offset <= -every_s / 2 + CAMERA_S


@pytest.mark.parametrize("latency_s", [0.0, 0.02, 0.08])
@pytest.mark.parametrize("handler_s", [0.0, 0.15, 0.35, 1.2])
def test_frame_and_audio_stay_together_however_slow_handler_and_link_are(handler_s: float, latency_s: float) -> None:
    app = ContinuousVideo()
    with TestPage(app.demo, handler_time=handler_s, latency_s=latency_s) as page:
        page.stream("Me", film(12))
    assert np.array_equal(app.heard, ramp(12)[1])
    # Two chunks may be on their way when the frame is there, and the other way round; the last call is the flush.
    for offset in app.offsets()[:-1]:
        assert abs(offset) <= 2 * EVERY_S + CAMERA_S + 2 * latency_s


def test_the_times_are_those_of_the_capture() -> None:
    app = ContinuousVideo()
    with TestPage(app.demo, handler_time=0.25, latency_s=0.03) as page:
        recording = page.record("Me")
        recording.wait_for_state("running")
        began = page.now
        recording.feed(film())
        recording.stop()
    heard = 0
    for moment in app.moments:
        assert moment.audio is not None
        assert moment.audio_time == pytest.approx(began + heard / RATE, abs=2e-6)
        assert moment.frame_time == pytest.approx(began + number_of(moment.frame) * CAMERA_S, abs=2e-6)
        heard += len(moment.audio[1])


# ---- nothing lost, the newest frame --------------------------------------------------------------------------


def test_a_slow_handler_gets_audio_joined_and_the_newest_frame() -> None:
    app = ContinuousVideo()
    with TestPage(app.demo, handler_time=0.45) as page:
        recording = page.stream("Me", film())
    assert np.array_equal(app.heard, ramp(SECONDS)[1])
    chunk = round(EVERY_S * RATE)
    assert {length % chunk for length in app.lengths[:-1]} == {0}
    assert len(app.moments) == pytest.approx(SECONDS / 0.45, abs=2)
    shown = [number_of(moment.frame) for moment in app.moments]
    assert shown[:-1] == sorted(set(shown[:-1])), "each call has a picture of its own"
    assert recording.summary().dropped > 40, "a picture that nobody would see is not sent"
    ages = [result.age_s for result in recording.results[3:-1] if result.age_s is not None]
    assert max(ages) <= 0.45 + 2 * EVERY_S + CAMERA_S


def test_a_camera_slower_than_the_chunks_shows_its_frame_again() -> None:
    app = ContinuousVideo(stream_every=0.05)
    with TestPage(app.demo) as page:
        page.run(page.record("Me").recording.first.wait_for_state("running"))
        page.run(next(iter(page.page._incoming.recordings.values())).feed(film(), rate_hz=5))
    times = [moment.frame_time for moment in app.moments]
    assert times == sorted(times)
    assert 25 <= len(set(times)) <= 31 < len(times)


def test_what_a_handler_draws_is_not_there_in_the_next_call() -> None:
    seen: list[int] = []

    def scribble(moment: ms.Moment) -> None:
        seen.append(int(moment.frame.max()))
        moment.frame[:] = 255

    with ms.Blocks() as demo:
        video = ms.Video(label="Me", sources="webcam")
        video.stream(scribble, video, None, stream_every=0.05)
    with TestPage(demo) as page:
        page.stream("Me", (pictures(2), ramp(0.5)))
    assert len(seen) == 10
    assert max(seen) < 10


def test_audio_that_came_before_the_first_frame_waits_for_it() -> None:
    app = ContinuousVideo()
    with TestPage(app.demo) as page:
        recording = page.record("Me")
        recording.wait_for_state("running")
        recording.feed((iter(()), ramp(0.4)))  # a camera takes a while to wake up
        assert app.moments == []
        recording.feed(film(2))
        recording.stop()
    assert app.lengths[0] >= 0.4 * RATE
    assert np.array_equal(app.heard, np.concatenate([ramp(0.4)[1], ramp(2)[1]]))


def test_a_handler_too_slow_for_its_backlog_ends_the_stream_and_says_so() -> None:
    app = ContinuousVideo(max_backlog=1)
    with TestPage(app.demo, handler_time=4.0) as page:
        recording = page.record("Me")
        recording.wait_for_state("running")
        recording.feed(film())
        with pytest.raises(Error, match="make the handler faster"):
            recording.stop()
    assert sorted(app.ends) == ["failure", "then"]


# ---- turns and ends --------------------------------------------------------------------------------------------


def test_stop_hands_over_what_was_heard_with_the_last_frame() -> None:
    app = ContinuousVideo()
    with TestPage(app.demo) as page:
        page.stream("Me", (pictures(10), ramp(0.33)))
    assert sum(app.lengths) == round(0.33 * RATE)
    assert app.lengths[-1] == round(0.03 * RATE)
    assert app.ends == ["then"]


def test_a_second_slot_goes_on_with_frames_and_audio_of_its_own() -> None:
    app = ContinuousVideo(time_limit=1)
    with TestPage(app.demo) as page, page.another() as other:
        recording = page.record("Me")
        recording.wait_for_state("running")
        theirs = other.record("Me")
        feeding = recording.feed_in_background(film(4))
        theirs.wait_for_state("running")
        before = len(app.moments)
        theirs.stop()
        recording.wait_for_state("running")
        resumed = page.now
        feeding.result()
        recording.stop()
    later = app.moments[before:]
    assert recording.streams[0].turns == 2
    assert all(m.audio_time is not None and min(m.audio_time, m.frame_time) >= resumed - EVERY_S for m in later)


def test_a_video_shares_its_device_among_several_streams() -> None:
    counts = {"a": 0, "b": 0}

    def count(name: str) -> None:
        counts[name] += 1

    with ms.Blocks() as demo:
        video = ms.Video(label="Me", sources="webcam")
        video.stream(lambda moment: count("a"), video, None, stream_every=0.1)
        video.stream(lambda moment: count("b"), video, None, stream_every=0.5)
    with TestPage(demo) as page:
        page.stream("Me", film(3))
    assert counts == {"a": 30, "b": 6}


# ---- without audio ---------------------------------------------------------------------------------------------


def test_without_audio_there_are_frames_alone() -> None:
    app = ContinuousVideo(include_audio=False)
    with TestPage(app.demo, handler_time=0.25) as page:
        page.stream("Me", pictures(90))
    assert len(app.moments) == pytest.approx(3 / 0.25, abs=2)
    assert all(moment.audio is None and moment.audio_time is None for moment in app.moments)
    times = [moment.frame_time for moment in app.moments]
    assert times == sorted(set(times))


def test_a_device_without_a_microphone_gives_frames_alone_and_newest_wins() -> None:
    app = ContinuousVideo()
    with TestPage(app.demo, handler_time=0.25) as page:
        recording = page.record("Me", microphone=False)
        recording.wait_for_state("running")
        recording.feed(pictures(90))
        recording.stop()
    assert len(app.moments) == pytest.approx(3 / 0.25, abs=2)
    assert all(moment.audio is None for moment in app.moments)


def test_stop_without_any_frame_is_the_end_of_nothing() -> None:
    app = ContinuousVideo()
    with TestPage(app.demo) as page:
        page.stream("Me", (iter(()), ramp(0.5)))
    assert app.moments == []
    assert app.ends == ["then"]


# ---- others ----------------------------------------------------------------------------------------------------


def test_other_events_see_the_newest_frame_while_it_records() -> None:
    app = ContinuousVideo(stream_every=1.0)
    with TestPage(app.demo) as page:
        recording = page.record("Me")
        recording.wait_for_state("running")
        recording.feed(film(2.5))
        before = len(app.moments)
        page.click("Look")
        assert len(app.moments) == before + 1
        assert app.moments[-1].audio is None
        assert app.moments[-1].frame_time > 0
        recording.stop()


def test_feeding_it_one_thing_names_what_it_takes() -> None:
    app = ContinuousVideo()
    with TestPage(app.demo) as page:
        recording = page.record("Me")
        recording.wait_for_state("running")
        with pytest.raises(InvalidValue, match="fed with \\(frames, audio\\)"):
            recording.feed(pictures(3))
        recording.stop()
