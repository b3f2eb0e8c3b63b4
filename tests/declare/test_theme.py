import re

import pytest

import millstream as gr
from millstream import themes
from millstream.declare.theme import NAMED, TOKENS, Theme, theme_tokens
from millstream.errors import DeclarationError


def test_no_theme_changes_nothing() -> None:
    assert theme_tokens(None) == {}
    assert theme_tokens("default") == {}


def test_tokens_become_properties() -> None:
    assert theme_tokens({"accent": "#06c", "--ms-radius": "2px", "accent_text": ("#fff", "#000")}) == {
        "--ms-accent": "#06c",
        "--ms-radius": "2px",
        "--ms-accent-text": "light-dark(#fff, #000)",
    }


def test_named_themes() -> None:
    for name in NAMED:
        assert all(prop.removeprefix("--ms-") in TOKENS for prop in theme_tokens(name))
    assert theme_tokens("Soft") == theme_tokens(Theme("soft"))


def test_gradios_names_of_themes_are_known_as_texts_too() -> None:
    for name in ("Base", "Citrus", "Default", "Glass", "Monochrome", "Ocean", "Origin", "Soft"):
        assert theme_tokens(name.lower()) == theme_tokens(getattr(themes, name)())


def test_an_unknown_theme() -> None:
    with pytest.raises(DeclarationError, match="theme='dracula' is unknown; there are default, soft, mono, contrast"):
        gr.Blocks(theme="dracula")


@pytest.mark.parametrize("theme", [{"colour": "#fff"}, {"bg": 5}, {"bg": ("a", "b", "c")}, {"bg": ""}])
def test_tokens_that_are_none(theme: dict) -> None:
    with pytest.raises(DeclarationError):
        theme_tokens(theme)


@pytest.mark.parametrize("value", ["red; } body { display: none", "</style>", "url(x) /* ", "a{", "\\3c"])
def test_a_value_cannot_end_its_property(value: str) -> None:
    with pytest.raises(DeclarationError, match="give a CSS value"):
        theme_tokens({"bg": value})


def test_set_changes_own_tokens_and_warns_of_others() -> None:
    assert theme_tokens(Theme().set(accent="#123456")) == {"--ms-accent": "#123456"}
    with pytest.warns(UserWarning, match="ignores button_primary_shadow"):
        theme = Theme().set(accent_text="#fff", button_primary_shadow="red")
    assert theme_tokens(theme) == {"--ms-accent-text": "#fff"}


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


THEMES = {**{name: Theme(name) for name in NAMED}, "ocean": gr.themes.Ocean(), "citrus": gr.themes.Citrus()}


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("scheme", [0, 1])
def test_text_can_be_read_in_both_schemes(name: str, scheme: int) -> None:
    tokens = {key: value[scheme] for key, value in THEMES[name].tokens.items() if isinstance(value, tuple)}
    pairs = [("text", "bg"), ("text", "surface"), ("muted", "bg"), ("muted", "surface"), ("accent-text", "accent")]
    for front, back in [*pairs, ("accent", "surface")]:
        if front in tokens and back in tokens:
            assert re.fullmatch("#[0-9a-f]{6}", tokens[front])
            assert contrast(tokens[front], tokens[back]) >= 4.5, (front, back)
