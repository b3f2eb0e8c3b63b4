"""The camera in Firefox and WebKit: frames up and down, by whatever path the engine has."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.browser.glass import Notes
from tests.browsers.conftest import OpenTab, only
from tests.browsers.tab import Tab
from tests.browsers.webkit import WebKit

import millstream as gr

pytestmark = pytest.mark.browser

Launch = Callable[..., str]
Frame = NDArray[np.uint8]

MARK = (255, 0, 255)
COLOURS = {"red": (220, 30, 30), "blue": (30, 30, 220)}


def echo(frames: Notes[Frame], codec: str | None = None) -> gr.Blocks:
    """A camera whose frames come back as they are; `frames` gets each."""

    def note(frame: Frame) -> Frame:
        frames.add(frame)
        return frame

    with gr.Blocks() as demo:
        options = gr.WebcamOptions(codec=codec)
        camera = gr.Image(label="Camera", elem_id="camera", sources="webcam", webcam_options=options)
        out = gr.Image(label="Out", elem_id="out")
        camera.stream(note, camera, out, stream_every=0)
    return demo


def painter(frames: Notes[Frame]) -> gr.Blocks:
    """A camera that shows a colour of the user's choice in place of its frames."""

    def paint(frame: Frame, name: str) -> Frame:
        frames.add(frame)
        return np.full_like(frame, COLOURS[name])

    with gr.Blocks() as demo:
        colour = gr.Dropdown(list(COLOURS), value="red", label="Colour")
        camera = gr.Image(label="Camera", elem_id="out", sources="webcam")
        camera.stream(paint, [camera, colour], camera, stream_every=0)
    return demo


