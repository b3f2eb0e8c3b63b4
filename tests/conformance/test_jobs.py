"""Jobs and results are data: apps behave as ever when both are pickled on the way to the worker and back."""

from __future__ import annotations

import pickle
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import millstream as gr
from millstream.engines import inline
from millstream.jobs import END, KEEP, Job, Notify, Result
from millstream.testing import LoudnessDetector, TestPage
from millstream.testing.conformance.engines import EngineSuite

RATE = 16_000
Audio = tuple[int, np.ndarray]


class PicklingWorker(inline.Worker):
    """Gets pickled jobs and gives pickled results, as a worker in another process would."""

    async def submit(self, job: Job) -> AsyncGenerator[Result, None]:
        data = pickle.dumps(job)
        copy: Job = pickle.loads(data)
        assert pickle.dumps(copy) == data
        roles.add(job.role if job.packets or not job.stream or job.role != "handler" else "handler of a stream")
        results = super().submit(copy)
        try:
            async for result in results:
                yield pickle.loads(pickle.dumps(result))
        finally:
            await results.aclose()


class PicklingEngine(inline.Engine):
    """Runs handlers on the loop, and pickles what goes in and comes out."""

    def open(self, binding: int, notify: Notify) -> PicklingWorker:
        self._open += 1
        return PicklingWorker(self, self._program.open(binding, notify))


class TestPickling(EngineSuite):
    def engine(self) -> PicklingEngine:
        return PicklingEngine()


roles: set[str] = set()


@pytest.fixture(autouse=True)
def pickling(monkeypatch: pytest.MonkeyPatch) -> None:
    roles.clear()
    monkeypatch.setattr("millstream.testing.page.Engine", PicklingEngine)


def loud(seconds: float, number: int = 8_000) -> np.ndarray:
    return np.full(round(seconds * RATE), number, np.int16)


def quiet(seconds: float) -> np.ndarray:
    return loud(seconds, 0)


def talk(*parts: np.ndarray) -> Audio:
    return RATE, np.concatenate(parts)


def test_the_markers_stay_themselves() -> None:
    assert pickle.loads(pickle.dumps([KEEP, END])) == [KEEP, END]
    assert pickle.loads(pickle.dumps(KEEP)) is KEEP
    assert pickle.loads(pickle.dumps(END)) is END


@pytest.mark.blocking
def test_events_with_state_files_updates_requests_and_data(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("made by a handler")

    def several(text: str, words: list[str], request: gr.Request, event: gr.EventData) -> tuple[object, ...]:
        assert isinstance(event.target, gr.Button)
        return gr.update(value=text.upper(), label=request.url or "no address"), [*words, text], path, gr.skip()

    def counting() -> Iterator[str]:
        yield from "abc"

    async def later() -> AsyncIterator[str]:
        yield "x"
        yield "y"

    with gr.Blocks() as demo:
        text, file = gr.Textbox("one", label="Text"), gr.File(label="File")
        words, kept = gr.State([]), gr.Number(7, label="Kept")
        gr.Button("Several").click(several, [text, words], [text, words, file, kept])
        gr.Button("Words").click(" ".join, words, gr.Textbox(label="Said"))
        gr.Button("Counting").click(counting, None, text)
        gr.Button("Later").click(later, None, text)
        gr.Button("Failing").click(lambda: {}["missing"], None, text)
    with TestPage(demo) as page:
        page.click("Several")
        page.click("Several")
        page.click("Words")
        assert page.value("Said") == "one ONE"
        assert page.value("Kept") == 7
        assert page.value("File") is not None
        for button, last in (("Counting", "c"), ("Later", "y")):
            page.click(button)
            assert page.value("no address") == last
        page.click("Failing")
        assert "missing" in page.toasts[-1].message
    assert roles == {"handler"}


def test_frames_of_a_camera() -> None:
    with gr.Blocks() as demo:
        camera, mirrored = gr.Image(label="In", sources="webcam", type="numpy"), gr.Image(label="Out", format="png")
        camera.stream(np.fliplr, camera, mirrored, stream_every=0)
    frame = np.zeros((24, 32, 3), np.uint8)
    frame[:, 16:] = 200
    with TestPage(demo) as page:
        page.stream("In", [frame, frame])
        assert page.value("Out")[12, 4, 0] > 150
        assert page.value("Out")[12, 28, 0] < 50


def test_audio_of_a_microphone_is_played() -> None:
    with gr.Blocks() as demo:
        mic = gr.Audio(label="In", sources="microphone")
        mic.stream(lambda sound: sound, mic, gr.Audio(label="Out", streaming=True, autoplay=True), stream_every=0.1)
    said = (np.arange(RATE) % 9_000).astype(np.int16)
    with TestPage(demo) as page:
        page.stream("In", (RATE, said))
        _, heard = page.value("Out")
    assert np.array_equal(heard.reshape(-1), said)
    assert "finish" in roles


def test_camera_and_microphone_together() -> None:
    moments: list[gr.Moment] = []
    with gr.Blocks() as demo:
        video = gr.Video(label="Me", sources="webcam")
        video.stream(moments.append, video, None, stream_every=0.2)
    with TestPage(demo) as page:
        page.stream("Me", (np.zeros((30, 24, 32, 3), np.uint8), (RATE, loud(1))))
    assert sum(len(moment.audio[1]) for moment in moments if moment.audio is not None) == RATE


def test_conversations() -> None:
    turns: list[gr.Turn] = []

    def reply(sound: Audio, turn: gr.Turn) -> str:
        turns.append(turn)
        return f"{len(sound[1]) / RATE:.0f} s"

    pausing = partial(gr.ReplyOnPause, detector=LoudnessDetector)
    waking = partial(gr.ReplyOnStopWords, detector=LoudnessDetector)
    captions: list[str] = []

    def caption(sound: Audio) -> Any:
        captions.append("…")
        return "…"

    for taking in (
        pausing(reply, startup_fn=lambda _: "welcome", partial=caption, partial_every=0.5),
        waking(reply, ["computer"], recognise=lambda sound: "computer, go on"),
    ):
        with gr.Blocks() as demo:
            mic, text = gr.Audio(label="Mic", sources="microphone"), gr.Textbox(label="Text")
            mic.stream(taking, mic, text)
        with TestPage(demo) as page:
            recording = page.record("Mic")
            recording.wait_for_state("running")
            recording.feed(talk(quiet(1), loud(2), quiet(1)))
            assert page.value("Text").endswith(" s")
            recording.stop()
    assert captions
    assert [turn.interrupted for turn in turns] == [False, False]
    assert {"listen", "handler", "partial", "greeting", "recognise"} <= roles


def test_what_was_heard_of_a_turn_travels_as_a_number() -> None:
    turn = gr.Turn(lambda: 1.5)
    assert pickle.loads(pickle.dumps(turn)).heard == 1.5


def test_what_is_pickled_of_a_request_cannot_be_changed_either() -> None:
    request = pickle.loads(pickle.dumps(gr.Request(headers={"host": "here"})))
    assert request == gr.Request(headers={"host": "here"})
    with pytest.raises(TypeError):
        request.headers["host"] = "there"
