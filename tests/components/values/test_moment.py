"""What a handler gets of camera and microphone together."""

from __future__ import annotations

import numpy as np
import pytest

import millstream as ms
from millstream.components.values.moment import moment_of
from millstream.frames import Chunk, Frame, Scene

PIXELS = np.zeros((4, 6, 3), np.uint8)


def test_a_scene_becomes_a_frame_and_audio_with_times_in_seconds() -> None:
    chunk = Chunk(np.arange(4, dtype=np.int16)[:, None], 8_000, 0, 1_250_000)
    moment = moment_of(Scene(Frame(PIXELS, 1_500_000), chunk))
    assert moment.frame is PIXELS
    assert (moment.frame_time, moment.audio_time) == (1.5, 1.25)
    assert moment.audio is not None
    rate, samples = moment.audio
    assert (rate, samples.shape) == (8_000, (4,))


def test_several_channels_stay_apart() -> None:
    chunk = Chunk(np.zeros((4, 2), np.int16), 8_000)
    moment = moment_of(Scene(Frame(PIXELS), chunk))
    assert moment.audio is not None
    assert moment.audio[1].shape == (4, 2)


def test_a_frame_alone_has_no_audio() -> None:
    assert moment_of(Frame(PIXELS, 2_000_000)) == (PIXELS, None, 2.0, None)


def test_it_can_be_made_by_hand_and_taken_apart() -> None:
    frame, audio, frame_time, audio_time = ms.Moment(PIXELS, (8_000, np.zeros(3, np.int16)), 0.1, 0.05)
    assert (frame.shape, frame_time, audio_time) == ((4, 6, 3), 0.1, 0.05)
    assert audio is not None


@pytest.mark.parametrize(("include_audio", "streams"), [(None, "film"), (True, "film"), (False, "picture")])
def test_a_video_streams_audio_unless_it_is_told_not_to(include_audio: bool | None, streams: str) -> None:
    assert ms.Video(include_audio=include_audio, render=False).streams == streams
