import re
import time

import pytest

from millstream.components.text.formulas import DOLLARS, read_delimiters
from millstream.components.text.markdown_html import Style, prose
from millstream.errors import DeclarationError

SINGLE = {"left": "$", "right": "$", "display": False}
ROUND = {"left": "\\(", "right": "\\)", "display": False}
SQUARE = {"left": "\\[", "right": "\\]", "display": True}
ALIGNED = {"left": "\\begin{align}", "right": "\\end{align}", "display": True}
ALL = Style(
    delimiters=read_delimiters([{"left": "$$", "right": "$$", "display": True}, SINGLE, ROUND, SQUARE, ALIGNED], "")
)


def found(text: str, style: Style = ALL) -> list[tuple[str, str]]:
    """Give what is cut from the source of each formula, and the source."""
    return re.findall(
        r'<span class="ms-formula" data-cut="([\d ]+)"(?: data-display="")?>(.*?)</span>', prose(text, style), re.S
    )


def test_signs_of_markdown_mean_nothing_within_a_formula():
    assert found("so $$a_1 * b_1 * c$$ and $x_1*y_1*z$.") == [("2 2", "$$a_1 * b_1 * c$$"), ("1 1", "$x_1*y_1*z$")]
    assert "<em>" not in prose("so $$a_1 * b_1 * c$$ and $x_1*y_1*z$.", ALL)


def test_by_default_only_what_is_between_two_dollars_is_a_formula():
    assert found("$$x$$ and $y$", Style()) == [("2 2", "$$x$$")]


def test_without_delimiters_nothing_is_a_formula():
    assert found("$$x$$ and $y$", Style(delimiters=read_delimiters([], ""))) == []


@pytest.mark.parametrize("text", ["$5 and $6", "$5 and 6$7", "\\$x$", "a $ b $ c", "$x\\$", "`$x$`", "```\n$$x$$\n```"])
def test_prices_and_code_are_no_formulas(text: str) -> None:
    assert found(text) == []


def test_what_stands_for_itself_is_not_cut():
    assert found("\\begin{align}\na\n\\end{align}") == [("0 0", "\\begin{align}\na\n\\end{align}")]


@pytest.mark.parametrize("text", ["$$\na\n- b\n# c\n=\n$$", "\\[\na\n> b\n1. c\n\\]"])
def test_in_a_formula_of_several_lines_nothing_is_a_list_or_a_heading(text: str) -> None:
    assert prose(f"so\n{text}\nand", ALL).count("<p>") == 3
    assert [source.replace("&gt;", ">") for _, source in found(text)] == [text]


def test_a_formula_stays_within_the_list_or_quote_in_which_it_stands():
    assert prose("> $$\n> a\n> $$\n\nb", ALL).endswith("</blockquote>\n<p>b</p>\n")
    assert prose("- $$a\nb$$", ALL).endswith("</ul>\n<p>b$$</p>\n")


@pytest.mark.parametrize("text", ["$$\na *b*\n- c", "$$ \\sum_1 * b * c"])
def test_a_formula_that_is_being_written_is_a_text(text: str) -> None:
    shown = prose(f"so\n\n{text}", ALL)
    assert shown == f"<p>so</p>\n<p>{text}</p>\n".replace("\n- ", "<br>\n- ").replace("$$\n", "$$<br>\n")


def test_a_text_that_follows_on_the_last_line_belongs_to_the_paragraph():
    assert prose("\\[ x\n- y\n\\] and *b*", ALL).endswith("\\]</span> and <em>b</em></p>\n")


def test_a_text_that_grows_ends_as_if_it_had_come_at_once():
    text = "so\n\n$$\na\n- b\n\n$$\nx\n$$\n\n" + "c *d* $e$ \\[f\n- g\n\\] h\n\n" * 20
    for end in range(0, len(text), 7):
        prose(text[:end], ALL)
    grown = prose(text, ALL)
    assert grown == prose(
        text, ALL._replace(delimiters=(*ALL.delimiters, *read_delimiters([{"left": "@@@", "right": "@@@"}], "")))
    )


@pytest.mark.parametrize(
    "unit", ["$$", "\\[ a\n", "- $$\n", "$ {", "$\\$", "\\[ a\n" * 350 + "\\] x\n", "> \\[ a\n", "$a "]
)
def test_hostile_texts_take_linear_time(unit: str) -> None:
    def seconds(length: int) -> float:
        begun = time.thread_time()
        prose(unit * (length // len(unit)), ALL)
        return time.thread_time() - begun

    prose("warm", ALL)
    short, long = seconds(25_000), seconds(100_000)
    assert long < 12 * short + 0.2


@pytest.mark.parametrize(
    "given", ["$", {"left": "$"}, [["$", "$"]], [{"left": "", "right": "$"}], [{"left": 1, "right": 2}], [SINGLE] * 21]
)
def test_other_delimiters_are_refused_with_an_example(given: object) -> None:
    with pytest.raises(DeclarationError, match=r'Markdown: latex_delimiters is a list such as \[\{"left"'):
        read_delimiters(given, "Markdown")


def test_no_delimiters_are_gradios_own():
    assert read_delimiters(None, "") == DOLLARS
