"""Overlays over the wire and back, and the bounds of one result."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import millstream as gr
from millstream.errors import InvalidValue
from millstream.overlays import mask_runs
from millstream.overlays.marks import Marks
from millstream.overlays.packing import MAX_LABEL, MAX_MASK_BYTES, Packed, pack
from millstream.overlays.selection import MAX_MARKS, MAX_POINTS
from millstream.overlays.unpacking import unpack

WIDTH, HEIGHT = 640, 480


def packed(marks: Marks, width: int = WIDTH, height: int = HEIGHT) -> Packed:
    return pack(gr.Overlay([marks]), width, height)


def there_and_back(marks: Marks) -> Marks:
    [found] = unpack(packed(marks).payload)
    return found


inside = st.tuples(*[st.floats(0, side) for side in (WIDTH, HEIGHT, WIDTH, HEIGHT)])


@given(st.lists(st.tuples(inside, st.text(max_size=MAX_LABEL), st.floats(0, 1), st.integers(0, 2**32 - 2)), min_size=1))
def test_boxes_come_back_within_a_twentieth_of_a_pixel(found: list[tuple]) -> None:
    corners, labels, scores, ids = zip(*found, strict=True)
    boxes = gr.Boxes(corners, labels=labels, scores=scores, ids=ids)
    back = there_and_back(boxes)
    assert isinstance(back, gr.Boxes)
    assert np.abs(back.xyxy - boxes.xyxy).max() <= 0.05
    assert back.scores is not None
    assert np.abs(back.scores - np.array(scores)).max() <= 0.003
    assert back.ids == ids
    assert list(back.labels) == [" ".join(label.split()) for label in labels]


@given(hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, max_side=40)))
def test_masks_come_back_as_they_are(mask: np.ndarray) -> None:
    assert np.array_equal(mask_runs.decode(mask_runs.encode(mask)), mask)


@given(st.binary(max_size=60))
def test_broken_masks_are_refused(data: bytes) -> None:
    try:
        mask = mask_runs.decode(data)
    except InvalidValue:
        return
    assert mask_runs.decode(mask_runs.encode(mask)).shape == mask.shape


@given(st.binary(max_size=200))
def test_broken_overlays_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidValue, match="broken"):
        unpack(data)


@given(st.integers(0, 400), st.integers(0, 255))
def test_damaged_overlays_are_read_or_refused(at: int, byte: int) -> None:
    payload = bytearray(pack(gr.Boxes([[1, 2, 3, 4]], labels="a") + gr.Texts([1, 2], "b"), WIDTH, HEIGHT).payload)
    payload[at % len(payload)] = byte
    try:
        overlay = unpack(bytes(payload))
    except InvalidValue:
        return
    assert len(overlay) <= len(payload)


def test_a_large_mask_comes_back_where_it_was() -> None:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[100:300, 200:500] = True
    back = there_and_back(gr.Masks(mask))
    assert isinstance(back, gr.Masks)
    assert np.array_equal(back.masks[0], mask)


def test_a_typical_result_takes_less_than_two_kilobytes() -> None:
    random = np.random.default_rng(1)
    corners = random.uniform(0, 400, (60, 4))
    boxes = gr.Boxes(corners, labels=["person", "bicycle"] * 30, scores=random.uniform(0, 1, 60), ids=range(60))
    assert len(packed(boxes).payload) < 2_000
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    person = ((rows - 240) / 200) ** 2 + ((columns - 320) / 90) ** 2 < 1
    assert len(packed(gr.Masks(person, labels="person")).payload) < 2_000


HUGE = [1e300, -1e300, np.inf, -np.inf, np.nan]


@given(hnp.arrays(np.float64, (3, 4), elements=st.sampled_from([*HUGE, 0.0, 10.0, 639.0])))
def test_no_coordinates_are_too_much(corners: np.ndarray) -> None:
    result = packed(gr.Boxes(corners))
    shown = sum(len(marks) for marks in unpack(result.payload))
    assert shown + sum(result.left_out.values()) == 3
    assert shown <= np.isfinite(corners).all(axis=1).sum()


def test_what_is_left_out_is_counted_by_its_reason() -> None:
    result = packed(gr.Boxes([[np.nan, 0, 1, 1], [0, 0, np.inf, 1], [-9, -9, -1, -1], [1, 1, 2, 2]]))
    assert result.left_out == {"with coordinates that are no finite numbers": 2, "outside of the frame": 1}


def test_a_point_that_is_missing_does_not_cost_a_pose() -> None:
    back = there_and_back(gr.Keypoints([[[160, 120], [np.nan, 5]], [[np.nan, np.nan], [np.inf, 1]]]))
    assert isinstance(back, gr.Keypoints)
    assert back.xy[0, 0].tolist() == [160, 120]
    assert np.isnan(back.xy[0, 1]).all()
    assert len(back) == 1


def test_an_empty_mask_is_left_out() -> None:
    result = packed(gr.Masks(np.zeros((2, 10, 10), bool)))
    assert result.left_out == {"that are empty": 2}


def test_of_thousands_the_surest_are_shown() -> None:
    scores = np.linspace(0, 1, 5_000)
    boxes = gr.Boxes(np.tile([10, 10, 20, 20], (5_000, 1)), scores=scores, ids=range(5_000))
    result = packed(boxes)
    [back] = unpack(result.payload)
    assert back.ids == tuple(range(5_000 - MAX_MARKS, 5_000))
    assert sum(result.left_out.values()) == 5_000 - MAX_MARKS


def test_points_are_bounded_too() -> None:
    lines = gr.Lines([np.full((MAX_POINTS // 4, 2), 5.0)] * 9)
    result = packed(lines)
    assert sum(len(marks) for marks in unpack(result.payload)) == 4
    assert sum(result.left_out.values()) == 5


def test_masks_are_thinned_out_before_any_is_left_out() -> None:
    noise = np.random.default_rng(1).random((1, 512, 512)) > 0.5
    assert len(mask_runs.encode(noise[0])) > MAX_MASK_BYTES
    result = packed(gr.Masks(noise))
    assert not result.left_out
    assert len(result.payload) <= MAX_MASK_BYTES + 200


def test_masks_that_do_not_fit_are_left_out() -> None:
    noise = np.random.default_rng(1).random((40, 480, 640)) > 0.5
    result = packed(gr.Masks(noise))
    assert len(result.payload) <= MAX_MASK_BYTES + 2_000
    assert 0 < sum(result.left_out.values()) < 40


def test_labels_are_cut_and_made_one_line() -> None:
    back = there_and_back(gr.Boxes([[1, 1, 2, 2]] * 3, labels=["a\nb\tc", "x" * 1_000, "\ud800"]))
    assert back.labels[0] == "a b c"
    assert back.labels[1] == "x" * (MAX_LABEL - 1) + "…"
    assert back.labels[2] == "?"


def test_an_overlay_says_whether_it_may_be_carried_on() -> None:
    overlay = gr.Overlay([gr.Boxes([[1, 1, 2, 2]])], interpolates=False)
    assert unpack(pack(overlay, WIDTH, HEIGHT).payload).interpolates is False
