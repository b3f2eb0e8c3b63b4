"""What people's libraries call a table, and what becomes of it."""

from __future__ import annotations

import datetime as dt
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from millstream.components.tables.looks import harmless
from millstream.components.tables.making import Form, table_of
from millstream.components.tables.reading import Tabular, UnfitTable, check_shape, tabular
from millstream.components.tables.table import Table


def table(value: object, datatype: Any = "auto", headers: Any = ()) -> Table:
    return table_of(tabular(value, Path.read_bytes), Form(headers, datatype), Path.read_bytes)


def rows(value: object, **options: Any) -> list[tuple[object, ...]]:
    return list(table(value, **options).all_rows())


FRAME = {"name": ["a", "b"], "age": [1, 2]}
SAME = [("a", 1), ("b", 2)]


@pytest.mark.parametrize(
    "value",
    [
        pd.DataFrame(FRAME),
        pl.DataFrame(FRAME),
        FRAME,
        {"headers": ["name", "age"], "data": [["a", 1], ["b", 2]]},
        {"headers": ["name", "age"], "data": (row for row in SAME)},
        [{"name": "a", "age": 1}, {"name": "b", "age": 2}],
        np.array(SAME, dtype=[("name", "U1"), ("age", int)]),
        pd.DataFrame(FRAME).style,
    ],
    ids=lambda value: type(value).__name__,
)
def test_tables_with_names_of_their_own(value: object) -> None:
    found = table(value)
    assert (found.headers, found.kinds) == (("name", "age"), ("str", "number"))
    assert list(found.all_rows()) == SAME


@pytest.mark.parametrize(
    "value",
    [
        [["a", 1], ["b", 2]],
        (("a", 1), ("b", 2)),
        np.array([["a", 1], ["b", 2]], dtype=object),
        [{"name": "a", "age": 1}.values(), iter(["b", 2])],
        {"data": [["a", 1], ["b", 2]]},
    ],
    ids=lambda value: type(value).__name__,
)
def test_tables_without_names_get_those_that_are_declared_and_numbers(value: object) -> None:
    assert list(table(value).all_rows()) == SAME
    assert table(value).headers == ("1", "2")
    assert table(value, headers=["n"]).headers == ("n", "2")
    assert table(value, headers=["n", "a", "x"]).headers == ("n", "a")


@pytest.mark.parametrize(
    "value", [[1, 2], (1, 2), {"": [1, 2]}, np.array([1, 2]), pd.Series([1, 2]), pl.Series([1, 2])]
)
def test_values_that_are_no_rows_are_a_column(value: object) -> None:
    assert rows(value) == [(1,), (2,)]


def test_a_series_has_the_name_of_its_column() -> None:
    assert table(pd.Series([1], name="x")).headers == table(pl.Series("x", [1])).headers == ("x",)


def test_short_rows_and_columns_are_filled() -> None:
    assert rows([[1, 2], [3]]) == [(1, 2), (3, None)]
    assert rows({"a": [1, 2], "b": [3]}) == [(1, 3), (2, None)]
    assert rows([{"a": 1}, {"b": 2}]) == [(1, None), (None, 2)]


def test_what_is_no_value_is_missing_and_infinities_are_written_out() -> None:
    frame = pd.DataFrame(
        {"x": [1.5, np.nan, np.inf], "y": [pd.Timestamp("2024-05-06"), pd.NaT, pd.Timestamp("2024-05-06 07:08")]}
    )
    found = table(frame)
    assert list(found.all_rows()) == [(1.5, "2024-05-06"), (None, None), ("Infinity", "2024-05-06T07:08:00")]
    assert (found.kinds, found.times) == (("number", "date"), {1})
    assert rows([[pd.NA, None]]) == [(None, None)]


def test_cells_of_any_type_have_a_form() -> None:
    numbers = [Decimal("1.5"), Decimal("nan"), 2**60, 1j]
    values = [dt.date(2024, 1, 2), dt.timedelta(days=1), b"abc", [1, {"a": 2}], *numbers]
    texts = ("2024-01-02", "1 day, 0:00:00", "3 bytes", '[1, {"a": 2}]', 1.5, None, str(2**60), "1j")
    assert rows([values]) == [texts]
    ((found,),) = rows([[10**6000]])
    assert found == "<19932 bits>"
    assert rows([["\ud800"]]) == [("\ufffd",)]


def test_several_levels_of_names_are_one() -> None:
    frame = pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", "x"), ("a", "")]))
    assert table(frame).headers == ("a / x", "a")


def test_declared_types_are_read_from_texts() -> None:
    found = table([["1", "yes", "x"], ["", "0", "y"], ["1e3", "", ""]], datatype=["number", "bool", "date"])
    assert list(found.all_rows()) == [(1, True, "x"), (None, False, "y"), (1000.0, None, "")]
    assert found.kinds == ("number", "bool", "date")


def test_markdown_and_html_come_with_what_is_harmless_of_them() -> None:
    found = table(
        [["**a**", "<b onclick=x>b</b><script>x</script>"], ["plain", "plain"]], datatype=["markdown", "html"]
    )
    assert found.rows[0][:2] == ("**a**", "<b onclick=x>b</b><script>x</script>")
    assert "<strong>a</strong>" in str(found.rows[0][2])
    assert found.rows[0][3] == "<b>b</b>"
    assert found.rows[1] == ("plain", "plain", None, None)
    assert found.rendered == (0, 1)
    assert list(found.all_rows())[1] == ("plain", "plain")


