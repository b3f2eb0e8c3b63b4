"""Videos and files in Firefox and WebKit: uploaded, recorded, streamed, downloaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.browser.glass import Notes
from tests.browser.videos import piece
from tests.browsers.conftest import OpenTab, only

import millstream as gr

pytestmark = pytest.mark.browser

Launch = Callable[..., str]


def video_at(css: str, seconds: float) -> str:
    """A condition: a video shows something, and plays on from there."""
    return (
        f"document.querySelector('{css}')?.videoWidth > 0 && document.querySelector('{css}').currentTime >= {seconds}"
    )


def test_a_video_that_is_uploaded_can_be_seen(launch: Launch, open_tab: OpenTab, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(piece(0))
    lengths: Notes[int] = Notes()

    def look(name: str) -> str:
        with av.open(name) as reader:
            lengths.add(sum(1 for _ in reader.decode(video=0)))
        return name

    with gr.Blocks() as demo:
        film = gr.Video(label="Film", elem_id="film")
        copy = gr.Video(label="Copy", elem_id="copy", autoplay=True)
        film.upload(look, film, copy)
    tab = open_tab(launch(demo))
    tab.until("document.querySelector('#film input[type=file]')")
    tab.choose_file("#film input[type=file]", str(path))
    assert lengths.wait() == [50]
    tab.until(video_at("#copy .ms-output", 0.5))


def recorder(notes: Notes[tuple[str, int, bool]]) -> gr.Blocks:
    def look(path: str | None) -> None:
        if path is None:
            return
        with av.open(path) as reader:
            notes.add((Path(path).suffix, sum(1 for _ in reader.decode(video=0)), bool(reader.streams.audio)))

    with gr.Blocks() as demo:
        film = gr.Video(label="Film", elem_id="film", sources="webcam", include_audio=True)
        film.stop_recording(look, film, None)
    return demo


@only("firefox")
def test_a_video_is_recorded_with_its_audio(launch: Launch, open_tab: OpenTab) -> None:
    notes: Notes[tuple[str, int, bool]] = Notes()
    tab = open_tab(launch(recorder(notes)))
    tab.click("Record", "#film")
    tab.until("document.querySelector('#film ms-elapsed')?.innerText.includes('0:02')")
    tab.click("Stop", "#film")
    ((suffix, frames, has_audio),) = notes.wait()
    assert (suffix, has_audio) == (".webm", True)
    assert frames > 10


@only("webkit")  # Debian's lacks the part of GStreamer that writes the file
def test_a_browser_that_records_nothing_says_so(launch: Launch, open_tab: OpenTab) -> None:
    tab = open_tab(launch(recorder(Notes())))
    tab.click("Record", "#film")
    tab.until("document.querySelector('#film ms-elapsed')?.innerText.includes('0:01')")
    tab.click("Stop", "#film")
    tab.until_text("This browser recorded nothing: use another one, or upload a video file.")
    tab.until("named('Record', '#film')")


def test_a_streamed_video_is_seen_to_its_end(launch: Launch, open_tab: OpenTab) -> None:
    events: Notes[str] = Notes()

    def show() -> Iterator[bytes]:
        for number in range(3):
            yield piece(number, frames=25)

    with gr.Blocks() as demo:
        out = gr.Video(label="Out", elem_id="out", streaming=True, autoplay=True)
        gr.Button("Show").click(show, None, out)
        out.end(lambda: events.add("end"))
    tab = open_tab(launch(demo))
    tab.click("Show")
    events.wait()
    tab.until(video_at("#out .ms-output", 2.8))


def test_frames_that_come_with_audio(launch: Launch, open_tab: OpenTab) -> None:
    moments: Notes[Any] = Notes()
    with gr.Blocks() as demo:
        film = gr.Video(label="Film", elem_id="film", sources="webcam")
        film.stream(moments.add, film, None, stream_every=0.2)
    tab = open_tab(launch(demo))
    tab.click("Record", "#film")
    for moment in moments.wait(8):
        rate, samples = moment.audio
        assert len(samples) % (rate // 5) == 0, "whole chunks, joined where the handler was late"
        assert moment.frame.ndim == 3
    tab.click("Stop", "#film")
    tab.until("named('Record', '#film')")


def test_a_file_goes_up_and_comes_down(launch: Launch, open_tab: OpenTab, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("line\n" * 10_000)

    def shout(name: str) -> str:
        result = tmp_path / "loud.txt"
        result.write_text(Path(name).read_text().upper())
        return str(result)

    with gr.Blocks() as demo:
        file, loud = gr.File(label="File", elem_id="file"), gr.File(label="Loud", elem_id="loud")
        file.upload(shout, file, loud)
    tab = open_tab(launch(demo, allowed_paths=[str(tmp_path)]))
    tab.until("document.querySelector('#file input[type=file]')")
    tab.choose_file("#file input[type=file]", str(path))
    tab.until("document.querySelector('#loud a[href]')")
    tab.click_on("#loud a[href]")
    assert tab.downloaded("loud.txt", 50_000).read_text() == "LINE\n" * 10_000


def test_a_picture_is_uploaded_filtered_and_seen(launch: Launch, open_tab: OpenTab, tmp_path: Path) -> None:
    path = tmp_path / "red.png"
    import PIL.Image

    PIL.Image.fromarray(np.full((60, 80, 3), (220, 30, 30), np.uint8)).save(path)

    def swap(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return image[..., ::-1]

    with gr.Blocks() as demo:
        image, out = gr.Image(label="Image", elem_id="image"), gr.Image(label="Out", elem_id="out")
        image.upload(swap, image, out)
    tab = open_tab(launch(demo))
    tab.until("document.querySelector('#image input[type=file]')")
    tab.choose_file("#image input[type=file]", str(path))
    tab.until("document.querySelector('#out .ms-output')?.naturalWidth === 80")
    height, width = (shape := tab.picture("#out .ms-output")).shape[:2]
    assert np.abs(shape[height // 2, width // 2].astype(int) - (30, 30, 220)).max() < 12
