"""A `Table` from what was given: headers, the type of each column, HTML of Markdown, files for what is large."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, cast

from millstream.components.tables.cells import Cell, Kind, ShownCell, TableColumn, column_of, declared_column
from millstream.components.tables.image_cells import image_address
from millstream.components.tables.pages import Row, RowPage, paged
from millstream.components.tables.reading import Open, Tabular, UnfitTable
from millstream.components.tables.table import MAX_BYTES, Looks, Table
from millstream.components.text.markdown_html import Style, prose
from millstream.components.text.sanitized_html import sanitised
from millstream.declare.i18n import BEGIN, in_each_language
from millstream.wire.limits import MAX_MESSAGE_BYTES
from millstream.wire.plain import size_of

MAX_RENDERED: Final = 20_000
"""Cells of Markdown or HTML that are formatted; further ones are shown as they are written."""

MAX_LOOKS: Final = MAX_MESSAGE_BYTES // 2
"""What texts and colours besides the cells may take, in bytes: they go in one message."""

MARKUP: Final = re.compile(r"[*_`#<>\[\]!&~|\\$]|://|^\s*(?:[-+]|\d+[.)])\s|\n", re.MULTILINE)
"""What may be Markdown; other text means itself."""


class Form(NamedTuple):
    """The declaration of a table's columns.

    Attributes:
        headers: Names of the columns where the values have none; empty for numbers.
        datatype: The type of each column, or one for all; `"auto"` is found out.
        style: The rendering of Markdown.
    """

    headers: Sequence[str] = ()
    datatype: str | Sequence[str] = "auto"
    style: Style = Style()

    def kind(self, at: int) -> Kind | None:
        """Give the type of a column, `None` for what its values are."""
        one = self.datatype
        if not isinstance(one, str):
            one = one[at] if at < len(one) else "auto"
        return None if one == "auto" else cast("Kind", one)

    def names(self, width: int, own: Sequence[str] | None = None) -> tuple[str, ...]:
        """Give the names of so many columns; of a table without any column all that are declared."""
        names = list(own if own else self.headers)
        if width == 0:
            return tuple(names)
        return (*names[:width], *(str(at + 1) for at in range(len(names), width)))


def table_of(given: Tabular, form: Form, open_file: Open) -> Table:
    """Make a table.

    Raises:
        UnfitTable: It is too large.
    """
    headers = form.names(len(given.columns), given.headers)
    columns = [_column(values, form.kind(at), open_file) for at, values in enumerate(given.columns)]
    kinds = tuple(column.kind for column in columns) or tuple(form.kind(at) or "str" for at in range(len(headers)))
    times = frozenset(at for at, column in enumerate(columns) if column.is_time)
    cells, rendered = with_html([column.cells for column in columns], kinds, form.style)
    return assembled(headers, kinds, list(zip(*cells, strict=True)), rendered, times, _fitting(given.looks))


def assembled(
    headers: Sequence[str],
    kinds: Sequence[Kind],
    rows: Sequence[Row],
    rendered: Sequence[int] = (),
    times: frozenset[int] = frozenset(),
    looks: Looks | None = None,
) -> Table:
    """Put a table together, in pages if it is large.

    Raises:
        UnfitTable: It takes too many bytes.
    """
    pages, rest = paged(rows)
    check_size(pages)
    return Table(tuple(headers), tuple(kinds), times, tuple(rendered), tuple(pages), tuple(rest), looks)


def check_size(pages: Sequence[RowPage]) -> None:
    """Check what all pages of a table take together.

    Raises:
        UnfitTable: They take too many bytes.
    """
    if (size := sum(page.size for page in pages)) > MAX_BYTES:
        raise UnfitTable(f"takes tables of at most {MAX_BYTES >> 20} MiB, but got {size >> 20}; give a part, or a file")


def with_html(
    columns: Sequence[Sequence[Cell]], kinds: Sequence[Kind], style: Style
) -> tuple[list[Sequence[ShownCell]], list[int]]:
    """Add a column of HTML for each one of Markdown or HTML; gives the numbers of these as well."""
    rendered = [at for at, kind in enumerate(kinds) if kind in ("markdown", "html")]
    left = MAX_RENDERED
    more: list[Sequence[ShownCell]] = []
    for at in rendered:
        render = html_of(kinds[at], style)
        more.append([render(cell) if number < left else None for number, cell in enumerate(columns[at])])
        left = max(0, left - len(columns[at]))
    return [*columns, *more], rendered


def html_of(kind: Kind, style: Style) -> Callable[[Cell], ShownCell]:
    """Give what renders a cell as HTML that is safe; `None` for one that can be shown as it is."""

    def markdown(cell: Cell) -> ShownCell:
        if not isinstance(cell, str) or not (MARKUP.search(cell) or BEGIN in cell):
            return None
        return cast("ShownCell", in_each_language(cell, lambda text: prose(text, style)))

    def html(cell: Cell) -> ShownCell:
        if not isinstance(cell, str) or not ("<" in cell or "&" in cell or BEGIN in cell):
            return None
        return cast("ShownCell", in_each_language(cell, sanitised))

    return markdown if kind == "markdown" else html


def _column(values: Sequence[object], kind: Kind | None, open_file: Open) -> TableColumn:
    if kind == "image":
        return TableColumn([image_address(value, open_file) for value in values], "image")
    column = column_of(values)
    return column if kind is None else declared_column(column, kind)


def _fitting(looks: Looks | None) -> Looks | None:
    if looks is not None and size_of(looks.wire(), MAX_LOOKS) > MAX_LOOKS:
        raise UnfitTable("takes fewer cells that are styled, or shown by other texts: give a smaller part of them")
    return looks
