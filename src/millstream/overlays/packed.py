"""Overlays on the wire: MessagePack around packed columns. The twin is `web/src/overlay/packed.ts`.

A point is two signed 16-bit numbers in 1/16384 of the frame's width and height, which is finer than a pixel up to
16,384 pixels; -32768 stands for a point that is not there. All columns are little-endian.
"""

from __future__ import annotations

from typing import Final

import msgspec

UNIT: Final = 16_384
FURTHEST: Final = 32_767
"""What lies further away than two frames is moved to there."""

ABSENT: Final = -32_768

NO_LABEL: Final = 65_535
NO_SCORE: Final = 255
FULL_SCORE: Final = 250
NO_ID: Final = 2**32 - 1


class PackedMarks(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """Marks of one kind; a column is empty if no mark has that."""

    kind: int
    count: int
    points: bytes
    lengths: bytes = b""  # u16 each; empty if all have as many points
    labels: bytes = b""  # u16 each: an index into the overlay's texts
    scores: bytes = b""  # u8 each, 0 to 250
    ids: bytes = b""  # u32 each
    colors: bytes = b""  # red, green, blue
    edges: bytes = b""  # of keypoints: u8 pairs
    closed: bool = False  # of lines
    masks: list[bytes] = []


class PackedOverlay(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """All that is drawn on one frame of `width` by `height` pixels."""

    width: int
    height: int
    interpolates: bool
    texts: list[str]
    groups: list[PackedMarks]
