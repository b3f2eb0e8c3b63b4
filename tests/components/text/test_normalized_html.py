import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.components.text.html_elements import VOID_TAGS
from millstream.components.text.normalized_html import MAX_ATTRIBUTES, MAX_DEPTH, Flattener, finished, flattened
from millstream.components.text.sanitized_html import MAX_COST, TOO_LARGE, cleaned, sanitised

PIECES = [
    *(
        "<div>",
        "</div>",
        "<p>",
        "</p>",
        "<b>",
        "</b>",
        "<i id=1>",
        "</i>",
        "<a href=x>",
        "</a>",
        "<li>",
        "<ul>",
        "</ul>",
    ),
    *(
        "<table>",
        "</table>",
        "<tr>",
        "<td>",
        "</td>",
        "<caption>",
        "<col>",
        "<svg>",
        "</svg>",
        "<circle/>",
        "<circle r=1/>",
    ),
    *(
        "<title>",
        "</title>",
        "<desc>",
        "<h1>",
        "</h2>",
        "<button>",
        "<br>",
        "<img src=x>",
        "<input>",
        "<dd>",
        "<rt>",
        "<span>",
        "</span>",
        "<ruby>",
    ),
    *(
        "<!--",
        "-->",
        "<!x",
        "<?",
        "</ ",
        "<",
        ">",
        "&",
        "&lt;",
        "&#60;b&#62;",
        "<script>",
        "</script>",
        "<style>",
        "</style>",
    ),
    *(
        "<textarea>",
        "</textarea>",
        "<select>",
        "<math>",
        "<template>",
        "<x>",
        '<a b="',
        "'",
        "<div/>",
        "</br>",
        "\ufdd1b>",
    ),
    *("<p title='", "onclick=f()", "javascript:f()", "word", " ", "\0", "é"),
]


class _Depth(HTMLParser):
    """How deep what the sanitiser wrote is nested; it closes all that it opens."""

    deepest = depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.depth += tag not in VOID_TAGS
        self.deepest = max(self.deepest, self.depth)

    def handle_endtag(self, tag: str) -> None:
        self.depth -= 1


def depth(html: str) -> int:
    parser = _Depth()
    parser.feed(html)
    assert parser.depth == 0
    return parser.deepest


@given(st.lists(st.sampled_from(PIECES), max_size=6), st.lists(st.sampled_from(PIECES), max_size=3))
def test_whatever_is_repeated_is_not_nested_without_end(pieces: list[str], more: list[str]) -> None:
    shown = sanitised("".join(pieces) * 300 + "".join(more) * 300)
    assert depth(shown) <= 2 * MAX_DEPTH  # parsers put rows into a part of a table that nobody wrote


@given(st.lists(st.sampled_from(PIECES), max_size=30))
def test_it_is_as_safe_as_before(pieces: list[str]) -> None:
    shown = sanitised("".join(pieces))
    assert "<script" not in shown
    assert not re.search(r"<[^>]*(onclick|script:)", re.sub(r'"[^"]*"', '""', shown))
    assert not any(sign in shown for sign in "\ufdd0\ufdd1\ufdd2")


@given(st.lists(st.sampled_from(PIECES), max_size=20))
def test_what_is_closed_can_stand_alone(pieces: list[str]) -> None:
    flattener = Flattener()
    flattener.feed("".join(pieces))
    if flattener.is_closed:
        markup = flattener.take()
        assert cleaned(f"{markup}<hr>x") == cleaned(markup) + "<hr>x"


@pytest.mark.parametrize("tag", ["div", "b", "a", "ul", "section", "svg", "table", "span"])
def test_nothing_of_what_is_nested_too_deep_is_lost(tag: str) -> None:
    words = [f"w{number} " for number in range(300)]
    shown = sanitised("".join(f"<{tag}>{word}" for word in words) + f"</{tag}>" * 300 + "end")
    assert all(word in shown for word in words)
    assert shown.endswith("end")
    assert depth(shown) <= 2 * MAX_DEPTH


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<ul><li>a<ul><li>b</ul><li>c</ul>", "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>"),
        ("<p>a<p>b<div>c</div>", "<p>a</p><p>b</p><div>c</div>"),
        ("<b><i>a</b>b", "<b><i>a</i></b>b"),
        ("<p><b>a<p>b", "<p><b>a</b></p><p>b"),
        ("<table><tr><td>a</div><td>b<tr></table>", "<table><tr><td>a</td><td>b</td></tr><tr></tr></table>"),
        ("<td>a</td>", "a"),
        ("<h2>a</h3>b", "<h2>a</h2>b"),
        ("<svg><circle/><p>a", "<svg><circle/></svg><p>a"),
        ("<svg><title>a</title></svg><title>b</title>", "<svg><title>a</title></svg>b"),
        ("a<!-- <b> --><script>if (a<b) f()</script>c", "ac"),
        ("<<!---->div>", "&lt;div>"),
        ("1 < 2 <b and more", "1 &lt; 2 &lt;b and more"),
        ("<span><p>a</span>b", "<span><p>a</p></span>b"),
    ],
)
def test_it_closes_what_a_parser_would_have_to_guess(html: str, text: str) -> None:
    assert finished(flattened(html)) == text


def test_an_element_has_so_many_attributes() -> None:
    many = "".join(f' a{number}="x"' for number in range(1000))
    assert flattened(f"<b{many}>").count("=") == MAX_ATTRIBUTES
    assert flattened(f'<b title="{"&amp;" * 5000}">') == "<b>"


def test_html_that_is_too_large_is_shown_as_its_source() -> None:
    html = "<b>x</b>" * MAX_COST
    assert sanitised(html) == f"{TOO_LARGE}<pre>{html.replace('<', '&lt;').replace('>', '&gt;')}</pre>"
