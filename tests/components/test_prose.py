from millstream.components.prose import MAX_COLOURED, Style, _Memory, coloured, prose


def test_markdown_becomes_html() -> None:
    assert prose("**a**", Style()) == "<p><strong>a</strong></p>\n"
    assert "<table>" in prose("|a|\n|-|\n|b|", Style())
    assert "<s>a</s>" in prose("~~a~~", Style())


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
