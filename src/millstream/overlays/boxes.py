"""`Boxes`: upright rectangles."""

from __future__ import annotations

from typing import ClassVar, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from millstream.overlays.arrays import Details, numbers
from millstream.overlays.marks import Marks


class Boxes(Marks):
    """Boxes around what was found, in pixels of the frame that the handler got. Returned for an `Image`.

    Args:
        xyxy: Left, top, right and bottom of each: `(n, 4)`, an array, or a list of such rows; empty for none.
        details: `labels`, `scores`, `colors`, `ids`; see `Marks`.

    Raises:
        InvalidValue: An argument has another shape, or not one value for each box.
    """

    kind: ClassVar[int] = 1
    noun = "boxes"

    def __init__(self, xyxy: ArrayLike, **details: Unpack[Details]) -> None:
        corners = numbers(self, "xyxy", xyxy, (None, 4)).reshape(-1, 2, 2)
        ordered = np.sort(corners, axis=1)  # a nan goes last, and is left out with its box
        super().__init__(ordered.reshape(-1, 2), np.full(len(corners), 2), **details)

    @classmethod
    def from_xywh(cls, xywh: ArrayLike, **details: Unpack[Details]) -> Boxes:
        """Take left, top, width and height of each box instead: `(n, 4)`.

        Raises:
            InvalidValue: See `Boxes`.
        """
        rows = numbers(cls, "xywh", xywh, (None, 4))
        return cls(np.concatenate([rows[:, :2], rows[:, :2] + rows[:, 2:]], axis=1), **details)

    @property
    def xyxy(self) -> NDArray[np.float64]:
        """Left, top, right and bottom of each box: `(n, 4)` float64."""
        return self.points.reshape(-1, 4)
