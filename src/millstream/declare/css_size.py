"""Sizes as CSS has them, in the arguments of elements."""

from __future__ import annotations

import re

from millstream.declare.arguments import is_number


def is_css_size(size: object) -> bool:
    """Tell what a height or width may be: pixels, or a number with a CSS unit, or nothing."""
    if isinstance(size, str):
        return re.fullmatch(r"\d+(\.\d+)?(px|em|rem|vh|vw|%)?", size.strip()) is not None
    return size is None or (is_number(size) and float(size) > 0)  # type: ignore[arg-type]
