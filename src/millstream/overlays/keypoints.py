"""`Keypoints`: the joints of poses, the landmarks of faces and hands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from millstream.overlays.arrays import Details, numbers
from millstream.overlays.marks import Marks

MAX_JOINTS: Final = 255
"""Points of one pose that an edge can name."""


class Keypoints(Marks):
    """Points that belong together, in pixels of the frame that the handler got. Returned for an `Image`.

    Args:
        xy: x and y of each point: `(n, k, 2)`, or `(k, 2)` for one pose. A point that is `nan` is not drawn.
        edges: Pairs of indices below `k` of points that a line joins: the skeleton.
        details: `labels`, `scores`, `colors`, `ids`, one for each pose; see `Marks`.

    Raises:
        InvalidValue: An argument has another shape, or an edge leads to a point that there is not.
    """

    kind: ClassVar[int] = 2
    noun = "poses"
    edges: NDArray[np.uint8]
    joints: int

    def __init__(self, xy: ArrayLike, *, edges: Sequence[Sequence[int]] = (), **details: Unpack[Details]) -> None:
        poses = numbers(self, "xy", xy, (None, None, 2), (None, 2))
        if poses.ndim == 2:
            poses = poses[np.newaxis, :, :] if poses.size else np.zeros((0, 0, 2))
        count, joints = poses.shape[:2]
        self._set(edges=self._edges(edges, joints), joints=joints)
        super().__init__(poses.reshape(-1, 2), np.full(count, joints), **details)

    @property
    def xy(self) -> NDArray[np.float64]:
        """X and y of each point: `(n, k, 2)` float64."""
        return self.points.reshape(len(self), self.joints, 2)

    def _edges(self, edges: Sequence[Sequence[int]], joints: int) -> NDArray[np.uint8]:
        pairs = numbers(self, "edges", edges, (None, 2))
        if pairs.size and not (np.all(pairs >= 0) and np.all(pairs < max(min(joints, MAX_JOINTS), 1))):
            if joints == 0:
                return np.zeros((0, 2), np.uint8)  # nobody was found this time
            raise self.wrong("edges", f"has to hold indices from 0 to {min(joints, MAX_JOINTS) - 1}")
        return pairs.astype(np.uint8)
