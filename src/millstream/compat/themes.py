"""Gradio's names for themes, each the nearest of ours: `gr.themes.Soft()` works."""

from __future__ import annotations

from typing import Self

from millstream.compat.substitutes import THEMES
from millstream.declare.theme import Theme
from millstream.declare.user_warnings import warn
from millstream.errors import nearest

__all__ = ["Base", "Citrus", "Default", "Glass", "Monochrome", "Ocean", "Origin", "Soft", "Theme"]


class _Ignored:
    """Stands for the hues, sizes and fonts of Gradio's themes, whose arguments are ignored here."""

    def __call__(self, *arguments: object, **keywords: object) -> Self:
        return self

    def __getattr__(self, name: str) -> Self:
        if name.startswith("_"):
            raise AttributeError(name)
        return self


def __getattr__(name: str) -> _Ignored:
    if name in THEMES:
        warn(f"themes.{name} has no meaning in Millstream: give the tokens themselves: theme.set(accent=…, font=…)")
        return _Ignored()
    hint = nearest(name, __all__) or f"; there are {', '.join(__all__)}"
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{hint}", name=name, obj=None)


class Base(Theme):
    """The default theme."""

    def __init__(self, **ignored: object) -> None:
        super().__init__("default", **ignored)


class Default(Base):
    """The default theme."""


class Origin(Base):
    """The default theme."""


class Ocean(Theme):
    """The default theme with a blue-green accent."""

    def __init__(self, **ignored: object) -> None:
        super().__init__("ocean", **ignored)


class Citrus(Theme):
    """The default theme with a warm accent."""

    def __init__(self, **ignored: object) -> None:
        super().__init__("citrus", **ignored)


class Soft(Theme):
    """Warm greys and large radii."""

    def __init__(self, **ignored: object) -> None:
        super().__init__("soft", **ignored)


class Glass(Soft):
    """The same as `Soft`."""


class Monochrome(Theme):
    """Black, white and a typewriter face."""

    def __init__(self, **ignored: object) -> None:
        super().__init__("mono", **ignored)
