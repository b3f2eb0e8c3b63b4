"""`Dataframe`: a table, shown or edited."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Final, Literal, TypeAlias, Unpack, cast

from millstream.components.options.media_source import DeclaredFiles
from millstream.components.tables.cells import KINDS
from millstream.components.tables.edits import Rules, edited
from millstream.components.tables.handing import Given, handed, is_installed, needs
from millstream.components.tables.making import Form, assembled, table_of
from millstream.components.tables.reading import Tabular, UnfitTable, tabular
from millstream.components.tables.table import MAX_COLUMNS, MAX_ROWS, Table
from millstream.components.text.formulas import read_delimiters
from millstream.components.text.markdown_html import Style
from millstream.declare.component import Common, Component
from millstream.declare.event import Event
from millstream.errors import DeclarationError, InvalidValue
from millstream.types import Blob, Files, Media, Scratch, Stored
from millstream.wire.messages import Value
from millstream.wire.plain import brief

Count: TypeAlias = int | tuple[int, Literal["fixed", "dynamic"]] | None
"""How many rows or columns there are at first, and whether there may be others."""

Limits: TypeAlias = tuple[int | None, int | None] | None

BUTTONS: Final = ("download", "copy", "fullscreen")
COLUMNS: Final = 3
"""Columns of a table of which nothing is known."""

BLANKS: Final = {"number": None, "bool": None, "date": None}
"""What is in a cell that nobody has filled; in others it is an empty text."""

_WIDTH: Final = re.compile(r"\d+(?:\.\d+)?(?:px|%|r?em|ch|vw)|auto")


class Dataframe(Component):
    """A table. Handlers get it as a DataFrame of pandas, or as `type` says.

    They return one of pandas or polars, a numpy array, a list of rows, `{"headers": …, "data": …}`, a pandas `Styler`,
    which brings texts and colours, or the path of a `.csv` file. Of a table that grows the page is sent only the new
    rows; of a large one it fetches what it shows. There may be 4,000,000 cells.

    Args:
        value: The initial table, or a function that gives it.
        headers: Names of the columns, where the value has none.
        row_count: Rows of an empty table; `(3, "fixed")` lets the user add and delete none.
        column_count: Columns of an empty table, in the same forms.
        col_count: Gradio's older name for the same.
        row_limits: The fewest and the most rows that the user may make; `None` for no limit.
        column_limits: The fewest and the most columns.
        datatype: The type of each column, or one for all: `"str"`, `"number"`, `"bool"`, `"date"`, `"markdown"`,
            `"html"`, `"image"`, or `"auto"` for what the values are.
        type: What handlers get: `"pandas"`, `"numpy"`, `"polars"`, or `"array"` for a list of rows.
        max_height: Largest height in pixels, or with a CSS unit; what is longer scrolls.
        wrap: Whether long texts are broken into lines; otherwise they are cut.
        line_breaks: Whether a line's end is one in Markdown.
        latex_delimiters: The signs around formulas in columns of Markdown, as `Markdown` takes them.
        column_widths: The width of each column, in pixels or with a CSS unit.
        buttons: Some of `"download"` (as CSV), `"copy"` and `"fullscreen"`; all by default.
        show_fullscreen_button: `False` takes that button away.
        show_copy_button: `False` takes that button away.
        show_row_numbers: Whether rows are numbered, from 1.
        max_chars: Characters of a cell that are shown until it is selected.
        show_search: `"search"` shows a search field, `"filter"` adds a filter for each column.
        pinned_columns: So many columns on the left do not scroll.
        static_columns: Numbers of columns that the user cannot edit; then there are as many columns as before.
        common: See `Component`.
    """

    takes_objects = True
    grows = True
    corrects = True
    editing = Component.editing | {"edit"}
    ignores: ClassVar[tuple[str, ...]] = (
        "height",
        "max_rows",
        "max_cols",
        "overflow_row_behaviour",
    )
    prop_names: ClassVar = {
        "row_count": ("rows",),
        "row_limits": ("rows",),
        "column_count": ("columns",),
        "col_count": ("columns",),
        "column_limits": ("columns",),
        "column_widths": ("widths",),
        "show_fullscreen_button": ("buttons",),
        "show_copy_button": ("buttons",),
        "show_row_numbers": ("row_numbers",),
        "show_search": ("search",),
        "pinned_columns": ("pinned",),
        "static_columns": ("static", "columns"),
    }

    default_type: ClassVar[Given] = "pandas"
    default_columns: ClassVar[int | None] = None

    change = Event()
    input = Event()
    select = Event()
    edit = Event()

    def __init__(
        self,
        value: object = None,
        *,
        headers: Sequence[str] | None = None,
        row_count: Count = None,
        column_count: Count = None,
        col_count: Count = None,
        row_limits: Limits = None,
        column_limits: Limits = None,
        datatype: str | Sequence[str] = "auto",
        type: Given | None = None,
        max_height: int | str | None = 500,
        wrap: bool = False,
        line_breaks: bool = True,
        latex_delimiters: Sequence[Mapping[str, object]] | None = None,
        column_widths: Sequence[int | str] | None = None,
        buttons: Sequence[str | Component] | None = None,
        show_fullscreen_button: bool | None = None,
        show_copy_button: bool | None = None,
        show_row_numbers: bool = False,
        max_chars: int | None = None,
        show_search: Literal["none", "search", "filter"] = "none",
        pinned_columns: int | None = None,
        static_columns: Sequence[int] | None = None,
        **common: Unpack[Common],
    ) -> None:
        self.headers = [str(header) for header in headers or ()]
        self.row_count, self.column_count = row_count, column_count if column_count is not None else col_count
        self.row_limits, self.column_limits = row_limits, column_limits
        self.datatype = datatype
        self.type: Given = type or self.default_type
        self.max_height, self.wrap = max_height, wrap
        self.text_style = Style(line_breaks, delimiters=read_delimiters(latex_delimiters, "Dataframe"))
        self.column_widths = [f"{one:g}px" if isinstance(one, int | float) else one for one in column_widths or ()]
        shown = {"download": True, "copy": show_copy_button, "fullscreen": show_fullscreen_button}
        named = None if buttons is None else [name for name in buttons if isinstance(name, str)]
        self.buttons = [name for name in BUTTONS if shown[name] is not False] if named is None else named
        self.show_row_numbers, self.max_chars = show_row_numbers, max_chars
        self.show_search = show_search or "none"
        self.pinned_columns = pinned_columns or 0
        self.static_columns = list(static_columns or ())
        super().__init__(value, **common)

    def check(self) -> None:
        self.check_one_of("type", self.type, ("pandas", "numpy", "polars", "array"))
        if "type" in self.given and not is_installed(self.type):
            raise DeclarationError(f"{self.name}: {needs(self.type)}")
        for one in [self.datatype] if isinstance(self.datatype, str) else self.datatype:
            self.check_one_of("datatype", one, (*KINDS, "auto"))
        self.prefer_one_of("show_search", ("none", "search", "filter"), "none")
        if unknown := [name for name in self.buttons if name not in BUTTONS]:
            known = [name for name in self.buttons if name in BUTTONS]
            self.correct("buttons", known, f"{self.buttons!r}: there is no {', '.join(map(repr, unknown))}")
        if not all(_WIDTH.fullmatch(str(one)) for one in self.column_widths):
            self.correct("column_widths", [], f"{brief(self.column_widths)} has a width that is none, such as '100px'")
        self._check_counts()
        super().check()

    def _check_counts(self) -> None:
        for name, most in (("row_count", MAX_ROWS), ("column_count", MAX_COLUMNS)):
            count, _ = _count(getattr(self, name))
            if count is not None and not 0 <= count <= most:
                raise DeclarationError(f"{self.name}: {name}={brief(getattr(self, name))} is not a whole number")
        columns, _ = _count(self.column_count)
        if self.headers and columns is not None and columns != len(self.headers):
            raise DeclarationError(
                f"{self.name}: {len(self.headers)} headers for column_count={columns}; give a header for each column"
            )
        for name, at in (("max_chars", self.max_chars), ("pinned_columns", self.pinned_columns)):
            if at is not None and at < 0:
                self.correct(name, None if name == "max_chars" else 0, f"{at} is less than 0")

    @property
    def rules(self) -> Rules:
        """The rules by which a user edits it."""
        own: Count = (self.default_columns, "fixed") if self.default_columns is not None else None
        columns = _limits(self.column_count or own, self.column_limits) if not self.static_columns else None
        return Rules(self._form, _limits(self.row_count, self.row_limits), columns, frozenset(self.static_columns))

    @property
    def _form(self) -> Form:
        return Form(tuple(self.headers), self.datatype, self.text_style)

    def props(self) -> dict[str, Value]:
        rules = self.rules
        return {
            **super().props(),
            "rows": list(rules.rows),
            "columns": None if rules.columns is None else list(rules.columns),
            "datatype": self.datatype if isinstance(self.datatype, str) else list(self.datatype),
            "max_height": self.max_height,
            "wrap": self.wrap,
            "widths": list(self.column_widths),
            "buttons": list(self.buttons),
            "row_numbers": self.show_row_numbers,
            "max_chars": self.max_chars,
            "search": self.show_search,
            "pinned": self.pinned_columns,
            "static": list(self.static_columns),
        }

    def validate(self, wire: Value, files: Files) -> Stored:
        return self.edited(wire, self._blank(), files)

    def edited(self, wire: Value, stored: Stored, files: Files) -> Stored:
        try:
            return edited(wire, stored if isinstance(stored, Table) else self._blank(), self.rules)
        except UnfitTable as error:
            raise InvalidValue(f"{self.name} {error}") from error

    def takes_long(self, stored: Stored) -> bool:
        return isinstance(stored, Table) and bool(stored.pages)

    def preprocess(self, value: Stored | Media, scratch: Scratch) -> object:
        try:
            return handed(cast("Table", value), self.type)
        except InvalidValue as error:
            raise InvalidValue(f"{self.name}: {error}") from error

    def postprocess(self, value: object, scratch: Scratch) -> Stored:
        if value is None:
            return self._blank()

        def content(path: Path) -> bytes:
            blob = scratch.admit(path)
            return blob.data if blob.data is not None else cast("Path", blob.path).read_bytes()

        try:
            given = tabular(value, content)
            return table_of(given, self._form, content) if given.columns else self._empty(given)
        except UnfitTable as error:
            raise InvalidValue(f"{self.name} {error}") from error

    def declared(self, value: object) -> Stored:
        return self.postprocess(value, DeclaredFiles())

    def _empty(self, given: Tabular) -> Table:
        """Give the table of a value without any column: with the headers that are known."""
        headers = self._form.names(0, given.headers)
        kinds = [self._form.kind(at) or "str" for at in range(len(headers))]
        return assembled(headers, kinds, ())

    def _blank(self) -> Table:
        """Give the table of no value: as many empty rows and columns as are declared."""
        rows, _ = _count(self.row_count)
        width, _ = _count(self.column_count)
        headers = self.headers or self._form.names(width or self.default_columns or COLUMNS)
        kinds = [self._form.kind(at) or "str" for at in range(len(headers))]
        row = tuple(cast("str | None", BLANKS.get(kind, "")) for kind in kinds)
        row += (None,) * sum(kind in ("markdown", "html") for kind in kinds)
        rendered = [at for at, kind in enumerate(kinds) if kind in ("markdown", "html")]
        return assembled(headers, kinds, [row] * (rows or 0), rendered)

    def files(self, stored: Stored) -> Sequence[Blob]:
        return [file for page in stored.pages for file in page.files] if isinstance(stored, Table) else ()

    def wire(self, stored: Stored) -> Value:
        return stored.wire() if isinstance(stored, Table) else None

    def shown(self, stored: Stored) -> Value:
        return self.wire(stored)  # plain already, cell by cell

    def mark(self, stored: Stored) -> object:
        return stored

    @property
    def is_empty(self) -> bool:
        return isinstance(self._initial, Table) and not self._initial.count and not self.is_computed


class Numpy(Dataframe):
    """A `Dataframe` whose handlers get an array."""

    tag = "dataframe"
    default_type = "numpy"


class Matrix(Dataframe):
    """A `Dataframe` whose handlers get a list of rows."""

    tag = "dataframe"
    default_type = "array"


class List(Dataframe):
    """A `Dataframe` of one column, whose handlers get a list of rows."""

    tag = "dataframe"
    default_type = "array"
    default_columns = 1


DataFrame = Dataframe


def _count(given: Count) -> tuple[int | None, bool]:
    """Read how many there are at first, and whether they are fixed."""
    return (given[0], given[1] == "fixed") if isinstance(given, tuple | list) else (given, False)


def _limits(count: Count, limits: Limits) -> tuple[int | None, int | None]:
    """Give the fewest and the most that there may be."""
    if limits is not None:
        least, most = tuple(limits)
        return least, most
    number, is_fixed = _count(count)
    return (number, number) if is_fixed else (None, None)
