"""Themes by Gradio's names: `gr.themes.Soft(primary_hue="teal")` works, and so do its colours, sizes and fonts."""

from __future__ import annotations

from millstream.declare.theme import Theme
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
    "colors",
    "fonts",
    "sizes",
]

ThemeClass = Theme


def __getattr__(name: str) -> object:
    if name == "builder":
        raise AttributeError(
            "themes.builder does not exist here: set tokens with theme.set(…), or give a dict", name=name
        )
    hint = nearest(name, __all__) or f"; there are {', '.join(__all__)}"
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{hint}", name=name, obj=None)


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
