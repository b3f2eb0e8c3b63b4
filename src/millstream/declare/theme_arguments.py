"""Gradio's arguments of themes, brought to the tokens of a theme here, as far as they mean something."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from millstream.declare.palette import HUES, SHADES, shade

Token = str | tuple[str, str]

RADII: Final = {"none": "0px", "sm": "4px", "md": "8px", "lg": "12px", "xxl": "20px"}
SPACES: Final = {"sm": "3px", "md": "4px", "lg": "5px"}

SAME: Final[Mapping[str, str]] = {
    "body_background_fill": "bg",
    "background_fill_secondary": "bg",
    "background_fill_primary": "surface",
    "block_background_fill": "surface",
    "border_color_primary": "border",
    "block_border_color": "border",
    "body_text_color": "text",
    "body_text_color_subdued": "muted",
    "block_info_text_color": "muted",
    "color_accent": "accent",
    "button_primary_background_fill": "accent",
    "button_primary_text_color": "accent-text",
    "error_text_color": "error",
    "block_radius": "radius",
    "container_radius": "radius",
    "button_large_radius": "radius",
}
"""Gradio's names of what a token here is about, too."""


def tokens_of(arguments: Mapping[str, object]) -> dict[str, Token]:
    """Give the tokens for hues, sizes and fonts."""
    tokens: dict[str, Token] = {}
    if (primary := hue_of(arguments.get("primary_hue"))) is not None:
        tokens["accent"] = shade(primary, 600), shade(primary, 400)
        tokens["accent-text"] = "#ffffff", shade(primary, 950)
    if (neutral := hue_of(arguments.get("neutral_hue"))) is not None:
        tokens["bg"] = shade(neutral, 50), shade(neutral, 950)
        tokens["surface"] = "#ffffff", f"color-mix(in oklab, {shade(neutral, 950)} 60%, {shade(neutral, 900)})"
        tokens["border"] = shade(neutral, 200), shade(neutral, 800)
        tokens["text"] = shade(neutral, 950), shade(neutral, 100)
        tokens["muted"] = shade(neutral, 600), shade(neutral, 400)
    for argument, token, sizes in (("radius_size", "radius", RADII), ("spacing_size", "space", SPACES)):
        name = _word(arguments.get(argument)).rpartition("_")[2]
        if name in sizes:
            tokens[token] = sizes[name]
    for argument, token, last in (("font", "font", "sans-serif"), ("font_mono", "mono", "monospace")):
        if arguments.get(argument):
            tokens[token] = families(arguments[argument], last)
    return tokens


def families(given: object, last: str) -> str:
    """Write fonts as CSS has them, with one at the end that every machine has."""
    listed = given if isinstance(given, list | tuple) else [given]
    names = [re.sub(r"[^\w .-]", "", _word(one)).strip() for one in listed]
    quoted = [f"'{name}'" if " " in name else name for name in names if name]
    return ", ".join(dict.fromkeys([*quoted, last]))


def changes_of(
    given: Mapping[str, object], hues: Mapping[str, str | None], known: Mapping[str, Token]
) -> dict[str, Token]:
    """Give the tokens that Gradio's variables stand for; a name that ends in `_dark` is about the dark scheme.

    Args:
        given: Values by variable; `*primary_500` is a shade of a hue of the theme.
        hues: The hues of the theme: `primary`, `secondary` and `neutral`.
        known: The tokens as they are.
    """
    halves: dict[str, dict[str, str]] = {}
    for name, value in given.items():
        token = SAME.get(name.removesuffix("_dark"))
        text = _resolved(value, hues)
        if token is not None and text is not None:
            halves.setdefault(token, {}).setdefault("dark" if name.endswith("_dark") else "light", text)
    radius = halves.pop("radius", {}).get("light")  # no length has two schemes
    tokens = {token: _paired(found, known.get(token)) for token, found in halves.items()}
    return tokens if radius is None else {**tokens, "radius": radius}


def _paired(found: Mapping[str, str], known: Token | None) -> Token:
    before = (known, known) if isinstance(known, str) or known is None else known
    light = found.get("light") or before[0]
    dark = found.get("dark") or (found["light"] if known is None else before[1])
    return (light, dark) if light is not None and dark is not None and light != dark else str(light or dark)


def _resolved(value: object, hues: Mapping[str, str | None]) -> str | None:
    """Give a value as CSS; `None` for one that is no single colour or length here."""
    text = str(value or "").strip()
    if found := re.fullmatch(r"\*(primary|secondary|neutral)_(\d+)", text):
        hue = hues.get(found[1])
        return shade(hue, int(found[2])) if hue is not None and int(found[2]) in SHADES else None
    return None if not text or text.startswith("*") or "gradient" in text or "var(" in text else text


def hue_of(given: object) -> str | None:
    """Give the name of a hue, of a name or an object of `themes.colors`; `None` if it is none."""
    name = _word(given).lower()
    return name if name in HUES else None


def _word(given: object) -> str:
    return given if isinstance(given, str) else str(getattr(given, "name", "") or "")
