"""Marks as values: shapes, types, labels, scores, colours and identities, and what is refused."""

import numpy as np
import pytest

import millstream as gr
from millstream.errors import InvalidValue
from millstream.overlays.marks import Marks


class Tensor:
    """What a tensor on another device is like: no array before it is taken off."""

    def __init__(self, data: object) -> None:
        self._data = data

    def detach(self) -> "Tensor":
        return self

    def cpu(self) -> "Tensor":
        return self

    def numpy(self) -> np.ndarray:
        return np.asarray(self._data)


@pytest.mark.parametrize(
    "xyxy",
    [
        [[1, 2, 3, 4]],
        ((1, 2, 3, 4),),
        np.array([[1, 2, 3, 4]], np.float32),
        np.array([[1, 2, 3, 4]], np.int16),
        Tensor([[1, 2, 3, 4]]),
    ],
)
def test_boxes_are_taken_from_lists_arrays_and_tensors(xyxy: object) -> None:
    boxes = gr.Boxes(xyxy)  # type: ignore[arg-type]
    assert boxes.xyxy.tolist() == [[1, 2, 3, 4]]
    assert len(boxes) == 1


def test_corners_are_put_in_order() -> None:
    assert gr.Boxes([[3, 4, 1, 2]]).xyxy.tolist() == [[1, 2, 3, 4]]


def test_boxes_are_taken_by_width_and_height() -> None:
    assert gr.Boxes.from_xywh([[10, 20, 5, 6]], labels="a").xyxy.tolist() == [[10, 20, 15, 26]]


@pytest.mark.parametrize("nothing", [[], np.zeros((0, 4)), np.array([])])
def test_nothing_found_is_no_error(nothing: object) -> None:
    assert len(gr.Boxes(nothing, labels=[], scores=[], ids=[])) == 0  # type: ignore[arg-type]
    assert len(gr.Keypoints(np.zeros((0, 17, 2)), edges=[(0, 1)])) == 0
    assert len(gr.Masks(np.zeros((0, 48, 64), bool))) == 0
    assert len(gr.Lines([])) == 0
    assert len(gr.Texts([], [])) == 0


def test_one_label_or_colour_is_for_all() -> None:
    boxes = gr.Boxes([[0, 0, 1, 1], [0, 0, 2, 2]], labels="cat", colors=(255, 0, 0))
    assert boxes.labels == ("cat", "cat")
    assert boxes.colors is not None
    assert boxes.colors.tolist() == [[255, 0, 0], [255, 0, 0]]


def test_an_identity_that_a_tracker_has_not_made_out_is_none() -> None:
    assert gr.Boxes([[0, 0, 1, 1]] * 3, ids=[-1, None, 5.0]).ids == (None, None, 5)


def test_scores_are_brought_into_their_range() -> None:
    scores = gr.Boxes([[0, 0, 1, 1]] * 4, scores=[1.2, -0.1, None, float("nan")]).scores
    assert scores is not None
    assert scores[:2].tolist() == [1.0, 0.0]
    assert np.isnan(scores[2:]).all()


def test_one_pose_needs_no_list_of_poses() -> None:
    assert gr.Keypoints([[1, 2], [3, 4]]).xy.shape == (1, 2, 2)


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.float32])
def test_masks_are_bool_numbers_or_probabilities(dtype: type) -> None:
    mask = np.zeros((4, 6), dtype)
    mask[1:3, 2:5] = 1
    assert gr.Masks(mask).masks.sum() == 6


def test_marks_cannot_be_changed() -> None:
    boxes = gr.Boxes([[0, 0, 1, 1]], scores=[1.0])
    with pytest.raises(AttributeError, match="cannot be changed"):
        boxes.labels = ("b",)
    with pytest.raises(ValueError, match="read-only"):
        boxes.xyxy[0, 0] = 5
    with pytest.raises(AttributeError, match="cannot be changed"):
        gr.Overlay().marks = ()