def test_images_are_addresses_or_small(tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (2000, 10)).save(tmp_path / "wide.png")
    given = [
        "https://example.org/a.png",
        np.zeros((4, 4, 3), np.uint8),
        tmp_path / "wide.png",
        None,
        Image.new("L", (2, 2)),
    ]
    found = [row[0] for row in rows([[one] for one in given], datatype="image")]
    assert found[0] == given[0]
    assert found[3] is None
    assert all(str(found[at]).startswith("data:image/webp;base64,") for at in (1, 2, 4))
    assert len(str(found[2])) < 1000
    for wrong in ("javascript:alert(1)", "no-file.png", 7, "x.bin"):
        with pytest.raises(Exception, match=r"takes|No such file"):
            table([[wrong]], datatype="image")


def test_files_of_separated_values(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("\ufeffname;age;weight\nÄ;1;\n;2;3.5\n\n".encode())
    found = table(str(path))
    assert found.headers == ("name", "age", "weight")
    assert list(found.all_rows()) == [("Ä", 1, None), ("", 2, 3.5)]
    path.write_bytes(b"a\n" + b"x" * 140_000)
    with pytest.raises(UnfitTable, match=r"cannot read a.csv: field larger"):
        table(str(path))
    with pytest.raises(UnfitTable, match=r"path of a .csv file"):
        table("what is this")


@pytest.mark.parametrize(
    ("text", "headers"),
    [
        ("a;b\n1,5;2,5\n", ("a", "b")),
        ("a|b\n1|2", ("a", "b")),
        ('a, b\n1, "x, y"\n', ("a", "b")),
        ("a\n1\n", ("a",)),
        ("", ()),
        ('"a;b",c\n"1;2;3",4\n', ("a;b", "c")),
        ("\n'" * 2048, ("'",)),
        ('\n"a' * 1365, ()),
    ],
)
def test_the_sign_between_values_is_found_at_once(tmp_path: Path, text: str, headers: tuple[str, ...]) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text)
    before = time.process_time()
    found = table(str(path)).headers
    assert time.process_time() - before < 1
    assert found == headers or text.startswith("\n")


def test_the_texts_and_colours_of_a_styler_are_kept() -> None:
    frame = pd.DataFrame({"a": [1.234, 2.0], "b": ["x", "y"], "c": [0, 0]})
    styler = (
        frame.style.format(precision=1)
        .map(lambda value: "color: red; background-color: #ff000055; position: fixed", subset=["a"])
        .hide(axis="columns", subset=["b"])
        .hide(axis="index", subset=[1])
    )
    found = table(styler)
    assert found.headers == ("a", "c")
    assert found.rows == ((1.234, 0),)
    assert found.looks is not None
    assert found.looks.display == (("1.2", "0"),)
    assert found.looks.palette == ({"color": "red", "background-color": "#ff000055"},)
    assert found.looks.styles == ((0, -1),)


def test_metadata_are_texts_and_harmless_styles() -> None:
    metadata = {"display_value": [["one"]], "styling": [["color: #fff; background: url(x)", "font-weight: bold"]]}
    found = table({"data": [[1, 2]], "metadata": metadata})
    assert found.looks is not None
    assert found.looks.display == (("one",),)
    assert found.looks.palette == ({"color": "#fff"}, {"font-weight": "bold"})
    assert table({"data": [[1]], "metadata": {"display_value": 3, "styling": [None]}}).looks is None


@pytest.mark.parametrize(
    ("css", "kept"),
    [
        ("background: linear-gradient(90deg, rgba(220, 242, 220) 79.3%, transparent 79.3%)", "background-image"),
        ("background-image: radial-gradient(#fff, rgb(0 0 0 / 50%)) !important", "background-image"),
        ("background: rgba(0, 0, 0, 0.5)", "background-color"),
        ("background: linear-gradient(90deg, url(x), red)", None),
        ("background-image: url(x)", None),
    ],
)
def test_backgrounds_are_colours_and_gradients_of_them(css: str, kept: str | None) -> None:
    assert list(harmless(css)) == ([kept] if kept else [])


@pytest.mark.parametrize("value", [3, b"abc", object(), np.zeros((2, 2, 2)), pl.DataFrame().lazy(), {"a": 1}])
def test_what_is_no_table_is_refused(value: object) -> None:
    with pytest.raises(UnfitTable, match="takes"):
        tabular(value, Path.read_bytes)


def test_what_is_too_large_is_refused_before_anything_is_made_of_it() -> None:
    for value in (np.broadcast_to(0, (500_000, 2)), np.broadcast_to(0, (1, 30_000)), ([0] * 300 for _ in range(10**9))):
        with pytest.raises(UnfitTable, match="takes at most 400,000 rows, 20,000 columns and 4,000,000 cells"):
            tabular(value, Path.read_bytes)
    check_shape(400, 10_000)


def test_nothing_is_a_table_without_columns() -> None:
    assert [tabular(value, Path.read_bytes) for value in ([], {}, ())] == [Tabular([])] * 3
    assert table(pd.DataFrame({"a": []})).headers == ("a",)
