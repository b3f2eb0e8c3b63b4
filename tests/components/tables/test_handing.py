"""Tables for handlers: each form of them has what was given."""

from __future__ import annotations

import datetime as dt
import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from millstream.components.tables.handing import handed, is_installed
from millstream.components.tables.making import Form, assembled, table_of
from millstream.components.tables.reading import tabular
from millstream.components.tables.table import Table
from millstream.errors import InvalidValue

FRAME = pd.DataFrame(
    {
        "name": ["a", "b"],
        "age": [1, 2],
        "weight": [1.5, None],
        "big": [2**60, 1],
        "far": [np.inf, 0.0],
        "ok": [True, False],
        "at": pd.to_datetime(["2024-05-06 07:08", None]),
    }
)


def table(value: object) -> Table:
    return table_of(tabular(value, Path.read_bytes), Form(), Path.read_bytes)


def test_pandas_get_back_what_they_gave() -> None:
    found: Any = handed(table(FRAME), "pandas")
    pd.testing.assert_frame_equal(found, FRAME, check_dtype=False)
    assert [str(dtype)[:5] for dtype in found.dtypes[1:]] == ["int64", "float", "int64", "float", "bool", "datet"]


def test_names_may_repeat_in_pandas_and_are_numbered_in_polars() -> None:
    given = table({"headers": ["a", "a"], "data": [[1, 2]]})
    pandas: Any = handed(given, "pandas")
    polars: Any = handed(given, "polars")
    assert list(pandas.columns) == ["a", "a"]
    assert polars.columns == ["a", "a_2"]


def test_polars_get_back_what_they_gave() -> None:
    days, times = [dt.date(2024, 1, 2), None], [dt.datetime(2024, 1, 2, 3), None]
    given = pl.DataFrame({"x": [1, None], "s": ["a", "b"], "d": days, "t": times})
    assert pl.DataFrame.equals(handed(table(given), "polars"), given)  # type: ignore[arg-type]  # one it is


def test_times_that_somebody_wrote_over_are_texts() -> None:
    given = assembled(("t",), ("date",), [("2024-01-02",), ("soon",)], times=frozenset({0}))
    for form in ("pandas", "polars"):
        found: Any = handed(given, form)  # type: ignore[arg-type]  # one of the two
        assert found["t"].to_list() == ["2024-01-02", "soon"]


def test_arrays_are_of_numbers_where_all_are() -> None:
    floats: Any = handed(table([[1, 2.5], [None, 4]]), "numpy")
    np.testing.assert_array_equal(floats, [[1, 2.5], [np.nan, 4]])
    assert handed(table(np.eye(2, dtype=int)), "numpy").dtype.kind == "i"  # type: ignore[attr-defined]
    mixed: Any = handed(table([["a", 1]]), "numpy")
    assert mixed.tolist() == [["a", "1"]]
    assert handed(assembled("ab", ("str", "str"), ()), "numpy").shape == (0, 2)  # type: ignore[attr-defined]


def test_lists_are_lists_of_rows() -> None:
    assert handed(table([["a", 1], ["b", None]]), "array") == [["a", 1], ["b", None]]
    assert handed(table([[2**60], [np.inf]]), "array") == [[2**60], [np.inf]]


def test_no_rows_have_their_columns() -> None:
    found: Any = handed(assembled(("a", "b"), ("number", "str"), ()), "pandas")
    assert (list(found.columns), len(found)) == (["a", "b"], 0)


def test_a_package_that_is_not_there_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(InvalidValue, match=r"needs pandas.*pip install pandas, or give type='array'"):
        handed(table([[1]]), "pandas")
    assert is_installed("array")
