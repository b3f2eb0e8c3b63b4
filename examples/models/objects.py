"""Find 23 kinds of everyday objects in an image: SSD with a MobileNetV2, on the CPU, about 30 ms a frame.

    detector = Detector()
    for found in detector(rgb, threshold=0.4):
        print(found.label, found.score, found.box)

The network gives, for each of 1917 fixed boxes ("anchors"), 24 scores and 4 offsets. Anchors and offsets are those of
Liu et al., "SSD: Single Shot MultiBox Detector" (ECCV 2016), section 2.2, with the choices of the TensorFlow Object
Detection API's `ssd_anchor_generator`: six grids, scales 0.2 to 0.95, and only three boxes per cell of the finest grid.
"""

import re
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from .fetch import NpmPackage, read_member
from .network import Floats, Network, Pixels, sigmoid, to_batch

OBJECTRON = NpmPackage(
    name="@mediapipe/objectron",
    version="0.4.1675468480",
    integrity="sha512-IoWuW0ojc9GaSW6UoDCIXgwjLSqTEcR5w8NYuGH+R5+q+nKzS7KOIGfY/eyx4DttReumb398W6+PpW0DQ2Rs/w==",
    members=("objectron_solution_packed_assets.data", "objectron_solution_packed_assets_loader.js"),
)
WEIGHTS, LABELS = "object_detection_ssd_mobilenetv2_oidv4_fp16.tflite", "object_detection_oidv4_labelmap.txt"
INPUT_SIZE = 300
GRIDS = (19, 10, 5, 3, 2, 1)
SCALES = (0.2, 0.35, 0.5, 0.65, 0.8, 0.95, 1.0)
RATIOS = (1.0, 2.0, 0.5, 3.0, 1 / 3)
CENTRE_VARIANCE, SIZE_VARIANCE = 10.0, 5.0
OVERLAP = 0.5
"""Of two boxes of one kind with a larger overlap (intersection over union), only the better one is kept."""


@dataclass(frozen=True)
class Detection:
    """One detected object."""

    label: str
    score: float
    """0 to 1."""
    box: tuple[int, int, int, int]
    """Left, top, right, bottom in pixels, inside the image."""


class Detector:
    """An object detector for RGB images of any size. May be shared by threads. `threads` as in `Network`."""

    def __init__(self, threads: int = 1) -> None:
        self._network = Network(lambda: _read_packed_files()[WEIGHTS], threads)

    def __call__(self, rgb: Pixels, threshold: float = 0.4) -> list[Detection]:
        """Return the objects in the image, best first.

        Args:
            rgb: uint8 of shape `(height, width, 3)`.
            threshold: The lowest score to report, 0 to 1.

        Raises:
            FetchError: On the first call, when the weights cannot be fetched.
        """
        offsets, logits = (output[0] for output in self._network.run(to_batch(rgb, INPUT_SIZE, -1.0, 1.0)))
        scores = sigmoid(logits)
        scores[:, 0] = 0.0  # class 0 is "background"
        kinds, best = scores.argmax(axis=1), scores.max(axis=1)
        kept = np.flatnonzero(best >= max(threshold, 1e-3))
        boxes = _decode(offsets[kept], _ANCHORS[kept])
        order = _suppress(boxes, best[kept], kinds[kept])
        height, width = rgb.shape[:2]
        labels = _read_labels()
        return [
            Detection(labels[kinds[kept[i]]], float(best[kept[i]]), _to_pixels(boxes[i], width, height)) for i in order
        ]

    def load(self) -> None:
        """Fetch and load the network now, so that the first image does not wait. Raises `FetchError`."""
        self._network.load()


@cache
def _read_labels() -> list[str]:
    return _read_packed_files()[LABELS].decode().split("\n")


def _read_packed_files() -> dict[str, bytes]:
    """Return the files that the package holds back to back in one blob; its loader script lists names and positions."""
    blob, loader = (read_member(OBJECTRON, member) for member in OBJECTRON.members)
    positions = re.findall(rb'"filename": "([^"]+)", "start": (\d+), "end": (\d+)', loader)
    return {name.decode().rsplit("/", 1)[-1]: blob[int(start) : int(end)] for name, start, end in positions}


def _make_anchors() -> Floats:
    """Return the 1917 anchors as centre x, centre y, width, height, each 0 to 1."""
    anchors: list[tuple[float, float, float, float]] = []
    for grid, (scale, next_scale) in zip(GRIDS, pairwise(SCALES), strict=True):
        shapes = [(scale * ratio**0.5, scale / ratio**0.5) for ratio in RATIOS]
        shapes.append(((scale * next_scale) ** 0.5,) * 2)
        if grid == GRIDS[0]:
            shapes = [(0.1, 0.1), *shapes[1:3]]
        cells = ((column, row) for row in range(grid) for column in range(grid))
        anchors += [((x + 0.5) / grid, (y + 0.5) / grid, *shape) for x, y in cells for shape in shapes]
    return np.array(anchors, np.float32)


_ANCHORS = _make_anchors()


def _decode(offsets: Floats, anchors: Floats) -> Floats:
    """Return boxes as left, top, right, bottom, 0 to 1, from the network's offsets (y, x, height, width)."""
    centre = offsets[:, 1::-1] / CENTRE_VARIANCE * anchors[:, 2:] + anchors[:, :2]
    half = np.exp(offsets[:, :1:-1] / SIZE_VARIANCE) * anchors[:, 2:] / 2
    return np.concatenate([centre - half, centre + half], axis=1)


def _suppress(boxes: Floats, scores: Floats, kinds: NDArray[np.int64]) -> list[int]:
    """Return the indices of the boxes to keep, best first: no two of one kind overlap more than `OVERLAP`."""
    if len(boxes) == 0:
        return []
    corner_and_size = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
    kept = cv2.dnn.NMSBoxesBatched(corner_and_size.tolist(), scores.tolist(), kinds.tolist(), 0.0, OVERLAP)
    return sorted((int(index) for index in kept), key=lambda index: -float(scores[index]))


def _to_pixels(box: Floats, width: int, height: int) -> tuple[int, int, int, int]:
    left, top, right, bottom = np.clip(box, 0.0, 1.0) * (width, height, width, height)
    return round(left), round(top), round(right), round(bottom)
