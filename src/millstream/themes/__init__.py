"""Themes by Gradio's names: `gr.themes.Soft(primary_hue="teal")` works, and so do its colours, sizes and fonts."""

from __future__ import annotations

from millstream.declare.theme import Theme
from millstream.declare.user_warnings import warn
from millstream.errors import nearest
from millstream.themes.utils import colors, fonts, sizes
from millstream.themes.utils.colors import Color
from millstream.themes.utils.fonts import Font, GoogleFont, LocalFont
from millstream.themes.utils.sizes import Size

__all__ = [
    "Base",
    "Citrus",
    "Color",
    "Default",
    "Font",
    "Glass",
    "GoogleFont",
    "LocalFont",
    "Monochrome",
    "Ocean",
    "Origin",
    "Size",
    "Soft",
    "Theme",
    "ThemeClass",
    "builder",
    "colors",
    "fonts",
    "sizes",
]

ThemeClass = Theme


def __getattr__(name: str) -> object:
    hint = nearest(name, __all__) or f"; there are {', '.join(__all__)}"
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{hint}", name=name, obj=None)


def builder(*arguments: object, **options: object) -> None:
    """Open nothing, as there is no app for designing themes: a warning says how to write one."""
    warn(
        "themes.builder() does nothing: there is no app for designing themes. Write the theme, as in "
        'theme=gr.themes.Soft(primary_hue="teal").set(accent="#8a2be2"); see docs/guide/themes.md'
    )


class Base(Theme):
    """Plain, with a blue accent."""

    def __init__(self, **arguments: object) -> None:
        super().__init__("base", **arguments)


class Default(Theme):
    """The theme of an app that names none."""

    def __init__(self, **arguments: object) -> None:
        super().__init__("default", **arguments)


class Origin(Theme):
    """Cool greys with an orange accent."""

    def __init__(self, **arguments: object) -> None:
        super().__init__("origin", **arguments)


class Ocean(Theme):
    """Blue-green, deep in the dark."""

    def __init__(self, **arguments: object) -> None:
        super().__init__("ocean", **arguments)


class Citrus(Theme):
    """Warm yellows and round corners."""

    def __init__(self, **arguments: object) -> None:
        super().__init__("citrus", **arguments)


class Soft(Theme):
    """Warm greys and large radii."""

    def __init__(self, **arguments: object) -> None:
        super().__init__("soft", **arguments)


class Glass(Theme):
    """Stone greys without a colour."""

    def __init__(self, **arguments: object) -> None:
        super().__init__("glass", **arguments)


class Monochrome(Theme):
    """Black, white and a typewriter face."""

    def __init__(self, **arguments: object) -> None:
        super().__init__("mono", **arguments)
