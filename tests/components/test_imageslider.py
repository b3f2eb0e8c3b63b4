"""Image sliders: pairs of images, either of which may be missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

import millstream as gr
from millstream.errors import DeclarationError
from millstream.testing import TestPage

pytestmark = pytest.mark.blocking  # in a TestPage handlers run on the loop, and these read and write files


def image(shade: int) -> Any:
    return np.full((48, 64, 3), shade, np.uint8)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Pillow.fromarray(image(9)).save(path)
    return path


def app(seen: list[Any], **options: Any) -> gr.Blocks:
    with gr.Blocks() as demo:
        slider = gr.ImageSlider(label="Slider", format="png", **options)
        gr.Button("Read").click(seen.append, slider, None)
    return demo


def uploaded(page: TestPage, photo: Path) -> Any:
    return page.run(page.upload("photo.png", "image/png", photo.read_bytes(), page.page.find("Slider")))


@pytest.mark.parametrize("kind", ["numpy", "pil", "filepath"])
def test_handlers_get_both_sides(kind: str, photo: Path) -> None:
    seen: list[Any] = []
    with TestPage(app(seen, type=kind)) as page:
        page.click("Read")
        page.set("Slider", [uploaded(page, photo)])
        page.click("Read")
        page.set("Slider", [None, uploaded(page, photo)])
        page.click("Read")
        page.set("Slider", [None, None])
        page.click("Read")
        assert page.toasts == []
    (first, nothing), (void, second) = seen[1], seen[2]
    assert (seen[0], nothing, void, seen[3]) == (None, None, None, None)
    assert type(first) is type(second)
    assert type(first).__name__ == {"numpy": "ndarray", "pil": "Image", "filepath": "NamedString"}[kind]


def test_a_side_that_does_not_change_stays_the_same_file() -> None:
    shade = 100

    def compare() -> Any:
        nonlocal shade
        shade += 10
        return image(7), image(shade)

    with gr.Blocks() as demo:
        gr.Button("Go").click(compare, None, gr.ImageSlider(label="Slider"))
    with TestPage(demo) as page:
        shown = []
        for _ in range(3):
            page.click("Go")
            shown.append([side["file"] for side in page.page.values[page.page.find("Slider")]])
    assert len({before for before, _ in shown}) == 1
    assert len({after for _, after in shown}) == 3


def test_a_stream_may_return_pairs() -> None:
    with gr.Blocks() as demo:
        camera = gr.Image(sources="webcam", label="Camera")
        camera.stream(lambda frame: (frame, 255 - frame), camera, gr.ImageSlider(label="Slider", format="png"))
    with TestPage(demo) as page:
        page.stream("Camera", [image(40)] * 3, rate_hz=10)
        before, after = page.page.values[page.page.find("Slider")]
        assert before["type"] == after["type"] == "image/png"


def test_what_a_page_may_not_set(photo: Path) -> None:
    with TestPage(app([])) as page, page.another() as other:
        mine, strangers = uploaded(page, photo), uploaded(other, photo)
        text = page.run(page.upload("a.txt", "text/plain", b"text"))
        values: list[Any] = [
            mine, [strangers], [mine] * 3, [5], ["a.png"], [{"url": "file:///etc/passwd"}], [{**mine, "path": "/"}],
            [text],
        ]  # fmt: skip
        for value in values:
            page.set("Slider", value)
        page.advance(0.1)
        assert [toast.level for toast in page.toasts] == ["error"] * len(values)
        page.set("Slider", [{"url": "https://example.org/a.png"}, mine])
        assert len(page.toasts) == len(values)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (image(1), r"takes \(before, after\), or None, but got an array"),
        ([image(1)], r"takes \(before, after\)"),
        ((image(1), np.zeros(3)), r"the second image: got an array of shape \(3,\)"),
        ((gr.Boxes([[1, 2, 3, 4]]), None), "the first image: takes images, and no marks alone"),
    ],
)
def test_what_does_not_fit_is_refused(value: Any, message: str) -> None:
    with gr.Blocks(), pytest.raises(DeclarationError, match=message):
        gr.ImageSlider(value)


def test_arguments_are_checked() -> None:
    with gr.Blocks() as demo:
        slider = gr.ImageSlider((image(1), None), slider_position=20)
        position = gr.Slider(0, 100)
        position.change(lambda percent: gr.ImageSlider(slider_position=percent), position, slider)
        slider.stream(lambda: None)  # accepted: it has no camera, so it never happens
        assert slider.props()["slider_position"] == 20
        with pytest.warns(UserWarning, match="slider_position=120 is not between 0 and 100"):
            gr.ImageSlider(slider_position=120)
        with pytest.warns(UserWarning, match="height='tall' is not a CSS size; None is taken"):
            gr.ImageSlider(height="tall")
        with pytest.raises(DeclarationError, match="image_mode='RGBX' is not one of"):
            gr.ImageSlider(image_mode="RGBX")
    assert demo.freeze().components
