"""Edits of a table by a page: it gives the whole, or says which cells and rows are others now."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Final, NamedTuple, cast

from millstream.components.tables.cells import CONVERSIONS, INFINITIES, Cell, Kind, ShownCell, column_of, is_whole_text
from millstream.components.tables.image_cells import is_shown_address
from millstream.components.tables.making import Form, assembled, check_size
from millstream.components.tables.pages import Row, RowPage, page_from, paged
from millstream.components.tables.reading import UnfitTable, check_shape
from millstream.components.tables.table import Table, new_version
from millstream.declare.i18n import BEGIN, languages, translated_text
from millstream.wire.messages import Value
from millstream.wire.plain import brief

MAX_HEADER: Final = 1_000
"""Characters of a header that a user writes."""

KEYS: Final = frozenset({"headers", "data", "version"})
PATCH_KEYS: Final = frozenset({"base", "version", "edits"})

ARITY: Final[Mapping[str, int]] = {"set": 3, "insert": 2, "delete": 1, "rename": 2}
"""The edits that there are: numbers of a row and a column, and what is there then."""

OUTDATED: Final = "was changed by the app meanwhile: the edit is not taken; make it again"

WORDS: Final[Mapping[str, str]] = {"number": "numbers", "bool": "true or false"}


class Rules(NamedTuple):
    """The rules of editing.

    Attributes:
        form: What the app declares of the columns.
        rows, columns: The fewest and the most that there may be, `None` for no such limit; `None` for the columns where
            only cells can be edited.
        static: Columns that nobody edits.
    """

    form: Form
    rows: tuple[int | None, int | None] = (None, None)
    columns: tuple[int | None, int | None] | None = (None, None)
    static: Collection[int] = ()


def edited(wire: Value, known: Table, rules: Rules) -> Table:
    """Make the table that a user has made of the `known` one.

    Raises:
        UnfitTable: It is none, or against the rules.
    """
    if wire is None:
        wire = {"headers": list(known.headers), "data": []}
    if isinstance(wire, list):
        wire = {"headers": list(known.headers), "data": wire}
    if isinstance(wire, dict) and wire.keys() == PATCH_KEYS:
        return _patched(wire, known, rules)
    if not isinstance(wire, dict) or not KEYS >= wire.keys() >= KEYS - {"version"}:
        raise UnfitTable(f"takes a table from the page, but got {brief(wire)}")
    return replace(_whole(wire, known, rules), version=_version(wire.get("version", new_version())))


# ---- as a whole ------------------------------------------------------------------------------------------------


def _whole(wire: Mapping[object, Value], known: Table, rules: Rules) -> Table:
    said = _said_headers(known)
    headers = [said.get(header, header) for header in map(_header, _list(wire["headers"], "headers"))]
    width = len(headers)
    rows = [_row(row, width) for row in _list(wire["data"], "rows")]
    check_shape(len(rows), width)
    _check_count("rows", len(rows), known.count, rules.rows)
    _check_headers(headers, known, rules)
    origins = _origins(headers, known)
    columns: list[list[Cell]] = [list(cells) for cells in zip(*rows, strict=True)] or [[] for _ in headers]
    if len(rows) == known.count:
        _check_static(columns, known, rules, origins)
    kinds: list[Kind] = []
    for at, origin in enumerate(origins):
        before: Kind = known.kinds[origin] if origin >= 0 else "str"
        columns[at], kind = _checked(columns[at], headers[at], rules.form.kind(at), before)
        kinds.append(kind)
    times = frozenset(at for at, origin in enumerate(origins) if origin in known.times and kinds[at] == "date")
    shown, rendered = _with_known_html(columns, kinds, known, origins)
    return assembled(headers, kinds, list(zip(*shown, strict=True)), rendered, times)


def _list(value: Value, what: str) -> list[Value]:
    if not isinstance(value, list):
        raise UnfitTable(f"takes a list of {what}, but got {brief(value)}")
    return value


def _header(value: Value) -> str:
    if not isinstance(value, str) or len(value) > MAX_HEADER:
        raise UnfitTable(f"takes headers of at most {MAX_HEADER} characters, but got {brief(value)}")
    return value


def _said_headers(known: Table) -> Mapping[str, str]:
    """Give the headers in several languages by what the user may read in their place."""
    marked = [header for header in known.headers if BEGIN in header]
    return {translated_text(header, tag): header for header in marked for tag in ("", *languages())}


def _row(value: Value, width: int) -> list[Cell]:
    row = _list(value, "cells")
    if len(row) != width:
        raise UnfitTable(f"takes rows of {width} cells, but got one of {len(row)}")
    return [_cell(cell) for cell in row]


def _cell(value: Value) -> Cell:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int | float) and value == value and abs(value) != float("inf"):
        return value
    raise UnfitTable(f"takes texts, finite numbers and booleans as cells, but got {brief(value)}")


def _check_count(what: str, count: int, before: int, limits: tuple[int | None, int | None]) -> None:
    """Check how many there are now; as many as before are always allowed."""
    least, most = limits
    if count != before and not (least or 0) <= count <= (count if most is None else most):
        allowed = f"{least}" if least == most else f"{least or 0} to {'any number of' if most is None else most}"
        raise UnfitTable(f"takes {allowed} {what}, but got {count}")


def _origins(headers: Sequence[str], known: Table) -> list[int]:
    """Find out which column of the known table each one was; -1 for a new one."""
    if len(headers) == known.width:
        return list(range(known.width))
    found = {header: at for at, header in reversed(list(enumerate(known.headers)))}
    return [found.get(header, -1) for header in headers]


def _check_headers(headers: Sequence[str], known: Table, rules: Rules) -> None:
    if tuple(headers) != known.headers and is_fixed(known.width, rules):
        raise UnfitTable(f"takes {known.width} columns with the headers that they have, but got {brief(list(headers))}")
    if rules.columns is not None:
        _check_count("columns", len(headers), known.width, rules.columns)


def is_fixed(width: int, rules: Rules) -> bool:
    """True if the user can change nothing of so many columns but what is in them."""
    return rules.columns is None or rules.columns == (width, width)


def _check_static(columns: Sequence[Sequence[Cell]], known: Table, rules: Rules, origins: Sequence[int]) -> None:
    if rules.static:
        before = known.columns()
        for at, origin in enumerate(origins):
            if origin in rules.static and list(columns[at]) != before[origin]:
                raise UnfitTable(f"has a static column {known.headers[origin]!r}, which cannot be edited")


def _checked(cells: list[Cell], header: str, declared: Kind | None, before: Kind) -> tuple[list[Cell], Kind]:
    """Check a column against the type that is declared, or find out what it is now."""
    if declared is not None:
        is_checked = declared == "image" or declared in CONVERSIONS
        return [_fitting(cell, header, declared) for cell in cells] if is_checked else cells, declared
    if all(_fits(cell, before) for cell in cells):
        return cells, before
    found = column_of(cells)
    return found.cells, found.kind


def _fits(cell: Cell, kind: Kind) -> bool:
    if cell is None or cell == "":
        return True
    if kind == "number":
        is_written = isinstance(cell, str) and (cell in INFINITIES or is_whole_text(cell))
        return is_written or (isinstance(cell, int | float) and not isinstance(cell, bool))
    return isinstance(cell, bool) == (kind == "bool") and (kind == "bool" or isinstance(cell, str))


def _fitting(cell: Cell, header: str, kind: Kind) -> Cell:
    if kind == "image" and not is_shown_address(cell):  # any other text would be the path of a file of the server
        raise UnfitTable(f"takes addresses of images in the column {header!r}, but got {brief(cell)}")
    converted = CONVERSIONS[kind](cell) if kind in CONVERSIONS else cell
    if kind in WORDS and not _fits(converted, kind):
        raise UnfitTable(f"takes {WORDS[kind]} in the column {header!r}, but got {brief(cell)}")
    return converted


def _with_known_html(
    columns: Sequence[Sequence[Cell]], kinds: Sequence[Kind], known: Table, origins: Sequence[int]
) -> tuple[list[Sequence[ShownCell]], list[int]]:
    """Add the HTML that is known of cells; what a user wrote is shown as it is until a handler returns it."""
    rendered = [at for at, kind in enumerate(kinds) if kind in ("markdown", "html")]
    more: list[Sequence[ShownCell]] = []
    for at in rendered:
        html: dict[Cell, ShownCell] = {}
        if origins[at] in known.rendered:
            behind = known.width + known.rendered.index(origins[at])
            html = {cast("Cell", row[origins[at]]): row[behind] for row in known.shown_rows()}
        more.append([html.get(cell) for cell in columns[at]])
    return [*columns, *more], rendered


# ---- by single edits -------------------------------------------------------------------------------------------


def _patched(wire: Mapping[object, Value], known: Table, rules: Rules) -> Table:
    if wire["base"] != known.version:
        raise UnfitTable(OUTDATED)
    draft = _Draft(known, rules)
    for edit in _list(wire["edits"], "edits"):
        what, *arguments = _list(edit, "edits") or [None]
        places = arguments if what == "delete" else arguments[:-1]
        is_known = isinstance(what, str) and len(arguments) == ARITY.get(what)
        if not is_known or not all(type(at) is int for at in places):
            raise UnfitTable(f"takes edits from the page, but got {brief(edit)}")
        draft.edits[str(what)](*arguments)
    return replace(draft.table(), version=_version(wire["version"]))


def _version(value: Value) -> int:
    if not isinstance(value, int) or not 0 <= value < 2**53:
        raise UnfitTable(f"takes the number of a version, but got {brief(value)}")
    return value


class _Draft:
    """A table while it is edited: the pages that are touched are opened."""

    def __init__(self, known: Table, rules: Rules) -> None:
        self._known, self._rules = known, rules
        self._parts: list[RowPage | list[Row]] = [*known.pages, list(known.rows)]
        self._ends = self._counted()
        self._headers, self._kinds = list(known.headers), list(known.kinds)
        self.edits: Mapping[str, Callable[..., None]] = {
            "set": self._set,
            "insert": self._insert,
            "delete": self._delete,
            "rename": self._rename,
        }

    def _counted(self) -> list[int]:
        """Give the number of rows up to the end of each page."""
        return list(accumulate(part.count if isinstance(part, RowPage) else len(part) for part in self._parts))

    def _open(self, row: int, most: int) -> tuple[list[Row], int]:
        """Give the rows of the page of a row, and its number there."""
        ends = self._ends
        if not 0 <= row < most:
            raise UnfitTable(f"has {ends[-1]} rows, but an edit is for row {row}")
        at = min(bisect_right(ends, row), len(self._parts) - 1)
        part = self._parts[at]
        if isinstance(part, RowPage):
            part = self._parts[at] = part.rows()
        return part, row - (ends[at - 1] if at else 0)

    def _set(self, row: int, column: int, value: Value) -> None:
        rows, at = self._open(row, self._ends[-1])
        cells = list(rows[at])
        cells[column] = self._cell(column, value)
        if column in self._known.rendered:
            cells[self._known.width + self._known.rendered.index(column)] = None
        rows[at] = tuple(cells)

    def _cell(self, column: int, value: Value, *, is_new: bool = False) -> Cell:
        if not 0 <= column < len(self._headers) or (column in self._rules.static and not is_new):
            raise UnfitTable(f"has no column {column} that can be edited")
        declared, cell = self._rules.form.kind(column), _cell(value)
        if declared is not None:
            return _fitting(cell, self._headers[column], declared)
        if not _fits(cell, self._kinds[column]):
            self._kinds[column] = "str"
        return cell

    def _insert(self, row: int, values: Value) -> None:
        count = self._ends[-1]
        _check_count("rows", count + 1, count, self._rules.rows)
        check_shape(count + 1, len(self._headers))
        rows, at = self._open(row, count + 1)
        fresh = _row(values, len(self._headers))
        cells = [self._cell(column, cell, is_new=True) for column, cell in enumerate(fresh)]
        rows.insert(at, (*cells, *(None for _ in self._known.rendered)))
        self._ends = self._counted()

    def _delete(self, row: int) -> None:
        count = self._ends[-1]
        _check_count("rows", count - 1, count, self._rules.rows)
        rows, at = self._open(row, count)
        del rows[at]
        self._ends = self._counted()

    def _rename(self, column: int, name: Value) -> None:
        if not 0 <= column < len(self._headers) or is_fixed(self._known.width, self._rules):
            raise UnfitTable(f"has no column {column} that can be renamed")
        self._headers[column] = _header(name)

    def table(self) -> Table:
        """Give it as it is now.

        Raises:
            UnfitTable: It takes too many bytes by now.
        """
        *pages, tail = self._parts
        closed = [page_from(part) if isinstance(part, list) else part for part in pages if part]
        more, rest = paged(cast("list[Row]", tail))
        check_size([*closed, *more])
        headers, kinds = tuple(self._headers), tuple(self._kinds)
        return replace(self._known, headers=headers, kinds=kinds, pages=(*closed, *more), rows=tuple(rest), looks=None)
