"""Palettes of colours for themes: eleven shades of a hue, by the lightness that eyes see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SHADES: Final[Mapping[int, tuple[float, float]]] = {
    50: (0.98, 0.1),
    100: (0.95, 0.2),
    200: (0.9, 0.4),
    300: (0.83, 0.6),
    400: (0.75, 0.8),
    500: (0.64, 1.0),
    600: (0.53, 1.0),
    700: (0.46, 0.9),
    800: (0.4, 0.75),
    900: (0.33, 0.6),
    950: (0.24, 0.45),
}
"""The lightness of each shade, and its share of the hue's chroma. White text is legible from 600 on."""

HUES: Final[Mapping[str, tuple[float, float]]] = {
    "slate": (257, 0.045),
    "gray": (264, 0.03),
    "zinc": (286, 0.016),
    "neutral": (0, 0),
    "stone": (58, 0.012),
    "red": (25, 0.22),
    "orange": (48, 0.2),
    "amber": (70, 0.17),
    "yellow": (92, 0.17),
    "lime": (130, 0.2),
    "green": (150, 0.19),
    "emerald": (162, 0.16),
    "teal": (183, 0.13),
    "cyan": (215, 0.13),
    "sky": (237, 0.15),
    "blue": (260, 0.2),
    "indigo": (277, 0.2),
    "violet": (293, 0.22),
    "purple": (304, 0.24),
    "fuchsia": (322, 0.25),
    "pink": (354, 0.22),
    "rose": (16, 0.22),
}
"""The angle of each hue in OKLCH, and its greatest chroma."""


def shade(hue: str, number: int) -> str:
    """Give a shade of a hue as a CSS colour.

    Raises:
        KeyError: There is no such hue or shade.
    """
    (angle, chroma), (lightness, share) = HUES[hue], SHADES[number]
    return f"oklch({lightness:g} {chroma * share:.3f} {angle:g})"
