"""Camera and microphone feed one handler, on one clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import av
import numpy as np
import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import OpenPage
from tests.browser.glass import Notes, button, record, stop, until
from tests.browser.media import CHIRP_SECONDS, FRAMES_PER_SECOND, Clips, read_chirp, read_counter

import millstream as gr

pytestmark = pytest.mark.browser

Launch = Callable[..., str]

RAW = {"echoCancellation": False, "noiseSuppression": False, "autoGainControl": False}
EVERY_S = 0.2
RATE = 16_000
CAMERA_S = 1 / FRAMES_PER_SECOND


def filming(handler: Callable[..., Any], **video: Any) -> gr.Blocks:
    """A camera with its microphone, and what the handler shows of it."""
    options = gr.WebcamOptions(constraints={"video": {"frameRate": 30}, "audio": RAW})
    with gr.Blocks() as demo, gr.Row():
        me = gr.Video(label="Me", sources="webcam", webcam_options=options, elem_id="me", **video)
        with gr.Column():
            shown = gr.Image(label="Shown", elem_id="shown")
            text = gr.Textbox(label="Text", elem_id="text")
        me.stream(handler, [me], [shown, text], stream_every=EVERY_S)
    return demo


def shown(moment: gr.Moment) -> tuple[np.ndarray, str]:
    heard = "" if moment.audio is None else f"{len(moment.audio[1]) / moment.audio[0]:.2f}"
    return moment.frame, f"{moment.frame_time:.3f} {heard}"


def tracks(page: Page) -> list[list[str]]:
    found: list[list[str]] = page.evaluate("eyes.tracks.map((track) => [track.kind, track.readyState])")
    return sorted(found)


QUESTIONS = """
window.questions = 0;
const ask = navigator.mediaDevices.getUserMedia;
navigator.mediaDevices.getUserMedia = (wish) => { window.questions++; return ask(wish); };
"""


ASKED = """
window.asked = [];
const opened = navigator.mediaDevices.getUserMedia;
navigator.mediaDevices.getUserMedia = (wish) => { asked.push(wish); return opened(wish); };
"""


def test_one_press_opens_both_devices_and_one_releases_them(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    page = open_page(launch(filming(shown)), video=clips.counter, sound=clips.chirp, script=QUESTIONS)
    record(page)
    expect(page.locator("#me video.ms-preview")).to_be_visible()
    expect(page.locator("#me ms-level")).to_be_visible()
    until(page, "eyes.counter('#shown .ms-output') >= 0")
    assert tracks(page) == [["audio", "live"], ["video", "live"]]
    assert page.evaluate("questions") == 1
    stop(page)
    assert tracks(page) == [["audio", "ended"], ["video", "ended"]]
    expect(page.locator("#me ms-level")).to_have_count(0)
    expect(page.locator("#me .ms-trouble")).to_have_count(0)
    record(page)
    until(page, "eyes.tracks.length === 4")
    stop(page)


WITNESS = """
window.witness = {};
let shown = 0;
const look = (now, {captureTime}) => {
  const number = shown++ % 5 ? -1 : eyes.counter("#me .ms-preview");
  if (number >= 0) window.witness[number] = (performance.timeOrigin + (captureTime ?? now)) / 1000;
  document.querySelector("#me .ms-preview")?.requestVideoFrameCallback(look);
};
document.querySelector("#me .ms-preview").requestVideoFrameCallback(look);
"""
"""Notes when the browser says that every fifth frame of the counter video was captured: the handler gets every sixth,
so that they meet. What a busy camera skips, it skips."""


def test_times_of_frame_and_audio_are_of_one_clock(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    """The microphone is compared with the audio that it is known to play, the camera with what the browser says."""
    moments: Notes[gr.Moment] = Notes()
    demo = filming(lambda moment: (None, moments.add(moment)), sample_rate=RATE, channels=1)
    page = open_page(launch(demo), video=clips.counter, sound=clips.chirp)
    record(page)
    expect(page.locator("#me video.ms-preview")).to_be_visible()
    page.evaluate(WITNESS)
    found = moments.wait(50, deadline_s=40)
    witness = {int(number): second for number, second in page.evaluate("witness").items()}
    stop(page)

    heard, late, apart = [], [], []
    for moment in found[2:]:
        assert moment.audio is not None
        assert moment.audio_time is not None
        rate, samples = moment.audio
        assert len(samples) % round(EVERY_S * RATE) == 0
        second = read_chirp(samples, rate)
        if 0.3 < second < CHIRP_SECONDS - 0.3:
            heard.append((moment.audio_time + len(samples) / rate / 2 - second) % CHIRP_SECONDS)
        if (number := read_counter(moment.frame)) in witness:
            late.append(moment.frame_time - witness[number])
        apart.append(moment.frame_time - (moment.audio_time + len(samples) / rate))
    begins = np.exp(2j * np.pi * np.array(heard) / CHIRP_SECONDS)
    errors = np.angle(begins / np.mean(begins)) / (2 * np.pi) * CHIRP_SECONDS
    assert len(errors) > 20
    assert np.abs(errors).max() < 0.03, "a chirp is read to 20 ms: the microphone's time neither drifts nor jumps"
    assert len(late) > 3
    assert -0.01 < np.median(late) < CAMERA_S, "a picture's time is when its frame came"
    assert abs(np.median(apart) + EVERY_S / 2) <= CAMERA_S, "it is from the middle of the sound"


def test_a_slow_handler_loses_no_audio_and_sees_the_newest_frame(
    launch: Launch, open_page: OpenPage, clips: Clips
) -> None:
    moments: Notes[tuple[gr.Moment, float]] = Notes()
    pause = threading.Event()

    def watch(moment: gr.Moment) -> tuple[None, str]:
        moments.add((moment, time.time()))
        pause.wait(0.7)
        return None, "seen"

    page = open_page(launch(filming(watch, sample_rate=RATE, channels=1)), video=clips.counter, sound=clips.chirp)
    record(page)
    moments.wait(8, deadline_s=30)
    pause.set()
    stop(page)
    expect(page.get_by_role("textbox", name="Text")).to_have_value("seen")
    found = [moment for moment, _ in moments.all]
    ends = [moment.audio_time + len(moment.audio[1]) / RATE for moment in found if moment.audio and moment.audio_time]
    starts = [moment.audio_time for moment in found]
    for end, start in zip(ends, starts[1:], strict=False):
        # A busy machine's first blocks all come late: that the microphone's clock is ahead is known a little later.
        assert start == pytest.approx(end, abs=CAMERA_S), "each stretch begins where the one before ended"
    assert max(len(moment.audio[1]) for moment in found if moment.audio) >= 2 * EVERY_S * RATE
    ages = [began - moment.frame_time for moment, began in moments.all[2:8]]
    assert np.median(ages) < 2 * EVERY_S + 0.3
    times = [moment.frame_time for moment in found]
    assert times == sorted(times)


def test_the_end_of_a_stream_comes_with_its_video(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    videos: Notes[tuple[list[int | None], bool]] = Notes()

    def look(path: str) -> None:
        with av.open(path) as reader:
            frames = [read_counter(each.to_ndarray(format="rgb24")) for each in reader.decode(video=0)]
            videos.add((frames, bool(reader.streams.audio)))

    with gr.Blocks() as demo:
        me = gr.Video(label="Me", sources="webcam", elem_id="me")
        me.stream(lambda moment: None, me, None, stream_every=EVERY_S)
        me.stop_recording(look, me, None)
    page = open_page(launch(demo), video=clips.counter, sound=clips.chirp)
    record(page)
    expect(page.locator("#me").get_by_role("timer")).to_contain_text("0:02")
    stop(page)
    ((frames, has_sound),) = videos.wait(1)
    assert len(frames) > 10, "all that the camera saw, and not only what was streamed"
    assert len([number for number in frames if number is not None]) > len(frames) / 2
    assert has_sound
    until(page, "document.querySelector('#me .ms-output')?.videoWidth === 640")


def test_another_microphone_is_chosen_while_the_camera_goes_on(
    launch: Launch, open_page: OpenPage, clips: Clips
) -> None:
    moments: Notes[gr.Moment] = Notes()
    demo = filming(lambda moment: (moments.add(moment), "seen"), sample_rate=RATE, channels=1)
    page = open_page(launch(demo), video=clips.counter, sound=clips.chirp, script=ASKED)
    record(page)
    moments.wait(2)
    button(page, "Choose a microphone").click()
    chosen = page.get_by_role("menuitemradio", checked=False).first
    name = chosen.inner_text()
    chosen.click()
    until(page, "asked.length === 2")
    assert page.evaluate("asked[1].audio.deviceId?.exact")
    assert not page.evaluate("asked[1].video.deviceId")
    moments.wait(len(moments.all) + 3)
    button(page, "Choose a microphone").click()
    expect(page.get_by_role("menuitemradio", checked=True)).to_have_text(name)
    stop(page)


def test_without_audio_only_the_camera_is_opened(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    moments: Notes[gr.Moment] = Notes()
    demo = filming(lambda moment: (moments.add(moment), "seen"), include_audio=False)
    page = open_page(launch(demo), video=clips.counter, sound=clips.chirp)
    record(page)
    moments.wait(3)
    assert tracks(page) == [["video", "live"]]
    expect(page.locator("#me ms-level")).to_have_count(0)
    stop(page)
    assert all(moment.audio is None and read_counter(moment.frame) is not None for moment in moments.all)


NO_MICROPHONE = """
const list = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices);
navigator.mediaDevices.enumerateDevices = async () => (await list()).filter(({kind}) => kind !== "audioinput");
"""


def test_a_machine_without_a_microphone_streams_its_frames(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    moments: Notes[gr.Moment] = Notes()
    demo = filming(lambda moment: (moments.add(moment), "seen"))
    page = open_page(launch(demo), video=clips.counter, script=NO_MICROPHONE)
    record(page)
    moments.wait(3)
    stop(page)
    assert all(moment.audio is None for moment in moments.all)


def test_a_refusal_of_the_microphone_alone_says_so(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    page = open_page(launch(filming(shown)), video=clips.counter, allowed=False, permissions=["camera"])
    button(page, "Record").click()
    expect(page.locator("#me")).to_contain_text("The microphone is blocked. Allow it in the site settings")
    assert tracks(page) == []
    expect(button(page, "Record")).to_be_visible()


@pytest.mark.parametrize("kind", ["audio", "video"])
def test_a_device_that_is_taken_away_ends_both(launch: Launch, open_page: OpenPage, clips: Clips, kind: str) -> None:
    page = open_page(launch(filming(shown)), video=clips.counter, sound=clips.chirp)
    record(page)
    until(page, "eyes.counter('#shown .ms-output') >= 0")
    page.evaluate(
        "(kind) => { const track = eyes.tracks.find((each) => each.kind === kind); track.stop();"
        "track.dispatchEvent(new Event('ended')); }",
        kind,
    )
    name = "microphone" if kind == "audio" else "camera"
    expect(page.locator("#me")).to_contain_text(f"The {name} was disconnected")
    until(page, "eyes.tracks.every((track) => track.readyState === 'ended')")
