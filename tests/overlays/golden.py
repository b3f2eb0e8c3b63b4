"""The golden bytes of overlays: one case for each kind of marks, with plain and with extreme values.

`python tests/overlays/golden.py` writes `tests/golden/overlays.json`, which the tests of both sides read: a list of
cases with `name`, `hex` (the packed overlay), `width`, `height`, `interpolates` and `marks`, as the page reads them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

import millstream as gr
from millstream.overlays.detections import overlay_of
from millstream.overlays.packing import pack

FILE = Path(__file__).parents[1] / "golden" / "overlays.json"
WIDTH, HEIGHT = 640, 480


def mark(kind: int, points: list[float | None], **more: Any) -> dict[str, Any]:
    """Give a mark as the page reads it; points are parts of the frame, and `None` for one that is not there."""
    empty = {"label": None, "score": None, "id": None, "color": None, "edges": [], "isClosed": False, "mask": None}
    return {"kind": kind, "points": points, **empty, **more}


def ring() -> np.ndarray:
    """Give a mask of 64 by 48 pixels: a block of 4 by 3 with a hole in it."""
    mask = np.zeros((48, 64), bool)
    mask[12:15, 16:20] = True
    mask[13, 17] = False
    return mask


CASES: list[tuple[str, Any, list[dict[str, Any]]]] = [
    ("nothing", [], []),
    ("a box", gr.Boxes([[160, 120, 320, 240]]), [mark(1, [0.25, 0.25, 0.5, 0.5])]),
    (
        "boxes with everything",
        gr.Boxes(
            [[0, 0, 640, 480], [-640, -480, 960, 720]],
            labels=["person", "<img src=x onerror=alert(1)>"],
            scores=[1.0, None],
            ids=[7, None],
            colors=["#ff8000", "#08f"],
        ),
        [
            mark(1, [0, 0, 1, 1], label="person", score=1.0, id=7, color="rgb(255 128 0)"),
            mark(1, [-1, -1, 1.5, 1.5], label="<img src=x onerror=alert(1)>", color="rgb(0 136 255)"),
        ],
    ),
    (
        "keypoints, of which one is not there",
        gr.Keypoints([[[160, 120], [np.nan, np.nan], [320, 240]]], edges=[(0, 1), (0, 2)], labels="Zoë", scores=[0.5]),
        [mark(2, [0.25, 0.25, None, None, 0.5, 0.5], edges=[0, 1, 0, 2], label="Zoë", score=0.5)],
    ),
    (
        "a mask",
        gr.Masks(ring(), labels="ring"),
        [
            mark(
                3,
                [0.25, 0.25, 0.3125, 0.3125],
                label="ring",
                mask={"columns": 4, "rows": 3, "pixels": [1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1]},
            )
        ],
    ),
    (
        "lines of different lengths",
        gr.Lines([[[0, 0], [640, 480]], [[0, 0], [320, 0], [320, 240]]], closed=True, ids=[0, 2**32 - 2]),
        [
            mark(4, [0, 0, 1, 1], isClosed=True, id=0),
            mark(4, [0, 0, 0.5, 0, 0.5, 0.5], isClosed=True, id=2**32 - 2),
        ],
    ),
    ("a text", gr.Texts([320, 240], "12 km/h"), [mark(5, [0.5, 0.5], label="12 km/h")]),
    (
        "two kinds",
        gr.Boxes([[0, 0, 320, 240]], labels="cat") + gr.Texts([320, 240], "cat"),
        [mark(1, [0, 0, 0.5, 0.5], label="cat"), mark(5, [0.5, 0.5], label="cat")],
    ),
]


def packed(value: object) -> bytes:
    overlay = overlay_of(value)
    assert overlay is not None
    return pack(overlay, WIDTH, HEIGHT).payload


if __name__ == "__main__":
    cases = [
        {
            "name": name,
            "hex": packed(value).hex(),
            "width": WIDTH,
            "height": HEIGHT,
            "interpolates": True,
            "marks": marks,
        }
        for name, value, marks in CASES
    ]
    FILE.write_text(json.dumps(cases, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
