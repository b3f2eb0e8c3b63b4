"""Programs for audio, for conversations and for everything around a stream, as people write them for Gradio."""

from __future__ import annotations

import asyncio
import io
import time
import wave
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.client.media import RATE, endless, picture, pictures, ramp

import millstream as gr
from millstream.frames import Chunk
from millstream.media import wav
from millstream.testing import TestPage

pytestmark = pytest.mark.blocking  # in a TestPage handlers run on the loop, and users' handlers do what they like


def test_audio_is_collected_and_played_back() -> None:
    def add(chunk: tuple[int, np.ndarray], so_far: tuple[int, np.ndarray] | None) -> Any:
        so_far = chunk if so_far is None else (chunk[0], np.concatenate([so_far[1], chunk[1]]))
        return so_far, so_far

    with gr.Blocks() as demo:
        mic, tape = gr.Audio(sources=["microphone"], streaming=True, label="mic"), gr.Audio(label="tape")
        stream = gr.State()
        clear = gr.Button("Clear")
        mic.stream(add, [mic, stream], [stream, tape], stream_every=0.5)
        clear.click(lambda: [None, None, None], None, [mic, tape, stream])
    with TestPage(demo) as page:
        page.stream("mic", ramp(2.2))
        rate, samples = page.value("tape")
        assert rate == RATE
        assert np.array_equal(samples, ramp(2.2)[1])
        page.click("Clear")
        assert page.value("tape") is None
        page.stream("mic", ramp(0.5))
        assert len(page.value("tape")[1]) == RATE // 2


def test_an_interface_with_a_state_and_a_transcript() -> None:
    def transcribe(state: str | None, chunk: tuple[int, np.ndarray] | None) -> tuple[str, str]:
        state = (state or "") + ("" if chunk is None else f"{len(chunk[1])} ")
        return state, state

    demo = gr.Interface(
        transcribe,
        ["state", gr.Audio(sources=["microphone"], streaming=True)],
        ["state", "text"],
        live=True,
        stream_every=0.25,
    )
    with TestPage(demo) as page:
        page.stream("chunk", ramp(1))
        assert page.value("output") == "4000 4000 4000 4000 "


def test_audio_as_a_file_path() -> None:
    lengths: list[float] = []

    def measure(path: str) -> str:
        with wave.open(path) as file:
            lengths.append(file.getnframes() / file.getframerate())
        return f"{sum(lengths):.2f}"

    with gr.Blocks() as demo:
        mic, text = gr.Audio(sources="microphone", type="filepath", label="mic"), gr.Textbox(label="text")
        mic.stream(measure, mic, text, stream_every=0.5)
    with TestPage(demo) as page:
        page.stream("mic", ramp(1.75))
        assert page.value("text") == "1.75"


def test_stereo_made_mono_and_normalised() -> None:
    """What every transcription example does with a chunk."""
    seen: list[np.ndarray] = []

    def normalise(chunk: tuple[int, np.ndarray]) -> str:
        rate, y = chunk
        if y.ndim > 1:
            y = y.mean(axis=1)
        y = y.astype(np.float32)
        y /= max(np.max(np.abs(y)), 1)
        seen.append(y)
        return f"{rate}"

    with gr.Blocks() as demo:
        mic, text = gr.Audio(sources=["microphone"], label="mic"), gr.Text(label="text")
        mic.stream(normalise, mic, text, stream_every=0.5)
    with TestPage(demo) as page:
        page.stream("mic", ramp(1, rate=48_000, channels=2))
        assert page.value("text") == "48000"
    assert {y.shape for y in seen} == {(24_000,)}


@dataclass
class AppState:
    """The state of the conversation, as an object with a list in it."""

    stream: np.ndarray | None = None
    sampling_rate: int = 0
    started_talking: bool = False
    stopped: bool = False
    conversation: list[dict[str, str]] = field(default_factory=list)


