"""The page about moving from Gradio tells the truth about what is there and what is not."""

import re

import pytest
from tests.docs.pages import ROOT, text_of

import millstream as gr

PAGE = text_of(ROOT / "docs" / "guide" / "moving-from-gradio.md")


def section(heading: str) -> str:
    return PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]


def names(text: str) -> list[str]:
    """Names of Gradio's in backticks: `Blocks`, `gr.on`, `Interface(live=True)`."""
    found = re.findall(r"`(?:gr\.)?([A-Za-z]\w+)(?:\([^`]*\))?`", text)
    return sorted({name for name in found if name[0].isupper() or re.search(rf"`gr\.{name}\b", text)})


@pytest.mark.parametrize("name", names(section("The same")))
def test_what_is_the_same_is_there(name: str) -> None:
    assert hasattr(gr, name)


MISSING = "\n".join(row.split(" | ")[0] for row in section("Not there yet").splitlines())


@pytest.mark.parametrize("name", names(MISSING))
def test_what_is_not_there_is_not_there(name: str) -> None:
    with pytest.raises(AttributeError, match=name):
        getattr(gr, name)


def test_what_means_nothing_here_is_a_warning() -> None:
    with gr.Blocks(), pytest.warns(UserWarning, match="scroll_to_output"):
        gr.Button().click(lambda: None, scroll_to_output=True)


def test_the_themes_of_gradio_have_names_here() -> None:
    assert gr.Blocks(theme=gr.themes.Soft()).look.theme
