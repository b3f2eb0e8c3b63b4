"""Drawings: what handlers get of a background and its layers, and what no page gets away with."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

import millstream as gr
from millstream.errors import DeclarationError
from millstream.testing import TestPage

pytestmark = pytest.mark.blocking  # in a TestPage handlers run on the loop, and these read and write files

GREY = np.full((48, 64, 3), 90, np.uint8)


def png(pixels: Any) -> bytes:
    file = io.BytesIO()
    Pillow.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def stroke(height: int = 48, width: int = 64) -> Any:
    layer = np.zeros((height, width, 4), np.uint8)
    layer[10:20, 10:30] = (255, 0, 0, 255)
    return layer


def app(seen: list[Any], **options: Any) -> gr.Blocks:
    with gr.Blocks() as demo:
        editor = gr.ImageEditor(label="Editor", **options)
        gr.Button("Read").click(seen.append, editor, None)
    return demo


def uploaded(page: TestPage, pixels: Any) -> Any:
    return page.run(page.upload("a.png", "image/png", png(pixels), page.page.find("Editor")))


def test_handlers_get_background_layers_and_composite() -> None:
    seen: list[Any] = []
    with TestPage(app(seen)) as page:
        page.click("Read")
        background = uploaded(page, GREY)
        page.set("Editor", background)
        page.click("Read")
        value = {"background": background, "layers": [uploaded(page, stroke()), None], "canvas": [64, 48], "view": None}
        page.set("Editor", value)
        page.click("Read")
        assert page.toasts == []
    assert seen[0] == {"background": None, "layers": [], "composite": None}
    assert [layer.any() for layer in seen[1]["layers"]] == [False]
    drawn = seen[2]
    assert drawn["background"].shape == drawn["composite"].shape == (48, 64, 4)
    assert [int((layer[..., 3] > 0).sum()) for layer in drawn["layers"]] == [200, 0]
    assert drawn["composite"][15, 15].tolist() == [255, 0, 0, 255]
    assert drawn["composite"][40, 40].tolist() == [90, 90, 90, 255]


def test_layers_that_the_app_names_are_no_larger_together_than_those_of_a_page() -> None:
    seen: list[Any] = []
    with TestPage(app(seen, layers=gr.LayerOptions(layers=[str(n) for n in range(20)]))) as page:
        page.set("Editor", {"background": None, "layers": [], "canvas": [4096, 4096], "view": None})
        page.click("Read")
        page.wait_for(lambda: page.toasts)
        assert "layers of at most 84 million pixels together, but got 20 of 4096 by 4096" in page.toasts[0].message
    assert seen == []


def test_a_crop_is_a_part_of_the_background() -> None:
    seen: list[Any] = []
    pixels = GREY.copy()
    pixels[:, 32:] = 200
    with TestPage(app(seen, image_mode="RGB", type="pil")) as page:
        value = {"background": uploaded(page, pixels), "layers": [], "canvas": [16, 24], "view": [32, 0, 48, 24]}
        page.set("Editor", value)
        page.click("Read")
    assert seen[0]["composite"].size == (16, 24)
    assert seen[0]["composite"].getpixel((5, 5)) == (200, 200, 200)


def test_a_sketch_without_transparency_is_on_white() -> None:
    seen: list[Any] = []
    with gr.Blocks() as demo:
        pad = gr.Sketchpad(label="Editor", image_mode="L", type="numpy")
        gr.Button("Read").click(seen.append, pad, None)
    with TestPage(demo) as page:
        page.set("Editor", {"background": None, "layers": [uploaded(page, stroke())], "canvas": [64, 48], "view": None})
        page.click("Read")
    assert seen[0]["composite"].shape == (48, 64)
    assert seen[0]["composite"][0, 0] == 255
    assert seen[0]["composite"][15, 15] < 100


def test_what_a_page_may_not_set() -> None:
    with TestPage(app([])) as page:
        good = {"background": None, "layers": [], "canvas": [8, 8], "view": None}
        wrong: list[Any] = [
            {**good, "canvas": [0, 8]}, {**good, "canvas": [8, 100_000]}, {**good, "layers": [None] * 21}, "a.png",
            {**good, "view": [0, 0, 0, 0]}, {**good, "view": [0, 0, 1e9, 1]}, {**good, "background": {"file": "x"}},
            {"background": None}, {**good, "more": 1}, {**good, "canvas": ["8", 8]},
            {**good, "canvas": [4096, 4096], "layers": [None] * 6},
        ]  # fmt: skip
        for value in wrong:
            page.set("Editor", value)
        page.advance(0.1)
        assert sum(toast.count for toast in page.toasts) == len(wrong)


@pytest.mark.parametrize("value", [GREY, {"background": GREY, "layers": None, "composite": None}, {"composite": GREY}])
def test_what_handlers_return(value: Any) -> None:
    with gr.Blocks() as demo:
        gr.Button("Go").click(lambda: value, None, gr.ImageEditor(label="Editor"))
    with TestPage(demo) as page:
        (run,) = page.click("Go")
        assert run.error == ""
        shown: Any = page.page.values[page.page.find("Editor")]
        assert shown["background"]["type"] == "image/webp"
        assert shown["layers"] == []


def test_arguments_are_checked() -> None:
    with gr.Blocks():
        brush: Any = gr.ImageEditor(brush=gr.Brush(colors=["red", ("#00ff00", 0.5)], default_size=9)).props()["brush"]
        assert brush["colors"] == [["red", 1], ["#00ff00", 0.5]]
        assert gr.ImageEditor(brush=False).props()["brush"] is None
        assert gr.Paint().props()["sources"] == []
        assert gr.ImageMask().props()["layers"] == {"names": ["Layer 1"], "more": False}
        with pytest.raises(DeclarationError, match="is not a colour"):
            gr.Brush(colors=["url(evil)"])
        with pytest.raises(DeclarationError, match="layer 0: got an array"):
            gr.ImageEditor({"background": GREY, "layers": [np.zeros(3)]})
        with pytest.warns(UserWarning, match="crop_size"):
            gr.ImageEditor(crop_size="1:1")  # type: ignore[call-arg]
