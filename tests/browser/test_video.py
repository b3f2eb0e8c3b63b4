"""Videos from files and from the camera: shown, converted, recorded, downloaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest
from playwright.sync_api import expect
from tests.browser.conftest import OpenPage
from tests.browser.glass import Notes, button, record, stop, until
from tests.browser.media import Clips
from tests.browser.videos import numbers, piece
from tests.server.test_serving import wait_until

import millstream as gr
from millstream.components.video import PREVIEW
from millstream.server.process import protocols

pytestmark = pytest.mark.browser

Launch = Callable[..., str]

VIDEO = "#film .ms-output"
SRT = "1\n00:00:00,000 --> 00:00:05,000\nA subtitle\n"


def recorder(notes: Notes[Any], **options: Any) -> gr.Blocks:
    """A camera whose video a handler looks at when it is complete."""

    def look(path: str) -> str:
        with av.open(path) as reader:
            frames = [frame.to_ndarray(format="rgb24") for frame in reader.decode(video=0)]
            has_sound = bool(reader.streams.audio)
        notes.add((Path(path).suffix, frames, has_sound))
        return path

    with gr.Blocks() as demo:
        film = gr.Video(label="Film", elem_id="film", sources="webcam", **options)
        copy = gr.Video(label="Copy", elem_id="copy")
        film.stop_recording(look, film, copy)
    return demo


def is_red_left(frame: Any) -> bool:
    height, width = frame.shape[:2]
    red, _, blue = (int(level) for level in frame[height // 2, width // 4])
    return red > blue + 60


@pytest.mark.parametrize("include_audio", [True, False])
def test_a_recording_is_what_the_user_saw(
    launch: Launch, open_page: OpenPage, clips: Clips, include_audio: bool
) -> None:
    notes: Notes[Any] = Notes()
    page = open_page(launch(recorder(notes, include_audio=include_audio)), video=clips.halves, sound=clips.speech)
    record(page)
    expect(page.get_by_role("timer")).to_contain_text("0:01")
    stop(page)
    ((_, frames, has_sound),) = notes.until(bool)
    assert len(frames) > 3
    assert has_sound is include_audio
    assert not is_red_left(frames[-1]), "red is on the left of the camera, so on the right of the mirror"
    until(page, "document.querySelector('#copy .ms-output')?.videoWidth > 0")
    until(page, "eyes.tracks.every((track) => track.readyState === 'ended')")


def test_a_rear_camera_is_not_mirrored(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    notes: Notes[Any] = Notes()
    camera = gr.WebcamOptions(mirror=False)
    page = open_page(launch(recorder(notes, webcam_options=camera, format="mp4")), video=clips.halves)
    record(page)
    expect(page.get_by_role("timer")).to_contain_text("0:01")
    stop(page)
    ((suffix, frames, _),) = notes.until(bool)
    assert suffix == ".mp4"
    assert is_red_left(frames[-1])


def test_a_recording_ends_by_itself(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    notes: Notes[Any] = Notes()
    page = open_page(launch(recorder(notes, max_length=1)), video=clips.halves)
    record(page)
    notes.until(bool)
    expect(button(page, "Record")).to_be_visible()


def test_a_refused_camera_says_what_to_do(launch: Launch, open_page: OpenPage) -> None:
    page = open_page(launch(recorder(Notes())), allowed=False)
    record(page)
    expect(page.locator(".ms-trouble")).to_contain_text("Allow")


def show(value: Any, **options: Any) -> gr.Blocks:
    with gr.Blocks() as demo:
        film = gr.Video(label="Film", elem_id="film", **options)
        gr.Button("Show").click(lambda: value, None, film)
    return demo


@pytest.mark.parametrize("container", ["mp4", "mpegts"])
def test_a_file_plays_and_can_be_downloaded(launch: Launch, open_page: OpenPage, container: str) -> None:
    page = open_page(launch(show(piece(0, container=container), interactive=False)))
    button(page, "Show").click()
    until(page, f"document.querySelector('{VIDEO}')?.duration > 1.5")
    page.evaluate(f"document.querySelector('{VIDEO}').currentTime = 1")
    until(page, f"eyes.counter('{VIDEO}') >= 20")
    with page.expect_download() as download:
        page.locator("#film").hover()
        button(page, "Download").click()
    assert len(list(numbers(download.value.path().read_bytes()))) == 50


@pytest.mark.timeout(240)  # a thousand frames are encoded, and played on a machine that may have other things to do
def test_a_long_video_that_was_paused_plays_on(
    launch: Launch, open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A browser stops reading while a video is paused; the server hangs up then, and the browser asks for the rest."""
    monkeypatch.setattr(protocols, "TAKE_S", 1.0)
    paused: list[protocols.BoundedHttp] = []
    pause = protocols.BoundedHttp.pause_writing

    def note(connection: protocols.BoundedHttp) -> None:
        paused.append(connection)
        pause(connection)

    def is_held_up() -> bool:
        return any(each.flow.write_paused for each in list(paused) if each in each.connections)

    def has_hung_up() -> bool:
        return any(each not in each.connections for each in list(paused))

    monkeypatch.setattr(protocols.BoundedHttp, "pause_writing", note)
    path = tmp_path / "long.mp4"
    steady = {"b": "20M", "minrate": "20M", "maxrate": "20M", "bufsize": "2M", "nal-hrd": "cbr"}
    path.write_bytes(piece(0, frames=1000, options=steady))
    assert path.stat().st_size > 80_000_000
    page = open_page(launch(show(str(path), interactive=False)))
    button(page, "Show").click()
    film = f"document.querySelector('{VIDEO}')"
    until(page, f"{film}?.duration > 39")
    page.evaluate(f"{film}.play()")
    until(page, f"{film}.currentTime > 0.5")
    page.evaluate(f"{film}.pause()")
    wait_until(lambda: is_held_up() or has_hung_up())  # a slow machine may have been held up before the pause
    wait_until(lambda: not is_held_up())
    page.evaluate(f"({film}.playbackRate = 8, {film}.play())")
    until(page, f"{film}.ended")
    assert page.evaluate(f"{film}.error") is None
    assert page.evaluate(f"{film}.currentTime") > 39


