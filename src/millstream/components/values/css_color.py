"""Colours as a style sheet has them."""

from __future__ import annotations

import re
from typing import Final

NUMBER: Final = r"(\d{1,3}(?:\.\d{1,20})?)"
HEX: Final = re.compile(r"#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})")
RGB: Final = re.compile(rf"rgba?\( ?{NUMBER} ?, ?{NUMBER} ?, ?{NUMBER} ?(?:, ?{NUMBER}(%?) ?)?\)")

LONGEST: Final = 120
"""Most characters of a colour."""


def css_color(text: str) -> str | None:
    """Bring a colour into one form: hex digits in lower case, `rgb(1, 2, 3)` with whole numbers; `None` for none.

    Takes `#rgb`, `#rgba`, `#rrggbb`, `#rrggbbaa`, `rgb(…)` and `rgba(…)`; an alpha is 0..1, or in per cent.
    """
    if len(text) > LONGEST:
        return None
    text = " ".join(text.lower().split())
    if HEX.fullmatch(text):
        return text if len(text) > 5 else "#" + "".join(digit * 2 for digit in text[1:])
    found = RGB.fullmatch(text)
    if found is None:
        return None
    red, green, blue = (round(float(level)) for level in found.groups()[:3])
    alpha = None if found[4] is None else float(found[4]) / (100 if found[5] else 1)
    if max(red, green, blue) > 255 or (alpha or 0) > 1:
        return None
    return f"rgb({red}, {green}, {blue})" if alpha is None else f"rgba({red}, {green}, {blue}, {alpha:g})"


def named_color(text: str) -> str | None:
    """Do what `css_color` does, also with names such as `"red"` and with `hsl(…)`, which become hex digits."""
    color = css_color(text)
    if color is not None or len(text) > LONGEST or "rgb" in text.lower():
        return color
    from PIL import ImageColor

    try:
        levels = ImageColor.getrgb(text.strip().lower())
    except ValueError:
        return None
    return "#" + "".join(f"{level:02x}" for level in levels) if max(levels) <= 255 else None
