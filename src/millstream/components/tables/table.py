"""`Table`: the value of a `Dataframe` as a session keeps it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import Final, cast

from millstream.components.tables.cells import Cell, Kind
from millstream.components.tables.pages import Row, RowPage
from millstream.wire.messages import Value

MAX_ROWS: Final = 400_000
"""Rows of a table: what a browser can scroll through."""

MAX_CELLS: Final = 4_000_000

MAX_COLUMNS: Final = 20_000

MAX_BYTES: Final = 128 * 1024 * 1024
"""What all rows together may take, encoded."""

SHOWN_ROWS: Final = 4
SHOWN_CELLS: Final = 8
"""What of a table stands in a message, or in the row of an example."""


def new_version() -> int:
    """Make the number of a version that no other table has."""
    return secrets.randbits(48)


@dataclass(frozen=True)
class Looks:
    """The looks of cells, where these differ from what is in them.

    Attributes:
        display: Texts to show, by row; a row may be shorter, and `None` shows the cell.
        palette: Styles that occur: CSS properties that are known to be harmless.
        styles: The number of each cell's style, by row, -1 for none.
    """

    display: tuple[tuple[str | None, ...], ...] = ()
    palette: tuple[Mapping[str, str], ...] = ()
    styles: tuple[tuple[int, ...], ...] = ()

    def wire(self) -> Value:
        return {
            "display": [list(row) for row in self.display],
            "palette": [dict(style) for style in self.palette],
            "styles": [list(row) for row in self.styles],
        }


@dataclass(frozen=True)
class Table:
    """Rows below headers. It never changes; what is edited becomes another one.

    A row has a cell for each header and behind these the HTML of the columns that are `rendered`.

    Attributes:
        headers: The names of the columns; they may repeat.
        kinds: The type of each column.
        times: Columns whose cells were dates or times in Python.
        rendered: Columns of Markdown or HTML.
        pages: The first rows, if there are too many for one message.
        rows: Those after them.
        looks: How cells are shown otherwise.
        version: Tells it from others that a page may have.
    """

    headers: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ()
    times: frozenset[int] = frozenset()
    rendered: tuple[int, ...] = ()
    pages: tuple[RowPage, ...] = ()
    rows: tuple[Row, ...] = ()
    looks: Looks | None = None
    version: int = field(default_factory=new_version, compare=False)

    @cached_property
    def count(self) -> int:
        """The number of rows."""
        return sum(page.count for page in self.pages) + len(self.rows)

    @property
    def width(self) -> int:
        return len(self.headers)

    def shown_rows(self) -> Iterator[Row]:
        """Go through the rows, with what is rendered of them."""
        return chain(chain.from_iterable(page.rows() for page in self.pages), self.rows)

    def all_rows(self) -> Iterator[tuple[Cell, ...]]:
        """Go through the rows, without what is rendered of them."""
        rows, width = cast("Iterator[tuple[Cell, ...]]", self.shown_rows()), self.width
        return (row[:width] for row in rows) if self.rendered else rows

    def columns(self) -> list[list[Cell]]:
        """Give the cells column by column."""
        return [list(cells) for cells in zip(*self.all_rows(), strict=True)] or [[] for _ in self.headers]

    def wire(self) -> Value:
        """Give it for the page: `data` has the rows, or in their place a file with so many of them."""
        shown: dict[str, Value] = {
            "headers": list(self.headers),
            "data": [*({"rows": page.count, "page": page.file} for page in self.pages), *self.rows],
            "kinds": list(self.kinds),
            "version": self.version,
        }
        if self.rendered:
            shown["rendered"] = list(self.rendered)
        if self.looks is not None:
            shown["looks"] = self.looks.wire()
        return shown

    def __str__(self) -> str:
        """Tell the first cells in one line."""
        width = SHOWN_CELLS
        rows = [" ".join("" if cell is None else str(cell) for cell in row[:width]) for row in self.head(SHOWN_ROWS)]
        more = " …" if self.count > SHOWN_ROWS or self.width > width else ""
        return " / ".join(rows) + more

    def head(self, count: int) -> list[tuple[Cell, ...]]:
        return [row for row, _ in zip(self.all_rows(), range(count), strict=False)]

    def __repr__(self) -> str:
        return f"<Table {self.count} x {self.width}>"
