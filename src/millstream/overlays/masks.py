"""`Masks`: the pixels that belong to what was found."""

from __future__ import annotations

from typing import Any, ClassVar, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from millstream.overlays.arrays import Details, array_of
from millstream.overlays.marks import Marks


class Masks(Marks):
    """Masks, which are drawn as a tint with an outline. Returned for an `Image`.

    A mask covers the whole frame, in whatever resolution it has: it is stretched over it.

    Args:
        masks: `(n, height, width)`, or `(height, width)` for one: bool; of whole numbers, what is not 0 belongs to it;
            of floats, what is above 0.5.
        details: `labels`, `scores`, `colors`, `ids`, one for each mask; see `Marks`.

    Raises:
        InvalidValue: An argument has another shape, or not one value for each mask.
    """

    kind: ClassVar[int] = 3
    noun = "masks"
    masks: NDArray[np.bool_]

    def __init__(self, masks: ArrayLike, **details: Unpack[Details]) -> None:
        found = array_of(masks)
        if found.dtype.kind not in "biuf" or (found.ndim not in (2, 3) and found.size):
            raise self.wrong(
                "masks", f"has the shape {found.shape} and type {found.dtype}; it has to be (n, height, width)"
            )
        found = raster_of(found)
        shape = found.shape if found.ndim == 3 else (1, *found.shape) if found.ndim == 2 and found.size else (0, 1, 1)
        found = found.reshape(shape)
        found.flags.writeable = False
        self._set(masks=found)
        super().__init__(_extents(found).reshape(-1, 2), np.full(len(found), 2), **details)


def raster_of(array: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell what belongs to a mask: of floats what is above 0.5, of anything else what is not 0."""
    return np.greater(array, 0.5) if array.dtype.kind == "f" else array.astype(bool)


def _extents(masks: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Give left, top, right and bottom of each mask in parts of the whole, `(n, 4)`; `nan` of one that is empty."""
    extents = np.full((len(masks), 4), np.nan)
    height, width = masks.shape[1:]
    for at, mask in enumerate(masks):
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if rows.size:
            extents[at] = columns[0] / width, rows[0] / height, (columns[-1] + 1) / width, (rows[-1] + 1) / height
    return extents
