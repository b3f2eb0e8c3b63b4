"""Overlays made of what other libraries return; recognised by their attributes, so none of them has to be installed.

Known are `supervision.Detections`, the results of `ultralytics`, and the lists of dicts that the pipelines of
`transformers` give. Coordinates are pixels of the frame that the model got.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from millstream.errors import InvalidValue
from millstream.overlays.arrays import array_of
from millstream.overlays.boxes import Boxes
from millstream.overlays.keypoints import Keypoints
from millstream.overlays.lines import Lines
from millstream.overlays.marks import Marks, Overlay
from millstream.overlays.masks import Masks, raster_of

_CORNERS: Final = ("xmin", "ymin", "xmax", "ymax")

_UNSEEN: Final = 0.5
"""Keypoints with a lower confidence are not drawn."""

COCO_JOINTS: Final = 17
COCO_EDGES: Final = (
    *((15, 13), (13, 11), (16, 14), (14, 12), (11, 12), (5, 11), (6, 12), (5, 6), (5, 7), (6, 8)),
    *((7, 9), (8, 10), (1, 2), (0, 1), (0, 2), (1, 3), (2, 4), (3, 5), (4, 6)),
)
"""The skeleton of poses with 17 joints in the order of COCO, which detectors give without it."""


def overlay_of(value: object) -> Overlay | None:
    """Make an overlay of marks, of what a known library returned, or of a list of such; `None` of anything else.

    Raises:
        InvalidValue: It is something of the kind, but does not fit.
    """
    if isinstance(value, Overlay):
        return value
    if isinstance(value, Marks):
        return Overlay((value,))
    if hasattr(value, "xyxy") and hasattr(value, "confidence"):
        return _of_supervision(value)
    if hasattr(value, "boxes") and hasattr(value, "names"):
        return _of_ultralytics(value)
    if isinstance(value, list | tuple):
        return _of_list(value)
    return None


def _of_list(items: Sequence[object]) -> Overlay | None:
    if items and all(isinstance(item, Mapping) for item in items):
        return _of_dicts(items)  # type: ignore[arg-type]  # mappings all of them
    parts = [overlay_of(item) for item in items]
    if any(part is None for part in parts):
        return None
    return Overlay(marks for part in parts if part is not None for marks in part)


# ---- supervision ---------------------------------------------------------------------------------------------------


def _of_supervision(found: Any) -> Overlay:
    """Take `xyxy`, `confidence`, `class_id`, `tracker_id`, `mask` and `data["class_name"]`."""
    data = getattr(found, "data", None) or {}
    names = data.get("class_name") if isinstance(data, Mapping) else None
    classes = getattr(found, "class_id", None)
    if names is None and classes is not None:
        names = [str(each) for each in array_of(classes)]
    details: dict[str, Any] = {
        "labels": names,
        "scores": found.confidence,
        "ids": getattr(found, "tracker_id", None),
    }
    boxes, masks = Boxes(found.xyxy, **details), getattr(found, "mask", None)
    if masks is None:
        return Overlay((boxes,))
    quiet = {name: value for name, value in details.items() if name == "ids"}
    return Overlay((Masks(masks, colors=None, **quiet, labels=names), boxes))


# ---- ultralytics ---------------------------------------------------------------------------------------------------


def _of_ultralytics(found: Any) -> Overlay:
    """Take `boxes`, `masks` and `keypoints`, and the `names` of their classes."""
    details = _ultralytics_details(found)
    marks: list[Marks] = []
    masks = getattr(found, "masks", None)
    if masks is not None:
        outlines = getattr(masks, "xy", None)
        marks.append(Masks(masks.data, **details) if outlines is None else Lines(outlines, closed=True, **details))
    if found.boxes is not None:
        marks.append(Boxes(found.boxes.xyxy, **details))
    points = getattr(found, "keypoints", None)
    if points is not None:
        marks.append(_pose(points, details))
    return Overlay(marks)


def _ultralytics_details(found: Any) -> dict[str, Any]:
    boxes = found.boxes
    if boxes is None:
        return {}
    details: dict[str, Any] = {"scores": array_of(boxes.conf)}
    if getattr(boxes, "id", None) is not None:
        details["ids"] = array_of(boxes.id)
    names = found.names if isinstance(found.names, Mapping) else dict(enumerate(found.names))
    details["labels"] = [str(names.get(int(each), int(each))) for each in array_of(boxes.cls)]
    return details


def _pose(points: Any, details: dict[str, Any]) -> Keypoints:
    xy = np.array(array_of(points.xy), np.float64)
    confidence = getattr(points, "conf", None)
    if confidence is not None:
        xy[np.less(array_of(confidence), _UNSEEN)] = np.nan
    edges = COCO_EDGES if xy.ndim == 3 and xy.shape[1] == COCO_JOINTS else ()
    ids = {name: value for name, value in details.items() if name == "ids"}
    return Keypoints(xy, edges=edges, **ids)


# ---- lists of dicts ------------------------------------------------------------------------------------------------


def _of_dicts(items: Sequence[Mapping[str, Any]]) -> Overlay:
    """Take `{"box": …, "label": …, "score": …}` and `{"mask": …, "label": …, "score": …}`."""
    boxed: list[Mapping[str, Any]] = []
    masked: list[Mapping[str, Any]] = []
    for at, item in enumerate(items):
        if item.get("box") is None and item.get("mask") is None:
            raise InvalidValue(f'number {at} of the list has neither a "box" nor a "mask"; it has {_keys(item)}')
        (masked if item.get("box") is None else boxed).append(item)
    marks: list[Marks] = []
    if masked:
        marks.append(Masks(_rasters(masked), **_dict_details(masked)))
    if boxed:
        marks.append(Boxes([_corners(item["box"]) for item in boxed], **_dict_details(boxed)))
    return Overlay(marks)


def _rasters(items: Sequence[Mapping[str, Any]]) -> NDArray[np.bool_]:
    masks = [array_of(item["mask"]) for item in items]
    shapes = {mask.shape for mask in masks}
    if len(shapes) > 1:
        raise InvalidValue(f"the masks of the list have different shapes: {', '.join(map(str, sorted(shapes)))}")
    return np.stack([raster_of(mask) for mask in masks])


def _dict_details(items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {"labels": [item.get("label") for item in items], "scores": [item.get("score") for item in items]}


def _corners(box: object) -> list[Any]:
    """Read a box: a dict with `xmin`, `ymin`, `xmax` and `ymax`, or these four in a row."""
    if isinstance(box, Mapping):
        if not all(name in box for name in _CORNERS):
            raise InvalidValue(f"a box has to have {', '.join(_CORNERS)}; it has {_keys(box)}")
        return [box[name] for name in _CORNERS]
    return list(np.ravel(array_of(box)))


def _keys(item: Mapping[str, Any]) -> str:
    return ", ".join(repr(str(key))[:40] for key in list(item)[:8]) or "nothing"
