"""`Dataframe` in an app: what handlers get and return, what the page is told, and what it may do."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import millstream as ms
from millstream.components import dataframe as module
from millstream.components.dataframe import Dataframe, List, Matrix, Numpy
from millstream.components.tables.table import Table
from millstream.errors import DeclarationError
from millstream.run_in_thread import run_in_thread
from millstream.runtime.send.list_diff import ListDiff
from millstream.testing import TestPage
from millstream.wire.messages import Outputs

ROWS = [["a", 1], ["b", 2]]


def shown(page: TestPage, label: str) -> Any:
    return page.page.values[page.page.find_component(label)]


def echoed(table: Dataframe, fn: Any) -> ms.Blocks:
    """Make an app that calls `fn` with a table at each change, and writes what it gives into a text."""
    with ms.Blocks() as demo:
        table.render()
        text = ms.Textbox(label="Text")
        table.change(lambda value: repr(fn(value)), table, text)
    return demo


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (Dataframe(headers=["n", "v"]), [("n", ["x"]), ("v", [3])]),
        (Dataframe(type="polars", headers=["n", "v"]), {"n": ["x"], "v": [3]}),
        (Numpy(), [["x", "3"]]),
        (Matrix(), [["x", 3]]),
        (Dataframe(type="array"), [["x", 3]]),
        (List(), [["x"]]),
    ],
)
def test_handlers_get_the_form_that_is_declared(table: Dataframe, expected: object) -> None:
    def plain(value: Any) -> object:
        if isinstance(value, pd.DataFrame):
            return [(name, value[name].tolist()) for name in value.columns]
        if isinstance(value, np.ndarray):
            return value.tolist()
        return value.to_dict(as_series=False) if hasattr(value, "to_dict") else value

    row = ["x"] if isinstance(table, List) else ["x", 3]
    headers = list(table.headers) or [str(at + 1) for at in range(len(row))]
    table.label = "Table"
    with TestPage(echoed(table, plain)) as page:
        page.set("Table", {"headers": headers, "data": [row]})
        page.wait_for(lambda: shown(page, "Text") == repr(expected))


def test_what_a_handler_returns_is_told_in_rows() -> None:
    with ms.Blocks() as demo:
        table = Dataframe(label="Table")
        button = ms.Button("Go")
        button.click(lambda: pd.DataFrame(ROWS, columns=["n", "v"]), None, table)
    with TestPage(demo) as page:
        page.click("Go")
        page.wait_for(lambda: shown(page, "Table")["data"] == ROWS)
        value = shown(page, "Table")
        assert (value["headers"], value["kinds"]) == (["n", "v"], ["str", "number"])


def test_of_rows_that_are_appended_only_those_are_sent() -> None:
    table, told = Dataframe(), ListDiff()
    for count in (20_000, 20_001):
        stored = table.declared([[number, "x" * 20] for number in range(count)])
        outputs = Outputs(call=1, updates={0: {"value": table.shown(stored)}})
        shortened = told.shortened(outputs, {0})
        told.note(outputs, {0})
    start, rows, changed = shortened.updates[0]["splice"]  # type: ignore[misc]  # one it is
    assert (start, rows) == (len(stored.pages) + len(stored.rows) - 1, [(20_000, "x" * 20)])  # type: ignore[attr-defined]
    assert changed.keys() == {"version"}


def test_an_edit_is_checked_and_the_page_is_told_what_counts() -> None:
    with ms.Blocks() as demo:
        table = Dataframe(ROWS, label="Table", headers=["n", "v"], datatype=["str", "number"], interactive=True)
        text = ms.Textbox(label="Text")
        table.change(lambda value: str(value["v"].sum()), table, text)
    with TestPage(demo) as page:
        page.set("Table", {"headers": ["n", "v"], "data": [["a", "10"]]})
        page.wait_for(lambda: shown(page, "Text") == "10")
        page.set("Table", {"headers": ["n", "v"], "data": [["a", "ten"]]})
        page.wait_for(lambda: page.toasts)
        assert "Dataframe 'Table' takes numbers in the column 'v', but got 'ten'" in page.toasts[0].message
        page.wait_for(lambda: shown(page, "Table")["data"] == [["a", 10]])


def test_single_edits_go_on_from_what_the_page_was_told() -> None:
    with ms.Blocks() as demo:
        table = Dataframe([[number] for number in range(3_000)], label="Table", interactive=True)
        text = ms.Textbox(label="Text")
        table.change(lambda value: str(value.iloc[:2].values.tolist()), table, text)
    with TestPage(demo) as page:
        version = shown(page, "Table")["version"]
        page.set("Table", {"base": version, "version": 1, "edits": [["set", 0, 0, 7]]})
        page.wait_for(lambda: shown(page, "Text") == "[[7], [1]]")
        page.set("Table", {"base": 1, "version": 2, "edits": [["delete", 0]]})
        page.wait_for(lambda: shown(page, "Text") == "[[1], [2]]")


def test_a_large_table_is_fetched_in_pages() -> None:
    with ms.Blocks() as demo:
        table = Dataframe(np.arange(200_000).reshape(-1, 2), label="Table")
        text = ms.Textbox(label="Text")
        ms.Button("Go").click(lambda value: (value * 2, str(value.shape)), table, [table, text])
    with TestPage(demo) as page:
        page.wait_for(lambda: shown(page, "Table") is not None)
        first = shown(page, "Table")["data"][0]
        assert first["rows"] > 1_000
        page.click("Go")
        page.wait_for(lambda: shown(page, "Text") == "(100000, 2)")
        assert shown(page, "Table")["data"][0]["page"] != first["page"]


def test_edits_of_a_large_table_leave_the_loop_alone_and_come_before_what_follows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    threads: list[str] = []
    edited = Dataframe.edited

    def spied(self: Dataframe, *arguments: Any) -> Any:
        threads.append(threading.current_thread().name)
        return edited(self, *arguments)

    monkeypatch.setattr(Dataframe, "edited", spied)
    with ms.Blocks() as demo:
        table = Dataframe(np.arange(200_000).reshape(-1, 2), label="Table", interactive=True)
        text = ms.Textbox(label="Text")
        ms.Button("Go").click(lambda value: str(value.iloc[0, 0]), table, text)
    with TestPage(demo) as page:
        version = shown(page, "Table")["version"]
        page.set("Table", {"base": version, "version": 1, "edits": [["set", 0, 0, 7]]})
        page.click("Go")
        page.wait_for(lambda: shown(page, "Text") == "7")
        page.set("Table", {"base": version, "version": 2, "edits": [["set", 0, 0, 8]]})
        page.click("Go")
        page.wait_for(lambda: page.toasts)
        assert "was changed by the app meanwhile" in page.toasts[0].message
        assert shown(page, "Text") == "7"
    assert threads == ["millstream edit"] * 2


def test_an_edit_begins_again_if_the_app_writes_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, written = threading.Event(), threading.Event()
    edited = Dataframe.edited

    def slow(self: Dataframe, *arguments: Any) -> Any:
        begun.set()
        written.wait()
        return edited(self, *arguments)

    async def write() -> Any:
        await run_in_thread("test", begun.wait)
        return np.ones((100_000, 2))

    with ms.Blocks() as demo:
        table = Dataframe(np.zeros((100_000, 2)), label="Table", interactive=True)
        text = ms.Textbox(label="Text")
        ms.Button("Go").click(write, None, table).then(lambda: written.set() or "there", None, text)
    with TestPage(demo) as page:
        monkeypatch.setattr(Dataframe, "edited", slow)
        page.click("Go", wait=False)
        page.set("Table", {"base": shown(page, "Table")["version"], "version": 1, "edits": [["set", 0, 0, 7]]})
        page.wait_for(lambda: page.toasts)
        assert "was changed by the app meanwhile" in page.toasts[0].message


def test_an_empty_table_has_the_rows_and_columns_that_are_declared() -> None:
    def blank(**options: Any) -> Table:
        return Dataframe(**options).declared(None)  # type: ignore[return-value]

    assert blank().headers == ("1", "2", "3")
    assert blank().count == 0
    assert blank(headers=["a", "b"], row_count=2, datatype=["str", "number"]).rows == (("", None),) * 2
    assert blank(column_count=(1, "fixed"), row_count=(1, "fixed")).rows == (("",),)
    assert Dataframe(headers=["a"]).declared([]).headers == ("a",)  # type: ignore[attr-defined]


def test_rules_follow_from_counts_and_limits() -> None:
    assert Dataframe(row_count=(3, "fixed"), col_count=(2, "dynamic")).rules[1:3] == ((3, 3), (None, None))
    assert Dataframe(row_limits=(1, None), column_limits=[3, 3]).rules[1:3] == ((1, None), (3, 3))  # type: ignore[arg-type]
    assert Dataframe(static_columns=[0]).rules.columns is None
    assert List().rules.columns == (1, 1)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"type": "frame"}, "type='frame' is not one of"),
        ({"datatype": "text"}, "datatype='text' is not one of"),
        ({"datatype": ["str", "int"]}, "datatype='int'"),
        ({"headers": ["a"], "column_count": 2}, "1 headers for column_count=2"),
        ({"row_count": -1}, "row_count=-1"),
        ({"value": 3}, "takes a DataFrame"),
        ({"value": np.zeros((3, 3, 3))}, "two dimensions"),
    ],
)
def test_mistakes_are_found_when_the_app_is_declared(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(DeclarationError, match=reason), ms.Blocks():
        Dataframe(**options)


def test_mistakes_in_looks_are_warnings() -> None:
    with ms.Blocks():
        with pytest.warns(UserWarning, match="buttons="):
            assert Dataframe(buttons=["copy", "share"]).buttons == ["copy"]
        with pytest.warns(UserWarning, match="column_widths="):
            assert Dataframe(column_widths=["wide"]).column_widths == []
        with pytest.warns(UserWarning, match="show_search="):
            assert Dataframe(show_search="all").show_search == "none"  # type: ignore[arg-type]


def test_without_pandas_a_table_can_be_shown_and_a_handler_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with ms.Blocks() as demo:
        table = Dataframe(ROWS, label="Table")
        text = ms.Textbox(label="Text")
        ms.Button("Go").click(str, table, text)
    with TestPage(demo) as page:
        assert shown(page, "Table")["data"] == ROWS
        page.click("Go")
        page.wait_for(lambda: page.toasts)
        assert "Dataframe 'Table': type='pandas' needs pandas, which is not installed" in page.toasts[0].message
    monkeypatch.setattr(module, "is_installed", lambda form: False)
    with pytest.raises(DeclarationError, match="pip install polars"), ms.Blocks():
        Dataframe(type="polars")


@pytest.mark.blocking
def test_the_path_of_a_file_is_read_where_it_may_be(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("n,v\na,1\n")
    with ms.Blocks() as demo:
        table = Dataframe(tmp_path / "a.csv", label="Table")
        ms.Button("Go").click(lambda: "/etc/passwd.csv", None, table)
    with TestPage(demo) as page:
        assert shown(page, "Table")["data"] == [["a", 1]]
        page.click("Go")
        page.wait_for(lambda: page.toasts)
        assert "passwd" in page.toasts[0].message


def test_an_update_changes_what_may_be_done() -> None:
    with ms.Blocks() as demo:
        table = Dataframe(ROWS, label="Table", interactive=True)
        ms.Button("Go").click(lambda: Dataframe(row_count=(2, "fixed"), show_search="filter"), None, table)
    with TestPage(demo) as page:
        page.click("Go")
        page.wait_for(lambda: page.page.props[table.id].get("search") == "filter")
        assert page.page.props[table.id]["rows"] == [2, 2]
