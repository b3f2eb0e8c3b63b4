import base64
import html
import random
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.components.text import markdown_html as module
from millstream.components.text.markdown_dialect import parser
from millstream.components.text.markdown_html import BEGINNING, MAX_COST, TOO_LONG, Style, inline_prose, prose
from millstream.components.text.memory import RenderCache
from millstream.components.text.sanitized_html import OWN, named


def test_markdown_becomes_html() -> None:
    assert prose("**a**", Style()) == "<p><strong>a</strong></p>\n"
    assert "<table>" in prose("|a|\n|-|\n|b|", Style())
    assert "<s>a</s>" in prose("~~a~~", Style())


def test_tasks_in_a_list_have_boxes() -> None:
    shown = prose(
        "- [ ] buy\n- [x] pay\n  1. [X] sum\n- [y] no\n\n[ ] nor this\n- [ ]no\n- [x] [link](https://a.org)", Style()
    )
    assert shown.count('<li class="ms-task">') == 4
    for item in ("☐ buy", "☑ pay", "☑ sum", "<li>[y] no", "[ ] nor this", "<li>[ ]no", "☑ <a href="):
        assert item in shown


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


@pytest.mark.parametrize("formula", ["\\[x < y\n\\]", "\\(\\frac{a}{b}\\)"])
def test_a_formula_between_other_signs_stays_as_it_is_written(formula: str) -> None:
    shown = formula.replace("<", "&lt;")
    assert prose(f"so {formula}.", Style()) == f'<p>so <code class="ms-formula">{shown}</code>.</p>\n'


@pytest.mark.parametrize("text", ["so $$*a*", "$$$$ *a*", "\\( *a* " + "x" * 3000 + "\\)"])
def test_what_has_no_end_is_not_a_formula(text: str) -> None:
    assert "<em>a</em>" in prose(text, Style())
    assert "ms-formula" not in prose(text, Style())


def test_a_title_is_not_a_paragraph() -> None:
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


BETWEEN = st.sampled_from(["\n", "\n\n", "\r\n\r\n"])


@given(st.lists(st.sampled_from(BLOCKS), max_size=8), BETWEEN, st.booleans())
def test_block_by_block_it_is_the_same(blocks: list[str], between: str, line_breaks: bool) -> None:
    text = between.join(blocks)
    assert module._render(text, Style(line_breaks, sanitize=False)) == named(parser(line_breaks).render(text))


@given(
    st.lists(st.sampled_from(BLOCKS), min_size=3, max_size=12), BETWEEN, st.lists(st.integers(0, 400)), st.booleans()
)
def test_a_text_that_grows_is_rendered_as_if_it_came_at_once(
    blocks: list[str], between: str, cuts: list[int], sanitize: bool
) -> None:
    style = Style(sanitize=sanitize)
    start = f"{'x' * BEGINNING}\n\n"
    text = start + between.join(blocks)
    module._BEGUN.clear()
    for cut in sorted(cuts):
        module._render(text[: len(start) + cut], style)
    grown = module._render(text, style)
    module._BEGUN.clear()
    assert grown == module._render(text, style)


