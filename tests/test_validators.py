"""The validators that come with the library."""

from pathlib import Path

import numpy as np
import pytest

import millstream as gr
from millstream.validators import is_video_correct_length

SECOND = (8000, np.zeros(8000, np.int16))


@pytest.mark.parametrize(
    ("least", "most", "said"),
    [
        (None, None, ""),
        (1, 1, ""),
        (1.5, None, "Audio is too short: 1.0 s, it has to be at least 1.5 s"),
        (None, 0.5, "Audio is too long: 1.0 s, it may be 0.5 s at most"),
    ],
)
def test_the_length_of_audio(least: float | None, most: float | None, said: str) -> None:
    verdict = gr.validators.is_audio_correct_length(SECOND, least, most)
    assert (verdict["is_valid"], verdict["message"]) == (not said, said)


def test_nothing_is_too_short() -> None:
    assert not gr.validators.is_audio_correct_length(None, 1, None)["is_valid"]
    assert not is_video_correct_length(None, 1, None)["is_valid"]


def test_the_length_of_a_video() -> None:
    video = Path(gr.get_video())
    assert is_video_correct_length(video, None, None)["is_valid"]
    assert is_video_correct_length(str(video), 1, 3)["is_valid"]
    assert "too long" in str(is_video_correct_length(video, None, 1)["message"])
