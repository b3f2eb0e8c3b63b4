"""The directories of a TIFF, checked before Pillow believes them."""

from __future__ import annotations

import struct
from typing import Final

from millstream.errors import MediaError

WIDTH, HEIGHT, TILE_WIDTH, TILE_HEIGHT = 256, 257, 322, 323
DIRECTORIES: Final = (34665, 34853, 40965)
"""Exif, GPS and interoperability."""

MAX_ENTRIES: Final = 1000
MAX_NUMBERS: Final = 1_000_000
"""The largest number of Python numbers that are made of its directories."""

SLACK_BYTES: Final = 64 * 1024
MAX_TILE_PIXELS: Final = 16_000_000
"""A tile may be larger than a small image, but not larger than that."""

_BYTES: Final = (1, 2, 6, 7)
_SIZES: Final = {3: 2, 4: 4, 5: 8, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_NUMBERS: Final = {3: "H", 4: "I", 13: "I", 16: "Q"}


def read_tiff(data: bytes) -> tuple[int, int]:
    """Read the width and height of a TIFF.

    Raises:
        MediaError: Reading it would take more memory than its pixels and its bytes do.
        struct.error: It is cut off.
    """
    said = _Reader(data).said
    width, height = said.get(WIDTH, 0), said.get(HEIGHT, 0)
    if said.get(TILE_WIDTH, 0) * said.get(TILE_HEIGHT, 0) > max(width * height, MAX_TILE_PIXELS):
        raise MediaError("the TIFF has tiles that are larger than its image")
    return width, height


class _Reader:
    """Reads the directories of a TIFF (6.0, section 2; in a BigTIFF numbers are wider).

    What their entries hold has to fit into the file: Pillow reads it for each, also where several lie in one place,
    and makes a Python number of every one.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._order = "<" if data.startswith(b"II") else ">"
        self._is_big = self._number("H", 2) == 43
        self._bytes = self._numbers = 0
        self.said = self.read(self._number("Q", 8) if self._is_big else self._number("I", 4))
        for tag in DIRECTORIES:
            if tag in self.said:
                self.read(self.said[tag])

    def read(self, at: int) -> dict[int, int]:
        """Give the first number of each entry of a directory."""
        entries = self._number("Q" if self._is_big else "H", at)
        start, length, value = (at + 8, 20, 12) if self._is_big else (at + 2, 12, 8)
        said = {}
        for entry in range(start, start + length * min(entries, MAX_ENTRIES + 1), length):
            tag, kind = self._number("H", entry), self._number("H", entry + 2)
            count = self._number("Q" if self._is_big else "I", entry + 4)
            self._bytes += count * _SIZES.get(kind, 1)
            self._numbers += count if kind not in _BYTES else 0
            if kind in _NUMBERS:
                said[tag] = self._number(_NUMBERS[kind], entry + value)
        if entries > MAX_ENTRIES or self._bytes > len(self._data) + SLACK_BYTES or self._numbers > MAX_NUMBERS:
            raise MediaError("the TIFF says more of itself than there is")
        return said

    def _number(self, kind: str, at: int) -> int:
        # An offset of 64 bits may be larger than any that `struct` takes.
        (number,) = struct.unpack_from(self._order + kind, self._data, min(at, len(self._data)))
        return int(number)
