import math
from typing import Any

import pytest

import millstream as gr
from millstream.components.options.webcam import camera_s
from millstream.declare.css_size import is_css_size
from millstream.errors import DeclarationError


@pytest.mark.parametrize(
    "arguments",
    [
        {"mirror": "front"},
        {"size": (10, 10)},
        {"size": (640,)},
        {"size": (640.5, 480)},
        {"quality": 0},
        {"quality": 80},
        {"constraints": []},
    ],
)
def test_mistakes(arguments: dict) -> None:
    with pytest.raises(DeclarationError, match=f"WebcamOptions: {next(iter(arguments))}="):
        gr.WebcamOptions(**arguments)


def test_defaults() -> None:
    options = gr.WebcamOptions()
    assert (options.mirror, options.constraints, options.size, options.quality) == (None, None, None, 0.8)


def test_gradios_positional_mirror() -> None:
    assert gr.WebcamOptions(True).mirror is True
    assert gr.WebcamOptions(False).mirror is False


@pytest.mark.parametrize(
    ("constraints", "frames_per_s"),
    [
        (None, 30),
        ({"width": 640}, 30),
        ({"frameRate": 60}, 60),
        ({"frameRate": {"ideal": 60, "min": 15}}, 60),
        ({"frameRate": {"max": 24}}, 24),
        ({"video": {"frameRate": {"exact": 15}}}, 15),
        ({"video": True}, 30),
        ({"frameRate": "fast"}, 30),
        ({"frameRate": 0}, 30),
        ({"frameRate": math.inf}, 30),
        ({"frameRate": {}}, 30),
    ],
)
def test_the_rate_of_the_camera_is_what_the_app_asks_for(constraints: Any, frames_per_s: float) -> None:
    assert 1 / camera_s(constraints) == pytest.approx(frames_per_s)


@pytest.mark.parametrize("size", [None, 300, 1.5, "300", "300px", "50%", "20.5rem", "80vh"])
def test_sizes(size: object) -> None:
    assert is_css_size(size)


@pytest.mark.parametrize("size", [0, -1, "tall", "1px; color: red", "", True, float("nan")])
def test_no_sizes(size: object) -> None:
    assert not is_css_size(size)
