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


def halves(stripes: int = 2) -> np.ndarray:
    """A frame that is as red as it is blue, in stripes."""
    frame = np.zeros((96, 96, 3), np.uint8)
    for at in range(stripes):
        frame[:, at * 96 // stripes : (at + 1) * 96 // stripes, 2 * (at % 2)] = 255
    return frame


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (halves(), halves()[:, ::-1]),
        (halves(), np.rot90(halves(), 2)),
        (np.rot90(halves()), np.rot90(halves(), -1)),
        (np.rot90(halves()), np.rot90(halves())[::-1]),
        (halves(), np.roll(halves(), 48, axis=1)),
        (halves(8), halves(8)[:, 12:84]),
        (halves(8), np.repeat(halves(8)[:, 12:60], 2, 1)),
        (halves()[:90], np.clip(halves()[:90, ::-1].astype(int) + 6, 0, 255)),
    ],
    ids=["mirrored", "rotated", "rotated more", "upside down", "shifted", "cropped", "zoomed", "brighter"],
)
def test_pixels_that_were_moved_are_no_swap(before: np.ndarray, after: np.ndarray) -> None:
    assert not are_swapped(sampled(before), sampled(after))


@pytest.mark.parametrize("view", [np.fliplr, np.flipud, np.rot90, lambda frame: frame[20:90, 30:130]])
def test_a_swap_is_told_from_how_the_frame_is_turned(view) -> None:
    for seed in range(20):
        before = view(scene(seed))
        assert are_swapped(sampled(before), sampled(before[..., ::-1]))
        assert not are_swapped(sampled(scene(seed)), sampled(before))


def test_of_grey_frames_nobody_can_tell() -> None:
    grey = np.repeat(np.random.default_rng(0).integers(0, 256, (32, 32, 1)), 3, 2).astype(np.uint8)
    assert not are_swapped(sampled(grey), sampled(grey))
