"""Recording that Python starts and stops, recordings as a whole, and how long they may last."""

from __future__ import annotations

import re
import threading
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect
from tests.browser.conftest import OpenPage
from tests.browser.glass import Notes, button, record, stop, until
from tests.browser.media import Clips, read_counter

import millstream as gr

pytestmark = pytest.mark.browser

Launch = Callable[..., str]
Sound = tuple[int, np.ndarray]

RATE = 16_000

OPENED = "eyes.tracks.filter((track) => track.readyState === 'live').length"
"""How many cameras and microphones are in use."""

ASKED = """
window.asked = [];
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = (constraints) => {
  asked.push(constraints);
  return open(constraints);
};
"""


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somebody who talks for a second, is silent for two, and begins again."""
    path = tmp_path_factory.mktemp("talk") / "talk.wav"
    spoken = np.random.default_rng(1).integers(-20_000, 20_000, 48_000)
    with wave.open(str(path), "wb") as sink:
        sink.setnchannels(1)
        sink.setsampwidth(2)
        sink.setframerate(48_000)
        sink.writeframes(np.concatenate([spoken, np.zeros(96_000)]).astype("<i2").tobytes())
    return path


# ---- the spoken conversation -----------------------------------------------------------------------------------


@dataclass
class AppState:
    stream: np.ndarray | None = None
    sampling_rate: int = 0
    pause_detected: bool = False
    started_talking: bool = False
    stopped: bool = False
    conversation: list[dict[str, Any]] = field(default_factory=list)


def determine_pause(stream: np.ndarray, sampling_rate: int, state: AppState) -> bool:
    """Say whether somebody has talked, and then not for six tenths of a second."""
    blocks = np.array_split(np.abs(stream.astype(float)), max(1, len(stream) * 10 // sampling_rate))
    loud = [block.mean() > 300 for block in blocks]
    state.started_talking = any(loud)
    return state.started_talking and len(loud) > 6 and not any(loud[-6:])


def process_audio(audio: Sound, state: AppState) -> tuple[gr.Audio | None, AppState]:
    rate, samples = audio
    samples = samples if samples.ndim == 1 else samples[:, 0]
    state.stream = samples if state.stream is None else np.concatenate((state.stream, samples))
    state.sampling_rate = rate
    state.pause_detected = determine_pause(state.stream, rate, state)
    if state.pause_detected and state.started_talking:
        return gr.Audio(recording=False), state
    return None, state


def response(state: AppState) -> Iterator[tuple[Sound | None, AppState]]:
    if not state.pause_detected or not state.started_talking or state.stream is None:
        yield None, AppState(conversation=state.conversation)
        return
    seconds = len(state.stream) / state.sampling_rate
    state.conversation.append({"role": "user", "content": f"{seconds:.1f} s"})
    tone = (np.sin(np.arange(RATE // 10) / 6) * 9_000).astype(np.int16)
    for _ in range(5):
        yield (RATE, tone), state
    state.conversation.append({"role": "assistant", "content": f"answer {len(state.conversation)}"})
    yield None, AppState(conversation=state.conversation)


def start_recording_user(state: AppState) -> gr.Audio | None:
    return None if state.stopped else gr.Audio(recording=True)


def conversation() -> gr.Blocks:
    """The program of the guide: somebody talks, is answered after a pause, and talks on."""
    with gr.Blocks() as demo:
        with gr.Row():
            with gr.Column():
                input_audio = gr.Audio(
                    label="Input Audio",
                    sources=["microphone"],
                    type="numpy",
                    streaming=False,
                    waveform_options=gr.WaveformOptions(waveform_color="#B83A4B"),
                )
            with gr.Column():
                chatbot = gr.Chatbot(label="Conversation")
                output_audio = gr.Audio(label="Output Audio", streaming=True, autoplay=True)
        state = gr.State(value=AppState())
        stream = input_audio.stream(
            process_audio, [input_audio, state], [input_audio, state], stream_every=0.5, time_limit=30
        )
        respond = input_audio.stop_recording(response, [state], [output_audio, state])
        respond.then(lambda s: s.conversation, [state], [chatbot])
        restart = output_audio.stop(start_recording_user, [state], [input_audio])
        cancel = gr.Button("Stop Conversation", variant="stop")
        cancel.click(
            lambda: (AppState(stopped=True), gr.Audio(recording=False)),
            None,
            [state, input_audio],
            cancels=[respond, restart],
        )
    assert stream is not None
    return demo


def test_a_spoken_conversation_goes_on_by_itself(launch: Launch, open_page: OpenPage, talk: Path) -> None:
    page = open_page(launch(conversation()), sound=talk)
    record(page)
    for turn in range(3):
        expect(page.get_by_text(f"answer {2 * turn + 1}", exact=True)).to_be_visible()
    expect(button(page, "Stop")).to_be_visible()
    assert page.evaluate(OPENED) == 1
    button(page, "Stop Conversation").click()
    expect(button(page, "Record")).to_be_visible()
    until(page, f"{OPENED} === 0")
    # What was stopped stays stopped, and may be begun again.
    record(page)
    expect(button(page, "Stop")).to_be_visible()


# ---- started and stopped from Python ---------------------------------------------------------------------------


def commanded(component: gr.Audio | gr.Image | gr.Video, keep: Callable[..., object], **options: Any) -> gr.Blocks:
    """A component that buttons start and stop, and what its recordings come to."""
    with gr.Blocks() as demo:
        component.render()
        kind = type(component)
        button_of = {name: gr.Button(name) for name in ("Begin", "End")}
        button_of["Begin"].click(lambda: kind(recording=True), None, component)
        button_of["End"].click(lambda: kind(recording=False), None, component)
        if options:
            component.stream(options.pop("fn"), component, None, **options)
        component.stop_recording(keep, component, None)
    return demo


def test_a_plain_recording_is_there_when_its_end_is_told(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    wholes: Notes[Sound] = Notes()
    page = open_page(
        launch(commanded(gr.Audio(label="Mic", sources=["microphone"], render=False), wholes.add)), sound=clips.chirp
    )
    for count in (1, 2):
        button(page, "Begin").click()
        expect(button(page, "Stop")).to_be_visible()
        button(page, "Begin").click()  # it records already
        until(page, "/0:0[1-9]/.test(document.querySelector('ms-elapsed').textContent)")
        button(page, "End").click()
        rate, samples = wholes.wait(count)[-1]
        assert len(samples) / rate >= 0.8
        until(page, f"{OPENED} === 0")
        expect(button(page, "Record")).to_be_visible()
        button(page, "End").click()  # it does not record
    assert len(wholes.all) == 2


def test_a_recording_is_no_upload(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    """Who binds both, for a microphone and for files, wants one call for each."""
    notes: Notes[str] = Notes()
    with gr.Blocks() as demo:
        mic, file = gr.Audio(label="Mic", sources="microphone"), gr.Audio(label="File", sources="upload")
        for audio in (mic, file):
            heard = [audio.stop_recording, audio.upload]
            gr.on(heard, lambda sound: notes.add(f"{len(sound[1]) / sound[0]:.0f} s"), audio)
            audio.input(lambda: notes.add("input"))
    page = open_page(launch(demo), sound=clips.chirp)
    record(page)
    until(page, "/0:0[1-9]/.test(document.querySelector('ms-elapsed').textContent)")
    button(page, "Stop").click()
    assert sorted(notes.wait(2))[1] == "input"
    page.locator("input[type=file]").set_input_files(clips.chirp)
    assert sorted(notes.wait(4)[2:]) == ["10 s", "input"]
    assert len(notes.all) == 4


def test_a_streamed_recording_is_there_as_a_whole(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    chunks: Notes[Sound] = Notes()
    wholes: Notes[Sound] = Notes()
    mic = gr.Audio(label="Mic", sources=["microphone"], sample_rate=RATE, channels=1, render=False)
    demo = commanded(mic, wholes.add, fn=chunks.add, stream_every=0.2)
    page = open_page(launch(demo), sound=clips.chirp)
    for count in (1, 2):
        before = len(chunks.all)
        button(page, "Begin").click()
        chunks.wait(before + 5)
        button(page, "End").click()
        _, whole = wholes.wait(count)[-1]
        np.testing.assert_array_equal(whole, np.concatenate([samples for _, samples in chunks.all[before:]]))


@pytest.mark.parametrize("streamed", [True, False])
def test_a_camera_that_starts_with_the_page(launch: Launch, open_page: OpenPage, clips: Clips, streamed: bool) -> None:
    frames: Notes[np.ndarray] = Notes()
    camera = gr.Image(label="Camera", sources="webcam", recording=True, render=False)
    options = {"fn": frames.add, "stream_every": 0.1} if streamed else {}
    page = open_page(launch(commanded(camera, lambda picture: None, **options)), video=clips.counter)
    until(page, "document.querySelector('video.ms-preview')?.videoWidth > 0")
    if streamed:
        frames.wait(3)
    button(page, "End").click()
    until(page, f"{OPENED} === 0")
    button(page, "Begin").click()
    until(page, f"{OPENED} === 1")


def test_a_video_that_python_begins_and_ends(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    sizes: Notes[int] = Notes()
    video = gr.Video(label="Film", sources="webcam", render=False)
    page = open_page(
        launch(commanded(video, lambda path: sizes.add(Path(path).stat().st_size))),
        video=clips.counter,
        sound=clips.chirp,
    )
    button(page, "Begin").click()
    until(page, "/0:0[1-9]/.test(document.querySelector('ms-elapsed')?.textContent)")
    button(page, "End").click()
    assert sizes.wait(1)[0] > 10_000
    until(page, f"{OPENED} === 0")


def test_a_photo_that_python_takes(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    photos: Notes[np.ndarray | None] = Notes()
    camera = gr.Image(label="Camera", sources="webcam", render=False)
    page = open_page(launch(commanded(camera, photos.add)), video=clips.counter)
    button(page, "Begin").click()
    until(page, "eyes.counter('video.ms-preview') >= 0")
    button(page, "End").click()
    (photo,) = photos.wait(1)
    assert photo is not None
    assert read_counter(photo) is not None, "mirrored, as the user saw it"
    expect(page.locator(".ms-output")).to_be_visible()
    until(page, f"{OPENED} === 0")
    button(page, "Clear").click()
    button(page, "Begin").click()
    button(page, "Close the camera").click()
    assert photos.wait(2)[1] is None, "nobody has taken one"


def test_a_recording_is_whole_though_the_next_one_has_begun(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    chunks: Notes[Sound] = Notes()
    wholes: Notes[Sound] = Notes()
    may_go = threading.Event()

    def hear(chunk: Sound) -> None:
        chunks.add(chunk)
        may_go.wait(0.5)

    mic = gr.Audio(label="Mic", sources=["microphone"], sample_rate=RATE, channels=1, render=False)
    demo = commanded(mic, wholes.add, fn=hear, stream_every=0.1)
    page = open_page(launch(demo), sound=clips.chirp)
    record(page)
    chunks.wait(3)
    button(page, "Stop").click()
    record(page)
    expect(button(page, "Waiting").or_(button(page, "Stop"))).to_be_visible()
    assert wholes.all == []
    may_go.set()
    expect(button(page, "Stop")).to_be_visible()
    _, first = wholes.wait(1)[0]
    assert len(first) >= 3 * 0.1 * RATE
    heard = np.concatenate([samples for _, samples in chunks.all])
    np.testing.assert_array_equal(first, heard[: len(first)])
    stop(page)
    _, second = wholes.wait(2)[1]
    np.testing.assert_array_equal(np.concatenate([first, second]), np.concatenate([each for _, each in chunks.all]))


def test_the_last_frame_is_what_is_left_of_a_stream(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    frames: Notes[np.ndarray] = Notes()
    lasts: Notes[np.ndarray] = Notes()
    camera = gr.Image(label="Camera", sources="webcam", render=False)
    page = open_page(launch(commanded(camera, lasts.add, fn=frames.add, stream_every=0.1)), video=clips.counter)
    record(page)
    frames.wait(5)
    stop(page)
    (last,) = lasts.wait(1)
    assert any(np.array_equal(last, frame) for frame in frames.all[-2:])


@pytest.mark.parametrize("kind", [gr.Audio, gr.Image])
def test_a_device_that_is_refused_says_what_a_click_would(
    launch: Launch, open_page: OpenPage, kind: type[gr.Audio | gr.Image]
) -> None:
    page = open_page(launch(commanded(kind(recording=True, render=False), lambda value: None)), allowed=False)
    expect(page.locator(".ms-trouble[data-code=refused]")).to_contain_text("is blocked. Allow it in the site settings")


# ---- how long --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("streamed", [True, False])
def test_a_recording_ends_at_its_longest(launch: Launch, open_page: OpenPage, clips: Clips, streamed: bool) -> None:
    wholes: Notes[Sound] = Notes()
    mic = gr.Audio(label="Mic", sources=["microphone"], max_length=3, sample_rate=RATE, render=False)
    options = {"fn": lambda chunk: None, "stream_every": 0.25} if streamed else {}
    page = open_page(launch(commanded(mic, wholes.add, **options)), sound=clips.chirp)
    record(page)
    expect(page.get_by_role("timer", name="Recorded")).to_have_text(re.compile(r"0:0[123] / 0:03"))
    expect(button(page, "Record")).to_be_visible()
    ((rate, samples),) = wholes.wait(1)
    assert 2 < len(samples) / rate <= 3
    until(page, f"{OPENED} === 0")
    assert page.locator(".ms-trouble").count() == 0


# ---- what is asked of the microphone ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("constraints", "asked"),
    [
        (None, {"echoCancellation": True}),
        ({"noiseSuppression": False}, {"echoCancellation": True, "noiseSuppression": False}),
        ({"echoCancellation": False}, {"echoCancellation": False}),
    ],
)
def test_what_the_loudspeaker_plays_is_left_out(
    launch: Launch, open_page: OpenPage, clips: Clips, constraints: dict[str, bool] | None, asked: dict[str, bool]
) -> None:
    with gr.Blocks() as demo:
        gr.Audio(sources=["microphone"], constraints=constraints)
    page = open_page(launch(demo), sound=clips.chirp, script=ASKED)
    record(page)
    expect(button(page, "Stop")).to_be_visible()
    assert page.evaluate("asked") == [{"audio": asked, "video": False}]


# ---- what follows a script -------------------------------------------------------------------------------------


def test_what_follows_a_script_without_a_handler(launch: Launch, open_page: OpenPage) -> None:
    with gr.Blocks() as demo:
        text, seen, again = gr.Textbox("a", label="Text"), gr.Textbox(label="Seen"), gr.Textbox(label="Again")
        shouted = gr.Button("Shout").click(None, text, text, js="(text) => text.toUpperCase() + '!'")
        followed = shouted.then(lambda text: f"seen {text}", text, seen)
        followed.then(None, seen, seen, js="(text) => text + '?'").then(lambda text: f"again {text}", seen, again)
    page = open_page(launch(demo))
    for words in ("A!", "A!!"):
        button(page, "Shout").click()
        expect(page.get_by_label("Again")).to_have_value(f"again seen {words}?")


def test_an_http_page_under_a_name_of_its_own_has_nothing_to_complain_of(launch: Launch, open_page: OpenPage) -> None:
    with gr.Blocks() as demo:
        gr.Textbox("here", label="Text")
    page = open_page(launch(demo, allowed_hosts=["app.test"]).replace("127.0.0.1", "app.test"))
    expect(page.get_by_label("Text")).to_have_value("here")
