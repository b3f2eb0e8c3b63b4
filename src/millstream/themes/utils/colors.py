"""Hues with their shades: `colors.teal`, `colors.teal.c500`."""

from __future__ import annotations

from typing import ClassVar

from millstream.declare.palette import HUES, SHADES, shade


class Color:
    """A hue: eleven shades, from the lightest to the darkest, as CSS colours.

    Args:
        c50, c100, c200, c300, c400, c500, c600, c700, c800, c900, c950: The shades.
        name: Its name; one of the hues here is used for a theme.
    """

    all: ClassVar[list[Color]] = []

    def __init__(  # noqa: PLR0913 - as Gradio has it
        self,
        c50: str,
        c100: str,
        c200: str,
        c300: str,
        c400: str,
        c500: str,
        c600: str,
        c700: str,
        c800: str,
        c900: str,
        c950: str,
        name: str | None = None,
    ) -> None:
        self.c50, self.c100, self.c200, self.c300, self.c400 = c50, c100, c200, c300, c400
        self.c500, self.c600, self.c700, self.c800, self.c900, self.c950 = c500, c600, c700, c800, c900, c950
        self.name = name or ""
        Color.all.append(self)

    def expand(self) -> list[str]:
        """Give the shades, from the lightest to the darkest."""
        return [str(getattr(self, f"c{number}")) for number in SHADES]


for _hue in HUES:
    _shades = {f"c{number}": shade(_hue, number) for number in SHADES}
    globals()[_hue] = Color(**_shades, name=_hue)


def __getattr__(name: str) -> Color:
    raise AttributeError(f"themes.colors has no {name!r}; there are {', '.join(HUES)}", name=name)
