"""`Brush`, `Eraser` and `LayerOptions`: the tools of an `ImageEditor`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from millstream.declare.arguments import PlainArguments, is_number
from millstream.errors import DeclarationError
from millstream.wire.messages import Value

Color: TypeAlias = str | tuple[str, float]

COLORS: Final = ("#cc3232", "#adcc32", "#32cc70", "#3270cc", "#ad32cc")
LARGEST: Final = 500
"""The largest brush, in pixels."""

MAX_LAYERS: Final = 20
_COLOR: Final = re.compile(r"#[0-9a-fA-F]{3,8}|[a-zA-Z]{1,30}|(rgb|hsl)a?\([0-9a-z.,%/ +-]{1,60}\)")


@dataclass(frozen=True)
class Eraser(metaclass=PlainArguments):
    """The eraser of an `ImageEditor`.

    Attributes:
        default_size: Its diameter at first in pixels of the image; `"auto"` for one that fits the image.
    """

    default_size: int | Literal["auto"] = "auto"

    def __post_init__(self) -> None:
        size = self.default_size
        if size != "auto" and not (is_number(size) and 1 <= float(size) <= LARGEST):
            name = type(self).__name__
            raise DeclarationError(f"{name}: default_size={size!r} is not 'auto', and not 1 to {LARGEST}")

    def prop(self) -> dict[str, Value]:
        """Give what the page has to know of it."""
        return {"size": None if self.default_size == "auto" else self.default_size}


@dataclass(frozen=True)
class Brush(Eraser):
    """The brush of an `ImageEditor`.

    Attributes:
        default_size: Its diameter at first in pixels of the image; `"auto"` for one that fits the image.
        colors: The colours to choose from, as CSS has them, each alone or as `(color, opacity)`; five by default.
        default_color: The one at first; by default the first of `colors`.
        color_mode: `"fixed"` if only `colors` may be chosen, `"defaults"` if any other may be chosen as well.
    """

    colors: Sequence[Color] | str | None = None
    default_color: Color | None = None
    color_mode: Literal["fixed", "defaults"] = "defaults"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.color_mode not in ("fixed", "defaults"):
            raise DeclarationError(f"Brush: color_mode={self.color_mode!r} is not 'fixed' or 'defaults'")
        self.prop()

    def prop(self) -> dict[str, Value]:
        given = [self.colors] if isinstance(self.colors, str) else list(self.colors or COLORS)
        colors: list[Value] = [_color(one) for one in given]
        first = colors[0] if self.default_color is None else _color(self.default_color)
        return {**super().prop(), "colors": colors, "color": first, "is_fixed": self.color_mode == "fixed"}


@dataclass(frozen=True)
class LayerOptions(metaclass=PlainArguments):
    """The layers of an `ImageEditor`.

    Attributes:
        allow_additional_layers: Whether the user may add layers.
        layers: Names of those that there are at first; one by default.
        disabled: Whether there is only one layer, and nothing to choose.
    """

    allow_additional_layers: bool = True
    layers: Sequence[str] | None = None
    disabled: bool = False

    @property
    def names(self) -> list[str]:
        """The names of the layers that there are at first."""
        return [str(name) for name in self.layers or ["Layer 1"]][:MAX_LAYERS]


def _color(given: object) -> Value:
    """Give a colour and its opacity.

    Raises:
        DeclarationError: It is none.
    """
    color, opacity = given if isinstance(given, list | tuple) and len(given) == 2 else (given, 1)
    if not (isinstance(color, str) and _COLOR.fullmatch(color) and is_number(opacity) and 0 <= opacity <= 1):
        raise DeclarationError(f"Brush: {given!r} is not a colour such as '#ff8800', and no (colour, opacity)")
    return [color, opacity]