def test_what_was_given_may_be_changed_afterwards() -> None:
    given = np.array([[0.0, 0, 1, 1]])
    boxes = gr.Boxes(given)
    given[0, 2] = 9
    assert boxes.xyxy.tolist() == [[0, 0, 1, 1]]


def test_marks_are_combined_in_their_order() -> None:
    boxes, texts, lines = gr.Boxes([[0, 0, 1, 1]]), gr.Texts([0, 0], "a"), gr.Lines([[[0, 0], [1, 1]]])
    overlay = boxes + texts + (lines + boxes)
    assert list(overlay) == [boxes, texts, lines, boxes]
    assert len(overlay) == 4


def test_marks_are_not_added_to_anything_else() -> None:
    with pytest.raises(TypeError):
        gr.Boxes([[0, 0, 1, 1]]) + 1  # type: ignore[operator]


WRONG = [
    (lambda: gr.Boxes([[1, 2, 3]]), r"Boxes: xyxy has the shape \(1, 3\); it has to be \(n, 4\)"),
    (lambda: gr.Boxes([[1, 2, 3, 4], [1]]), "Boxes: xyxy has to hold real numbers, in rows of one length"),  # type: ignore[list-item]
    (lambda: gr.Boxes("person"), "Boxes: xyxy has to hold real numbers"),
    (lambda: gr.Boxes([[1j, 2, 3, 4]]), "Boxes: xyxy"),
    (lambda: gr.Boxes([[1, 2, 3, 4]], labels=["a", "b"]), "Boxes: labels has 2 values for 1 boxes; give one for each"),
    (lambda: gr.Boxes([[1, 2, 3, 4]], labels=5), "Boxes: labels has to be a sequence"),
    (lambda: gr.Boxes([[1, 2, 3, 4]], scores=["high"]), "Boxes: scores has to hold numbers from 0 to 1"),
    (lambda: gr.Boxes([[1, 2, 3, 4]], scores=np.zeros((1, 2))), "Boxes: scores"),
    (lambda: gr.Boxes([[1, 2, 3, 4]], ids=["a"]), "Boxes: ids has to hold whole numbers, but 'a' is none"),
    (lambda: gr.Boxes([[1, 2, 3, 4]], ids=[2**32]), "Boxes: ids holds 4294967296, but the largest is"),
    (lambda: gr.Boxes([[1, 2, 3, 4]], colors="red"), 'Boxes: colors holds .red.; write a colour as "#rrggbb"'),
    (lambda: gr.Boxes([[1, 2, 3, 4]], colors=(256, 0, 0)), "Boxes: colors holds"),
    (lambda: gr.Boxes([[1, 2, 3, 4]], colors=["#fff", "#000"]), "Boxes: colors has 2 values for 1 marks"),
    (lambda: gr.Keypoints([[1, 2]], edges=[(0, 1)]), "Keypoints: edges has to hold indices from 0 to 0"),
    (lambda: gr.Keypoints([[[1, 2, 3]]]), r"Keypoints: xy has the shape \(1, 1, 3\)"),
    (lambda: gr.Masks(np.zeros((2, 2, 2, 2))), r"Masks: masks has the shape \(2, 2, 2, 2\)"),
    (lambda: gr.Masks(np.array([["a"]])), "Masks: masks"),
    (lambda: gr.Lines(5), "Lines: lines has to be a list of lines"),
    (lambda: gr.Lines([[1, 2]]), r"Lines: lines\[0\] has the shape \(2,\)"),
    (lambda: gr.Texts([[1, 2, 3]], "a"), "Texts: xy has the shape"),
]


@pytest.mark.parametrize(("make", "message"), WRONG)
def test_what_does_not_fit_is_refused_by_name(make: object, message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        make()  # type: ignore[operator]


def test_each_kind_has_a_number_of_its_own() -> None:
    kinds: list[type[Marks]] = [gr.Boxes, gr.Keypoints, gr.Masks, gr.Lines, gr.Texts]
    assert sorted(kind.kind for kind in kinds) == [1, 2, 3, 4, 5]
