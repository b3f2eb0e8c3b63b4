"""Colours as people write them: `"#rrggbb"`, `"#rgb"`, or red, green and blue of 0..255."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Color: TypeAlias = "str | tuple[int, int, int]"

_HEX: Final = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_FORMS: Final = 'write a colour as "#rrggbb", "#rgb" or (red, green, blue) of 0..255'


def color_of(color: object) -> tuple[int, int, int]:
    """Read one colour.

    Raises:
        ValueError: It is none; the message says how to write one.
    """
    if isinstance(color, str) and _HEX.fullmatch(color):
        digits = color[1:] if len(color) == 7 else "".join(digit * 2 for digit in color[1:])
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
    if is_triple(color):
        red, green, blue = (int(level) for level in color)  # type: ignore[attr-defined]  # is_triple has looked
        if all(0 <= level <= 255 for level in (red, green, blue)):
            return red, green, blue
    raise ValueError(f"holds {str(color)[:40]!r}; {_FORMS}")


def colors_of(colors: object, count: int) -> NDArray[np.uint8]:
    """Read one colour for all, or one for each: `(count, 3)` uint8.

    Raises:
        ValueError: There are too few or too many, or one is no colour.
    """
    if isinstance(colors, str) or is_triple(colors):
        return np.tile(np.array(color_of(colors), np.uint8), (count, 1))
    if not isinstance(colors, Iterable):
        raise ValueError(f"is a {type(colors).__name__}; {_FORMS}")
    found = [color_of(color) for color in colors]
    if len(found) != count:
        raise ValueError(f"has {len(found)} values for {count} marks; give one for all, or one for each")
    return np.array(found, np.uint8).reshape(count, 3)


def is_triple(color: object) -> bool:
    """Tell three whole numbers, as a tuple, a list or an array."""
    if not isinstance(color, Sequence | np.ndarray) or isinstance(color, str | bytes) or len(color) != 3:
        return False
    return all(isinstance(level, int | np.integer) for level in color)
