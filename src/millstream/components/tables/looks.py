"""The looks of cells: texts in their place, and the colours of a pandas `Styler`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final

from millstream.components.tables.table import Looks
from millstream.wire.plain import brief, well_formed

PROPERTIES: Final[Mapping[str, re.Pattern[str]]] = {
    "color": re.compile(r"#[0-9a-f]{3,8}|[a-z]{3,30}|(?:rgb|hsl)a?\([\d\s.,%/]{5,60}\)", re.IGNORECASE),
    "font-weight": re.compile(r"normal|bold|bolder|lighter|[1-9]00", re.IGNORECASE),
    "font-style": re.compile(r"normal|italic|oblique", re.IGNORECASE),
    "text-decoration": re.compile(r"none|underline|line-through", re.IGNORECASE),
    "text-align": re.compile(r"left|right|center|start|end", re.IGNORECASE),
}
"""CSS properties of a cell that are shown, and the values that they may have."""

ALIASES: Final = {"background-color": "color", "background": "color"}

GRADIENT: Final = re.compile(
    r"(?:linear|radial|conic)-gradient\((?:[a-z\d\s.,%#-]|(?:rgb|hsl)a?\([\d\s.,%/]{5,60}\)){5,300}\)", re.IGNORECASE
)
"""A background that is drawn from colours alone: nothing is loaded for it."""

MAX_DISPLAY: Final = 10_000
"""Characters of a text that is shown in the place of a cell."""


class Palette:
    """Numbers the styles that occur."""

    def __init__(self) -> None:
        self.styles: list[Mapping[str, str]] = []
        self._numbers: dict[str, int] = {}

    def number(self, css: str) -> int:
        """Give the number of a style that is written as CSS; -1 if nothing of it is shown."""
        known = self._numbers.get(css)
        if known is None:
            style = harmless(css)
            known = self._numbers[css] = self.styles.index(style) if style in self.styles else len(self.styles)
            if not style:
                known = self._numbers[css] = -1
            elif known == len(self.styles):
                self.styles.append(style)
        return known


def harmless(css: str) -> dict[str, str]:
    """Read declarations of CSS, and keep those of colours and type, which can do no harm."""
    style = {}
    for declaration in css.split(";")[:20]:
        name, _, value = (part.strip() for part in declaration.partition(":"))
        name, value = name.lower(), value.removesuffix("!important").strip()
        if name in ("background", "background-image") and GRADIENT.fullmatch(value[:500]):
            style["background-image"] = value
        pattern = PROPERTIES.get(ALIASES.get(name, name))
        if pattern is not None and len(value) < 80 and pattern.fullmatch(value):
            style["background-color" if name == "background" else name] = value
    return style


def styler_looks(styler: Any, hidden: AbstractSet[int]) -> Looks:
    """Read the texts and colours of a `Styler`, but for hidden columns."""
    shown = styler._compute()._translate(None, None)  # as `to_html` does: pandas has no public way to them
    css = {
        selector: "; ".join(f"{name}: {value}" for name, value in style["props"])
        for style in shown.get("cellstyle", ())
        for selector in style["selectors"]
    }
    palette = Palette()
    display, styles = [], []
    for row in shown["body"]:
        cells = [cell for cell in row if cell["type"] == "td"]
        cells = [cell for at, cell in enumerate(cells) if at not in hidden]
        display.append(tuple(_text(cell["display_value"]) for cell in cells))
        styles.append(tuple(palette.number(css.get(cell["id"], "")) for cell in cells))
    return Looks(tuple(display), tuple(palette.styles), tuple(styles) if palette.styles else ())


def looks_of(metadata: object) -> Looks | None:
    """Read the `metadata` of a dict, as Gradio has it: `display_value` and `styling`, lists of rows of texts."""
    if not isinstance(metadata, Mapping):
        return None
    palette = Palette()
    display = [
        tuple(None if one is None else _text(one) for one in row) for row in _grid(metadata.get("display_value"))
    ]
    styles = [tuple(palette.number(str(one or "")) for one in row) for row in _grid(metadata.get("styling"))]
    if not display and not palette.styles:
        return None
    return Looks(tuple(display), tuple(palette.styles), tuple(styles) if palette.styles else ())


def _grid(rows: object) -> Iterable[Sequence[object]]:
    if rows is None or isinstance(rows, str) or not isinstance(rows, Iterable):
        return ()
    return [tuple(row) if isinstance(row, Iterable) and not isinstance(row, str) else () for row in rows]


def _text(value: object) -> str:
    text = value if isinstance(value, str) else brief(value) if isinstance(value, bytes) else str(value)
    return well_formed(text[:MAX_DISPLAY])
