"""The number of values in a MessagePack message, counted before any of them is made."""

from __future__ import annotations

from typing import Final

_BYTES, _EXTENSION, _TEXT = (0xC4, 0xC5, 0xC6), (0xC7, 0xC8, 0xC9), (0xD9, 0xDA, 0xDB)

_LENGTHS: Final = {
    head: (width, int(heads is _EXTENSION))
    for heads in (_BYTES, _EXTENSION, _TEXT)
    for head, width in zip(heads, (1, 2, 4), strict=True)
}
"""For what says its length: in how many bytes, and how many more there are before the content."""

_NUMBERS: Final = dict(zip(range(0xCA, 0xD4), (5, 9, 2, 3, 5, 9, 2, 3, 5, 9), strict=True))
_SHORT_EXTENSIONS: Final = dict(zip(range(0xD4, 0xD9), (3, 4, 6, 10, 18), strict=True))
_HEADS: Final = dict(zip(range(0xDC, 0xE0), (3, 5, 3, 5), strict=True))
"""Of arrays and maps; what they hold is counted one by one."""

_FIXED: Final = {head: head - 0xA0 + 1 for head in range(0xA0, 0xC0)} | _NUMBERS | _SHORT_EXTENSIONS | _HEADS

_SIZES: Final = tuple(0 if head in _LENGTHS else _FIXED.get(head, 1) for head in range(256))
"""Bytes of a value by its first one; 0 if it says its length."""


def count_values(data: bytes | memoryview, most: int) -> int:
    """Count the values of a message, those within arrays and maps included, but not much further than `most`.

    A large array costs a hundred times its bytes once it is decoded, a large text only once: so bytes alone are no
    bound. What is no MessagePack gives some number; its decoder will say so.
    """
    at = values = 0
    while at < len(data) and values <= most:
        size = _SIZES[data[at]]
        if not size:
            width, more = _LENGTHS[data[at]]
            size = 1 + width + more + int.from_bytes(data[at + 1 : at + 1 + width], "big")
        at += size
        values += 1
    return values
