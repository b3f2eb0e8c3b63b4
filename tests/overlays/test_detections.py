"""What other libraries return, recognised by its attributes."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tests.overlays.test_marks import Tensor

import millstream as gr
from millstream.errors import InvalidValue
from millstream.overlays.detections import overlay_of
from millstream.overlays.marks import Overlay


@dataclass
class Detections:
    """The attributes of `supervision.Detections`."""

    xyxy: np.ndarray
    confidence: np.ndarray | None = None
    class_id: np.ndarray | None = None
    tracker_id: np.ndarray | None = None
    mask: np.ndarray | None = None
    data: dict[str, Any] = field(default_factory=dict)


def made(value: object) -> Overlay:
    overlay = overlay_of(value)
    assert overlay is not None
    return overlay


def test_detections_of_supervision() -> None:
    found = Detections(
        np.array([[1, 2, 3, 4], [5, 6, 7, 8]], np.float32),
        np.array([0.9, 0.8], np.float32),
        np.array([0, 16]),
        np.array([3, 4]),
        data={"class_name": np.array(["person", "dog"])},
    )
    [boxes] = made(found)
    assert isinstance(boxes, gr.Boxes)
    assert boxes.xyxy.tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]
    assert boxes.labels == ("person", "dog")
    assert boxes.ids == (3, 4)
    assert boxes.scores is not None


def test_detections_without_names_are_called_by_their_class() -> None:
    [boxes] = made(Detections(np.zeros((1, 4)), class_id=np.array([16])))
    assert boxes.labels == ("16",)
    assert boxes.scores is None


def test_detections_with_masks() -> None:
    mask = np.zeros((1, 4, 4), bool)
    mask[0, 1, 1] = True
    masks, boxes = made(Detections(np.array([[1, 1, 2, 2]]), np.array([0.5]), np.array([0]), mask=mask))
    assert isinstance(masks, gr.Masks)
    assert isinstance(boxes, gr.Boxes)


def test_nothing_detected() -> None:
    [boxes] = made(Detections(np.empty((0, 4)), np.array([]), np.array([], int)))
    assert len(boxes) == 0


def results(**more: Any) -> SimpleNamespace:
    """Give what has the attributes of a result of `ultralytics`, with tensors."""
    boxes = SimpleNamespace(
        xyxy=Tensor([[1.0, 2, 3, 4]]), conf=Tensor([0.75]), cls=Tensor([1.0]), id=more.pop("id", None)
    )
    return SimpleNamespace(boxes=boxes, names={0: "person", 1: "dog"}, **{"masks": None, "keypoints": None, **more})


def test_results_of_ultralytics() -> None:
    [boxes] = made([results(id=Tensor([5.0]))])
    assert isinstance(boxes, gr.Boxes)
    assert boxes.labels == ("dog",)
    assert boxes.ids == (5,)
    assert boxes.scores is not None
    assert boxes.scores.tolist() == [0.75]


def test_results_with_poses_leave_out_what_was_not_seen() -> None:
    points = SimpleNamespace(xy=Tensor(np.ones((1, 17, 2), np.float32)), conf=Tensor([[0.9] * 16 + [0.1]]))
    _, poses = made(results(keypoints=points))
    assert isinstance(poses, gr.Keypoints)
    assert np.isnan(poses.xy[0, 16]).all()
    assert np.isfinite(poses.xy[0, :16]).all()
    assert len(poses.edges) > 0


def test_results_with_masks_are_outlines() -> None:
    masks = SimpleNamespace(xy=[np.array([[0, 0], [5, 0], [5, 5]])], data=Tensor(np.zeros((1, 2, 2))))
    outlines, _ = made(results(masks=masks))
    assert isinstance(outlines, gr.Lines)
    assert outlines.closed


def test_results_without_boxes() -> None:
    assert len(made(SimpleNamespace(boxes=None, names={}, masks=None, keypoints=None))) == 0


def test_dicts_of_a_pipeline() -> None:
    box = {"xmin": 1, "ymin": 2, "xmax": 3, "ymax": 4}
    [boxes] = made([{"score": 0.5, "label": "cat", "box": box}, {"score": 0.4, "label": "dog", "box": [5, 6, 7, 8]}])
    assert isinstance(boxes, gr.Boxes)
    assert boxes.xyxy.tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]
    assert boxes.labels == ("cat", "dog")


def test_dicts_of_a_pipeline_with_masks() -> None:
    mask = np.zeros((4, 6), np.uint8)
    mask[1, 2] = 255
    [masks] = made([{"score": None, "label": "sky", "mask": mask}])
    assert isinstance(masks, gr.Masks)
    assert masks.masks.sum() == 1


def test_marks_and_detections_in_one_list() -> None:
    boxes, texts = gr.Boxes([[0, 0, 1, 1]]), gr.Texts([0, 0], "a")
    assert list(made((boxes, texts))) == [boxes, texts]
    assert len(made([boxes, Detections(np.zeros((2, 4)))])) == 3
    assert len(made([])) == 0


@pytest.mark.parametrize("other", [None, "a.png", 5, [1, 2], np.zeros((4, 4)), {"a": 1}, [gr.Boxes([]), 5]])
def test_anything_else_is_no_overlay(other: object) -> None:
    assert overlay_of(other) is None


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([{"label": "cat"}], 'number 0 of the list has neither a "box" nor a "mask"; it has \'label\''),
        ([{"box": {"x": 1}}], "a box has to have xmin, ymin, xmax, ymax; it has 'x'"),
        ([{"box": [1, 2, 3]}], "xyxy has the shape"),
        ([{"mask": np.zeros((2, 2))}, {"mask": np.zeros((3, 3))}], "different shapes"),
    ],
)
def test_dicts_that_do_not_fit_are_refused(items: list[Any], message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        overlay_of(items)
