"""The choice of the marks that are shown: what nobody could see, and what is too much, is left out and counted."""

from __future__ import annotations

from collections import Counter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from millstream.overlays.keypoints import Keypoints
from millstream.overlays.marks import Marks
from millstream.overlays.masks import Masks

MAX_MARKS: Final = 500
"""Marks of one result; of more, those with the highest scores are shown."""

MAX_POINTS: Final = 20_000
"""Points of one result."""


def shown(marks: Marks, points: NDArray[np.float64], left_out: Counter[str]) -> NDArray[np.bool_]:
    """Tell the marks that can be seen at all: `(n,)`."""
    count = len(marks)
    owners = np.repeat(np.arange(count), marks.lengths)
    is_finite = np.isfinite(points).all(axis=1)
    broken = np.bincount(owners[~is_finite], minlength=count)
    is_whole = marks.lengths > broken if isinstance(marks, Keypoints) else (broken == 0) & (marks.lengths > 0)
    lowest, highest = np.full((count, 2), np.inf), np.full((count, 2), -np.inf)
    np.minimum.at(lowest, owners[is_finite], points[is_finite])
    np.maximum.at(highest, owners[is_finite], points[is_finite])
    is_inside = (highest >= 0).all(axis=1) & (lowest <= 1).all(axis=1)
    reason = "that are empty" if isinstance(marks, Masks) else "with coordinates that are no finite numbers"
    left_out.update({reason: int((~is_whole).sum()), "outside of the frame": int((is_whole & ~is_inside).sum())})
    return is_whole & is_inside


def limit(groups: tuple[Marks, ...], kept: list[NDArray[np.bool_]], left_out: Counter[str]) -> None:
    """Leave out what is more than a result may have, the lowest scores first, in `kept` itself."""
    total = sum(int(keep.sum()) for keep in kept)
    points = sum(int(marks.lengths[keep].sum()) for marks, keep in zip(groups, kept, strict=True))
    if total <= MAX_MARKS and points <= MAX_POINTS:
        return
    order = ranked(groups, kept)
    budget = MAX_POINTS
    for rank, (group, at) in enumerate(order):
        budget -= int(groups[group].lengths[at])
        if rank >= MAX_MARKS or budget < 0:
            kept[group][at] = False
            budget += int(groups[group].lengths[at])
    left = sum(int(keep.sum()) for keep in kept)
    left_out[f"beyond the {MAX_MARKS} marks and {MAX_POINTS} points of one result"] += total - left


def ranked(groups: tuple[Marks, ...], kept: list[NDArray[np.bool_]]) -> list[tuple[int, int]]:
    """Give group and index of all that is kept, the highest scores first; without one it counts as certain."""
    found = []
    for group, (marks, keep) in enumerate(zip(groups, kept, strict=True)):
        scores = np.ones(len(marks)) if marks.scores is None else np.nan_to_num(marks.scores, nan=1.0)
        found += [(-float(scores[at]), group, int(at)) for at in np.flatnonzero(keep)]
    return [(group, at) for _, group, at in sorted(found)]
