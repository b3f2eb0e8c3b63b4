"""`AnnotatedImage`: images with boxes and masks, their colours and their legend."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import millstream as gr
from millstream.components.annotatedimage import PALETTE
from millstream.components.options.media_source import DeclaredFiles
from millstream.errors import DeclarationError, InvalidValue
from millstream.overlays.unpacking import unpack
from millstream.testing import TestPage
from millstream.types import Blob

IMAGE = np.full((48, 64, 3), 90, np.uint8)
MASK = np.zeros((48, 64))
MASK[10:20, 10:30] = 1.0


def made(value: Any, **arguments: Any) -> Blob:
    with gr.Blocks():
        stored = gr.AnnotatedImage(**arguments).postprocess(value, DeclaredFiles())  # type: ignore[arg-type]
    assert isinstance(stored, Blob)
    return stored


def marks(blob: Blob) -> gr.Overlay:
    return unpack(base64.b64decode(blob.told["marks"]))


def test_boxes_and_masks_keep_their_order_and_labels() -> None:
    blob = made((IMAGE, [((1, 2, 30, 40), "cat"), (MASK, "sky"), (np.array([5, 6, 7, 8]), "cat")]))
    first, second, third = marks(blob)
    assert isinstance(first, gr.Boxes)
    assert isinstance(second, gr.Masks)
    assert isinstance(third, gr.Boxes)
    assert first.xyxy.round().tolist() == [[1, 2, 30, 40]]
    assert np.array_equal(second.masks[0], MASK > 0)
    assert [label for label, _ in json.loads(blob.told["legend"])] == ["cat", "sky", "cat"]


def test_one_label_has_one_colour_and_the_declared_ones_win() -> None:
    parts = [((1, 2, 3, 4), label) for label in ("cat", "dog", "cat", "cow")]
    legend = json.loads(made((IMAGE, parts), color_map={"dog": "#f00"}).told["legend"])
    assert legend[0][1] == legend[2][1]
    assert legend[1] == ["dog", "rgb(255 0 0)"]
    assert len({color for _, color in legend}) == 3


def test_marks_and_detections_are_annotations_too() -> None:
    blob = made((IMAGE, gr.Boxes([[1, 2, 3, 4]], labels="cat", scores=[0.5])))
    [boxes] = marks(blob)
    assert boxes.labels == ("cat",)
    assert json.loads(blob.told["legend"]) == [["cat", "rgb(230 159 0)"]]
    found = [{"box": [1, 2, 3, 4], "label": "dog", "score": 0.9}]
    assert marks(made((IMAGE, found))).marks[0].labels == ("dog",)


def test_colours_of_marks_stay() -> None:
    [boxes] = marks(made((IMAGE, gr.Boxes([[1, 2, 3, 4]], labels="cat", colors="#010203"))))
    assert boxes.colors is not None
    assert boxes.colors.tolist() == [[1, 2, 3]]


def test_an_image_may_be_a_file(tmp_path: Path) -> None:
    from PIL import Image as Pillow

    path = tmp_path / "a.png"
    Pillow.fromarray(IMAGE).save(path)
    assert made((str(path), [])).mime == "image/png"
    assert made((Pillow.fromarray(IMAGE), [])).mime == "image/webp"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (IMAGE, r"AnnotatedImage 'A' takes \(image, annotations\), but got an array"),
        ((IMAGE, [((1, 2, 3), "cat")]), "AnnotatedImage 'A': annotation 0, 'cat': Boxes: xyxy has the shape"),
        ((IMAGE, [("cat", (1, 2, 3, 4))]), "annotation 0"),
        ((IMAGE, 5), "annotations as a list"),
        ((IMAGE, [5]), "annotations as a list"),
        (("https://example.org/a.png", []), "an image that the server has"),
        ((np.zeros(3), []), "shape"),
    ],
)
def test_what_does_not_fit_is_refused(value: Any, message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        made(value, label="A")


def test_declarations_are_checked() -> None:
    with gr.Blocks():
        with pytest.raises(DeclarationError, match=r"color_map\['cat'\] holds 'red'"):
            gr.AnnotatedImage(color_map={"cat": "red"})
        with pytest.raises(DeclarationError, match="not annotations alone"):
            gr.AnnotatedImage((None, []))  # type: ignore[arg-type]
        assert gr.AnnotatedImage((IMAGE, [((1, 2, 3, 4), "cat")])).initial() is not None


def app() -> gr.Blocks:
    def chosen(event: gr.SelectData) -> str:
        return f"{event.index} {event.value}"

    with gr.Blocks() as demo:
        camera = gr.Image(sources="webcam", label="Camera")
        shown = gr.AnnotatedImage((IMAGE, [((1, 2, 30, 40), "cat")]), label="Shown")
        seen = gr.Image(label="Seen")
        camera.stream(lambda frame: (None, [((8, 8, 16, 16), "middle")]), camera, shown)
        gr.Button("Copy").click(lambda image: image, shown, seen)
        shown.select(chosen, None, gr.Textbox(label="Chosen"))
    return demo


def test_handlers_get_the_image_without_annotations() -> None:
    with TestPage(app()) as page:
        page.click("Copy")
        assert np.abs(page.value("Seen").astype(int) - 90).max() < 4
        assert page.props("Shown")["interactive"] is False


def test_without_an_image_annotations_are_on_the_frame_of_the_camera() -> None:
    with TestPage(app()) as page:
        page.stream("Camera", [IMAGE])
        [boxes] = page.value("Shown")
        assert boxes.labels == ("middle",)
        assert boxes.colors is not None
        assert boxes.colors.tolist() == [[230, 159, 0]]


def test_the_palette_is_that_of_the_page() -> None:
    source = (Path(__file__).parents[2] / "web" / "src" / "overlay" / "palette.ts").read_text()
    assert json.dumps(PALETTE) in source
