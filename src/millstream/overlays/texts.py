"""`Texts`: words at a point."""

from __future__ import annotations

from typing import ClassVar, Unpack

import numpy as np
from numpy.typing import ArrayLike

from millstream.overlays.arrays import Details, Labels, numbers
from millstream.overlays.marks import Marks


class Texts(Marks):
    """Words on the image, each with its left end at a point in pixels of the frame. Returned for an `Image`.

    Args:
        xy: x and y of each: `(n, 2)`, or `(2,)` for one.
        texts: The text of each, or one for all. It is shown as it is, up to 80 characters; nothing in it is markup.
        details: `scores`, `colors`, `ids`; see `Marks`.

    Raises:
        InvalidValue: An argument has another shape, or not one value for each text.
    """

    kind: ClassVar[int] = 5
    noun = "texts"

    def __init__(self, xy: ArrayLike, texts: Labels, **details: Unpack[Details]) -> None:
        points = numbers(self, "xy", xy, (None, 2), (2,)).reshape(-1, 2)
        details.setdefault("labels", texts)
        super().__init__(points, np.ones(len(points), np.int64), **details)
