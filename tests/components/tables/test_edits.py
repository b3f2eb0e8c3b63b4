"""What a page may do to a table, and what it may not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.components.tables import making
from millstream.components.tables.edits import Rules, edited
from millstream.components.tables.handing import handed
from millstream.components.tables.making import Form, assembled, with_html
from millstream.components.tables.reading import UnfitTable
from millstream.components.tables.table import Table
from millstream.components.text.markdown_html import Style

KNOWN = assembled(("name", "age", "ok"), ("str", "number", "bool"), [("a", 1, True), ("b", None, False)])
FREE = Rules(Form())
STRICT = Rules(Form((), ("str", "number", "bool")))
FIXED = Rules(Form(), (2, 2), (3, 3))
LARGE = assembled("ab", ("number", "str"), [(number, f"row {number}" * 8) for number in range(20_000)])


def whole(*data: list[Any], headers: Any = ("name", "age", "ok"), **others: Any) -> dict[str, Any]:
    return {"headers": list(headers), "data": list(data), **others}


def patch(known: Table, *edits: Any, **others: Any) -> dict[str, Any]:
    return {"base": known.version, "version": 7, "edits": list(edits), **others}


def rows(table: Table) -> list[tuple[object, ...]]:
    return list(table.all_rows())


# ---- as a whole ------------------------------------------------------------------------------------------------


def test_a_whole_table_replaces_the_known_one() -> None:
    found = edited(whole(["x", 2, False], version=5), KNOWN, FREE)
    assert (rows(found), found.kinds, found.version) == ([("x", 2, False)], KNOWN.kinds, 5)
    assert rows(edited([["x", 2, False]], KNOWN, FREE)) == rows(found), "rows alone do as well"
    assert rows(edited(None, KNOWN, FREE)) == []


def test_columns_come_and_go_and_keep_their_types() -> None:
    found = edited(whole(["n", 3], ["m", 4], headers=["new", "age"]), KNOWN, FREE)
    assert (found.headers, found.kinds) == (("new", "age"), ("str", "number"))
    assert edited(whole(["x"], headers=["age"]), KNOWN, FREE).kinds == ("str",), "what does not fit is another type"


def test_what_was_no_text_in_python_comes_back_as_it_went() -> None:
    known = assembled(("n", "t"), ("number", "date"), [("Infinity", "2024-01-02")], times=frozenset({1}))
    found = edited(whole([str(2**60), "2024-01-03"], headers=["n", "t"]), known, FREE)
    assert (found.kinds, found.times) == (("number", "date"), {1})


def test_what_is_declared_is_checked() -> None:
    assert rows(edited(whole(["x", "2", "yes"], ["", "", ""]), KNOWN, STRICT)) == [("x", 2, True), ("", None, None)]
    for wrong in (["x", "two", True], ["x", 1, "maybe"], ["x", [1], True], ["x", float("nan"), True]):
        with pytest.raises(UnfitTable, match="takes"):
            edited(whole(wrong), KNOWN, STRICT)


def test_html_that_is_known_stays_and_what_is_new_has_none() -> None:
    columns, rendered = with_html([["**a**", "b"], [1, 2]], ("markdown", "number"), Style())
    known = assembled("xy", ("markdown", "number"), list(zip(*columns, strict=True)), rendered)
    found = edited(whole(["**new**", 1], ["**a**", 2], headers="xy"), known, Rules(Form((), ("markdown", "number"))))
    assert found.rows[0] == ("**new**", 1, None)
    assert found.rows[1] == (*known.rows[0][:1], 2, *known.rows[0][2:])


@pytest.mark.parametrize(
    ("wire", "rules", "reason"),
    [
        (whole(["a", 1, True]), FIXED, "takes 2 rows"),
        (whole(["a", 1], ["b", 2], headers=["name", "age"]), FIXED, "takes 3 columns"),
        (whole(["a", 1, True], ["b", 2, True], headers=["n", "age", "ok"]), FIXED, "takes 3 columns with the headers"),
        (whole(["z", 1, True], ["b", None, False]), Rules(Form(), static={0}), "static column 'name'"),
        (whole(), Rules(Form(), rows=(1, 5)), "takes 1 to 5 rows"),
        (whole(headers=["a"]), Rules(Form(), columns=(2, None)), "takes 2 to any number of columns"),
        (whole(["a"]), FREE, "rows of 3 cells"),
        (whole("abc"), FREE, "a list of cells"),
        (whole(headers=[1]), FREE, "headers"),
        (whole(headers=["x" * 2_000]), FREE, "headers"),
        (whole(version=-1), FREE, "version"),
        ({"headers": [], "data": 1}, FREE, "a list of rows"),
        ({"headers": []}, FREE, "a table"),
        ({**whole(), "more": 1}, FREE, "a table"),
        ("text", FREE, "a table"),
    ],
)
def test_a_whole_table_that_is_against_the_rules_is_refused(wire: Any, rules: Rules, reason: str) -> None:
    with pytest.raises(UnfitTable, match=reason):
        edited(wire, KNOWN, rules)


# ---- by single edits -------------------------------------------------------------------------------------------


def test_cells_and_rows_are_edited_one_by_one() -> None:
    edits = ["set", 0, 1, 5], ["insert", 2, ["c", 3, True]], ["delete", 1], ["rename", 0, "who"]
    found = edited(patch(KNOWN, *edits), KNOWN, STRICT)
    assert rows(found) == [("a", 5, True), ("c", 3, True)]
    assert (found.headers, found.version) == (("who", "age", "ok"), 7)


def test_only_pages_that_are_edited_are_others() -> None:
    last = LARGE.count - 1
    edits = ["set", 0, 0, -1], ["set", last, 1, "end"], ["insert", last + 1, [0, "more"]], ["delete", 1]
    found = edited(patch(LARGE, *edits), LARGE, FREE)
    expected = [(-1, LARGE.head(1)[0][1]), *list(LARGE.all_rows())[2:-1], (last, "end"), (0, "more")]
    assert rows(found) == expected
    assert [page is LARGE.pages[at] for at, page in enumerate(found.pages)] == [False] + [True] * (len(LARGE.pages) - 1)


def test_a_text_in_a_column_of_numbers_makes_it_one_of_texts_unless_it_is_declared() -> None:
    assert edited(patch(KNOWN, ["set", 0, 1, "x"]), KNOWN, FREE).kinds == ("str", "str", "bool")
    with pytest.raises(UnfitTable, match="takes numbers in the column 'age'"):
        edited(patch(KNOWN, ["set", 0, 1, "x"]), KNOWN, STRICT)


def test_an_edit_of_what_the_app_has_changed_meanwhile_is_refused() -> None:
    with pytest.raises(UnfitTable, match="changed by the app meanwhile"):
        edited(patch(KNOWN, base=KNOWN.version + 1), KNOWN, FREE)


@pytest.mark.parametrize(
    ("edit", "rules"),
    [
        (["set", 2, 0, "x"], FREE),
        (["set", -1, 0, "x"], FREE),
        (["set", 0, 3, "x"], FREE),
        (["set", 0, 0, []], FREE),
        (["set", 0, "x"], FREE),
        (["set", True, 0, "x"], FREE),
        (["set", 0, 0, "x"], Rules(Form(), static={0})),
        (["insert", 3, ["a", 1, True]], FREE),
        (["insert", 0, ["a"]], FREE),
        (["insert", 0, ["a", 1, True]], FIXED),
        (["delete", 0], FIXED),
        (["delete", 5], FREE),
        (["rename", 9, "x"], FREE),
        (["rename", 0, 5], FREE),
        (["rename", 0, "x"], FIXED),
        (["rename", 0, "x"], Rules(Form(), columns=None)),
        (["drop", 0], FREE),
        ([], FREE),
        ("set", FREE),
    ],
)
def test_an_edit_that_is_against_the_rules_is_refused(edit: Any, rules: Rules) -> None:
    with pytest.raises(UnfitTable, match=r"takes|has"):
        edited(patch(KNOWN, edit), KNOWN, rules)


@pytest.mark.parametrize("text", ["--5", "9" * 5_000])
def test_what_is_no_number_in_a_column_of_numbers_is_refused_or_text(text: str) -> None:
    with pytest.raises(UnfitTable, match="takes numbers in the column 'age'"):
        edited(patch(KNOWN, ["set", 0, 1, text]), KNOWN, STRICT)
    found = edited(patch(KNOWN, ["set", 0, 1, text]), KNOWN, FREE)
    assert handed(found, "array") == [["a", text, True], ["b", None, False]]


def test_a_page_names_no_file_of_the_server_as_an_image() -> None:
    form = Form((), ("image", "str"))
    known = assembled("iv", ("image", "str"), [("https://x.org/a.png", "a")])
    good = ["set", 0, 0, "https://x.org/b.png"], ["set", 0, 0, "data:image/png;base64,AAAA"], ["insert", 1, [None, "b"]]
    edited(patch(known, *good), known, Rules(form))
    edited(whole(["", "b"], headers="iv"), known, Rules(form))
    for path in ("photos/private.png", "/tmp/a.png", "file:///a.png", "data:text/html,x", 5):
        for wire in (
            patch(known, ["set", 0, 0, path]),
            patch(known, ["insert", 0, [path, "b"]]),
            whole([path, "b"], headers="iv"),
        ):
            for rules in (Rules(form), Rules(form, static={0})):
                with pytest.raises(UnfitTable):
                    edited(wire, known, rules)


def test_edits_make_no_table_larger_than_one_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "MAX_BYTES", sum(len(page.data) for page in LARGE.pages) + 1_000)
    edited(patch(LARGE, ["set", 0, 1, "x" * 900]), LARGE, FREE)
    with pytest.raises(UnfitTable, match="at most"):
        edited(patch(LARGE, ["set", 0, 1, "x" * 2_000]), LARGE, FREE)


CELLS = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["set", "insert", "delete", "x"])
KEYS = st.sampled_from(["base", "edits", "data", "headers", "version"])
JUNK = st.recursive(
    CELLS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8
)


@given(JUNK, st.booleans())
def test_whatever_a_page_says_is_a_table_or_refused(wire: Any, is_patch: bool) -> None:
    try:
        found = edited(patch(KNOWN, wire) if is_patch else wire, KNOWN, STRICT)
    except UnfitTable:
        return
    assert all(len(row) == found.width for row in found.all_rows())
