"""The stream event under virtual time, row by row of its specification."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from copy import copy
from typing import Any

import numpy as np
import pytest

import millstream as ms
from millstream.errors import BacklogExceeded, Error
from millstream.runtime.settings import Settings
from millstream.runtime.stream.receiver import Receiver
from millstream.testing.page import TestPage
from millstream.wire.encoding import encode_packet
from millstream.wire.messages import Credit, Set, Stop
from millstream.wire.packet import Flag, Packet, PacketKind

CAMERA_S = 1 / 30
RATE = 16_000


def picture(number: int) -> np.ndarray:
    """A flat frame that carries its number as its brightness, which JPEG keeps."""
    return np.full((32, 32, 3), number % 256, np.uint8)


def pictures(count: int) -> Iterator[np.ndarray]:
    return (picture(number) for number in range(count))


def brightness(value: np.ndarray) -> int:
    return round(float(value.mean()))


def ramp(seconds: float, rate: int = RATE) -> tuple[int, np.ndarray]:
    """Audio in which every sample is its own number."""
    return rate, (np.arange(round(seconds * rate)) % 30_000).astype(np.int16)


class Echo:
    """An app with one frame stream; counts its calls."""

    def __init__(self, **options: Any) -> None:
        self.seen: list[int] = []
        self.ends: list[str] = []
        with ms.Blocks() as self.demo:
            camera = ms.Image(label="Camera", sources="webcam")
            out = ms.Image(label="Out")
            stream = camera.stream(self.handle, camera, out, **{"stream_every": 0.0, **options})
            stream.then(lambda: self.ends.append("then"))
            stream.success(lambda: self.ends.append("success"))
            stream.failure(lambda: self.ends.append("failure"))

    def handle(self, frame: np.ndarray) -> np.ndarray:
        self.seen.append(brightness(frame))
        return frame


class Listener:
    """An app with one audio stream; keeps what it hears."""

    def __init__(self, **options: Any) -> None:
        self.chunks: list[np.ndarray] = []
        with ms.Blocks() as self.demo:
            mic = ms.Audio(label="Mic", sources="microphone")
            mic.stream(self.hear, mic, None, **{"stream_every": 0.1, **options})

    def hear(self, chunk: tuple[int, np.ndarray]) -> None:
        assert chunk[0] == RATE
        self.chunks.append(chunk[1])

    @property
    def heard(self) -> np.ndarray:
        return np.concatenate(self.chunks)


# ---- pace and freshness ----------------------------------------------------------------------------------------


def test_stream_every_is_the_mean_interval() -> None:
    app = Echo(stream_every=0.1)
    with TestPage(app.demo) as page:
        page.stream("Camera", pictures(90))
    assert len(app.seen) == pytest.approx(30, abs=1)


def test_a_fast_handler_gets_every_camera_frame() -> None:
    app = Echo()
    with TestPage(app.demo, handler_time=0.005) as page:
        recording = page.stream("Camera", pictures(90))
        assert len(app.seen) >= 88
        assert recording.summary().age_p95_s == pytest.approx(0.005, abs=0.001)


def test_a_frame_beyond_max_age_is_not_handled_and_counted() -> None:
    stale = []
    for max_age in (0.002, 5.0):
        app = Echo(max_age=max_age)
        with TestPage(app.demo, handler_time=0.2) as page:
            recording = page.stream("Camera", pictures(120))
            counted: Any = page.host.metrics().plain()
        stale.append(next(iter(counted["events"].values()))["dropped"]["stale"])
        ages = [result.age_s for result in recording.results if result.age_s is not None]
        assert max(ages) <= 0.2 + max_age
        assert len(app.seen) > 15, "the handler gets the next one"
    assert stale[0] >= 1
    assert stale[1] == 0


def test_a_frame_from_the_future_is_new() -> None:
    app = Echo(max_age=0.002)
    with TestPage(app.demo) as page:
        (session,) = page.host.sessions.values()
        session.page.clock.compare = lambda page_us, now_us: None  # type: ignore[method-assign]
        session.page.clock.offset_us += 10**9
        page.stream("Camera", pictures(30))
        counted: Any = page.host.metrics().plain()
    event = counted["events"]["handle"]
    assert event["age"]["count"] == len(app.seen) > 20
    assert (event["age"]["mean_s"], event["age"]["max_s"]) == (0.0, 0.0)


@pytest.mark.parametrize("latency_s", [0.0, 0.02, 0.05])
def test_a_slow_handler_gets_fresh_frames_and_is_never_idle(latency_s: float) -> None:
    app = Echo()
    handler_s = 0.2
    with TestPage(app.demo, handler_time=handler_s, latency_s=latency_s) as page:
        recording = page.stream("Camera", pictures(250))
        # The first calls of a stream on a long link teach the pacing how long it is.
        ages = [result.age_s for result in recording.results[16:] if result.age_s is not None]
    freshness_s = np.percentile(ages, 95) - handler_s - 2 * latency_s
    assert freshness_s <= CAMERA_S + 0.02
    assert len(app.seen) * handler_s > 0.85 * 250 / 30
    assert app.seen == sorted(app.seen)


@pytest.mark.parametrize("handler_s", [0.2, 0.35])
def test_waiting_for_the_interval_is_not_taken_for_a_long_link(handler_s: float) -> None:
    app = Echo(stream_every=0.1)
    with TestPage(app.demo, handler_time=handler_s) as page:
        recording = page.stream("Camera", pictures(300))
        ages = [result.age_s for result in recording.results[5:] if result.age_s is not None]
    assert np.percentile(ages, 95) - handler_s <= 0.1 + 0.02


def test_other_inputs_are_read_when_the_handler_is_called() -> None:
    seen: list[float] = []
    with ms.Blocks() as demo:
        camera = ms.Image(label="Camera", sources="webcam")
        level = ms.Slider(0, 10, value=1, step=1, label="Level")
        camera.stream(lambda frame, level: seen.append(level), [camera, level], None, stream_every=0.0)
    with TestPage(demo) as page:
        recording = page.record("Camera")
        recording.wait_for_state("running")
        recording.feed(pictures(3))
        page.set("Level", 7)
        recording.feed(pictures(2))
        recording.stop()
    assert seen == [1, 1, 1, 7, 7]


def test_several_streams_of_one_component_are_fed_by_the_same_device() -> None:
    counts = {"a": 0, "b": 0}

    def count(name: str) -> None:
        counts[name] += 1

    with ms.Blocks() as demo:
        camera = ms.Image(label="Camera", sources="webcam")
        camera.stream(lambda frame: count("a"), camera, None, stream_every=0.0)
        camera.stream(lambda frame: count("b"), camera, None, stream_every=0.1)
    with TestPage(demo) as page:
        page.stream("Camera", pictures(30))
    assert counts["a"] > 25
    assert counts["b"] == pytest.approx(10, abs=1)


# ---- values ----------------------------------------------------------------------------------------------------


def grower(handler: Any) -> ms.Blocks:
    with ms.Blocks() as demo:
        mic = ms.Audio(label="Mic", sources="microphone")
        state = ms.State([])
        text = ms.Textbox(label="Text")
        clear = ms.Button("Clear")
        mic.stream(handler, [mic, state, text], [state, text], stream_every=0.1)
        clear.click(lambda: ([], ""), None, [state, text])
    return demo


def test_a_component_that_is_input_and_output_grows_and_so_does_the_state() -> None:
    def hear(chunk: Any, state: list[int], text: str) -> tuple[list[int], str]:
        return [*state, len(state)], text + "x"

    with TestPage(grower(hear)) as page:
        page.stream("Mic", ramp(0.5))
        assert page.value("Text") == "xxxxx"


def test_a_call_does_not_undo_what_was_written_while_it_ran() -> None:
    lengths: list[int] = []

    def hear(chunk: Any, state: list[int], text: str) -> tuple[list[int], str]:
        lengths.append(len(state))
        return [*state, 1], text + "x"

    with TestPage(grower(hear), handler_time=0.08) as page:
        recording = page.record("Mic")
        recording.wait_for_state("running")
        feeding = recording.feed_in_background(ramp(1.0))
        page.advance(0.55)
        page.click("Clear")
        assert page.value("Text") == ""
        page.advance(0.04)
        assert page.value("Text") == "", "the call that ran during the click is not written"
        feeding.result()
        recording.stop()
        assert 0 < len(page.value("Text")) < 6
    assert lengths[-1] < 6


def test_an_edit_of_the_user_wins_over_the_call_that_ran_meanwhile() -> None:
    with TestPage(grower(lambda chunk, state, text: (state, text + "x")), handler_time=0.08) as page:
        recording = page.record("Mic")
        recording.wait_for_state("running")
        feeding = recording.feed_in_background(ramp(1.0))
        page.advance(0.55)
        page.set("Text", "mine")
        feeding.result()
        recording.stop()
        assert page.value("Text").startswith("mine")


def test_each_session_has_its_own_state() -> None:
    with TestPage(grower(lambda chunk, state, text: ([*state, 1], str(len(state))))) as one:
        one.stream("Mic", ramp(0.5))
        two = one.another()
        two.stream("Mic", ramp(0.2))
        assert (one.value("Text"), two.value("Text")) == ("4", "1")
        two.close()


def test_what_drives_the_stream_is_always_what_was_captured() -> None:
    seen: list[int] = []
    looked: list[int] = []

    def invert(frame: np.ndarray) -> np.ndarray:
        seen.append(brightness(frame))
        return 255 - frame

    with ms.Blocks() as demo:
        camera = ms.Image(label="Camera", sources="webcam")
        look = ms.Button("Look")
        camera.stream(invert, camera, camera, stream_every=0.0)
        look.click(lambda frame: looked.append(brightness(frame)), camera, None)
    with TestPage(demo) as page:
        recording = page.record("Camera")
        recording.wait_for_state("running")
        recording.feed(pictures(10))
        page.click("Look")
        shown = page.value("Camera")
        recording.stop()
    assert seen == list(range(10))
    assert looked == [9], "another handler gets the captured picture too"
    assert brightness(shown) == 255 - 9


# ---- order of results ------------------------------------------------------------------------------------------


def test_text_is_never_skipped_where_frames_coalesce() -> None:
    with ms.Blocks() as demo:
        camera = ms.Image(label="Camera", sources="webcam")
        out, text = ms.Image(label="Out"), ms.Textbox(label="Text")
        changes: list[str] = []
        camera.stream(lambda f, t: (f, t + "x"), [camera, text], [out, text], stream_every=0.0)
        text.change(changes.append, text, None, trigger_mode="multiple", concurrency_limit=None)
    with TestPage(demo) as page:
        recording = page.record("Camera")
        recording.wait_for_state("running")
        stream = recording.streams[0]
        _without_credit(page)
        recording.feed(pictures(20))
        assert page.value("Text") == "x" * 19, "the newest waits for its picture"
        recording.stop()
        assert page.value("Text") == "x" * 20
        assert stream.received_frames == 2
        assert page.host.statistics()["ended_streams"]["replaced"] == 18  # type: ignore[index]
    assert changes == ["x" * (n + 1) for n in range(20)]


def _without_credit(page: TestPage) -> None:
    """Let the page keep to itself that it has received frames."""
    say = page.page.send

    async def silent(message: Any) -> None:
        if not isinstance(message, Credit):
            await say(message)

    page.page.send = silent  # type: ignore[method-assign]


def test_a_generator_sends_all_its_frames_in_order() -> None:
    def burst(frame: np.ndarray) -> Iterator[np.ndarray]:
        for step in range(5):
            yield np.full((16, 16, 3), step * 40, np.uint8)

    with ms.Blocks() as demo:
        camera, out = ms.Image(label="Camera", sources="webcam"), ms.Image(label="Out")
        camera.stream(burst, camera, out, stream_every=0.0)
    with TestPage(demo, latency_s=0.05) as page:
        recording = page.stream("Camera", pictures(60))
        values = [brightness(next(iter(page.outputs(result).values()))) for result in recording.results]
    assert len(values) >= 25
    assert values == ([0, 40, 80, 120, 160] * len(values))[: len(values)]


def test_a_generator_whose_frames_nobody_takes_is_ended_with_an_error() -> None:
    closed: list[bool] = []

    def endless(frame: np.ndarray) -> Iterator[np.ndarray]:
        try:
            while True:
                yield frame
        finally:
            closed.append(True)

    with ms.Blocks() as demo:
        camera, out = ms.Image(label="Camera", sources="webcam"), ms.Image(label="Out")
        camera.stream(endless, camera, out, stream_every=0.0)
    with TestPage(demo) as page:
        recording = page.record("Camera")
        recording.wait_for_state("running")
        _without_credit(page)
        recording.feed(pictures(1))
        page.advance(9)
        assert not closed
        page.advance(3)
        assert closed
        assert recording.state == "ended"
        assert "accepted no frame for 10 seconds" in recording.error


# ---- audio -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("handler_s", [0.0, 0.05, 0.35])
def test_every_sample_arrives_once_and_in_order(handler_s: float) -> None:
    app = Listener()
    with TestPage(app.demo, handler_time=handler_s) as page:
        page.stream("Mic", ramp(3.05))
    np.testing.assert_array_equal(app.heard, ramp(3.05)[1])
    if handler_s == 0:
        assert {len(chunk) for chunk in app.chunks[:-1]} == {1600}
        assert len(app.chunks[-1]) == 800
    if handler_s > 0.1:
        assert any(len(chunk) > 1600 for chunk in app.chunks), "waiting chunks are joined"


def test_a_backlog_beyond_its_bound_ends_the_stream_with_an_error_that_says_so() -> None:
    app = Listener(max_backlog=1.0)
    with TestPage(app.demo, handler_time=2.0) as page:
        recording = page.record("Mic")
        recording.wait_for_state("running")
        with pytest.raises(BacklogExceeded):
            recording.feed(ramp(10))
        recording.wait_for_state("ended")
        assert "hear() is too slow" in recording.error


def test_missing_samples_end_the_stream() -> None:
    app = Listener()
    with TestPage(app.demo) as page:
        recording = page.record("Mic")
        recording.wait_for_state("running")
        recording.feed(ramp(0.2))
        recording.streams[0].uplink._first_sample += 1
        recording.feed(ramp(0.2))
        recording.wait_for_state("ended")
        assert "audio is incomplete" in recording.error


def test_keep_latest_lets_newer_audio_replace_older() -> None:
    app = Listener(keep="latest")
    with TestPage(app.demo, handler_time=0.35) as page:
        page.stream("Mic", ramp(3))
    assert all(len(chunk) == 1600 for chunk in app.chunks)
    assert len(app.chunks) < 15


def test_keep_all_handles_every_frame() -> None:
    app = Echo(keep="all")
    with TestPage(app.demo, handler_time=0.1) as page:
        recording = page.record("Camera")
        recording.wait_for_state("running")
        recording.feed(pictures(30))
        sent = recording.summary().sent
        recording.stop()
    assert len(app.seen) == sent


# ---- time limits and places ------------------------------------------------------------------------------------


def test_alone_a_stream_goes_on_with_a_fresh_limit_and_without_a_gap() -> None:
    app = Echo(time_limit=1.0)
    with TestPage(app.demo) as page:
        recording = page.record("Camera")
        recording.wait_for_state("running")
        first = recording.streams[0].deadline_us
        recording.feed(pictures(90))
        assert recording.state == "running"
        assert recording.streams[0].turns == 1
        assert recording.streams[0].deadline_us >= first + 2_000_000
        recording.stop()
    assert len(app.seen) >= 88
    assert app.ends == ["then", "success"]


def test_with_others_waiting_it_goes_to_the_back_and_returns_by_itself() -> None:
    app = Echo(time_limit=1.0)
    with TestPage(app.demo) as one:
        two = one.another()
        a, b = one.record("Camera"), two.record("Camera")
        a.wait_for_state("running")
        b.wait_for_state("waiting")
        assert (b.position, b.eta_s) == (1, pytest.approx(1.0, abs=0.1))
        playing = [a.feed_in_background(pictures(120)), b.feed_in_background(pictures(120))]
        one.advance(1.1)
        assert (a.state, b.state) == ("waiting", "running")
        one.advance(1.0)
        assert (a.state, b.state) == ("running", "waiting")
        assert app.ends == []
        for background in playing:
            background.result()
        a.stop()
        b.stop()
        one.advance(0.1)
        assert app.ends == ["then", "success"] * 2
        assert a.streams[0].turns >= 2
        two.close()


def test_who_waits_sends_nothing_and_hears_how_it_goes() -> None:
    app = Echo(time_limit=10.0)
    with TestPage(app.demo) as one:
        others = [one.another() for _ in range(3)]
        recordings = [page.record("Camera") for page in [one, *others]]
        one.advance(0.01)
        assert [recording.position for recording in recordings] == [0, 1, 2, 3]
        assert [round(recording.eta_s or 0) for recording in recordings[1:]] == [10, 20, 30]
        recordings[1].stop()
        one.advance(1)
        assert [recording.position for recording in recordings[2:]] == [1, 2]
        recordings[0].stop()
        recordings[2].wait_for_state("running")
        for page in others:
            page.close()


def test_expiry_hands_over_all_audio_that_was_captured() -> None:
    app = Listener(time_limit=1.0)
    with TestPage(app.demo, handler_time=0.25) as one:
        two = one.another()
        a, b = one.record("Mic"), two.record("Mic")
        a.wait_for_state("running")
        feeding = a.feed_in_background(ramp(3))
        one.advance(2)
        assert (a.state, b.state) == ("waiting", "running")
        stream = a.streams[0]
        assert len(app.heard) == stream.uplink._first_sample, "all that was captured has been handled"
        b.stop()
        feeding.result()
        a.stop()
        two.close()
    assert (np.diff(app.heard.astype(int)) != 1).sum() <= 1, "one gap: while it waited"


def test_stop_after_the_limit_ends_the_stream_when_all_is_handled_instead_of_waiting_again() -> None:
    app = Listener(time_limit=1.0)
    with TestPage(app.demo, handler_time=0.6) as one:
        two = one.another()
        a, b = one.record("Mic"), two.record("Mic")
        a.wait_for_state("running")
        feeding = a.feed_in_background(ramp(2.0))
        one.wait_for(lambda: a.state == "stopping")
        feeding.cancel()
        a.stop()
        assert a.streams[0].reason == "user"
        assert a.streams[0].turns == 1
        b.wait_for_state("running")
        two.close()
    assert len(app.heard) >= RATE * 0.9


def test_a_generator_is_closed_at_its_first_yield_after_the_limit() -> None:
    steps: list[str] = []

    def forever(frame: np.ndarray) -> Iterator[np.ndarray]:
        try:
            while True:
                steps.append("step")
                yield frame
        finally:
            steps.append("closed")

    with ms.Blocks() as demo:
        camera, out = ms.Image(label="Camera", sources="webcam"), ms.Image(label="Out")
        camera.stream(forever, camera, out, stream_every=0.0, time_limit=1.0)
    with TestPage(demo, handler_time=0.3) as one:
        two = one.another()
        a, b = one.record("Camera"), two.record("Camera")
        a.wait_for_state("running")
        a.feed(pictures(3))
        b.wait_for_state("running")
        assert one.now == pytest.approx(1.3, abs=0.2)
        assert steps[-1] == "closed"
        two.close()


def test_open_streams_do_not_starve_other_events() -> None:
    with ms.Blocks() as demo:
        camera = ms.Image(label="Camera", sources="webcam")
        go, text = ms.Button("Go"), ms.Textbox(label="Text")
        camera.stream(lambda frame: None, camera, None, stream_every=0.0)
        go.click(lambda: "done", None, text)
    with TestPage(demo) as page:
        recording = page.record("Camera")
        recording.wait_for_state("running")
        page.click("Go")
        assert page.value("Text") == "done"


def test_concurrency_id_shares_one_limit_between_events() -> None:
    with ms.Blocks() as demo:
        one, two = ms.Image(label="One", sources="webcam"), ms.Image(label="Two", sources="webcam")
        one.stream(lambda frame: None, one, None, concurrency_id="gpu")
        two.stream(lambda frame: None, two, None, concurrency_id="gpu")
    with TestPage(demo) as page:
        first, second = page.record("One"), page.record("Two")
        first.wait_for_state("running")
        second.wait_for_state("waiting")
        assert second.position == 1
        first.stop()
        second.wait_for_state("running")


def test_a_full_queue_says_that_the_app_is_busy() -> None:
    app = Echo()
    app.demo.queue(max_size=1)
    with TestPage(app.demo) as one:
        others = [one.another() for _ in range(2)]
        recordings = [page.record("Camera") for page in [one, *others]]
        recordings[2].wait_for_state("ended")
        assert recordings[2].streams[0].reason == "busy"
        for page in others:
            page.close()


# ---- ends ------------------------------------------------------------------------------------------------------


def failing(error: Exception) -> ms.Blocks:
    def fail(frame: np.ndarray) -> np.ndarray:
        raise copy(error)  # what is raised keeps all that it went through

    with ms.Blocks() as demo:
        camera = ms.Image(label="Camera", sources="webcam")
        text = ms.Textbox(label="Text")
        stream = camera.stream(fail, camera, camera, stream_every=0.0)
        stream.failure(lambda: "failed", None, text)
        stream.success(lambda: "succeeded", None, text)
    return demo


@pytest.mark.parametrize(
    ("error", "show_error", "message"),
    [
        (ValueError("secret"), False, "Something went wrong in the app."),
        (ValueError("secret"), True, "secret"),
        (Error("Hold still."), False, "Hold still."),
    ],
)
def test_an_error_ends_the_stream_once(
    error: Exception, show_error: bool, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    with TestPage(failing(error), settings=Settings(show_error=show_error)) as page:
        recording = page.record("Camera")
        recording.wait_for_state("running")
        recording.feed(pictures(10))
        page.advance(1)
        assert recording.state == "ended"
        assert recording.streams[0].reason == "error"
        assert recording.error.startswith(message)
        assert page.toasts == []  # the frame that recorded says it, and nothing says it again
        assert page.value("Text") == "failed"
        again = page.record("Camera")
        again.wait_for_state("running")
    records = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(records) == 1
    assert (records[0].exc_info is None) is isinstance(error, Error)
    if message.startswith("Something"):
        identity = recording.error.split("(")[1].rstrip(")")
        assert identity in records[0].getMessage()


@pytest.mark.parametrize("where", ["take", "next_at"])
def test_a_mistake_of_ours_costs_one_stream(
    where: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    app = Echo()
    with TestPage(app.demo) as page:
        recording = page.record("Camera")
        recording.feed(pictures(5))

        def fail(*_: object) -> None:
            raise AttributeError("a bug")

        with monkeypatch.context() as broken:
            broken.setattr(Receiver, where, fail)
            recording.feed(pictures(5))
            page.wait_for(lambda: recording.streams[0].state == "ended")
        assert recording.streams[0].reason == "error"
        assert app.ends == ["then", "failure"]
        handled = len(app.seen)
        page.stream("Camera", pictures(5))
        assert len(app.seen) > handled
    assert len(caplog.records) == 1


def test_a_broken_frame_is_counted_and_the_stream_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    app = Echo()
    with TestPage(app.demo) as page:
        recording = page.record("Camera")
        recording.wait_for_state("running")
        recording.feed(pictures(3))
        recording.feed(iter([b"no jpeg", b"", b"\xff\xd8\xff\xe0 broken"]))
        recording.feed(pictures(3))
        recording.stop()
        ended = page.host.statistics()["ended_streams"]
    assert app.seen == [0, 1, 2, 0, 1, 2]
    assert ended["broken"] == 2  # type: ignore[index]
    assert len(caplog.records) == 1


def test_a_stream_that_sends_nothing_ends_with_a_notice() -> None:
    app = Echo()
    with TestPage(app.demo) as page:
        recording = page.record("Camera")
        recording.wait_for_state("running")
        recording.feed(pictures(3))
        page.advance(29)
        assert recording.state == "running"
        page.advance(2)
        assert recording.streams[0].reason == "idle"
        assert "30 seconds" in page.toasts[-1].message
        assert app.ends == ["then", "success"]


def test_a_stream_without_credit_is_not_idle() -> None:
    app = Echo()
    with TestPage(app.demo, handler_time=60) as page:
        recording = page.record("Camera")
        recording.wait_for_state("running")
        feeding = recording.feed_in_background(pictures(1500))
        page.advance(45)
        assert recording.state == "running"
        feeding.cancel()


def test_cancels_ends_the_stream_and_closes_its_generator() -> None:
    closed: list[bool] = []

    def forever(frame: np.ndarray) -> Iterator[np.ndarray]:
        try:
            while True:
                yield frame
        finally:
            closed.append(True)

    with ms.Blocks() as demo:
        camera, out, stop = ms.Image(label="Camera", sources="webcam"), ms.Image(), ms.Button("Stop")
        text = ms.Textbox(label="Text")
        stream = camera.stream(forever, camera, out, stream_every=0.0)
        stream.then(lambda: "over", None, text)
        stop.click(None, cancels=[stream])
    with TestPage(demo, handler_time=0.05) as page:
        recording = page.record("Camera")
        recording.wait_for_state("running")
        recording.feed(pictures(5))
        page.click("Stop")
        recording.wait_for_state("ended")
        page.advance(0.2)
        assert recording.streams[0].reason == "cancelled"
        assert closed
        assert page.value("Text") == "over"


@pytest.mark.parametrize("when", ["it rests", "it calls", "it waits", "its result is applied"])
def test_a_cancelled_stream_is_no_fault(when: str, caplog: pytest.LogCaptureFixture) -> None:
    with ms.Blocks() as demo:
        camera, count, stop = ms.Image(label="Camera", sources="webcam"), ms.Number(0, label="Count"), ms.Button("Stop")
        stream = camera.stream(lambda frame, seen: seen + 1, [camera, count], count, stream_every=0.0)
        stop.click(None, cancels=[stream])
        if when == "its result is applied":
            count.change(None, cancels=[stream])
    with TestPage(demo, handler_time=0.1) as one, one.another() as page:
        if when == "it waits":
            other = one.record("Camera")
            other.wait_for_state("running")
        recording = page.record("Camera")
        page.advance(0.1)
        feeding = recording.feed_in_background(pictures(5 if when == "it rests" else 50))
        page.advance(0.65)
        page.click("Stop")
        recording.wait_for_state("ended")
        feeding.result()
        assert recording.streams[0].reason == "cancelled"
        counted: Any = page.host.metrics().plain()
    assert [event["errors"] for event in counted["events"].values()] == [0]
    assert caplog.records == []


@pytest.mark.parametrize("how", ["close", "drop"])
def test_a_page_that_is_gone_frees_its_slot_at_once(how: str) -> None:
    app = Echo()
    with TestPage(app.demo, handler_time=0.5) as one:
        two = one.another()
        a, b = two.record("Camera"), one.record("Camera")
        a.wait_for_state("running")
        b.wait_for_state("waiting")
        a.feed_in_background(pictures(30))
        one.advance(0.2)
        gone_at = one.now
        getattr(two, how)()
        b.wait_for_state("running")
        assert one.now - gone_at <= 1
        one.advance(1)
        assert len(one.host.sessions) == 1
        two.close()


@pytest.mark.parametrize(
    ("reason", "ended", "message", "outcome"),
    [
        ("device", "device", "not available any more", "success"),
        ("backlog", "error", "handle() is too slow", "failure"),
        ("failed", "error", "the encoder broke", "failure"),
    ],
)
def test_the_page_may_end_a_stream_for_reasons_of_its_own(reason: Any, ended: str, message: str, outcome: str) -> None:
    app = Echo()
    with TestPage(app.demo) as page:
        recording = page.record("Camera")
        recording.wait_for_state("running")
        recording.feed(pictures(3))
        page.run(page.page.send(Stop(stream=1, final=3, reason=reason, message="the encoder broke" + "!" * 1000)))
        recording.wait_for_state("ended")
        page.advance(0.1)
        assert recording.streams[0].reason == ended
        assert message in recording.error
        assert len(recording.error) <= 200
        assert app.ends == ["then", outcome]
        page.run(page.page.send(Stop(stream=1, final=3)))
        page.advance(0.1)
        assert page.page.closed is None


def test_a_page_that_does_not_hand_over_its_last_audio_is_not_waited_for() -> None:
    app = Listener()
    with TestPage(app.demo) as page:
        recording = page.record("Mic")
        recording.wait_for_state("running")
        recording.feed(ramp(0.5))
        recording.streams[0].uplink.is_stopped = True
        page.run(page.page.send(Stop(stream=1, final=99)))
        page.advance(9)
        assert recording.state == "stopping"
        page.advance(2)
        assert recording.streams[0].reason == "user"
    assert len(app.heard) == 8000


def test_a_backlog_on_the_server_has_the_same_bound() -> None:
    app = Listener(max_backlog=0.15)
    with TestPage(app.demo, handler_time=5.0) as page:
        recording = page.record("Mic")
        recording.wait_for_state("running")
        feeding = recording.feed_in_background(ramp(0.3))
        page.advance(0.35)
        feeding.cancel()
        page.advance(10)
        assert recording.streams[0].reason == "error"
        assert "raise max_backlog" in recording.error or "too slow" in recording.error


def test_a_stream_can_be_left_while_it_waits() -> None:
    app = Echo()
    with TestPage(app.demo) as one:
        two = one.another()
        one.record("Camera").wait_for_state("running")
        recording = two.record("Camera")
        recording.wait_for_state("waiting")
        (session,) = (s for s in one.host.sessions.values() if s.visitor == "visitor 2")
        assert "waiting" in repr(session.streams[1])
        recording.stop()
        assert recording.streams[0].reason == "user"
        two.close()


def test_statistics_count_what_happened() -> None:
    app = Echo()
    with TestPage(app.demo, handler_time=0.1) as page:
        recording = page.stream("Camera", pictures(60))
        sent = recording.summary().sent
        ended: Any = page.host.statistics()["ended_streams"]
    assert ended["received"] == sent
    assert ended["handled"] == len(app.seen) == ended["age"]["count"]
    assert ended["received"] == ended["handled"] + ended["dropped"]
    assert ended["age"]["p95_s"] <= 0.1


# ---- what a page may not do ------------------------------------------------------------------------------------


def packet(stream: int = 1, component: int = 1, sequence: int = 1, kind: PacketKind = PacketKind.PICTURE) -> bytes:
    flags = Flag.KEY | Flag.INDEPENDENT
    return encode_packet(Packet(kind, 1, flags, stream, component, sequence, 0, 0, 0, b"x"))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (packet(sequence=2), 1002),
        (packet(sequence=0), 1002),
        (packet(component=2), 4404),
        (packet(kind=PacketKind.SOUND), 4404),
        (packet(stream=2), 4404),
        (packet(stream=0), 4404),
    ],
)
def test_a_packet_that_does_not_belong_closes_the_connection(data: bytes, code: int) -> None:
    app = Echo()
    with TestPage(app.demo) as page:
        recording = page.record("Camera")
        recording.wait_for_state("running")
        page.run(page.page.send_packet(data))
        page.advance(1)
        assert page.page.closed is not None
        assert f"closed with {code}" in str(page.page.closed)
        assert app.seen == []


def test_a_packet_without_credit_closes_the_connection() -> None:
    app = Echo()
    with TestPage(app.demo) as one:
        two = one.another()
        one.record("Camera").wait_for_state("running")
        recording = two.record("Camera")
        recording.wait_for_state("waiting")
        two.run(two.page.send_packet(packet(component=recording.recording.component)))
        two.advance(1)
        assert "closed with 1008" in str(two.page.closed)
        two.close()


def test_packets_that_come_late_are_ignored() -> None:
    app = Echo()
    with TestPage(app.demo) as page:
        recording = page.stream("Camera", pictures(3))
        page.run(page.page.send_packet(packet(sequence=4)))
        page.run(page.page.send(Set(component=recording.recording.component, value=None)))
        page.advance(1)
        assert page.page.closed is None


def test_the_last_frame_stays_also_if_the_slot_ended_without_one() -> None:
    seen: list[int] = []
    with ms.Blocks() as demo:
        camera = ms.Image(label="Camera", sources="webcam")
        camera.stream(lambda frame: None, camera, None, stream_every=0.1, keep="all", time_limit=1)
        camera.stop_recording(lambda frame: seen.append(brightness(frame)), camera, None)
    with TestPage(demo) as page, page.another() as other:
        recording = page.record("Camera")
        recording.wait_for_state("running")
        feeding = recording.feed_in_background(picture(number) for number in range(60))
        theirs = other.record("Camera")
        theirs.wait_for_state("running")
        recording.stop()
        page.advance(0.1)
        feeding.cancel()
    assert len(seen) == 1
    assert 20 <= seen[0] <= 40


@pytest.mark.parametrize("others", [0, 1])
def test_an_error_beside_a_stream_that_goes_on_is_told_at_once(others: int) -> None:
    def fail(frame: np.ndarray) -> None:
        raise Error("no more")

    with ms.Blocks() as demo:
        camera, count = ms.Image(label="Camera", sources="webcam"), ms.Number(0, label="Count")
        camera.stream(fail, camera, None, stream_every=0.0)
        for _ in range(others):
            camera.stream(lambda frame, seen: seen + 1, [camera, count], count, stream_every=0.0)
    with TestPage(demo) as page:
        recording = page.record("Camera")
        page.advance(0.1)
        recording.feed(pictures(5))
        assert [stream.state for stream in recording.streams] == ["ended", "running"][: 1 + others]
        assert [toast.message for toast in page.toasts] == ["no more"] * others
        assert page.value("Count") == 5 * others
    assert recording.error == "no more"


def test_an_error_of_the_last_call_is_told_after_stop() -> None:
    ends: list[str] = []

    def slow(frame: np.ndarray) -> None:
        raise ms.Error("boom")

    with ms.Blocks() as demo:
        camera = ms.Image(label="Camera", sources="webcam")
        stream = camera.stream(slow, camera, None, stream_every=0.1)
        stream.failure(lambda: ends.append("failure"))
        stream.success(lambda: ends.append("success"))
    with TestPage(demo, handler_time=2) as page:
        recording = page.record("Camera")
        recording.wait_for_state("running")
        feeding = recording.feed_in_background(pictures(90))
        page.advance(0.5)
        with pytest.raises(ms.Error, match="boom"):
            recording.stop()
        page.advance(0.1)
        feeding.cancel()
    assert ends == ["failure"]
