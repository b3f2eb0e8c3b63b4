import warnings

import pytest

import millstream as gr
from millstream.declare.palette import HUES, SHADES
from millstream.declare.theme import NAMED, theme_tokens
from millstream.themes.base import Base
from millstream.themes.utils import colors, fonts, sizes

CLASSES = ["Base", "Citrus", "Default", "Glass", "Monochrome", "Ocean", "Origin", "Soft"]


@pytest.mark.parametrize("name", CLASSES)
def test_gradios_names(name: str) -> None:
    with gr.Blocks(theme=getattr(gr.themes, name)()) as demo:
        pass
    assert demo.freeze().page()["theme"] == theme_tokens(getattr(gr.themes, name)()) == theme_tokens(name.lower())


def test_they_look_different() -> None:
    assert len({str(theme_tokens(getattr(gr.themes, name)())) for name in CLASSES}) == len(CLASSES)
    assert len(NAMED) == 9


def test_hues_sizes_and_fonts() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        theme = gr.themes.Soft(
            primary_hue="teal", secondary_hue=colors.pink, neutral_hue=gr.themes.colors.slate,
            radius_size=sizes.radius_lg, spacing_size="spacing_sm", text_size=gr.themes.sizes.text_lg,
            font=[gr.themes.GoogleFont("Some Face"), "Other", "sans-serif"], font_mono=fonts.LocalFont("Code};*{"),
        )  # fmt: skip
    tokens = theme_tokens(theme)
    assert tokens["--ms-accent"] == f"light-dark({colors.teal.c600}, {colors.teal.c400})"
    assert tokens["--ms-bg"] == f"light-dark({colors.slate.c50}, {colors.slate.c950})"
    assert (tokens["--ms-radius"], tokens["--ms-space"]) == ("12px", "3px")
    assert tokens["--ms-font"] == "'Some Face', Other, sans-serif"
    assert tokens["--ms-mono"] == "Code, monospace"


def test_gradios_variables_are_taken_where_a_token_is_about_the_same() -> None:
    with pytest.warns(UserWarning, match=r"Base.set\(\) ignores slider_color") as caught:
        theme = Base(primary_hue="rose").set(
            body_background_fill="#fff8f8",
            body_background_fill_dark="*primary_950",
            button_primary_background_fill="linear-gradient(90deg, *primary_300, *secondary_400)",
            button_primary_text_color_dark="black",
            block_radius="3px",
            color_accent="*tertiary_500",
            slider_color="red",
            muted="gray",
        )
    assert caught[0].filename == __file__
    tokens = theme_tokens(theme)
    assert tokens["--ms-bg"] == f"light-dark(#fff8f8, {colors.rose.c950})"
    assert tokens["--ms-accent"] == f"light-dark({colors.rose.c600}, {colors.rose.c400})"
    assert tokens["--ms-accent-text"] == "light-dark(#ffffff, black)"
    assert (tokens["--ms-radius"], tokens["--ms-muted"]) == ("3px", "gray")
    with pytest.raises(gr.DeclarationError, match="give a CSS value"):
        Base().set(block_background_fill="red; } body { display: none")


def test_colours_and_sizes_of_an_app() -> None:
    own = gr.themes.Color(*(f"#{number:03d}" for number in range(11)), name="own")  # type: ignore[misc]
    assert own.expand()[0] == "#000"
    assert theme_tokens(gr.themes.Base(primary_hue=own)) == theme_tokens("base")
    assert len(gr.themes.colors.blue.expand()) == len(SHADES)
    assert all(hasattr(colors, hue) for hue in HUES)
    assert gr.themes.Size("1px", "2px", "3px", "4px", "5px", "6px", "7px").expand()[-1] == "7px"
    assert gr.themes.Font("A") == gr.themes.LocalFont("A")
    with pytest.raises(AttributeError, match=r"themes\.colors has no 'mauve'"):
        _ = gr.themes.colors.mauve


def test_the_builder_of_themes_says_how_to_write_one() -> None:
    with pytest.warns(UserWarning, match=r"themes\.builder\(\) does nothing.*docs/guide/themes\.md"):
        gr.themes.builder(share=True)


def test_objects_do_not_share_their_tokens() -> None:
    gr.themes.Soft().set(accent="#000000")
    assert gr.themes.Soft().tokens["accent"] != "#000000"


def test_a_theme_of_a_hub_is_not_fetched() -> None:
    with pytest.warns(UserWarning, match="theme='somebody/pretty': themes are not fetched from a hub; the default is"):
        assert theme_tokens("somebody/pretty") == theme_tokens("default")
