"""Themes: sets of values for the page's CSS custom properties, light and dark."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, Self, TypeAlias

from millstream.declare.theme_arguments import SAME, changes_of, hue_of, tokens_of
from millstream.declare.user_warnings import warn, warn_ignored
from millstream.errors import DeclarationError, nearest
from millstream.wire.plain import plain

Token: TypeAlias = str | tuple[str, str]
"""One value, or one for the light and one for the dark scheme."""

TOKENS: Final = (
    "bg", "surface", "border", "text", "muted", "accent", "accent-text", "error", "warning", "success", "time",
    "radius", "font", "mono", "space",
)  # fmt: skip
"""The tokens that a theme may set: `--ms-bg`, `--ms-surface` and so on in the page."""

NAMED: Final[Mapping[str, Mapping[str, Token]]] = {
    "default": {},
    "soft": {
        "bg": ("#f6f4f1", "#1d1b19"),
        "surface": ("#fffdfa", "#272421"),
        "border": ("#e4dfd8", "#3b3733"),
        "text": ("#2b2622", "#f0ebe5"),
        "muted": ("#6b635b", "#b0a69c"),
        "accent": ("#8a4b2a", "#e8a888"),
        "accent-text": ("#ffffff", "#2b1509"),
        "radius": "14px",
    },
    "mono": {
        "bg": ("#ffffff", "#0d0d0d"),
        "surface": ("#ffffff", "#151515"),
        "border": ("#d0d0d0", "#383838"),
        "text": ("#111111", "#f2f2f2"),
        "muted": ("#5c5c5c", "#a3a3a3"),
        "accent": ("#111111", "#f2f2f2"),
        "accent-text": ("#ffffff", "#0d0d0d"),
        "radius": "2px",
        "font": "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace",
    },
    "contrast": {
        "bg": ("#ffffff", "#000000"),
        "surface": ("#ffffff", "#000000"),
        "border": ("#000000", "#ffffff"),
        "text": ("#000000", "#ffffff"),
        "muted": ("#222222", "#dddddd"),
        "accent": ("#0000c8", "#ffe600"),
        "accent-text": ("#ffffff", "#000000"),
        "error": ("#b00000", "#ff9a9a"),
        "radius": "4px",
    },
    "ocean": {
        "bg": ("#f2f7f8", "#0a1a1f"),
        "surface": ("#ffffff", "#10252c"),
        "border": ("#cfdfe2", "#24434c"),
        "text": ("#0e2429", "#e3f1f3"),
        "muted": ("#47646b", "#9bb8be"),
        "accent": ("#0b6b75", "#6fd3de"),
        "accent-text": ("#ffffff", "#04262a"),
        "radius": "10px",
    },
    "citrus": {
        "bg": ("#fffbf0", "#1b1709"),
        "surface": ("#ffffff", "#262010"),
        "border": ("#eadfbe", "#463c1f"),
        "text": ("#2a2306", "#f7f0d8"),
        "muted": ("#6a5f35", "#bfb388"),
        "accent": ("#8a5a00", "#ffc94d"),
        "accent-text": ("#ffffff", "#2b1c00"),
        "radius": "18px",
    },
    "base": {"accent": ("#1d4ed8", "#93b4ff"), "accent-text": ("#ffffff", "#0a1a44"), "radius": "6px"},
    "origin": {
        "bg": ("#ffffff", "#0b0f19"),
        "surface": ("#ffffff", "#141a28"),
        "border": ("#e2e4e9", "#2c3547"),
        "text": ("#1f2430", "#f0f2f7"),
        "muted": ("#5b6270", "#a3abbb"),
        "accent": ("#b3400a", "#ff9d5c"),
        "accent-text": ("#ffffff", "#331300"),
        "radius": "6px",
    },
    "glass": {
        "bg": ("#eceae8", "#16181b"),
        "surface": ("#f8f7f6", "#22262b"),
        "border": ("#d2cfcb", "#3b424a"),
        "text": ("#24211e", "#eef0f2"),
        "muted": ("#5e5954", "#a6afb8"),
        "accent": ("#4a453f", "#d4cfc8"),
        "accent-text": ("#ffffff", "#22201d"),
        "radius": "12px",
    },
}
"""The themes that `theme="…"` knows."""

SYNONYMS: Final = {"monochrome": "mono"}
"""Gradio's names for them."""


