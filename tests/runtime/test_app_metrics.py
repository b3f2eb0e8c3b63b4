"""The figures of a whole app: what goes on, and what is over."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.client.media import pictures

import millstream as gr
from millstream.testing import LoudnessDetector, TestPage


def fragile() -> gr.Blocks:
    """An echo of the camera, a button, and a field that nothing fits into."""

    def look(frame: object) -> object:
        return frame

    def press() -> str:
        return "pressed"

    def fail() -> str:
        raise gr.Error("no")

    with gr.Blocks() as demo:
        camera, seen, text = gr.Image(label="Camera", sources=["webcam"]), gr.Image(label="Seen"), gr.Textbox(label="T")
        camera.stream(look, camera, seen, stream_every=0, time_limit=None)
        gr.Button("Press").click(press, None, text)
        gr.Button("Fail").click(fail, None, text)
        gr.Image(label="Upload")
    return demo


def figures(page: TestPage) -> Any:
    return page.host.metrics().plain()


def test_a_stream_counts_while_it_runs_and_the_same_when_it_is_over() -> None:
    with TestPage(fragile()) as page:
        recording = page.record("Camera")
        recording.wait_for_state("running")
        recording.feed(pictures(10))
        page.advance(0.1)
        running = figures(page)
        recording.stop()
        over = figures(page)
    assert running["streams"] == {"running": 1, "waiting": 0}
    assert over["streams"] == {"running": 0, "waiting": 0}
    assert running["events"]["look"] == over["events"]["look"]
    look = over["events"]["look"]
    assert (look["received"], look["handled"], look["sent"]) == (10, 10, 10)
    assert look["age"]["count"] == look["call"]["count"] == 10
    assert look["errors"] == 0


def test_counters_never_fall_when_a_page_closes() -> None:
    with TestPage(fragile()) as keeper:
        page = keeper.another()
        recording = page.record("Camera")
        recording.wait_for_state("running")
        recording.feed(pictures(5))
        page.advance(0.1)
        before = figures(keeper)
        page.close()
        keeper.advance(1)
        after = figures(keeper)
    assert before["sessions"] == {"open": 2, "opened": 2}
    assert after["sessions"] == {"open": 1, "opened": 2}
    assert after["events"]["look"]["received"] == before["events"]["look"]["received"] == 5
    assert after["bytes"]["received"] >= before["bytes"]["received"] > 1_000
    assert after["bytes"]["sent"] >= before["bytes"]["sent"] > 1_000


def test_runs_and_their_errors_count_by_the_name_of_the_handler() -> None:
    with TestPage(fragile()) as page:
        for button in ("Press", "Press", "Fail"):
            page.click(button)
        events = figures(page)["events"]
    assert (events["press"]["call"]["count"], events["press"]["errors"]) == (2, 0)
    assert (events["fail"]["call"]["count"], events["fail"]["errors"]) == (1, 1)


def test_a_handler_of_a_stream_that_fails_counts_once() -> None:
    def fail(frame: object) -> object:
        raise gr.Error("no")

    with gr.Blocks() as demo:
        camera = gr.Image(label="Camera", sources=["webcam"])
        camera.stream(fail, camera, None, stream_every=0)
    with TestPage(demo) as page:
        with pytest.raises(gr.Error):
            page.stream("Camera", pictures(3))
        events = figures(page)["events"]
    assert events["fail"]["errors"] == 1


def test_dropped_frames_count_by_cause() -> None:
    with TestPage(fragile()) as page:
        recording = page.record("Camera")
        recording.wait_for_state("running")
        recording.feed(iter([b"no jpeg"]))
        recording.feed(pictures(2))
        recording.stop()
        assert figures(page)["events"]["look"]["dropped"] == {"superseded": 0, "broken": 1, "unsent": 0, "stale": 0}


def test_who_waits_for_a_slot_is_counted() -> None:
    with TestPage(fragile()) as page:
        page.record("Camera").wait_for_state("running")
        other = page.another()
        other.record("Camera").wait_for_state("waiting")
        waiting = figures(page)
        other.close()
    assert waiting["streams"] == {"running": 1, "waiting": 1}
    assert waiting["queue"] == 1


def test_uploads_count() -> None:
    with TestPage(fragile()) as page:
        page.set("Upload", np.zeros((4, 4, 3), np.uint8))
        uploads = figures(page)["uploads"]
    assert uploads["count"] == 1
    assert uploads["bytes"] == uploads["stored_bytes"] > 0


def test_a_conversation_counts_its_replies_and_not_that_it_listens() -> None:
    replies: list[object] = []

    def answer(audio: object) -> str:
        replies.append(audio)
        if len(replies) == 2:
            raise gr.Error("no")
        return "yes"

    with gr.Blocks() as demo:
        mic, text = gr.Audio(label="Mic", sources="microphone"), gr.Textbox(label="Text")
        mic.stream(gr.ReplyOnPause(answer, detector=LoudnessDetector), mic, text)
    turn = [np.full(16_000, 8_000, np.int16), np.zeros(2 * 16_000, np.int16)]
    with TestPage(demo) as page:
        page.stream("Mic", (16_000, np.concatenate([*turn, *turn])))
        (counted,) = figures(page)["events"].values()
    assert len(replies) == 2
    assert (counted["call"]["count"], counted["errors"]) == (2, 1)
    assert counted["handled"] > 10
