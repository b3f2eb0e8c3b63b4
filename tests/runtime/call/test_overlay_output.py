"""Marks that handlers return: on the frame of a stream, on the image among the inputs, and what is said of them."""

from __future__ import annotations

import base64
import logging
from typing import Any

import numpy as np
import pytest

import millstream as gr
from millstream.overlays.unpacking import unpack
from millstream.testing import TestPage
from millstream.wire.packet import CodecNumber, Packet

SMALL = np.full((48, 64, 3), 90, np.uint8)
LARGE = np.full((480, 640, 3), 90, np.uint8)
BOX = gr.Boxes([[10, 10, 20, 20]], labels="a")


def marks(page: TestPage, label: str) -> gr.Overlay:
    """Give the marks of an image file, as the page has them."""
    value: Any = page.page.values[page.page.find(label)]
    return unpack(base64.b64decode(value["marks"]))


def streamed(handler: Any, **options: Any) -> gr.Blocks:
    with gr.Blocks() as demo:
        camera = gr.Image(sources="webcam", label="Camera")
        camera.stream(handler, camera, gr.Image(label="Result", **options), stream_every=0)
    return demo


def test_a_stream_sends_marks_and_no_pixels() -> None:
    with TestPage(streamed(lambda frame: BOX)) as page:
        page.stream("Camera", [SMALL] * 3)
        packet = page.page.values[page.page.find("Result")]
        assert isinstance(packet, Packet)
        assert packet.codec == CodecNumber.OVERLAY
        assert packet.is_independent
        assert packet.source > 0
        assert packet.captured_us > 0
        assert len(packet.payload) < 100
        overlay = page.value("Result")
    [boxes] = overlay
    assert np.abs(boxes.xyxy - BOX.xyxy).max() < 0.01
    assert overlay.interpolates


def test_the_component_says_whether_marks_are_carried_on() -> None:
    with TestPage(streamed(lambda frame: BOX, interpolate_marks=False)) as page:
        page.stream("Camera", [SMALL])
        assert page.value("Result").interpolates is False


def test_an_update_changes_that() -> None:
    def mark(frame: np.ndarray) -> Any:
        return gr.update(value=BOX, interpolate_marks=False)

    with TestPage(streamed(mark)) as page:
        page.stream("Camera", [SMALL])
        assert page.value("Result").interpolates is False


def test_a_generator_sends_each_step() -> None:
    def grow(frame: np.ndarray) -> Any:
        for size in (1, 2, 3):
            yield gr.Boxes([[0, 0, size, size]])

    with TestPage(streamed(grow)) as page:
        recording = page.stream("Camera", [SMALL])
        [boxes] = page.value("Result")
    assert len(recording.results) == 3
    assert np.abs(boxes.xyxy - [[0, 0, 3, 3]]).max() < 0.01


def test_marks_are_on_the_output_itself_if_it_is_an_input() -> None:
    with gr.Blocks() as demo:
        first, second = gr.Image(SMALL, label="First"), gr.Image(LARGE, label="Second")
        gr.Button("Mark").click(lambda first, second: BOX, [first, second], second)
    with TestPage(demo) as page:
        page.click("Mark")
        [boxes] = marks(page, "Second")
        assert np.abs(boxes.xyxy - BOX.xyxy).max() < 0.05  # parts of 640 pixels, and not of 64
        assert page.value("Second").shape == LARGE.shape


def test_else_they_are_on_the_first_input_that_holds_an_image() -> None:
    with gr.Blocks() as demo:
        empty, image, number = gr.Image(label="Empty"), gr.Image(SMALL, label="Image"), gr.Number(1)
        out = gr.Image(label="Out")
        gr.Button("Mark").click(lambda *_: BOX, [empty, number, image], out)
        gr.Button("Again").click(lambda image: gr.Texts([1, 1], f"{image.shape}"), out, out)
    with TestPage(demo) as page:
        page.click("Mark")
        [boxes] = marks(page, "Out")
        assert np.abs(boxes.xyxy - BOX.xyxy).max() < 0.01
        page.click("Again")  # on the image without the marks, which are gone then
        assert [texts.labels for texts in marks(page, "Out")] == [("(48, 64, 3)",)]


def test_they_are_on_the_last_frame_of_a_stream() -> None:
    with gr.Blocks() as demo:
        camera, out = gr.Image(sources="webcam", label="Camera"), gr.Image(label="Out")
        camera.stream(lambda frame: None, camera, None)
        gr.Button("Mark").click(lambda frame: BOX, camera, out)
    with TestPage(demo) as page:
        page.stream("Camera", [SMALL])
        page.click("Mark")
        assert len(marks(page, "Out")) == 1
        assert page.value("Out").shape == SMALL.shape


def test_without_an_image_the_error_names_function_and_output(caplog: pytest.LogCaptureFixture) -> None:
    def find() -> gr.Boxes:
        return BOX

    with gr.Blocks() as demo:
        gr.Button("Mark").click(find, None, gr.Image(label="Out"))
    with TestPage(demo) as page:
        page.click("Mark")
        [toast] = page.toasts
    assert toast.message.startswith(
        "find() returned marks alone for Image 'Out', but none of its inputs holds an image"
    )


def test_a_wrong_argument_is_an_error_that_names_function_output_and_argument(caplog: pytest.LogCaptureFixture) -> None:
    def find(frame: np.ndarray) -> Any:
        return [{"box": [1, 2, 3], "label": "cat"}]

    message = r"Image 'Result' got a list.*: Boxes: xyxy has the shape \(1, 3\); it has to be \(n, 4\)"
    with TestPage(streamed(find)) as page, pytest.raises(gr.Error, match=message):
        page.stream("Camera", [SMALL])
    assert "handler find failed" in caplog.text


def test_marks_of_a_stream_are_no_image_for_others() -> None:
    with gr.Blocks() as demo:
        camera, out = gr.Image(sources="webcam", label="Camera"), gr.Image(label="Result")
        camera.stream(lambda frame: BOX, camera, out)
        gr.Button("Use").click(lambda image: None, out, None)
    with TestPage(demo) as page:
        page.stream("Camera", [SMALL])
        page.click("Use")
        [toast] = page.toasts
    assert "use the camera's component as the input" in toast.message


def test_what_is_left_out_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    def wild(frame: np.ndarray) -> gr.Boxes:
        return gr.Boxes([[np.nan, 0, 1, 1], [9e9, 9e9, 1e10, 1e10], [1, 1, 2, 2]])

    caplog.set_level(logging.WARNING)
    with TestPage(streamed(wild)) as page:
        page.stream("Camera", [SMALL] * 4)
        [toast] = page.toasts
        assert len(page.value("Result")) == 1
    assert toast.level == "warning"
    assert toast.message == (
        "Not all of the 3 marks that wild() returned for Image 'Result' are shown: left out are "
        "1 with coordinates that are no finite numbers, 1 outside of the frame."
    )
    assert sum("Not all of the 3 marks" in record.message for record in caplog.records) == 1


def test_marks_alone_are_no_initial_value() -> None:
    with gr.Blocks(), pytest.raises(gr.DeclarationError, match="an image for its initial value, and not marks alone"):
        gr.Image(BOX)  # type: ignore[arg-type]
