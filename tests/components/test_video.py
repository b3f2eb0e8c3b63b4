"""`Video`: what handlers get, what they may return, and videos made of what they yield."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image
from tests.browser.videos import FPS, frame, numbers, piece, tone
from tests.client.media import pictures

import millstream as gr
from millstream.client.listener import Listener
from millstream.components.playing.video_source import VideoSource
from millstream.components.video import PREVIEW
from millstream.errors import DeclarationError, InvalidValue
from millstream.testing.page import TestPage
from millstream.types import Blob, VideoSegment, WebLink


def video(**arguments: Any) -> gr.Video:
    with gr.Blocks():
        return gr.Video(**arguments)


def upload(data: bytes, name: str = "a.mp4") -> Blob:
    return Blob(name, "video/mp4", data=data)


def tracks(path: str | Path | bytes) -> list[str]:
    with av.open(io.BytesIO(path) if isinstance(path, bytes) else str(path)) as reader:
        return [reader.format.name.split(",")[0], *(stream.codec_context.name for stream in reader.streams)]


# ---- what handlers get ---------------------------------------------------------------------------------------------


def test_handlers_get_the_file_as_it_came(files) -> None:
    path = files.path / "b.mp4"
    path.write_bytes(piece(0, frames=3))
    assert video().preprocess(Blob("b.mp4", "video/mp4", path=path), files) == str(path)
    data = path.read_bytes()
    assert Path(video().preprocess(upload(data), files)).read_bytes() == data
    assert video().preprocess(None, files) is None


@pytest.mark.parametrize(
    ("codec", "kind", "name"), [("mpeg4", "mp4", "a.mp4"), ("mpeg4", "avi", "b.avi"), ("libx264", "matroska", "c.mkv")]
)
def test_an_upload_that_no_browser_plays_has_a_copy_for_them(files, codec: str, kind: str, name: str) -> None:
    data = piece(0, frames=3, codec=codec, container=kind)
    kept = video().inspect(upload(data, name), files)
    assert (kept.data, kept.name) == (data, name), "handlers get what was uploaded"
    assert kept.shown is not None
    assert (kept.shown.mime, tracks(kept.shown.data)) == ("video/mp4", ["mov", "h264", "aac"])


def test_an_upload_that_browsers_play_or_that_is_too_much_work_has_no_copy(
    files, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert video().inspect(upload(piece(0, frames=3)), files).shown is None
    assert video().inspect(upload(piece(0, frames=3)[:-100]), files).shown is None
    monkeypatch.setattr("millstream.components.video.PREVIEW", PREVIEW._replace(frames=2))
    assert video().inspect(upload(piece(0, frames=30, codec="mpeg4")), files).shown is None


def test_a_format_converts_what_is_something_else(files) -> None:
    path = video(format="mp4").preprocess(upload(piece(0, frames=3, container="matroska"), "a.mkv"), files)
    assert tracks(path) == ["mov", "h264", "aac"]
    assert path.endswith(".mp4")


def test_audio_is_taken_away_on_demand(files) -> None:
    path = video(include_audio=False).preprocess(upload(piece(0, frames=3)), files)
    assert tracks(path) == ["mov", "h264"]


def test_length(files) -> None:
    limited = video(min_length=0.5, max_length=1.5)
    limited.preprocess(upload(piece(0, frames=25)), files)
    with pytest.raises(InvalidValue, match=r"takes at least 0\.5 s of video"):
        limited.preprocess(upload(piece(0, frames=5)), files)
    with pytest.raises(InvalidValue, match=r"takes at most 1\.5 s of video"):
        limited.preprocess(upload(piece(0, frames=75)), files)


def test_recordings_need_no_pyav(files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    silent = upload(piece(0, sound=False), "recording.mp4")
    path = video(include_audio=False, min_length=1, max_length=2).preprocess(silent, files)
    assert Path(str(path)).suffix == ".mp4"
    with pytest.raises(InvalidValue, match=r"takes at most 1 s of video, but got 2\.0 s"):
        video(max_length=1).preprocess(silent, files)
    with pytest.raises(InvalidValue, match=r"this needs PyAV, which comes with the extra \[video\]"):
        video(include_audio=False).preprocess(upload(piece(0)), files)


def test_an_address_is_for_the_browser_alone(files) -> None:
    with pytest.raises(InvalidValue, match="upload the video file instead"):
        video().preprocess(WebLink("https://example.org/a.mp4"), files)


def test_a_broken_upload_is_named(files) -> None:
    with pytest.raises(InvalidValue, match=r"Video 'Video' cannot read a\.mp4: it is broken"):
        video(max_length=3).preprocess(upload(b"no film"), files)


# ---- what they return ----------------------------------------------------------------------------------------------


def test_paths_bytes_and_addresses(files) -> None:
    path = files.path / "b.mp4"
    path.write_bytes(piece(0, frames=3))
    assert video().postprocess(path, files) == Blob("b.mp4", "video/mp4", path=path)
    assert video().postprocess(str(path), files).path == path
    data = piece(0, frames=3)
    assert video().postprocess(data, files) == Blob("video.mp4", "video/mp4", data=data)
    assert video().postprocess("https://example.org/a.mp4", files) == WebLink("https://example.org/a.mp4")
    assert video().postprocess(None, files) is None


@pytest.mark.parametrize(
    ("name", "options"),
    [("a.ts", {"container": "mpegts"}), ("a.avi", {"container": "avi"}), ("a.mp4", {"codec": "mpeg4"})],
)
def test_what_browsers_do_not_play_is_converted(files, name: str, options: dict[str, str]) -> None:
    path = files.path / name
    path.write_bytes(piece(0, frames=5, **options))
    shown = video().postprocess(path, files)
    assert (shown.name, shown.mime) == ("a.mp4", "video/mp4")
    assert tracks(shown.data) == ["mov", "h264", "aac"]
    assert not path.exists(), "the session's copy is not needed any more"


def test_a_format_is_what_is_shown(files) -> None:
    shown = video(format="webm").postprocess(piece(0, frames=5), files)
    assert (shown.name, shown.mime) == ("video.webm", "video/webm")
    assert tracks(shown.data)[1:] == ["vp9", "opus"]


def test_subtitles_go_with_the_video(files) -> None:
    titles = files.path / "a.srt"
    titles.write_text("1\n00:00:01,000 --> 00:00:02,000\nHello\n")
    shown = video().postprocess((piece(0, frames=3), titles), files)
    assert shown.told["subtitles"].startswith("WEBVTT\n")
    assert "00:00:01.000" in shown.told["subtitles"]
    assert video().postprocess((piece(0, frames=3), None), files).told == {}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (12, "takes a path, bytes of a file"),
        (b"GIF89a", "bytes of an MP4, WebM"),
        ("ftp://example.org/a.mp4", "http"),
        (("https://example.org/a.mp4", "a.srt"), "subtitles for files alone"),
        ((piece(0, frames=1), 12), "path of a file of subtitles"),
    ],
)
def test_what_does_not_fit_says_what_would(files, value: object, message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        video().postprocess(value, files)


@pytest.mark.parametrize("value", [frame(0)[None], gr.Moment(frame(0))], ids=["frames", "moment"])
def test_frames_are_for_videos_that_grow(files, value: object) -> None:
    with pytest.raises(InvalidValue, match="frames are played with streaming=True"):
        video().postprocess(value, files)


def test_subtitles_of_an_update_go_with_the_videos_that_it_brings(files) -> None:
    titles = files.path / "a.srt"
    titles.write_text("1\n00:00:01,000 --> 00:00:02,000\nHello\n")
    declared = video()
    changes = declared.lasting({"subtitles": titles}, files)
    assert "Hello" in declared.updated(changes).postprocess(piece(0, frames=1), files).told["subtitles"]
    assert declared.updated({"label": "A"}).postprocess(piece(0, frames=1), files).told == {}


def test_broken_subtitles_are_named(files) -> None:
    titles = files.path / "a.srt"
    titles.write_text("nothing")
    with pytest.raises(InvalidValue, match="neither WebVTT nor SubRip"):
        video().postprocess((piece(0, frames=1), titles), files)


def test_the_initial_video(files) -> None:
    path, titles = files.path / "a.mp4", files.path / "a.vtt"
    path.write_bytes(piece(0, frames=1))
    titles.write_text("WEBVTT\n")
    assert video(value=path).initial() == Blob("a.mp4", "video/mp4", data=path.read_bytes())
    assert video(value=path, subtitles=titles).initial().told == {"subtitles": "WEBVTT\n"}
    assert video(value=(path, titles)).initial().told == {"subtitles": "WEBVTT\n"}
    assert video(value="https://example.org/a.mp4").initial() == WebLink("https://example.org/a.mp4")
    with pytest.raises(DeclarationError, match="initial value"):
        video(value=3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"format": "gif"}, "format='gif'"),
        ({"fps": 0}, "not between 1 and 120"),
        ({"fps": float("nan")}, "not between 1 and 120"),
        ({"max_ahead": 0}, "max_ahead"),
        ({"sources": ["microphone"]}, "microphone"),
        ({"max_length": "long"}, "max_length='long' is not a number"),
    ],
)
def test_declarations_that_cannot_work(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        video(**arguments)


def test_gradios_other_keywords_are_ignored_with_a_warning() -> None:
    with pytest.warns(UserWarning, match="show_share_button"):
        video(show_share_button=True)


# ---- videos made of what they yield ---------------------------------------------------------------------------------


def data_of(segment: VideoSegment) -> bytes:
    return b"".join(data for data, _ in segment.fragments)


@pytest.mark.parametrize(
    "value",
    [
        frame(0),
        frame(0) / 255,
        Image.fromarray(frame(0)),
        [frame(0)],
        (frame(0),),
        np.stack([frame(0)]),
        (frame(0), (8_000, tone(0, 0.04, 8_000))),
        (frame(0), None),
        ([frame(0)], (np.int64(48_000), tone(0, 0.04, 48_000) / 32_768)),
    ],
)
def test_frames_in_all_their_forms(files, value: object) -> None:
    source = VideoSource(video(), FPS)
    film = data_of(source.piece(value, files)[1]) + data_of(source.end()[1])
    assert [number for _, number in numbers(film)] == [0]


def test_files_are_copied_first_and_not_kept(files) -> None:
    path = files.path / "b.mp4"
    path.write_bytes(piece(0, frames=5))
    source = VideoSource(video(), FPS)
    source.piece(path, files)
    assert files.admitted == [path]
    assert not path.exists()


def test_two_frames_are_no_frame_with_audio(files) -> None:
    source = VideoSource(video(), FPS)
    film = data_of(source.piece((frame(0), frame(1)), files)[1])
    assert [number for _, number in numbers(film)] == [0, 1]


def test_the_whole_is_one_video(files) -> None:
    source = VideoSource(video(), FPS)
    for number in range(10):
        source.piece(frame(number), files)
    whole, rest = source.end()
    assert rest is not None
    assert whole is not None
    assert [number for _, number in numbers(whole.data)] == list(range(10))
    assert source.end() == (None, None)


def test_an_address_ends_a_video(files) -> None:
    source = VideoSource(video(), FPS)
    assert source.piece(frame(0), files)[1].is_first
    assert source.piece("https://example.org/a.mp4", files) is None
    assert source.piece(frame(0), files)[1].is_first


def test_a_long_video_is_not_a_value(files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("millstream.components.playing.video_source.MAX_KEPT_BYTES", 2_000)
    source = VideoSource(video(), FPS)
    for number in range(30):
        source.piece(frame(number), files)
    whole, rest = source.end()
    assert whole is None
    assert rest is not None


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (12, "takes a path, bytes of a file, a frame"),
        (np.zeros((4, 4)), "each side has 16 to 4096"),
        (np.zeros((64, 64, 7), np.uint8), "shape has to be"),
        ((frame(0), (0, tone(0, 1))), "sample rate between 1000 and 384000"),
        ((frame(0), (10**9, tone(0, 1))), "sample rate between 1000 and 384000"),
        ((frame(0), (8_000, np.zeros((2, 3, 4)))), "shape has to be"),
        (b"no video", "it is broken, or no video"),
    ],
)
def test_segments_that_do_not_fit_say_why(files, value: object, message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        VideoSource(video(), FPS).piece(value, files)


# ---- through a page ------------------------------------------------------------------------------------------------


def cinema(handler: Callable[..., Any], **options: Any) -> gr.Blocks:
    with gr.Blocks() as demo:
        out = gr.Video(label="Out", streaming=True, autoplay=True, **options)
        size = gr.Number(label="Size")
        showing = gr.Button("Go").click(handler, None, out)
        showing.then(lambda path: Path(path).stat().st_size if path else -1, out, size)
        gr.Button("Stop").click(None, None, None, cancels=[showing])
    return demo


def shown(page: TestPage) -> Listener:
    page.wait_for(lambda: isinstance(page.page.values[page.page.find("Out")], Listener))
    listener = page.page.values[page.page.find("Out")]
    assert isinstance(listener, Listener)
    page.wait_for(lambda: listener.is_over, 100)
    return listener


@pytest.mark.blocking  # the handler is given a file, on the one thread of a test page
def test_a_generator_s_video_arrives_whole() -> None:
    with TestPage(cinema(lambda: (yield from (frame(number) for number in range(30))))) as page:
        page.click("Go")
        film = shown(page)
        assert film.video_type.startswith("video/mp4")
        assert [number for _, number in numbers(film.video)] == list(range(30))
        size = page.page.find("Size")
        page.wait_for(lambda: page.page.values[size] is not None)
        assert page.value("Size") > 1_000, "afterwards the film is the component's value"


def test_a_plain_handler_s_file_is_one_segment() -> None:
    with TestPage(cinema(lambda: piece(0, frames=10))) as page:
        page.click("Go")
        assert [number for _, number in numbers(shown(page).video)] == list(range(10))


@pytest.mark.blocking
def test_the_video_of_a_stream_s_handler_is_a_value_when_it_is_over() -> None:
    films: list[bytes] = []
    counted = iter(range(1000))
    with gr.Blocks() as demo:
        camera = gr.Image(label="Camera", sources="webcam")
        out = gr.Video(label="Out", streaming=True, autoplay=True, fps=10)
        streaming = camera.stream(lambda _: frame(next(counted)), camera, out, stream_every=0.1)
        streaming.then(lambda path: films.append(Path(path).read_bytes()), out, None)
    with TestPage(demo) as page:
        page.stream("Camera", pictures(60))
        page.wait_for(lambda: bool(films))
        assert shown(page).video, "and it was played to its end"
    assert [number for _, number in numbers(films[0])] == list(range(next(counted)))


@pytest.mark.parametrize("microphone", [True, False])
def test_what_a_camera_and_a_microphone_capture_goes_on_as_a_video(microphone: bool) -> None:
    rate = 16_000
    with gr.Blocks() as demo:
        camera, out = gr.Video(label="Camera", sources=["webcam"]), gr.Video(label="Out", streaming=True, fps=10)
        camera.stream(lambda moment: moment, camera, out, stream_every=0.1)
    with TestPage(demo) as page:
        recording = page.record("Camera", microphone=microphone)
        recording.wait_for_state("running")
        recording.feed((pictures(30), (rate, np.zeros(rate, np.int16))) if microphone else pictures(30))
        recording.stop()
        data = shown(page).video
    assert tracks(data)[1:] == (["h264", "aac"] if microphone else ["h264"])
    with av.open(io.BytesIO(data)) as reader:
        assert float(reader.duration / 1e6) == pytest.approx(1, abs=0.25)


@pytest.mark.blocking
def test_a_stream_that_was_cancelled_leaves_no_video() -> None:
    left: list[object] = []
    with gr.Blocks() as demo:
        camera = gr.Image(label="Camera", sources="webcam")
        out = gr.Video(label="Out", streaming=True, fps=10)
        streaming = camera.stream(lambda _: frame(0), camera, out, stream_every=0.1)
        gr.Button("Cancel").click(None, cancels=[streaming])
        gr.Button("Look").click(left.append, out, None)
    with TestPage(demo) as page:
        recording = page.record("Camera")
        recording.wait_for_state("running")
        recording.feed(pictures(20))
        page.click("Cancel")
        recording.wait_for_state("ended")
        page.click("Look")
        page.wait_for(lambda: bool(left))
    assert left == [None]


def test_what_cannot_be_played_ends_the_generator(caplog: pytest.LogCaptureFixture) -> None:
    closed = []

    def show() -> Any:
        try:
            yield frame(0)
            yield frame(1)[:100]
            yield frame(2)
        finally:
            closed.append(True)

    with TestPage(cinema(show)) as page:
        page.click("Go")
        page.wait_for(lambda: bool(closed))
        assert shown(page).video, "what came before is played to its end"
    assert "320 x 100 pixels, those before 320 x 240" in caplog.text


def test_a_long_segment_waits_for_its_viewer() -> None:
    from millstream.runtime.audio.playback import FILE_PART_BYTES, _film_parts

    source = VideoSource(video(), FPS)
    _, segment = source.piece(np.random.default_rng(1).integers(0, 255, (20, 480, 640, 3), np.uint8), None)
    parts = list(_film_parts(segment))
    assert parts[0] == (segment.mime.encode(), 0.0, False)
    assert all(len(data) <= FILE_PART_BYTES for data, _, _ in parts)
    assert b"".join(data for data, _, _ in parts[1:]) == data_of(segment)
    assert sum(seconds for _, seconds, _ in parts) == pytest.approx(20 / FPS)