def test_a_conversation_that_ends_the_recording_by_a_pause() -> None:
    def process(audio: tuple[int, np.ndarray], state: AppState) -> tuple[Any, AppState]:
        state.sampling_rate = audio[0]
        state.stream = audio[1] if state.stream is None else np.concatenate([state.stream, audio[1]])
        loud = float(np.abs(audio[1]).mean()) > 100
        state.started_talking = state.started_talking or loud
        state.stopped = state.started_talking and not loud
        return None, state

    def respond(state: AppState) -> Iterator[tuple[tuple[int, np.ndarray], AppState]]:
        assert state.stream is not None
        state.conversation.append({"role": "user", "content": f"{len(state.stream)} samples"})
        for part in np.array_split(state.stream, 3):
            yield (state.sampling_rate, part), state
        yield (state.sampling_rate, part), AppState(conversation=state.conversation)

    with gr.Blocks() as demo:
        mic = gr.Audio(label="Input Audio", sources="microphone", type="numpy")
        out = gr.Audio(label="Output Audio", autoplay=True)
        state = gr.State(value=AppState())
        told = gr.Textbox(label="told")
        mic.stream(process, [mic, state], [mic, state], stream_every=0.5, time_limit=30)
        answer = mic.stop_recording(respond, [state], [out, state])
        answer.then(lambda s: s.conversation[-1]["content"], state, told)
    talk = np.concatenate([np.full(RATE, 3000, np.int16), np.zeros(RATE, np.int16)])
    with TestPage(demo) as page, page.another() as other:
        page.stream("Input Audio", (RATE, talk))
        page.wait_for(lambda: page.page.values[told.id] != "")
        assert page.value("told") == "32000 samples"
        assert abs(len(page.value("Output Audio")[1]) - 32_000 / 3) <= 1
        assert other.value("told") == ""


