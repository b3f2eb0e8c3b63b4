"""Large tables in pages: what a page is, and that it stays what it is while a table grows."""

from __future__ import annotations

import pickle

import msgspec
import pytest

from millstream.components.tables import making
from millstream.components.tables.making import assembled
from millstream.components.tables.pages import PAGE_BYTES, page_from, paged
from millstream.components.tables.reading import UnfitTable
from millstream.components.tables.table import Table

ROWS = [(number, number / 7, f"row {number}", None, True) for number in range(40_000)]


def table(count: int) -> Table:
    return assembled("abcde", ("number", "number", "str", "str", "bool"), ROWS[:count])


def test_a_small_table_has_no_pages() -> None:
    pages, rest = paged(ROWS[:100])
    assert (pages, rest) == ([], ROWS[:100])


def test_a_page_is_a_list_of_rows_in_messagepack() -> None:
    pages, rest = paged(ROWS)
    found = [tuple(row) for page in pages for row in msgspec.msgpack.decode(page.data)]
    assert [*found, *rest] == ROWS
    assert all(PAGE_BYTES <= len(page.data) < PAGE_BYTES + 4096 for page in pages)
    assert [page.count for page in pages] == [len(page.rows()) for page in pages]
    for count in (0, 1, 15, 16, 64, 70):
        assert page_from(ROWS[:count]).rows() == ROWS[:count]


def test_a_table_that_grows_keeps_its_pages() -> None:
    one, other = table(30_000), table(31_000)
    assert len(one.pages) == 2
    assert all(other.pages[at] is page for at, page in enumerate(one.pages))


def test_a_page_is_the_same_object_after_a_pickle() -> None:
    one = table(20_000)
    other = pickle.loads(pickle.dumps(one))
    assert other == one
    assert other.pages[0] is one.pages[0]


def test_tables_are_equal_if_their_content_is() -> None:
    assert table(20_000) == table(20_000)
    assert table(20_000) != table(19_999)
    assert table(5).version != table(5).version


def test_of_a_table_the_page_is_told_rows_and_files() -> None:
    one = table(20_000)
    wire = one.wire()
    assert isinstance(wire, dict)
    assert wire["data"][0] == {"rows": one.pages[0].count, "page": one.pages[0].file}
    assert wire["data"][-1] == ROWS[19_999]
    assert sum(item["rows"] if isinstance(item, dict) else 1 for item in wire["data"]) == one.count == 20_000
    assert str(assembled("ab", ("str", "str"), [("a", None), ("b", "c")] * 3)) == "a  / b c / a  / b c …"
    assert repr(one) == "<Table 20000 x 5>"


def test_a_table_of_too_many_bytes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "MAX_BYTES", 1 << 19)
    with pytest.raises(UnfitTable, match="at most"):
        table(40_000)
