"""Find faces in an image within a few metres of the camera: BlazeFace, on the CPU, about 5 ms a frame.

    finder = FaceFinder()
    for left, top, right, bottom in finder(rgb):
        ...

The network examines 896 fixed positions: 2 for each cell of a 16x16 grid and 6 for each cell of an 8x8 grid (Bazarevsky
et al., "BlazeFace", 2019). For each it gives a score and, in pixels of its 128x128 input, a box relative to the cell.
"""

from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from .fetch import NpmPackage, read_member
from .network import Floats, Network, Pixels, sigmoid, to_batch

FACE_DETECTION = NpmPackage(
    name="@mediapipe/face_detection",
    version="0.4.1646425229",
    integrity="sha512-aeCN+fRAojv9ch3NXorP6r5tcGVLR3/gC1HmtqB0WEZBRXrdP6/3W/sGR0dHr1iT6ueiK95G9PVjbzFosf/hrg==",
    members=("face_detection_short_range.tflite",),
)
INPUT_SIZE = 128
GRIDS = ((16, 2), (8, 6))
OVERLAP = 0.3

Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels, inside the image."""


class FaceFinder:
    """Finds faces in RGB images of any size. May be shared by threads. `threads` as in `Network`."""

    def __init__(self, threads: int = 1) -> None:
        self._network = Network(partial(read_member, FACE_DETECTION, FACE_DETECTION.members[0]), threads)

    def __call__(self, rgb: Pixels, threshold: float = 0.5) -> list[Box]:
        """Return the boxes of the faces that the network is at least this sure of (0 to 1), best first.

        Raises:
            FetchError: On the first call, when the weights cannot be fetched.
        """
        height, width = rgb.shape[:2]
        outputs = self._network.run(to_batch(rgb, INPUT_SIZE, -1.0, 1.0))
        scores, positions = sorted((output[0] for output in outputs), key=lambda output: output.shape[-1])
        sure = sigmoid(scores[:, 0])
        centre = positions[:, :2] / INPUT_SIZE + _CELLS
        size = positions[:, 2:4] / INPUT_SIZE
        boxes = np.concatenate([centre - size / 2, size], axis=1)
        kept = cv2.dnn.NMSBoxes(boxes.tolist(), sure.tolist(), threshold, OVERLAP)
        return [_to_pixels(boxes[index], width, height) for index in np.asarray(kept, int).ravel()]


def blur_box(rgb: Pixels, box: Box, margin: float = 0.2) -> None:
    """Make the contents of the box, and `margin` of its size around it, unrecognisable, in place."""
    left, top, right, bottom = box
    grow_x, grow_y = round((right - left) * margin), round((bottom - top) * margin)
    part = rgb[max(0, top - grow_y) : bottom + grow_y, max(0, left - grow_x) : right + grow_x]
    if part.size:
        # Eight tiles across keep no feature of a face; a Gaussian blur alone can be undone.
        tiles = cv2.resize(part, (8, 8), interpolation=cv2.INTER_AREA)
        part[:] = cv2.resize(tiles, part.shape[1::-1], interpolation=cv2.INTER_CUBIC)


def _make_cells() -> Floats:
    """Return the centre x and y of the 896 positions, 0 to 1."""
    return np.array(
        [
            ((column + 0.5) / grid, (row + 0.5) / grid)
            for grid, repeats in GRIDS
            for row in range(grid)
            for column in range(grid)
            for _ in range(repeats)
        ],
        np.float32,
    )


_CELLS = _make_cells()


def _to_pixels(box: NDArray[np.float32], width: int, height: int) -> Box:
    left, top = np.clip(box[:2], 0.0, 1.0) * (width, height)
    right, bottom = np.clip(box[:2] + box[2:], 0.0, 1.0) * (width, height)
    return round(left), round(top), round(right), round(bottom)
