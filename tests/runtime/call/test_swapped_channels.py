"""A handler that exchanges red and blue is told once, from one early frame."""

import logging

import numpy as np
import pytest

import millstream as gr
from millstream.runtime.call.swapped_channels import are_swapped, sampled
from millstream.testing import TestPage

SWAPPED = "with red and blue exchanged"


def scene(seed: int = 0) -> np.ndarray:
    """A scene with colours, as cameras see them: large areas, of more red than blue."""
    areas = np.random.default_rng(seed).integers(0, 256, (6, 8, 3))
    areas[..., 0] = np.maximum(areas[..., 0], 160)
    return np.repeat(np.repeat(areas, 20, 0), 20, 1).astype(np.uint8)


def warnings(handler, caplog: pytest.LogCaptureFixture, frames: int = 6) -> int:
    with gr.Blocks() as demo:
        camera = gr.Image(sources=["webcam"], label="Camera")
        camera.stream(handler, camera, gr.Image(label="Out"), stream_every=0.1)
    with caplog.at_level(logging.WARNING), TestPage(demo) as page:
        assert page.stream(camera.id, np.stack([scene()] * frames)).summary().results > 1
    return caplog.text.count(SWAPPED)


def test_a_swap_is_told_once_in_a_stream(caplog: pytest.LogCaptureFixture) -> None:
    assert warnings(lambda frame: frame[..., ::-1], caplog) == 1
    assert "to Image 'Out'" in caplog.text


def swap_in_place(frame: np.ndarray) -> np.ndarray:
    frame[:] = frame[..., ::-1].copy()
    return frame


def test_a_frame_that_is_written_into_is_compared_with_what_it_was(caplog: pytest.LogCaptureFixture) -> None:
    assert warnings(swap_in_place, caplog) == 1


@pytest.mark.parametrize(
    "handler",
    [lambda frame: frame, lambda frame: frame[::-1], lambda frame: 255 - frame, lambda frame: frame[:, :, 0]],
    ids=["same", "flipped", "inverted", "grey"],
)
def test_other_results_are_no_swap(handler, caplog: pytest.LogCaptureFixture) -> None:
    assert warnings(handler, caplog) == 0


def test_of_grey_frames_nobody_can_tell() -> None:
    grey = np.repeat(np.random.default_rng(0).integers(0, 256, (32, 32, 1)), 3, 2).astype(np.uint8)
    assert not are_swapped(sampled(grey), sampled(grey))