def test_bytes_of_a_wav_file_are_an_answer() -> None:
    def beep(chunk: tuple[int, np.ndarray]) -> bytes:
        buffer = io.BytesIO()
        with wave.open(buffer, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(chunk[0])
            file.writeframes(chunk[1].tobytes())
        return buffer.getvalue()

    with gr.Blocks() as demo:
        mic, out = gr.Audio(sources="microphone", label="mic"), gr.Audio(label="out")
        mic.stream(beep, mic, out, stream_every=0.5)
    with TestPage(demo) as page:
        page.stream("mic", ramp(1))
        assert page.value("out")[0] == RATE


def test_a_level_meter_in_a_slider_and_a_label() -> None:
    def level(chunk: tuple[int, np.ndarray]) -> tuple[float, dict[str, float]]:
        rms = float(np.sqrt(np.mean(chunk[1].astype(float) ** 2)) / 32768)
        return np.float32(rms), {"loud": rms, "quiet": 1 - rms}  # type: ignore[return-value]

    with gr.Blocks() as demo:
        mic = gr.Audio(sources=["microphone"], label="mic", show_label=False, container=False)
        meter, label = gr.Slider(0, 1, label="level"), gr.Label(num_top_classes=2, label="what")
        mic.stream(level, mic, [meter, label], stream_every=0.1, show_progress=False)
    with TestPage(demo) as page:
        page.stream("mic", (RATE, np.full(RATE, 16384, np.int16)))
        assert page.value("level") == pytest.approx(0.5, abs=0.01)


# ---- around the stream -----------------------------------------------------------------------------------------


def test_tabs_and_accordions_around_a_stream() -> None:
    with gr.Blocks(theme="soft") as demo, gr.Tabs() as tabs:  # noqa: F841
        with gr.Tab("Live", id=1), gr.Row(equal_height=True):
            with gr.Column(scale=2, min_width=300):
                cam = gr.Image(sources="webcam", label="cam", height=300)
            with gr.Column(scale=1):
                out = gr.Image(label="out")
        with gr.TabItem("Settings"), gr.Accordion("Advanced", open=False), gr.Group():
            mode = gr.Radio(["same", "dark"], value="same", label="mode")
            marks = gr.CheckboxGroup(["box", "name"], label="marks", info="What to draw")
            size = gr.Number(value=3, precision=0, label="size", minimum=1, maximum=9)
            gr.Markdown("**Help**")

        def show(frame: np.ndarray, mode: str, marks: list[str], size: int) -> np.ndarray:
            assert isinstance(size, int)
            assert isinstance(marks, list)
            return frame if mode == "same" else frame // (size if "box" in marks else 1)

        cam.stream(fn=show, inputs=[cam, mode, marks, size], outputs=[out], stream_every=0.1, concurrency_limit=10)
    with TestPage(demo) as page:
        recording = page.record("cam")
        recording.wait_for_state("running")
        page.set("mode", "dark")
        page.set("marks", ["box"])
        page.set("size", 4)
        recording.feed([picture(100)] * 3, rate_hz=10)
        recording.stop()
        assert abs(int(page.value("out").mean()) - 25) <= 1


def test_request_and_event_data_with_defaults_in_any_order() -> None:
    seen: list[object] = []

    def handle(frame: np.ndarray, request: gr.Request, gain: float = 2.0) -> str:
        seen.append((request.session_hash, gain))
        return request.session_hash

    def select(event: gr.SelectData, frame: np.ndarray | None = None, request: gr.Request | None = None) -> str:
        return f"{event.index} {request is not None and len(request.session_hash) > 3}"

    with gr.Blocks() as demo:
        cam, gain = gr.Image(sources="webcam", label="cam"), gr.Slider(0, 5, 3, step=1, label="gain")
        who, where = gr.Textbox(label="who"), gr.Textbox(label="where")
        cam.stream(handle, [cam, gain], who, stream_every=0.1)
        cam.select(select, cam, where)
    with TestPage(demo) as page:
        page.stream("cam", pictures(3), rate_hz=10)
        page.fire("cam", "select", {"index": [1, 2]})
        assert page.value("where") == "[1, 2] True"
        assert seen[0] == (page.value("who"), 3)


def test_a_queue_with_a_bound_and_a_shared_id() -> None:
    with gr.Blocks() as demo:
        one, two = gr.Image(sources="webcam", label="one"), gr.Image(sources="webcam", label="two")
        one.stream(lambda f: None, one, None, concurrency_id="gpu", concurrency_limit=1)
        two.stream(lambda f: None, two, None, concurrency_id="gpu")
    demo.queue(max_size=1)
    with TestPage(demo) as page, page.another() as second, page.another() as third:
        page.record("one").wait_for_state("running")
        waiting = second.record("two")
        waiting.wait_for_state("waiting")
        refused = third.record("one")
        refused.wait_for_state("ended")
        assert refused.streams[0].reason == "busy"
        with pytest.raises(gr.Error):
            refused.stop()


def test_a_time_limit_with_others_waiting_is_fair() -> None:
    with gr.Blocks() as demo:
        cam, out = gr.Image(sources="webcam", label="cam"), gr.Image(label="out")
        cam.stream(lambda f: f, cam, out, time_limit=2, stream_every=0.1)
    with TestPage(demo) as a, a.another() as b, a.another() as c:
        pages = [a, b, c]
        recordings = [page.record("cam") for page in pages]
        recordings[0].wait_for_state("running")
        feeds = [recording.feed_in_background(endless()) for recording in recordings]
        a.advance(12.5)
        assert [recording.streams[0].turns for recording in recordings] == [3, 2, 2]
        for feed in feeds:
            feed.cancel()


def test_load_fills_components_of_every_kind() -> None:
    def start(request: gr.Request) -> dict[Any, Any]:
        return {
            text: "hi",
            number: 4.5,
            slider: 7,
            menu: "b",
            many: ["a", "c"],
            radio: "y",
            box: True,
            boxes: ["p"],
            md: "*now*",
            html: "<b>bold</b><script>alert(1)</script>",
            label: "cat",
            image: picture(9),
            audio: (RATE, np.zeros(100, np.int16)),
            state: {"any": object()},
            button: "Ready",
        }

    with gr.Blocks() as demo:
        text, number, slider = gr.Textbox(label="text"), gr.Number(label="number"), gr.Slider(0, 9, label="slider")
        menu = gr.Dropdown(["a", "b"], label="menu")
        many = gr.Dropdown([("A", "a"), ("B", "b"), ("C", "c")], multiselect=True, label="many")
        radio, box = gr.Radio(["x", "y"], label="radio"), gr.Checkbox(label="box")
        boxes = gr.CheckboxGroup(["p", "q"], label="boxes")
        md, html, label = gr.Markdown(elem_id="md"), gr.HTML(elem_id="html"), gr.Label(label="label")
        image, audio = gr.Image(label="image"), gr.Audio(label="audio")
        button, state = gr.Button("Wait", elem_id="button"), gr.State()
        everything = {
            *(text, number, slider, menu, many, radio, box, boxes, md, html, label, image, audio, state, button)
        }
        demo.load(start, None, everything)
    with TestPage(demo) as page:
        page.advance(0.5)
        assert [page.value(name) for name in ("text", "number", "slider", "menu", "many", "radio", "box", "boxes")] == [
            *("hi", 4.5, 7, "b", ["a", "c"], "y", True, ["p"])
        ]
        assert "<em>now</em>" in page.value("md")
        assert page.value("html") == "<b>bold</b>"
        assert page.value("label")["label"] == "cat"
        assert page.value("image").shape == (32, 32, 3)
        assert page.value("audio")[0] == RATE
        assert page.value("button") == "Ready"


def test_values_that_are_functions_are_computed_for_every_visitor() -> None:
    visits = iter(range(1, 10))
    with gr.Blocks() as demo:
        gr.Textbox(value=lambda: f"visitor {next(visits)}", label="hello")
    with TestPage(demo) as page, page.another() as other:
        assert [page.value("hello"), other.value("hello")] == ["visitor 1", "visitor 2"]


def test_a_state_that_lives_for_a_while_and_is_seen_going() -> None:
    gone: list[object] = []
    with gr.Blocks() as demo:
        cam = gr.Image(sources="webcam", label="cam")
        kept = gr.State([0], time_to_live=60, delete_callback=gone.append)
        text = gr.Textbox(label="text")
        cam.stream(lambda f, k: ([*k, 1], str(len(k))), [cam, kept], [kept, text], stream_every=0.1)
        demo.unload(lambda: gone.append("unload"))
    with TestPage(demo) as page:
        page.stream("cam", pictures(5), rate_hz=10)
        assert page.value("text") == "5"
        page.advance(61)
        assert [len(value) for value in gone] == [6]  # type: ignore[arg-type]
        page.stream("cam", pictures(2), rate_hz=10)
        assert page.value("text") == "2"
    assert gone[1] == "unload"
    assert len(gone[2]) == 3  # type: ignore[arg-type]


def test_state_change_is_raised_from_a_stream() -> None:
    with gr.Blocks() as demo:
        cam = gr.Image(sources="webcam", label="cam")
        count, text = gr.State(0), gr.Textbox(label="text")
        cam.stream(lambda f, n: n + 1, [cam, count], count, stream_every=0.1)
        count.change(lambda n: f"{n} so far", count, text)
    with TestPage(demo) as page:
        page.stream("cam", pictures(5), rate_hz=10)
        page.advance(0.2)
        assert page.value("text") == "5 so far"


def test_on_with_several_triggers_and_as_a_decorator() -> None:
    with gr.Blocks() as demo:
        name, out = gr.Textbox(label="name"), gr.Textbox(label="out")
        go = gr.Button("Go")

        @gr.on([name.submit, go.click], inputs=name, outputs=out)
        def greet(name: str) -> str:
            return f"Hello {name}"

        live = gr.Textbox(label="live")
        gr.on(fn=lambda n: n.upper(), inputs=name, outputs=live)
    with TestPage(demo) as page:
        page.set("name", "ann")
        page.advance(0.1)
        assert page.value("live") == "ANN"
        page.fire("name", "submit")
        assert page.value("out") == "Hello ann"
        page.set("name", "bob")
        page.click("Go")
        assert page.value("out") == "Hello bob"


@pytest.mark.parametrize("kind", ["plain", "async"])
def test_a_progressing_generator_on_a_button_with_a_stop_button(kind: str) -> None:
    closed: list[bool] = []

    def count() -> Iterator[str]:
        try:
            for number in range(100):
                yield str(number)
        finally:
            closed.append(True)

    async def async_count() -> AsyncIterator[str]:
        try:
            for number in range(100):
                yield str(number)
                await asyncio.sleep(0.1)
        finally:
            closed.append(True)

    with gr.Blocks() as demo:
        out = gr.Textbox(label="out")
        start, stop = gr.Button("Start"), gr.Button("Stop", variant="stop")
        run = start.click(count if kind == "plain" else async_count, None, out)
        stop.click(None, None, None, cancels=[run], queue=False)
    with TestPage(demo, handler_time=0.1) as page:
        [counting] = page.click("Start", wait=False)
        page.advance(1.15)
        page.click("Stop")
        assert counting.state == "cancelled"
        page.advance(0.3)
        assert closed == [True]
        assert 4 <= int(page.value("out")) <= 12


def test_a_chain_stops_at_a_failure_with_success_and_goes_on_with_then() -> None:
    def fail() -> None:
        raise gr.Error("broken", print_exception=False)

    with gr.Blocks() as demo:
        log = gr.State([])
        out = gr.Textbox(label="out")
        button = gr.Button("Go")
        first = button.click(fail)
        first.success(lambda s: [*s, "success"], log, log)
        first.failure(lambda s: [*s, "failure"], log, log).then(",".join, log, out)
    with TestPage(demo) as page:
        page.click("Go")
        page.advance(0.1)
        assert page.value("out") == "failure"


def test_a_wizard_of_hidden_groups() -> None:
    with gr.Blocks() as demo:
        with gr.Group(visible=True, elem_id="one") as one:
            name = gr.Textbox(label="name")
            forward = gr.Button("Next", interactive=False)
        with gr.Group(visible=False, elem_id="two") as two:
            cam = gr.Image(sources="webcam", label="cam")
            back = gr.Button("Back")
        name.change(lambda n: gr.update(interactive=bool(n.strip())), name, forward)
        forward.click(lambda: (gr.update(visible=False), gr.update(visible=True)), None, [one, two])
        back.click(lambda: {one: gr.Group(visible=True), two: gr.Group(visible=False)}, None, [one, two])
        cam.stream(lambda f: f, cam, cam)
    with TestPage(demo) as page:
        page.set("name", "x")
        page.advance(0.1)
        assert page.props("Next")["interactive"] is True
        page.click("Next")
        assert (page.props("one")["visible"], page.props("two")["visible"]) == (False, True)
        page.stream("cam", pictures(3))
        page.click("Back")
        assert (page.props("one")["visible"], page.props("two")["visible"]) == (True, False)


def test_a_whole_folder_of_interfaces() -> None:
    """Interface variants: strings, numbers, several outputs, no inputs, a generator."""

    def steps(n: float) -> Iterator[str]:
        for number in range(int(n)):
            yield str(number)

    for demo, fill, expected in (
        (gr.Interface(lambda name: f"Hi {name}", "text", "text"), {"name": "Ann"}, {"output": "Hi Ann"}),
        (gr.Interface(lambda a, b: (a + b, a * b), ["number", "number"], ["number", "number"]),
         {"a": 3, "b": 4}, {"output 0": 7, "output 1": 12}),
        (gr.Interface(lambda: "now", None, "text", title="No inputs", description="*d*", article="a"),
         {}, {"output": "now"}),
        (gr.Interface(steps, gr.Slider(1, 5, 3, step=1), gr.Textbox(label="out")), {"n": 4}, {"out": "3"}),
        (gr.Interface(lambda x, y: x if y else "", ["text", "checkbox"], gr.Markdown(elem_id="md")),
         {"x": "b", "y": True}, {}),
    ):  # fmt: skip
        with TestPage(demo) as page:
            for name, value in fill.items():
                page.set(name, value)
            page.click("Submit")
            assert {name: page.value(name) for name in expected} == expected


def test_a_long_handler_of_one_user_does_not_hold_up_another_event() -> None:
    with gr.Blocks() as demo:
        cam, out = gr.Image(sources="webcam", label="cam"), gr.Image(label="out")
        cam.stream(lambda f: f, cam, out, stream_every=0.1)
        text = gr.Textbox(label="text")
        gr.Button("Work").click(lambda: time.sleep(0), None, None, concurrency_limit=1)
        gr.Button("Quick").click(lambda: "done", None, text)
    with TestPage(demo, handler_time=0.05) as page, page.another() as other:
        recording = page.record("cam")
        recording.wait_for_state("running")
        recording.feed_in_background(endless())
        began = other.now
        other.click("Quick")
        assert other.now - began < 0.1
        assert other.value("text") == "done"


def test_bound_methods_of_a_class_with_its_own_model() -> None:
    class Model:
        def __init__(self, bias: int) -> None:
            self.bias = bias

        async def predict(self, frame: np.ndarray, threshold: float) -> tuple[np.ndarray, str]:
            return frame, f"{self.bias}:{threshold:.2f}"

    model = Model(5)
    with gr.Blocks() as demo:
        with gr.Column(elem_classes=["my-column"]), gr.Group(elem_classes=["my-group"]):
            image = gr.Image(label="Image", sources="webcam")
            threshold = gr.Slider(label="Confidence", minimum=0.0, maximum=1.0, step=0.05, value=0.30)
        text = gr.Textbox(label="text")
        image.stream(model.predict, inputs=[image, threshold], outputs=[image, text], time_limit=10)
    with TestPage(demo) as page:
        page.stream("Image", pictures(2), rate_hz=1)
        assert page.value("text") == "5:0.30"
        page.set("Confidence", 0.55)
        page.stream("Image", pictures(2), rate_hz=1)
        assert page.value("text") == "5:0.55"


def test_a_file_given_at_declaration_is_shown_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "intro.wav"
    path.write_bytes(wav.encode(Chunk(ramp(0.5)[1][:, None], RATE)))
    with gr.Blocks() as demo:
        player = gr.Audio(str(path), label="player", type="filepath", autoplay=True)
        length = gr.Textbox(label="length")
        gr.Button("Measure").click(lambda p: str(Path(p).stat().st_size), player, length)
    with TestPage(demo) as page:
        assert len(page.value("player")[1]) == RATE // 2
        page.click("Measure")
        assert page.value("length") == str(path.stat().st_size)
        page.set("player", ramp(0.25))
        page.click("Measure")
        assert page.value("length") == str(44 + RATE // 4 * 2)