class Theme:
    """A named theme with changes; `set` makes more.

    Fonts are used where the visitor's machine has them: a page loads none from elsewhere.

    Args:
        base: One of the names in `NAMED`.
        primary_hue: Hue of the accent, such as `"teal"` or `themes.colors.teal`.
        secondary_hue: For Gradio's variables that name it.
        neutral_hue: Hue of the ground, of borders and texts.
        radius_size: `"radius_none"`, `"radius_sm"`, `"radius_md"`, `"radius_lg"`, `"radius_xxl"`, or of `themes.sizes`.
        spacing_size: `"spacing_sm"`, `"spacing_md"` or `"spacing_lg"`, or of `themes.sizes`.
        font: A font, or a list of them, the first that the machine has being taken.
        font_mono: The same for code.
        ignored: Other arguments of Gradio's themes, accepted with a warning.

    Raises:
        DeclarationError: There is no theme of that name.
    """

    def __init__(
        self,
        base: str = "default",
        *,
        primary_hue: object = None,
        secondary_hue: object = None,
        neutral_hue: object = None,
        radius_size: object = None,
        spacing_size: object = None,
        font: object = None,
        font_mono: object = None,
        **ignored: object,
    ) -> None:
        if base not in NAMED:
            raise DeclarationError(f"theme={base!r} is unknown{_known(base, NAMED)}, or give a dict of tokens")
        warn_ignored(f"{type(self).__name__}()", [name for name in ignored if name not in ("text_size", "name")])
        hues = {"primary": primary_hue, "secondary": secondary_hue, "neutral": neutral_hue}
        self._hues = {name: hue_of(given) for name, given in hues.items()}
        arguments = {"primary_hue": primary_hue, "neutral_hue": neutral_hue, "radius_size": radius_size}
        arguments |= {"spacing_size": spacing_size, "font": font, "font_mono": font_mono}
        self.tokens: dict[str, Token] = {**NAMED[base], **tokens_of(arguments)}

    def set(self, **changes: object) -> Self:
        """Change tokens, with underscores for hyphens: `set(accent="#06c", accent_text="#fff")`.

        Gradio's names are taken where a token here is about the same, such as `body_background_fill` and
        `button_primary_background_fill_dark`; others are ignored with a warning.
        """
        own = {short: value for name, value in changes.items() if (short := name.replace("_", "-")) in TOKENS}
        others = {name: value for name, value in changes.items() if name.replace("_", "-") not in TOKENS}
        warn_ignored(
            f"{type(self).__name__}.set()", [name for name in others if name.removesuffix("_dark") not in SAME]
        )
        self.tokens.update(_checked(changes_of(others, self._hues, self.tokens)))
        self.tokens.update(_checked(own))
        return self


ThemeLike: TypeAlias = str | Theme | Mapping[str, Token] | None


def theme_tokens(theme: ThemeLike) -> dict[str, str]:
    """Give the CSS custom properties of a theme, such as `{"--ms-accent": "#06c"}`.

    Raises:
        DeclarationError: The theme or one of its tokens is unknown, or a value is no CSS value.
    """
    if theme is None or theme == "":
        return {}
    if not isinstance(theme, str | Theme | Mapping):
        raise DeclarationError(f"theme={theme!r} is unknown: give a name, an object of `themes`, or a dict of tokens")
    if isinstance(theme, str):
        theme = _named(theme.strip())
    tokens = theme.tokens if isinstance(theme, Theme) else _checked(theme)
    return {f"--ms-{name}": _css(value) for name, value in tokens.items()}


def _named(name: str) -> Theme:
    if "/" in name:
        warn(f"theme={name!r}: themes are not fetched from a hub; the default is taken")
        return Theme()
    folded = name.lower()
    return Theme(SYNONYMS.get(folded, folded))


def _checked(given: Mapping[str, object]) -> dict[str, Token]:
    tokens: dict[str, Token] = {}
    for name, value in given.items():
        short = str(name).removeprefix("--ms-").replace("_", "-")
        if short not in TOKENS:
            raise DeclarationError(f"the theme sets {name!r}, which is not a token{_known(short, TOKENS)}")
        parts = [plain(part) for part in (value if isinstance(value, tuple | list) else (value,))]
        texts = [part for part in parts if isinstance(part, str) and _is_css(part)]
        if len(parts) > 2 or texts != parts:
            raise DeclarationError(f"the theme's {name!r} is {value!r}: give a CSS value, or a pair for light and dark")
        tokens[short] = (texts[0], texts[1]) if len(texts) == 2 else texts[0]
    return tokens


def _known(name: str, known: Iterable[str]) -> str:
    near = nearest(name, known)
    return f"{near} There are {', '.join(known)}" if near else f"; there are {', '.join(known)}"


def _is_css(value: str) -> bool:
    """Accept what can be one value of a custom property and nothing that ends it."""
    return bool(value.strip()) and re.search(r"[;{}<>\\]|/\*", value) is None


def _css(value: Token) -> str:
    return value if isinstance(value, str) else f"light-dark({value[0]}, {value[1]})"
