"""Packs an overlay for the wire, within the bounds of one result."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from millstream.overlays import mask_runs
from millstream.overlays.keypoints import Keypoints
from millstream.overlays.lines import Lines
from millstream.overlays.marks import Marks, Overlay
from millstream.overlays.masks import Masks
from millstream.overlays.packed import (
    ABSENT,
    FULL_SCORE,
    FURTHEST,
    NO_ID,
    NO_LABEL,
    NO_SCORE,
    UNIT,
    PackedMarks,
    PackedOverlay,
)
from millstream.overlays.selection import limit, ranked, shown

MAX_MASK_BYTES: Final = 48_000
"""Bytes of all masks of one result; more are thinned out, and then left out."""

MAX_LABEL: Final = 80
"""Characters of a label."""

_ENCODER: Final = msgspec.msgpack.Encoder()


@dataclass(frozen=True)
class Packed:
    """An overlay as bytes, and why how many marks were left out of it."""

    payload: bytes
    left_out: Counter[str]


def pack(overlay: Overlay, width: int, height: int) -> Packed:
    """Pack the marks on a frame of so many pixels; what cannot be shown is left out and counted, by the reason."""
    left_out: Counter[str] = Counter()
    size = np.array([width, height], np.float64)
    placed = [(marks, _scaled(marks, size)) for marks in overlay.marks]
    kept = [shown(marks, points, left_out) for marks, points in placed]
    limit(overlay.marks, kept, left_out)
    encoded = _encoded_masks(overlay.marks, kept, left_out)
    texts: dict[str, int] = {}
    groups = [
        _packed(marks, points, np.flatnonzero(keep), texts, masks)
        for (marks, points), keep, masks in zip(placed, kept, encoded, strict=True)
        if keep.any()
    ]
    packed = PackedOverlay(width, height, overlay.interpolates, list(texts), groups)
    return Packed(_ENCODER.encode(packed), +left_out)


def _scaled(marks: Marks, size: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the points in parts of the frame; those of masks are that already."""
    return marks.points if isinstance(marks, Masks) else marks.points / size


def _encoded_masks(
    groups: tuple[Marks, ...], kept: list[NDArray[np.bool_]], left_out: Counter[str]
) -> list[list[bytes]]:
    """Encode the masks that are kept, as finely as all of them fit."""
    order = [(group, at) for group, at in ranked(groups, kept) if isinstance(groups[group], Masks)]
    encoded: dict[tuple[int, int], bytes] = {}
    for step in (1, 2, 4):
        encoded = {key: _encoded_mask(groups[key[0]], key[1], step) for key in order}
        if sum(map(len, encoded.values())) <= MAX_MASK_BYTES:
            break
    budget = MAX_MASK_BYTES
    for group, at in order:
        if len(encoded[group, at]) > budget:
            kept[group][at] = False
            left_out[f"beyond the {MAX_MASK_BYTES} bytes of masks of one result"] += 1
        else:
            budget -= len(encoded[group, at])
    return [
        [encoded[group, int(at)] for at in np.flatnonzero(keep)] if isinstance(groups[group], Masks) else []
        for group, keep in enumerate(kept)
    ]


def _encoded_mask(marks: Marks, at: int, step: int) -> bytes:
    assert isinstance(marks, Masks)
    mask = marks.masks[at]
    height, width = mask.shape
    (left, top), (right, bottom) = np.rint(marks.points[2 * at : 2 * at + 2] * (width, height)).astype(int)
    return mask_runs.encode(mask[top:bottom, left:right], step)


def _packed(
    marks: Marks, points: NDArray[np.float64], kept: NDArray[np.int64], texts: dict[str, int], masks: list[bytes]
) -> PackedMarks:
    lengths = marks.lengths[kept]
    is_kept = np.zeros(len(marks), bool)
    is_kept[kept] = True
    chosen = points[np.repeat(is_kept, marks.lengths)]
    return PackedMarks(
        kind=marks.kind,
        count=len(kept),
        points=_quantised(chosen).tobytes(),
        lengths=b"" if np.all(lengths == lengths[0]) else lengths.astype("<u2").tobytes(),
        labels=_label_column([marks.labels[at] for at in kept], texts),
        scores=_score_column(marks.scores, kept),
        ids=_id_column([marks.ids[at] for at in kept]),
        colors=b"" if marks.colors is None else marks.colors[kept].tobytes(),
        edges=marks.edges.tobytes() if isinstance(marks, Keypoints) else b"",
        closed=isinstance(marks, Lines) and marks.closed,
        masks=masks,
    )


def _quantised(points: NDArray[np.float64]) -> NDArray[np.int16]:
    is_finite = np.isfinite(points).all(axis=1, keepdims=True)
    scaled = np.clip(np.rint(np.where(is_finite, points, 0.0) * UNIT), -FURTHEST, FURTHEST)
    return np.where(is_finite, scaled, ABSENT).astype("<i2")


def _label_column(labels: list[str | None], texts: dict[str, int]) -> bytes:
    if all(label is None for label in labels):
        return b""
    indices = [NO_LABEL if label is None else texts.setdefault(_cut(label), len(texts)) for label in labels]
    return np.array(indices, "<u2").tobytes()


def _cut(label: str) -> str:
    whole = " ".join(label.encode("utf-8", "replace").decode().split())
    return whole if len(whole) <= MAX_LABEL else f"{whole[: MAX_LABEL - 1]}…"


def _score_column(scores: NDArray[np.float64] | None, kept: NDArray[np.int64]) -> bytes:
    if scores is None:
        return b""
    chosen = scores[kept]
    return np.where(np.isnan(chosen), NO_SCORE, np.rint(np.nan_to_num(chosen) * FULL_SCORE)).astype(np.uint8).tobytes()


def _id_column(ids: list[int | None]) -> bytes:
    if all(each is None for each in ids):
        return b""
    return np.array([NO_ID if each is None else each for each in ids], "<u4").tobytes()