def mean(frame: Frame) -> Frame:
    """The colour in the middle of a frame."""
    height, width = frame.shape[:2]
    return frame[height // 4 : -height // 4, width // 4 : -width // 4].mean(axis=(0, 1))


def is_shown(tab: Tab, colours: list[Frame], most: float = 12.0) -> bool:
    """Say whether one of some colours is what a user sees."""
    seen = mean(tab.picture("#out .ms-output"))
    return min(float(np.abs(seen - colour).max()) for colour in colours) < most


def wait_shown(tab: Tab, colours: Callable[[], list[Frame]]) -> None:
    """Wait until one of the colours is to be seen."""
    for _ in range(40):
        if is_shown(tab, colours()):
            return
    raise AssertionError(f"something else is shown: {mean(tab.picture('#out .ms-output'))}")


# ---- other machines and users -----------------------------------------------------------------------------------


@only("webkit")
def test_frames_are_sent_by_a_browser_that_reports_none(launch: Launch, open_tab: OpenTab) -> None:
    frames: Notes[Frame] = Notes()
    tab = open_tab(launch(echo(frames)), compositing=False)
    tab.click("Record", "#camera")
    frames.wait(10)


@only("firefox")  # WebKit's automation grants every device
def test_a_refused_camera_says_what_to_do(launch: Launch, open_tab: OpenTab) -> None:
    tab = open_tab(launch(echo(Notes())), allowed=False)
    tab.click("Record", "#camera")
    tab.until_text("The camera is blocked. Allow it in the site settings", "[role=alert]")
    tab.until("named('Record', '#camera')")


def test_a_missing_camera_is_told(launch: Launch, open_tab: OpenTab) -> None:
    tab = open_tab(launch(echo(Notes())), devices=False)
    tab.click("Record", "#camera")
    tab.until_text("No matching camera was found", "[role=alert]")
    tab.until("named('Record', '#camera')")


def test_frames_are_shown_without_webcodecs(launch: Launch, open_tab: OpenTab) -> None:
    frames: Notes[Frame] = Notes()
    tab = open_tab(launch(painter(frames)), webcodecs=False)
    assert tab.run("return typeof VideoFrame + typeof ImageDecoder") == "undefinedundefined"
    tab.click("Record", "#out")
    frames.wait(5)
    tab.until("document.querySelector('#out .ms-output')")
    wait_shown(tab, lambda: [np.array(COLOURS["red"])])


@pytest.mark.parametrize("webcodecs", [False, True])
def test_marks_are_drawn_on_the_cameras_own_frames(launch: Launch, open_tab: OpenTab, webcodecs: bool) -> None:
    def mark(frame: Frame) -> gr.Boxes:
        height, width = frame.shape[:2]
        return gr.Boxes([[width // 4, height // 4, width * 3 // 4, height * 3 // 4]], labels="middle", colors=MARK)

    with gr.Blocks() as demo:
        camera = gr.Image(label="Camera", elem_id="camera", sources="webcam")
        out = gr.Image(label="Out", elem_id="out")
        camera.stream(mark, camera, out, stream_every=0)
    tab = open_tab(launch(demo), webcodecs=webcodecs)
    tab.click("Record", "#camera")
    tab.until("document.querySelector('#out .ms-output')")
    for _ in range(40):
        picture = tab.picture("#out .ms-output").astype(int)
        if (np.abs(picture - MARK).max(axis=2) < 40).sum() > 200:
            return
    raise AssertionError("no box is to be seen")


# ---- the usual one ----------------------------------------------------------------------------------------------


def test_the_frames_of_a_camera_come_back(launch: Launch, open_tab: OpenTab) -> None:
    frames: Notes[Frame] = Notes()
    tab = open_tab(launch(echo(frames)))
    tab.click("Record", "#camera")
    assert frames.wait(10)[0].shape == (720, 1280, 3)
    tab.until("document.querySelector('#out .ms-output')")
    # A screenshot takes its time: what it shows is one of the last frames.
    wait_shown(tab, lambda: [mean(frame) for frame in frames.all[-60:]])
    tab.click("Stop", "#camera")
    tab.until("named('Record', '#camera')")


def test_one_component_films_and_shows_while_the_user_chooses(launch: Launch, open_tab: OpenTab) -> None:
    frames: Notes[Frame] = Notes()
    tab = open_tab(launch(painter(frames)))
    tab.click("Record", "#out")
    frames.wait(5)
    tab.until("document.querySelector('#out .ms-output')")
    wait_shown(tab, lambda: [np.array(COLOURS["red"])])
    tab.click("Colour")
    tab.click("blue")
    wait_shown(tab, lambda: [np.array(COLOURS["blue"])])


@pytest.mark.parametrize("codec", ["h264", "vp8"])
def test_frames_go_up_as_video_where_the_browser_can(launch: Launch, open_tab: OpenTab, codec: str) -> None:
    frames: Notes[Frame] = Notes()
    tab = open_tab(launch(echo(frames, codec=codec)))
    tab.click("Record", "#camera")
    frames.wait(10)
    tab.until("document.querySelector('#out .ms-output')")
    wait_shown(tab, lambda: [mean(frame) for frame in frames.all[-60:]])


def test_a_hidden_tab_goes_on_filming(launch: Launch, open_tab: OpenTab) -> None:
    frames: Notes[Frame] = Notes()
    tab = open_tab(launch(echo(frames)))
    tab.click("Record", "#camera")
    frames.wait(5)
    tab.hide()
    try:
        tab.until("document.hidden")
        frames.wait(len(frames.all) + 20)
    finally:
        tab.show()
    tab.until("!document.hidden")
    frames.wait(len(frames.all) + 20)
    tab.click("Stop", "#camera")
    tab.until("named('Record', '#camera')")


@only("webkit")
def test_a_page_in_a_frame_that_may_not_film_says_what_to_do(launch: Launch, open_tab: OpenTab) -> None:
    """A refusal that no automation can grant: the page around the frame forbids its camera."""
    documents: list[bytes] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(OuterPage, documents)) as outer:
        threading.Thread(target=outer.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{outer.server_port}"
        url = launch(echo(Notes()), frame_ancestors=[address])
        documents.append(f'<iframe src="{url}" width="800" height="600"></iframe>'.encode())
        tab = open_tab(address)
        assert isinstance(tab, WebKit)
        tab.enter("iframe")
        tab.click("Record", "#camera")
        tab.until_text("The camera is blocked in this frame. Open the app in a tab of its own", "[role=alert]")
        outer.shutdown()


class OuterPage(BaseHTTPRequestHandler):
    """A page of another site."""

    def __init__(self, documents: list[bytes], *request: Any) -> None:
        self._documents = documents
        super().__init__(*request)

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(self._documents[0])

    def log_message(self, format: str, *args: object) -> None:
        pass
