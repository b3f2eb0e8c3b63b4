"""Cells of a table as plain data, column by column: numbers, texts, booleans, and `None` for what is missing."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal, NamedTuple, TypeAlias, get_args

from millstream.components.values.plain import LARGEST_WHOLE, plain_number, written_number
from millstream.wire.plain import brief, encodable, plain_scalar, well_formed

Cell: TypeAlias = str | int | float | bool | None

ShownCell: TypeAlias = Cell | dict[str, dict[str, str]]
"""A cell, or the HTML of one, which may be there in each language; see `in_each_language`."""

Kind: TypeAlias = Literal["str", "number", "bool", "date", "markdown", "html", "image"]

KINDS: Final[tuple[str, ...]] = get_args(Kind)
"""Types that a column may have."""

LONGEST_BITS: Final = 1024
"""Whole numbers of more bits are described: no column of numbers has such."""

PLAIN: Final = frozenset({str, int, float, bool, type(None)})
NUMBERS: Final = frozenset({int, float})

INFINITIES: Final[Mapping[str, float]] = {"Infinity": math.inf, "-Infinity": -math.inf}
"""Numbers for which the wire has no form, by the text that stands for them in a column of numbers."""

_WHOLE: Final = re.compile(r"-?\d{1,400}")
"""Whole numbers of a column of numbers that are written out: as many digits as `LONGEST_BITS` have, and some more."""

TRUTH: Final[Mapping[object, bool]] = {
    **dict.fromkeys((1, "true", "yes", "1"), True),
    **dict.fromkeys((0, "false", "no", "0"), False),
}
"""What else means true or false in a column that is declared `"bool"`."""


class TableColumn(NamedTuple):
    """A column of plain cells.

    Attributes:
        cells: From the top.
        kind: The type that the values themselves have.
        is_time: Whether they were dates or times, and no texts that look like them.
    """

    cells: list[Cell]
    kind: Kind
    is_time: bool = False


def column_of(values: Sequence[object]) -> TableColumn:
    """Make the values of a column plain, and find out their type.

    Values that are not numbers (`nan`, `NaT`, `pd.NA`) are `None`. Whole numbers that a page would round are written
    out, and so are infinities. Dates and times have their ISO form.
    """
    types = set(map(type, values))
    if not types <= PLAIN:
        values, times = _plain(values)
        types, is_time = set(map(type, values)), times > 0 and times == len(values) - values.count(None)
        return TableColumn(_fitting(values, types), "date" if is_time else _kind(types), is_time)
    return TableColumn(_fitting(values, types), _kind(types))


def declared_column(column: TableColumn, kind: Kind) -> TableColumn:
    """Give a column the type that the app declares: texts become numbers, or booleans, where they can be read so."""
    convert = CONVERSIONS.get(kind)
    if convert is None or column.kind == kind:
        return column._replace(kind=kind)
    return TableColumn([convert(cell) for cell in column.cells], kind)


def number_cell(cell: Cell) -> Cell:
    """Give a number for a text that is one, `None` for an empty text; anything else as it is."""
    if not isinstance(cell, str):
        return int(cell) if isinstance(cell, bool) else cell
    if not cell.strip():
        return None
    number = written_number(cell)
    return cell if number is None or is_written_out(cell, number) else number


def is_written_out(cell: str, number: float) -> bool:
    """True if a text stands for a whole number that a page would round."""
    return abs(number) >= LARGEST_WHOLE and cell.strip().lstrip("+-").isdecimal()


def number_of(cell: Cell) -> Cell:
    """Give the number that a cell in a column of numbers stands for, whatever its form on the wire."""
    if not isinstance(cell, str):
        return cell
    if cell in INFINITIES:
        return INFINITIES[cell]
    return int(cell) if is_whole_text(cell) else cell


def is_whole_text(cell: str) -> bool:
    """True if a text in a column of numbers stands for a whole number."""
    return _WHOLE.fullmatch(cell) is not None


def bool_cell(cell: Cell) -> Cell:
    """Give a boolean for what means one, `None` for an empty text; anything else as it is."""
    if isinstance(cell, bool) or cell is None:
        return cell
    word = cell.strip().lower() if isinstance(cell, str) else cell
    return None if word == "" else TRUTH.get(word, cell)


CONVERSIONS: Final[Mapping[str, Callable[[Cell], Cell]]] = {"number": number_cell, "bool": bool_cell}


def _kind(types: set[type]) -> Kind:
    found = types - {type(None)}
    if found == {bool}:
        return "bool"
    return "number" if found and found <= NUMBERS else "str"


def _plain(values: Sequence[object]) -> tuple[list[object], int]:
    """Make plain what is not, cell by cell; counts the dates and times among them."""
    times = 0
    cells: list[object] = []
    for value in values:
        if isinstance(value, dt.date | dt.time) and value == value:  # NaT is a date that equals nothing
            times += not isinstance(value, dt.time)
            cells.append(_moment(value))
        else:
            cells.append(value if type(value) in PLAIN else _plain_cell(value))
    return cells, times


def _moment(value: dt.date | dt.time) -> str:
    text = value.isoformat()
    return text.removesuffix("T00:00:00")


def _plain_cell(value: object) -> Cell:
    """Give the plain form of one value of any type. Never fails: what is no value of a table is described."""
    scalar = plain_scalar(value)
    if scalar is None or isinstance(scalar, str | int | float):
        return scalar
    if isinstance(scalar, bytes | bytearray | memoryview):
        return f"{memoryview(scalar).nbytes} bytes"
    if isinstance(value, Decimal | Fraction):
        number = plain_number(value)
        return number if number is not None or (isinstance(value, Decimal) and value.is_nan()) else str(value)
    if isinstance(value, list | tuple | dict) or hasattr(value, "tolist"):
        try:
            return json.dumps(encodable(value), ensure_ascii=False)
        except (TypeError, ValueError):
            return brief(value)
    return str(value) if type(value).__str__ is not object.__str__ else brief(value)


def _fitting(values: Sequence[object], types: set[type]) -> list[Cell]:
    """Replace what the wire has no form for; `values` are plain."""
    cells: list[Cell] = list(values)  # type: ignore[arg-type]  # plain
    if float in types and not all(map(math.isfinite, (cell for cell in cells if type(cell) is float))):
        cells = [_finite(cell) if type(cell) is float else cell for cell in cells]
    if int in types and any(type(cell) is int and abs(cell) > LARGEST_WHOLE for cell in cells):
        cells = [_written(cell) if type(cell) is int else cell for cell in cells]
    if str in types and not all(cell.isascii() for cell in cells if type(cell) is str):
        cells = [well_formed(cell) if type(cell) is str else cell for cell in cells]
    return cells


def _written(number: int) -> Cell:
    if abs(number) <= LARGEST_WHOLE:
        return number
    return str(number) if number.bit_length() <= LONGEST_BITS else brief(number)


def _finite(number: float) -> Cell:
    if math.isnan(number):
        return None
    return number if math.isfinite(number) else "Infinity" if number > 0 else "-Infinity"
