from __future__ import annotations

import functools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import millstream as gr
from millstream.components.options.input_size import InputSize, input_size_of
from millstream.errors import DeclarationError


class Session:
    """As ONNX Runtime's `InferenceSession`."""

    def __init__(self, *shape: object) -> None:
        self._shape = list(shape)

    def get_inputs(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(name="images", shape=self._shape)]


class Keras:
    @property
    def input_shape(self) -> tuple[int | None, ...]:
        return None, 192, 256, 3


MODELS = [
    (Session(1, 3, 480, 640), (640, 480, False)),
    (Session("batch", 384, 512, 3), (512, 384, False)),
    (Keras(), (256, 192, False)),
    (SimpleNamespace(overrides={"imgsz": 640}), (640, 640, True)),
    (SimpleNamespace(overrides={"imgsz": [384, 640]}), (640, 384, True)),
    (SimpleNamespace(pretrained_cfg={"input_size": (3, 224, 224)}), (224, 224, False)),
    (SimpleNamespace(input_size=320), (320, 320, False)),
    (SimpleNamespace(input_size=(320, 240)), (320, 240, False)),
]


@pytest.mark.parametrize(("model", "size"), MODELS)
def test_a_model_says_what_it_takes(model: Any, size: tuple[int, int, bool]) -> None:
    def handler(frame: np.ndarray) -> object:
        return model.run(frame)

    class Detector:
        def __init__(self) -> None:
            self.model = model

        def detect(self, frame: np.ndarray) -> object:
            return self.model.run(frame)

    ways = [handler, functools.partial(_apply, model), functools.partial(_apply, model=model), Detector().detect]
    assert [input_size_of(way, "Image.stream") for way in ways] == [size] * 4


def _apply(model: Any, frame: object = None) -> object:
    return model.run(frame)


MODEL = Session(1, 3, 128, 160)


def test_a_model_outside_of_the_function_is_found() -> None:
    def handler(frame: np.ndarray) -> object:
        return MODEL.get_inputs(), frame

    @functools.wraps(handler)
    def wrapping(*args: Any) -> object:
        return handler(*args)

    assert input_size_of(handler, "") == input_size_of(wrapping, "") == (160, 128, False)


def test_what_the_handler_says_itself_counts() -> None:
    @gr.input_size(320, 256, letterbox=True)
    def handler(frame: np.ndarray) -> object:
        return MODEL.get_inputs(), frame

    assert input_size_of(functools.partial(handler), "") == InputSize(320, 256, is_letterboxed=True)
    assert handler(np.zeros((2, 2, 3), np.uint8)), "it is the function that it was"


class Hostile:
    """Something that computes its attributes, as lazily imported modules do."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        raise RuntimeError(f"{name} was looked up")


HOSTILE = Hostile()


@pytest.mark.parametrize(
    "model",
    [
        Session(1, 3, "height", "width"),
        Session(1, 3, None, 640),
        Session(1, 1000),
        SimpleNamespace(input_size="large"),
        SimpleNamespace(input_size=(3, 2, 1, 9)),
        SimpleNamespace(input_size=100_000),
        SimpleNamespace(get_inputs=[]),
        SimpleNamespace(overrides={}),
        HOSTILE,
        Session,
        np,
    ],
)
def test_where_nothing_is_said_the_remedy_is(model: Any) -> None:
    def detect(frame: np.ndarray) -> object:
        return model, frame

    with pytest.raises(
        DeclarationError, match=r"Image\.stream: .*detect\(\) nor a model.*@input_size\(width, height\)"
    ):
        input_size_of(detect, "Image.stream")


def test_models_that_do_not_agree_are_named() -> None:
    small, large = Session(1, 3, 64, 64), Session(1, 3, 640, 640)

    def detect(frame: np.ndarray) -> object:
        return small, large, frame

    with pytest.raises(DeclarationError, match="small 64 x 64") as caught:
        input_size_of(detect, "Image.stream")
    assert "large 640 x 640" in str(caught.value)


@pytest.mark.parametrize(("width", "height"), [(0, 640), (640, 10_000), (640.5, 480), (True, 480), ("640", 480)])
def test_what_is_no_size_cannot_be_declared(width: Any, height: Any) -> None:
    with pytest.raises(DeclarationError, match=r"input_size: .* is not a width and a height"):
        gr.input_size(width, height)


def detecting(model: Session) -> Callable[[np.ndarray], object]:
    return lambda frame: (model, frame)[1]


def test_the_page_is_told_what_all_streams_of_the_camera_need() -> None:
    with gr.Blocks() as demo:
        camera = gr.Image(sources=["webcam"], webcam_options=gr.WebcamOptions(size="model"))
        fitted = gr.Video(sources=["webcam"], include_audio=False, webcam_options=gr.WebcamOptions(size="model"))
        out = gr.Image()
        camera.stream(detecting(Session(1, 3, 240, 320)), camera, out)
        camera.stream(gr.input_size(128, 256, letterbox=True)(lambda frame: frame), camera, out)
        fitted.stream(gr.input_size(640, 640, letterbox=True)(lambda frame: frame), fitted, out)
    demo.freeze()
    assert [(each.props()["model_size"], each.props()["covers"]) for each in (camera, fitted, out)] == [
        ([320, 256], True),
        ([640, 640], False),
        (None, False),
    ]


def test_a_handler_that_says_nothing_is_refused_where_it_is_bound() -> None:
    with gr.Blocks():
        camera = gr.Image(sources=["webcam"], webcam_options=gr.WebcamOptions(size="model"))
        with pytest.raises(DeclarationError, match="says what size of image it takes"):
            camera.stream(lambda frame: frame, camera, gr.Image())


def test_a_camera_without_a_stream_is_refused() -> None:
    with gr.Blocks() as demo:
        gr.Image(webcam_options=gr.WebcamOptions(size="model"))
    with pytest.raises(DeclarationError, match="streams to no handler"):
        demo.freeze()
