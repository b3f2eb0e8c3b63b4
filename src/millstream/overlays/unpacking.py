"""Reads an overlay as it came over the wire, in Python: for clients without a page."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from millstream.errors import InvalidValue
from millstream.overlays import mask_runs
from millstream.overlays.boxes import Boxes
from millstream.overlays.keypoints import Keypoints
from millstream.overlays.lines import Lines
from millstream.overlays.marks import Marks, Overlay
from millstream.overlays.masks import Masks
from millstream.overlays.packed import (
    ABSENT,
    FULL_SCORE,
    NO_ID,
    NO_LABEL,
    NO_SCORE,
    UNIT,
    PackedMarks,
    PackedOverlay,
)
from millstream.overlays.texts import Texts

LONGEST: Final = 1024
"""Longest side, in pixels, of the masks that are made again."""

_DECODER: Final = msgspec.msgpack.Decoder(PackedOverlay)


def unpack(payload: bytes | memoryview) -> Overlay:
    """Read an overlay; its points are in pixels of the frame that it was made for.

    Raises:
        InvalidValue: It is broken.
    """
    try:
        packed = _DECODER.decode(payload)
        size = np.array([packed.width, packed.height], np.float64)
        marks = [_marks(group, packed.texts, size) for group in packed.groups]
    except (msgspec.MsgspecError, ValueError, IndexError) as error:
        raise InvalidValue(f"an overlay is broken: {error}") from error
    return Overlay(marks, interpolates=packed.interpolates)


def _marks(group: PackedMarks, texts: list[str], size: NDArray[np.float64]) -> Marks:
    quantised = np.frombuffer(group.points, "<i2").reshape(-1, 2)
    points = np.where(quantised == ABSENT, np.nan, quantised / UNIT) * size
    details = _details(group, texts)
    if group.kind == Boxes.kind:
        return Boxes(points.reshape(group.count, 4), **details)
    if group.kind == Keypoints.kind:
        edges = np.frombuffer(group.edges, np.uint8).reshape(-1, 2)
        return Keypoints(points.reshape(group.count, -1, 2), edges=edges.tolist(), **details)
    if group.kind == Masks.kind:
        corners = np.clip(quantised.reshape(group.count, 4) / UNIT, 0.0, 1.0)
        return Masks(_stretched(group.masks, corners, size), **details)
    if group.kind == Lines.kind:
        return Lines(_lines(group, points), closed=group.closed, **details)
    if group.kind == Texts.kind:
        return Texts(points.reshape(group.count, 2), None, **details)
    raise InvalidValue(f"there are no marks of kind {group.kind}")


def _details(group: PackedMarks, texts: list[str]) -> dict[str, Any]:
    details: dict[str, Any] = {}
    if group.labels:
        indices = np.frombuffer(group.labels, "<u2").tolist()
        details["labels"] = [None if at == NO_LABEL else texts[at] for at in indices]
    if group.scores:
        scores = np.frombuffer(group.scores, np.uint8)
        details["scores"] = np.where(scores == NO_SCORE, np.nan, scores / FULL_SCORE)
    if group.ids:
        details["ids"] = [None if each == NO_ID else each for each in np.frombuffer(group.ids, "<u4").tolist()]
    if group.colors:
        details["colors"] = np.frombuffer(group.colors, np.uint8).reshape(group.count, 3)
    return details


def _lines(group: PackedMarks, points: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    if not group.lengths:
        return list(points.reshape(group.count, -1, 2))
    lengths = np.frombuffer(group.lengths, "<u2").astype(np.int64)
    if len(lengths) != group.count or lengths.sum() != len(points):
        raise InvalidValue("the lines are not as long as they say")
    return np.split(points, np.cumsum(lengths)[:-1])


def _stretched(masks: list[bytes], corners: NDArray[np.float64], size: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Put each mask back to its corners in a whole frame, of at most `LONGEST` pixels a side."""
    width, height = np.rint(size * min(1.0, LONGEST / size.max())).astype(int)
    whole = np.zeros((len(masks), height, width), bool)
    for at, (data, extent) in enumerate(zip(masks, corners, strict=True)):
        left, top, right, bottom = np.rint(extent * (width, height, width, height)).astype(int)
        part = mask_runs.decode(data)
        rows = np.arange(bottom - top) * part.shape[0] // max(bottom - top, 1)
        columns = np.arange(right - left) * part.shape[1] // max(right - left, 1)
        whole[at, top:bottom, left:right] = part[rows][:, columns]
    return whole