def test_events_of_a_file(launch: Launch, open_page: OpenPage) -> None:
    notes: Notes[str] = Notes()
    with gr.Blocks() as demo:
        film = gr.Video(label="Film", elem_id="film", autoplay=True)
        for event in ("play", "pause", "stop", "end", "change"):
            getattr(film, event)(lambda event=event: notes.add(event), trigger_mode="multiple")
        gr.Button("Show").click(lambda: piece(0, frames=10), None, film)
    page = open_page(launch(demo))
    button(page, "Show").click()
    notes.until(lambda told: set(told) == {"change", "play", "stop", "end"})


def test_subtitles(launch: Launch, open_page: OpenPage, tmp_path: Path) -> None:
    titles = tmp_path / "a.srt"
    titles.write_text(SRT)
    page = open_page(launch(show((piece(0), str(titles)))))
    button(page, "Show").click()
    until(page, f"document.querySelector('{VIDEO}')?.textTracks[0]?.cues?.[0]?.text === 'A subtitle'")


def test_an_upload_is_shown_and_cleared(launch: Launch, open_page: OpenPage, tmp_path: Path) -> None:
    given: Notes[str] = Notes()
    with gr.Blocks() as demo:
        film = gr.Video(label="Film", elem_id="film", sources="upload")
        film.upload(given.add, film)
    path = tmp_path / "a.mp4"
    path.write_bytes(piece(0))
    page = open_page(launch(demo))
    page.locator("#film input[type=file]").set_input_files(path)
    assert given.until(bool)[0].endswith(".mp4")
    until(page, f"document.querySelector('{VIDEO}')?.videoWidth === 320")
    button(page, "Clear").click()
    expect(page.locator(VIDEO)).to_have_count(0)


def test_what_is_not_a_video_is_refused_in_words(launch: Launch, open_page: OpenPage, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("words")
    page = open_page(launch(show(None, interactive=True)))
    page.locator("#film input[type=file]").set_input_files(path)
    expect(page.locator("#film")).to_contain_text("a.txt is not a video.")


def test_an_upload_whose_frames_the_browser_does_not_know_is_seen_all_the_same(
    launch: Launch, open_page: OpenPage, tmp_path: Path
) -> None:
    given: Notes[bytes] = Notes()
    with gr.Blocks() as demo:
        film = gr.Video(label="Film", elem_id="film", sources="upload")
        film.upload(lambda path: given.add(Path(path).read_bytes()), film)
    path = tmp_path / "a.mp4"
    path.write_bytes(piece(0, codec="mpeg4"))
    page = open_page(launch(demo))
    page.locator("#film input[type=file]").set_input_files(path)
    until(page, f"document.querySelector('{VIDEO}')?.videoWidth === 320")
    assert given.until(bool) == [path.read_bytes()]


def test_a_video_whose_frames_the_browser_does_not_know_says_so(
    launch: Launch, open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("millstream.components.video.PREVIEW", PREVIEW._replace(frames=1))  # there is no copy
    path = tmp_path / "a.mp4"
    path.write_bytes(piece(0, codec="mpeg4"))
    page = open_page(launch(show(None, interactive=True)))
    page.locator("#film input[type=file]").set_input_files(path)
    expect(page.locator("#film .ms-trouble")).to_contain_text("cannot decode the frames")
    expect(button(page, "Download")).to_have_count(0)
    button(page, "Clear").click()
    expect(page.locator("#film .ms-trouble")).to_have_count(0)


def test_a_file_that_is_not_a_video_is_refused_when_it_is_chosen(
    launch: Launch, open_page: OpenPage, tmp_path: Path
) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"no film")
    page = open_page(launch(show(None, interactive=True)))
    open_page.expected += ["415"]  # type: ignore[attr-defined]
    page.locator("#film input[type=file]").set_input_files(path)
    expect(page.get_by_role("alert")).to_contain_text("Video 'Film' cannot read a.mp4")
    expect(page.locator(VIDEO)).to_have_count(0)
