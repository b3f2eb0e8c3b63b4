"""Sizes by name: `sizes.radius_lg`, `sizes.spacing_sm`, `sizes.text_md`."""

from __future__ import annotations

from typing import Final


class Size:
    """Seven lengths, from the smallest to the largest.

    Args:
        xxs, xs, sm, md, lg, xl, xxl: The lengths.
        name: Its name, by which a theme takes it.
    """

    def __init__(  # noqa: PLR0913 - as Gradio has it
        self, xxs: str, xs: str, sm: str, md: str, lg: str, xl: str, xxl: str, name: str | None = None
    ) -> None:
        self.xxs, self.xs, self.sm, self.md, self.lg, self.xl, self.xxl = xxs, xs, sm, md, lg, xl, xxl
        self.name = name or ""

    def expand(self) -> list[str]:
        """Give the lengths, from the smallest to the largest."""
        return [self.xxs, self.xs, self.sm, self.md, self.lg, self.xl, self.xxl]


def _size(name: str, middle: float) -> Size:
    parts = {"xxs": 0.25, "xs": 0.5, "sm": 0.75, "md": 1, "lg": 1.25, "xl": 1.5, "xxl": 2}
    lengths = {size: f"{middle * part:g}px" for size, part in parts.items()}
    return Size(**lengths, name=name)


SIZES: Final = {
    "radius_none": 0,
    "radius_sm": 4,
    "radius_md": 8,
    "radius_lg": 12,
    "radius_xxl": 20,
    "spacing_sm": 3,
    "spacing_md": 4,
    "spacing_lg": 5,
    "text_sm": 13,
    "text_md": 15,
    "text_lg": 17,
}
"""The middle of each size, in pixels."""


def __getattr__(name: str) -> Size:
    if name not in SIZES:
        raise AttributeError(f"themes.sizes has no {name!r}; there are {', '.join(SIZES)}", name=name)
    globals()[name] = found = _size(name, SIZES[name])
    return found
