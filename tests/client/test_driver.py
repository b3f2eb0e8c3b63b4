"""A page used as a user uses it. `TestPage` stands for both drivers: they share this code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from tests.client.media import RATE, endless, picture, pictures, ramp

import millstream as ms
from millstream.errors import InvalidValue
from millstream.frames import Chunk
from millstream.media import wav
from millstream.testing import TestPage


def mirror(*components: ms.Component) -> ms.Blocks:
    """An app with a button that copies inputs to outputs of the same kind."""
    with ms.Blocks() as demo:
        for component in components:
            component.render()
        out = [type(component)(label="Out") for component in components]
        ms.Button("Go").click(lambda *values: values[0] if len(values) == 1 else values, list(components), out)
    return demo


def test_plain_values_go_as_they_are() -> None:
    with TestPage(mirror(ms.Textbox(label="In", render=False))) as page:
        page.set("In", "hello")
        [run] = page.click("Go")
        assert (run.state, run.error) == ("done", "")
        assert page.value("Out") == "hello"
        [result] = run.results
        assert page.outputs(result) == {page.page.find("Out"): "hello"}


def test_frames_go_up_and_come_back() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    with ms.Blocks() as demo:
        image = ms.Image(label="In")
        out = ms.Image(label="Out", format="png")
        ms.Button("Go").click(lambda value: value, image, out)
    with TestPage(demo) as page:
        page.set("In", noise)
        page.click("Go")
        assert np.array_equal(page.value("Out"), noise)
        assert np.array_equal(page.value("In"), noise)
        page.set("In", None)
        page.click("Go")
        assert page.value("Out") is None


def test_files_go_up_by_their_path(tmp_path: Path) -> None:
    path = tmp_path / "speech.wav"
    rate, samples = ramp(0.1)
    path.write_bytes(wav.encode(Chunk(samples[:, None], rate)))
    events: list[str] = []
    with ms.Blocks() as demo:
        sound = ms.Audio(label="In")
        out = ms.Audio(label="Out")
        for name in ("upload", "clear", "input"):
            getattr(sound, name)(lambda name=name: events.append(name))
        ms.Button("Go").click(lambda value: value, sound, out)
    with TestPage(demo) as page:
        page.set("In", path)
        page.click("Go")
        heard_rate, heard = page.value("Out")
        assert (heard_rate, heard.shape) == (RATE, (1600,))
        page.set("In", (RATE, np.repeat(samples[:, None], 2, axis=1)))
        page.click("Go")
        assert page.value("Out")[1].shape == (1600, 2)
        page.set("In", None)
        page.advance(0.1)
    assert events == ["upload", "input", "upload", "input", "clear", "input"]


@pytest.mark.blocking  # the handler runs on the loop, and gets a file
def test_a_message_goes_up_with_its_files(tmp_path: Path) -> None:
    note = tmp_path / "a note.txt"
    note.write_text("from a file")

    def reply(message: dict[str, Any], history: list[Any]) -> str:
        return " + ".join([message["text"], *(Path(path).read_text() for path in message["files"])])

    demo = ms.ChatInterface(reply, multimodal=True)
    with TestPage(demo) as page:
        for message in ("hi", {"text": "look", "files": [note]}, {"files": [note]}):
            page.set("Message", message)
            page.fire("Message", "submit")
            page.advance(0.1)
        assert page.toasts == []
        replies = [each["content"][0]["text"] for each in page.value(demo.chatbot) if each["role"] == "assistant"]
        assert replies == ["hi", "look + from a file", " + from a file"]


FILM = b"\0\0\0\x10ftypisom\0\0\0\0 and so on"


@pytest.mark.blocking  # the handler runs on the loop, and gets a file
def test_videos_go_up_by_their_path_too(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(FILM)
    seen: list[bytes] = []
    with ms.Blocks() as demo:
        video = ms.Video(label="In")
        video.upload(lambda given: seen.append(Path(given).read_bytes()), video)
    with TestPage(demo) as page:
        page.set("In", path)
        page.advance(0.1)
    assert seen == [FILM]


@pytest.mark.blocking  # in a TestPage handlers run on the loop, and this one's result is a file
def test_a_file_of_no_known_kind_is_bytes(tmp_path: Path) -> None:
    path = tmp_path / "music.mp3"
    path.write_bytes(b"ID3 and so on")
    with ms.Blocks() as demo:
        out = ms.Audio(label="Out")
        ms.Button("Go").click(lambda: str(path), None, out)
    with TestPage(demo) as page:
        page.click("Go")
        assert page.value("Out") == b"ID3 and so on"


@pytest.mark.parametrize("value", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32)])
def test_an_array_that_is_not_a_frame(value: np.ndarray) -> None:
    with TestPage(mirror(ms.Image(label="In", render=False))) as page, pytest.raises(InvalidValue, match="uint8"):
        page.set("In", value)


def test_what_has_no_value() -> None:
    with ms.Blocks() as demo:
        state = ms.State(0)
        with ms.Tab("Tab", id="tab") as tab:
            ms.Textbox(label="Text")
    with TestPage(demo) as page:
        for reference in (state, tab, "Nothing"):
            with pytest.raises(InvalidValue):
                page.value(reference)
        assert page.props("Tab")["label"] == "Tab"


def test_events_of_components_and_layouts() -> None:
    seen: list[object] = []
    with ms.Blocks() as demo:
        text = ms.Textbox(label="Text", elem_id="text")
        with ms.Tab("More") as tab:
            picked = ms.Image(label="Picture")
        text.submit(seen.append, text)

        def pick(event: ms.SelectData) -> None:
            seen.append(event.index)

        picked.select(pick)
        tab.select(lambda: seen.append("tab"))
    with TestPage(demo) as page:
        page.set(text, "said")
        page.fire("text", "submit")
        page.fire("Picture", "select", {"index": [3, 4]})
        page.fire(tab, "select")
        assert page.fire("Text", "focus") == []
    assert seen == ["said", [3, 4], "tab"]


def test_a_run_can_be_left_alone_and_cancelled() -> None:
    with ms.Blocks() as demo:
        ms.Button("Go").click(lambda: None, trigger_mode="multiple")
    with TestPage(demo, handler_time=5.0) as page:
        [first] = page.click("Go", wait=False)
        [second] = page.click("Go", wait=False)
        page.wait_for(lambda: second.position == 1)
        assert first.state == "running"
        assert second.eta_s is None or second.eta_s > 0
        page.cancel(second)
        page.wait_for(lambda: second.is_over)
        assert (first.state, second.state) == ("running", "cancelled")


def test_a_once_binding_ignores_a_click_during_its_run() -> None:
    with ms.Blocks() as demo:
        ms.Button("Go").click(lambda: None)
    with TestPage(demo, handler_time=5.0) as page:
        assert len(page.click("Go", wait=False)) == 1
        assert page.click("Go", wait=False) == []


def test_errors_of_runs_and_toasts() -> None:
    def fail() -> None:
        ms.Info("Listen.")
        raise ms.Error("No.", print_exception=False)

    with ms.Blocks() as demo:
        ms.Button("Go").click(fail)
    with TestPage(demo) as page:
        [run] = page.click("Go")
        assert (run.state, run.error) == ("failed", "No.")
        assert [toast.level for toast in page.toasts] == ["info", "error"]


def test_waiting_has_an_end() -> None:
    with ms.Blocks() as demo:
        ms.Textbox()
    with TestPage(demo) as page:
        with pytest.raises(TimeoutError):
            page.wait_for(lambda: False, timeout_s=2)
        assert page.now == pytest.approx(2)


# ---- streams ---------------------------------------------------------------------------------------------------


def streamer(handler: Any = lambda frame: frame, **options: Any) -> ms.Blocks:
    with ms.Blocks() as demo:
        camera = ms.Image(label="Camera", sources="webcam")
        out = ms.Image(label="Out")
        camera.stream(handler, camera, out, **{"stream_every": 0.0, **options})
    return demo


@pytest.mark.parametrize(
    "source", [picture(3), np.stack([picture(3)] * 4), [picture(3)], (picture(n) for n in range(3))]
)
def test_a_camera_sees_arrays_and_iterables(source: Any) -> None:
    with TestPage(streamer()) as page:
        recording = page.stream("Camera", source)
        assert recording.summary().results >= 1
        assert page.value("Out").shape == (32, 32, 3)


def test_a_camera_sees_the_frames_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    cv2.imwrite(str(path), picture(200))
    with TestPage(streamer()) as page:
        page.stream("Camera", path)
        assert abs(page.value("Out").astype(int) - 200).max() <= 2


def test_ages_drops_and_results() -> None:
    with TestPage(streamer(), handler_time=0.2) as page:
        recording = page.stream("Camera", pictures(60))
        summary = recording.summary()
    assert summary.captured == summary.sent + summary.dropped
    assert summary.dropped > 10
    assert summary.results == len(recording.results)
    assert 0.2 <= summary.age_p50_s <= summary.age_p95_s <= summary.age_max_s < 0.27
    assert [result.source for result in recording.results] == sorted(result.source for result in recording.results)
    assert all((result.age_s or 0) == pytest.approx(0.23, abs=0.04) for result in recording.results)


def test_two_pages_share_the_queue() -> None:
    with TestPage(streamer(time_limit=3)) as first, first.another() as second:
        mine = first.record("Camera")
        mine.wait_for_state("running")
        feeding = mine.feed_in_background(endless())
        theirs = second.record("Camera")
        second.wait_for(lambda: theirs.position == 1)
        assert theirs.state == "waiting"
        assert theirs.eta_s is not None
        assert theirs.eta_s <= 3
        theirs.wait_for_state("running")
        assert (mine.state, mine.position, theirs.position) == ("waiting", 1, 0)
        feeding.cancel()
        mine.stop()
        theirs.stop()
        assert (mine.state, mine.error) == ("ended", "")


def test_an_error_of_a_stream_is_raised_by_stop() -> None:
    def fail(frame: object) -> None:
        raise ms.Error("Hold still.", print_exception=False)

    with TestPage(streamer(fail)) as page:
        recording = page.record("Camera")
        recording.wait_for_state("running")
        recording.feed(pictures(3))
        with pytest.raises(ms.Error, match="Hold still"):
            recording.stop()
        assert recording.error == "Hold still."


def test_a_source_that_cannot_be_fed_leaves_nothing_recording() -> None:
    with ms.Blocks() as demo:
        mic = ms.Audio(label="Mic", sources="microphone")
        seconds = ms.Textbox(label="Seconds")
        mic.stream(lambda chunk: f"{len(chunk[1]) / chunk[0]:g}", mic, seconds)
    with TestPage(demo) as page:
        for wrong in ("nowhere.wav", (RATE, np.zeros(RATE, np.float32))):
            with pytest.raises(InvalidValue):
                page.stream("Mic", wrong)
            assert [stream.state for stream in page.page.streams.values()] == ["ended"] * len(page.page.streams)
        page.stream("Mic", ramp(0.5))
        assert page.value("Seconds") == "0.5"


def test_a_component_that_does_not_stream_cannot_be_recorded() -> None:
    with ms.Blocks() as demo:
        ms.Image(label="Camera")
    with TestPage(demo) as page, pytest.raises(InvalidValue, match="no stream event"):
        page.record("Camera")


def test_a_background_feed_gives_its_end_or_its_error() -> None:
    with TestPage(streamer()) as page:
        recording = page.record("Camera")
        recording.wait_for_state("running")
        feeding = recording.feed_in_background(pictures(15))
        page.advance(0.2)
        assert 4 <= recording.summary().captured <= 8
        feeding.result()
        assert recording.summary().captured == 15
        with pytest.raises(InvalidValue, match="uint8"):
            recording.feed_in_background(["no picture"]).result()
        for rate in (0, float("nan"), "30"):
            with pytest.raises(InvalidValue, match="is not a rate"):
                recording.feed(pictures(3), rate)  # type: ignore[arg-type]
        before = recording.summary().captured
        recording.feed(pictures(3), np.float32(30))  # type: ignore[arg-type]
        page.advance(np.float32(0.1))  # type: ignore[arg-type]
        assert recording.summary().captured == before + 3
        recording.feed(iter(()))
        recording.stop()
        assert isinstance(recording.streams[0].number, int)


def test_nothing_is_fed_to_a_recording_that_is_over() -> None:
    with TestPage(streamer()) as page:
        recording = page.record("Camera")
        recording.stop()
        recording.stop()

        def never() -> Iterator[np.ndarray]:
            yield picture(1)
            raise AssertionError("nobody looks any more")

        recording.feed(never())
        assert recording.summary().captured == 0
