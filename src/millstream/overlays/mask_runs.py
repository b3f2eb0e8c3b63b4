"""Masks as run lengths: rows of one mask after the other, beginning with what does not belong to it.

    columns u16, rows u16, then the length of each run as a varint (LEB128: 7 bits a byte, the lowest first)

All little-endian. The twin is `web/src/overlay/mask_runs.ts`.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from millstream.errors import InvalidValue

LONGEST: Final = 1024
"""Longest side, in pixels, of a mask on the wire; a larger one is thinned out."""

_SIZE_BYTES: Final = 4
_VARINT_BYTES: Final = 3
"""The longest varint: enough for a run of 1024 by 1024 pixels."""


def encode(mask: NDArray[np.bool_], step: int = 1) -> bytes:
    """Encode a mask of `(rows, columns)`, of which only each `step`-th row and column is kept."""
    step *= -(-max(mask.shape) // (LONGEST * step))
    kept = mask[::step, ::step]
    flat = kept.ravel()
    ends = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    lengths = np.diff(np.concatenate([[0], ends, [flat.size]]))
    if flat[0]:
        lengths = np.concatenate([[0], lengths])
    rows, columns = kept.shape
    return b"".join(int(side).to_bytes(2, "little") for side in (columns, rows)) + _varints(lengths)


def decode(data: bytes) -> NDArray[np.bool_]:
    """Read a mask.

    Raises:
        InvalidValue: Its runs are not as long as it is large.
    """
    columns, rows = (int.from_bytes(data[at : at + 2], "little") for at in (0, 2))
    lengths = _read_varints(np.frombuffer(data[_SIZE_BYTES:], np.uint8))
    if not (1 <= columns <= LONGEST and 1 <= rows <= LONGEST) or lengths.sum() != columns * rows:
        raise InvalidValue(f"a mask of {columns} by {rows} pixels has runs of {lengths.sum()} pixels")
    return np.repeat(np.arange(len(lengths)) % 2 == 1, lengths).reshape(rows, columns)


def _varints(numbers: NDArray[np.int64]) -> bytes:
    sizes = 1 + (numbers >= 1 << 7) + (numbers >= 1 << 14)
    starts = np.cumsum(sizes) - sizes
    encoded = np.zeros(int(sizes.sum()), np.uint8)
    for at in range(_VARINT_BYTES):
        has = sizes > at
        goes_on = (sizes[has] > at + 1) * 128
        encoded[starts[has] + at] = (numbers[has] >> 7 * at & 127) | goes_on
    return bytes(encoded)


def _read_varints(encoded: NDArray[np.uint8]) -> NDArray[np.int64]:
    ends = np.flatnonzero(encoded < 128)
    starts = np.concatenate([[0], ends[:-1] + 1]) if ends.size else ends
    sizes = ends + 1 - starts
    if not ends.size or ends[-1] != encoded.size - 1 or sizes.max() > _VARINT_BYTES:
        raise InvalidValue("the runs of a mask are cut off")
    numbers = np.zeros(len(ends), np.int64)
    for at in range(_VARINT_BYTES):
        has = sizes > at
        numbers[has] |= (encoded[starts[has] + at] & 127).astype(np.int64) << 7 * at
    return numbers