def test_of_a_text_that_grows_only_the_last_blocks_are_rendered(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = []
    find_blocks = module._parsed

    def noted(text: str, *rest: Any) -> Any:
        parsed.append(text)
        return find_blocks(text, *rest)

    monkeypatch.setattr(module, "_parsed", noted)
    first = f"```x\n{'first and only' * 20}\n```\n\n"
    for text in grown(f"{first}One.\n\nTwo.\n\nthen ", "comes", " this"):
        assert "first and only" in prose(text, Style())
    assert "first" in parsed[0]
    assert parsed[1:] == ["Two.\n\nthen comes", "Two.\n\nthen comes this"]


def test_two_texts_with_the_same_beginning_grow_side_by_side() -> None:
    start = "x" * BEGINNING + "\n\none\n\ntwo\n\n"
    for _ in range(3):
        assert "<p>A</p>" in prose(start + "A\n\nB\n\nC", Style())
        assert "<p>D</p>" in prose(start + "D\n\nE\n\nF", Style())
        start += "z\n\n"


def test_an_address_that_is_defined_at_the_end_makes_links_of_what_came_before() -> None:
    text = "x" * BEGINNING + " [a]\n\nb\n\nc\n\nd\n\n"
    assert "<a " not in prose(text, Style())
    assert '<a href="https://a.org"' in prose(text + "[a]: https://a.org", Style())


def test_a_stream_of_words_costs_little_more_than_its_text() -> None:
    words = ["lorem *ipsum* dolor `sit` amet\n\n"] * 600
    began = time.thread_time()
    prose("".join(words) + "!", Style())
    once = time.thread_time() - began
    began = time.thread_time()
    for _ in grown("", *words):
        prose(_, Style())
    assert time.thread_time() - began < 20 * once


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


def test_code_has_its_language_and_a_button_that_copies_it() -> None:
    shown = prose("```python\nreturn 'a<b'\n```", Style())
    assert '<div class="ms-code-head"><span>python</span><button class="ms-copy-code">Copy</button></div>' in shown
    assert "return 'a&lt;b'\n</code>" in shown
    assert 'class="language-python"' in shown


def test_the_keyboard_scrolls_code_and_no_text_of_a_visitor_changes_the_order_of_the_page() -> None:
    assert '<pre tabindex="0">' in prose("```\nx\n```", Style())
    assert "tabindex" not in prose('<pre tabindex="7">x</pre><p tabindex="0">y</p>', Style())


@pytest.mark.parametrize("sanitize", [True, False])
def test_nobody_but_the_renderer_writes_classes_of_the_page(sanitize: bool) -> None:
    forged = '<div class="ms-code mine"><code hidden>x</code><button class="ms-copy-code">Copy</button></div>\n\n'
    shown = prose(f"{forged}$$a$$\n\n<p title='\n\n```\ny\n```\n\n'>", Style(sanitize=sanitize))
    assert OWN not in shown + inline_prose("$$a$$", Style(sanitize=sanitize))
    assert shown.count("ms-copy-code") == (1 if sanitize else 2)
    assert '<span class="ms-formula"' in shown
    assert '<div class="mine"><code hidden="">x</code><button>Copy</button></div>' in shown or not sanitize


def test_indented_code_is_code_too() -> None:
    assert '<code class="language-">x &lt; y\n</code>' in prose("a\n\n    x < y\n", Style())


def test_a_language_is_text() -> None:
    assert prose('```"><script>\nx\n```', Style()).count("<script>") == 0


@pytest.mark.parametrize("piece", ["*a*\n", "<b>x</b>\n", "- a\n"])
def test_what_is_too_long_is_shown_as_it_is_written(piece: str) -> None:
    text = piece * (MAX_COST // 4)
    shown = prose(text + "the end", Style())
    formatted, rest = shown.split(TOO_LONG)
    assert rest.endswith("the end</pre>")
    assert html.unescape(rest.removeprefix("<pre>")).startswith(piece)
    assert formatted
    written = html.unescape(rest.removeprefix("<pre>").removesuffix("the end</pre>"))
    assert text.endswith(written)


def test_a_line_that_is_too_long_is_shown_as_it_is_written() -> None:
    text = "*a" * MAX_COST
    assert prose(text, Style()) == f"{TOO_LONG}<pre>{text}</pre>"
    assert inline_prose(text, Style()) == text


@pytest.mark.parametrize("mark", ["> ", "- ", "1. ", "> - "])
def test_what_is_nested_too_deep_is_shown_as_it_is_written(mark: str) -> None:
    shown = prose(mark * 300 + "bottom", Style())
    assert "bottom" in shown
    assert html.escape(mark * 100) in shown


def test_a_table_of_mostly_empty_cells_is_shown_as_it_is_written() -> None:
    head = f"|{'a|' * 300}\n|{'-|' * 300}\n"
    assert "<td" in prose(head + "|b\n" * 10 + "\nend", Style())
    shown = prose(head + "|b\n" * 1000 + "\nend", Style())
    assert "<td" not in shown
    assert shown.count("|b\n") == 1000
    assert "<p>end</p>" in shown


def test_an_address_that_is_long_is_not_copied_a_thousand_times() -> None:
    uses = "\n\n".join(["[a] " * 100] * 40)
    shown = prose(f"[a]: https://{'x' * 20_000}\n\n{uses}", Style())
    assert len(shown) < 5_000_000
    assert shown.count("[a]") + shown.count(">a</a>") == 4000


def test_an_embedded_image_is_shown_whatever_its_size() -> None:
    address = "data:image/png;base64," + base64.b64encode(random.Random(1).randbytes(1_500_000)).decode()
    assert f'<img src="{address}"' in prose(f"![chart]({address})", Style())


def test_what_was_rendered_is_remembered_up_to_a_bound() -> None:
    memory = RenderCache[str](10)
    memory.add(("a", Style()), "12345", 5)
    memory.add(("b", Style()), "12345", 5)
    assert memory.get(("a", Style())) == "12345"
    memory.add(("c", Style()), "1", 1)
    assert memory.get(("b", Style())) is None
    assert memory.get(("a", Style())) == "12345"
    memory.add(("a", Style()), "1", 1)
    memory.add(("d", Style()), "12345678", 8)
    assert memory.get(("a", Style())) == "1"


def test_the_same_text_is_the_same_object() -> None:
    assert prose("once *more*", Style()) is prose("once *more*", Style())
