from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.components import prose as module
from millstream.components.prose import MAX_COLOURED, Style, _Memory, coloured, inline_prose, prose


def test_markdown_becomes_html() -> None:
    assert prose("**a**", Style()) == "<p><strong>a</strong></p>\n"
    assert "<table>" in prose("|a|\n|-|\n|b|", Style())
    assert "<s>a</s>" in prose("~~a~~", Style())


def linked(address: str) -> str:
    return f'<a href="{address}" rel="noopener noreferrer">{address}</a>'


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see https://a.org/x_y_z, ok?", f"see {linked('https://a.org/x_y_z')}, ok?"),
        ("(http://a.org/b(c))", f"({linked('http://a.org/b(c)')})"),
        ("https://a.org/", linked("https://a.org/")),
        ("(see https://a.org/b(c).)", f"(see {linked('https://a.org/b(c)')}.)"),
        ("**https://a.org**", f"<strong>{linked('https://a.org')}</strong>"),
        ("<https://a.org>", linked("https://a.org")),
        ('<a href="https://a.org">https://a.org</a>', linked("https://a.org")),
        ("`https://a.org` https://", "<code>https://a.org</code> https://"),
    ],
)
def test_an_address_that_is_written_out_is_a_link(text: str, shown: str) -> None:
    assert prose(text, Style()) == f"<p>{shown}</p>\n"


@pytest.mark.parametrize("formula", ["$$a_1 * b_1 * c$$", "\\[x < y\n\\]", "\\(\\frac{a}{b}\\)"])
def test_a_formula_stays_as_it_is_written(formula: str) -> None:
    shown = formula.replace("<", "&lt;")
    assert prose(f"so {formula}.", Style()) == f'<p>so <code class="ms-formula">{shown}</code>.</p>\n'


@pytest.mark.parametrize("text", ["$$*a*", "$$$$ *a*", "\\( *a* " + "x" * 3000 + "\\)"])
def test_what_has_no_end_is_no_formula(text: str) -> None:
    assert "<em>a</em>" in prose(text, Style())
    assert "ms-formula" not in prose(text, Style())


def test_a_title_is_no_paragraph() -> None:
    assert inline_prose("_a_ **b** <script>c</script>", Style()) == "<em>a</em> <strong>b</strong> "
    assert "<script>" in inline_prose("<script>c</script>", Style(sanitize=False))


BLOCKS = [
    *(
        "a *b*",
        "# a",
        "- a\n- b",
        "- a\n\n  b",
        "1. a\n   - b",
        "> a\n\n> b",
        "```python\nx = 1\n```",
        "```\nx",
        "    x",
    ),
    *("|a|b|\n|-|-|\n|1|2|", "---", "a\n---", "<details>", "</details>", "<b>a", "[a]", "[a]: https://a.org", "* * *"),
]


@given(st.lists(st.sampled_from(BLOCKS), max_size=8), st.sampled_from(["\n", "\n\n"]), st.booleans())
def test_block_by_block_it_is_the_same(blocks: list[str], between: str, line_breaks: bool) -> None:
    text = between.join(blocks)
    whole = module._renderer(line_breaks).render(text)
    assert "".join(module._blocks(text, Style(line_breaks))) == whole


def test_of_a_text_that_grows_only_the_last_block_is_rendered(monkeypatch: pytest.MonkeyPatch) -> None:
    rendered = []

    def noted(code: str, language: str) -> str:
        rendered.append(code)
        return code

    monkeypatch.setattr(module, "coloured", noted)
    for text in grown("```x\nfirst and only\n```\n\nthen ", "comes", " this"):
        assert "first and only" in prose(text, Style())
    assert rendered == ["first and only\n"]


def grown(text: str, *words: str) -> Iterator[str]:
    for word in ("", *words):
        text += word
        yield text


def test_a_line_ends_where_it_ends_unless_told_otherwise() -> None:
    assert "<br" in prose("a\nb", Style())
    assert "<br" not in prose("a\nb", Style(line_breaks=False))


def test_what_could_run_is_taken_out_unless_told_otherwise() -> None:
    bad = 'see <script>f()</script><b onclick="f()">a</b> <a href="javascript:f()">x</a>'
    assert prose(bad, Style()) == '<p>see <b>a</b> <a rel="noopener noreferrer">x</a></p>\n'
    assert "onclick" in prose(bad, Style(sanitize=False))


def test_code_has_colours_its_language_and_a_button_that_copies_it() -> None:
    shown = prose("```python\nreturn 'a<b'\n```", Style())
    assert '<div class="ms-code-head"><span>python</span><button class="ms-copy-code">Copy</button></div>' in shown
    assert '<span class="ms-c-k">return</span>' in shown
    assert "a&lt;b" in shown
    assert 'class="language-python"' in shown


def test_indented_code_is_code_too() -> None:
    assert '<code class="language-">x &lt; y\n</code>' in prose("a\n\n    x < y\n", Style())


def test_a_language_that_nobody_knows_has_no_colours() -> None:
    assert coloured("<x>", "klingon") == "&lt;x&gt;"
    assert prose('```"><script>\nx\n```', Style()).count("<script>") == 0


def test_very_long_code_has_no_colours() -> None:
    assert "<span" not in coloured("x = 1\n" * MAX_COLOURED, "python")


def test_what_was_rendered_is_remembered_up_to_a_bound() -> None:
    memory = _Memory(10)
    memory.add(("a", Style()), "12345")
    memory.add(("b", Style()), "12345")
    assert memory.get(("a", Style())) == "12345"
    memory.add(("c", Style()), "1")
    assert memory.get(("b", Style())) is None
    assert memory.get(("a", Style())) == "12345"
    memory.add(("a", Style()), "1")
    memory.add(("d", Style()), "12345678")
    assert memory.get(("a", Style())) == "1"


def test_the_same_text_is_the_same_object() -> None:
    assert prose("once *more*", Style()) is prose("once *more*", Style())
