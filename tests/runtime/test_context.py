"""What a result may overwrite in the page: never what the user entered after it was made."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import millstream as ms
from millstream.testing import TestPage

LATENCY_S = 0.5
FRAMES = [np.zeros((16, 16, 3), np.uint8)] * 60


def echoing() -> ms.Blocks:
    with ms.Blocks() as demo:
        camera, text = ms.Image(label="Camera", sources="webcam"), ms.Textbox(label="Text")
        camera.stream(lambda frame, text: text, [camera, text], text, stream_every=0.1)
        ms.Button("Read").click(lambda text: text, text, ms.Textbox(label="Known"))
    return demo


def test_a_result_does_not_undo_what_was_typed_while_it_was_on_its_way() -> None:
    with ms.Blocks() as demo:
        text, loud = ms.Textbox(label="Text"), ms.Textbox(label="Loud")
        ms.Button("Shout").click(lambda text: (text.upper(), text.upper()), text, [text, loud])
    with TestPage(demo, latency_s=LATENCY_S) as page:
        page.set("Text", "a")
        (run,) = page.click("Shout", wait=False)
        page.advance(LATENCY_S + 0.1)
        page.set("Text", "ab")
        page.wait_for(lambda: run.is_over)
        assert (page.value("Text"), page.value("Loud")) == ("ab", "A")
        page.click("Shout")
        assert (page.value("Text"), page.value("Loud")) == ("AB", "AB")


def test_the_other_properties_of_such_a_result_count() -> None:
    with ms.Blocks() as demo:
        text = ms.Textbox(label="Text")
        ms.Button("Shout").click(lambda text: ms.Textbox(value=text.upper(), info="loud"), text, text)
    with TestPage(demo, latency_s=LATENCY_S) as page:
        page.set("Text", "a")
        (run,) = page.click("Shout", wait=False)
        page.advance(LATENCY_S + 0.1)
        page.set("Text", "ab")
        page.wait_for(lambda: run.is_over)
        assert (page.value("Text"), page.props("Text")["info"]) == ("ab", "loud")


def test_values_made_at_load_do_not_undo_what_was_typed_meanwhile() -> None:
    with ms.Blocks() as demo:
        text = ms.Textbox(label="Text")
        demo.load(lambda: "loaded", None, text)
    with TestPage(demo, latency_s=LATENCY_S) as page:
        page.set("Text", "typed")
        page.advance(3 * LATENCY_S)
        assert page.value("Text") == "typed"


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0.01, 0.6), min_size=1, max_size=8), st.floats(0, 0.4))
def test_a_stream_that_writes_what_is_typed_into_eats_no_character(pauses: list[float], latency_s: float) -> None:
    with TestPage(echoing(), latency_s=latency_s) as page:
        recording = page.record("Camera")
        recording.wait_for_state("running")
        video = recording.feed_in_background(FRAMES, rate_hz=30)
        for count, pause in enumerate(pauses, 1):
            page.set("Text", "millstream"[:count])
            page.advance(pause)
            assert page.value("Text") == "millstream"[:count]
        video.cancel()
        recording.stop()
        page.click("Read")
        assert page.value("Text") == page.value("Known") == "millstream"[: len(pauses)]


@pytest.mark.parametrize("latency_s", [0.0, LATENCY_S])
def test_a_stream_overwrites_what_it_knew(latency_s: float) -> None:
    with ms.Blocks() as demo:
        camera, text = ms.Image(label="Camera", sources="webcam"), ms.Textbox(label="Text")
        camera.stream(lambda frame, text: f"{text}!" if len(text) < 4 else text, [camera, text], text)
    with TestPage(demo, latency_s=latency_s) as page:
        page.set("Text", "a")
        page.stream("Camera", FRAMES * 3)
        assert page.value("Text") == "a!!!"
