import pytest

import millstream as gr
from millstream.declare.theme import theme_tokens


@pytest.mark.parametrize("name", ["Base", "Default", "Origin", "Ocean", "Citrus", "Soft", "Glass", "Monochrome"])
def test_gradios_names(name: str) -> None:
    with gr.Blocks(theme=getattr(gr.themes, name)()) as demo:
        pass
    assert demo.freeze().page()["theme"] == theme_tokens(getattr(gr.themes, name)())


def test_arguments_of_gradios_themes_are_ignored_with_a_warning() -> None:
    with pytest.warns(UserWarning, match="Soft\\(\\) ignores primary_hue"):
        gr.themes.Soft(primary_hue="red")


def test_objects_do_not_share_their_tokens() -> None:
    gr.themes.Soft().set(accent="#000000")
    assert gr.themes.Soft().tokens["accent"] != "#000000"


def test_fonts_and_colours_of_gradios_themes_are_ignored_with_a_warning() -> None:
    with pytest.warns(UserWarning, match=r"themes\.GoogleFont has no meaning in Millstream.*theme\.set") as caught:
        font = gr.themes.GoogleFont("Inter", weights=(400, 600))
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="no meaning in Millstream"):
        theme = gr.themes.Soft(primary_hue=gr.themes.colors.red, text_size=gr.themes.sizes.text_lg.xl, font=[font])
    assert theme.tokens == gr.themes.Soft().tokens


def test_a_theme_of_a_hub_is_not_fetched() -> None:
    with pytest.warns(UserWarning, match="theme='somebody/pretty': themes are not fetched from a hub; the default is"):
        assert theme_tokens("somebody/pretty") == theme_tokens("default")
