"""JSON of whatever a handler returned: arrays, tables, dates, dataclasses and models become plain data."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import date, time, timedelta
from numbers import Number
from pathlib import PurePath
from typing import Final, TypeAlias
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from millstream.components.values.plain import LARGEST_WHOLE, plain_number
from millstream.wire.messages import Value
from millstream.wire.plain import KINDS, MAX_DEPTH, brief, check_cells, items_of, plain_scalar, well_formed

Opened: TypeAlias = Mapping[object, object] | list[object]

DUMPS: Final[Mapping[str, Mapping[str, object]]] = {
    "model_dump": {},
    "to_dicts": {},
    "to_dict": {"orient": "records"},
    "_asdict": {},
    "tolist": {},
    "to_list": {},
}
"""Methods by which models (pydantic), tables (polars, pandas), named tuples and arrays give their content."""

_KEYS: Final[Mapping[object, str]] = {None: "null", True: "true", False: "false"}


def json_data(value: object) -> Value:
    """Give the JSON form of a value: text, numbers, booleans, `None`, and lists and dicts of them.

    NaN and infinities are `None`, dates and paths text, sets lists, and the keys of a dict text. Whatever has no form
    of its own is its `repr`, shortened. What a value contains in several places is converted once, and is one list or
    dict in all of them.

    Raises:
        TypeError: Lists or dicts are nested too deeply, contain themselves, or have too many values.
    """
    return _Conversion().plain(value, 0)


class _Conversion:
    """The conversion of one value: objects that refer to each other would become exponentially many otherwise."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[object, Value, int]] = {}
        self._deepest = 0

    def plain(self, value: object, depth: int) -> Value:
        """Give the form of a value that lies within so many lists or dicts."""
        if isinstance(value, np.floating):
            value = float(str(value))
        value = plain_scalar(value)
        if isinstance(value, str):
            return well_formed(value)
        if isinstance(value, float):
            return value if value - value == 0 else None
        if type(value) in KINDS and not isinstance(value, bytes):
            return value
        if isinstance(value, Number) and not isinstance(value, complex):  # Decimal, Fraction
            return plain_number(value)
        known = self._made.get(id(value))
        if known is None:
            opened = _opened(value)
            return _text(value) if opened is None else self._contents(value, opened, depth + 1)
        _, made, height = known
        self._reach(depth + height)
        return made

    def _contents(self, value: object, opened: Opened, depth: int) -> Value:
        """Convert what a value contains, and keep what comes of it, with the number of levels that it has."""
        before, self._deepest = self._deepest, 0
        self._reach(depth)
        self._made[id(value)] = value, None, MAX_DEPTH + 1  # for whoever is found within itself
        made: Value
        if isinstance(opened, Mapping):
            made = {_key(name): self.plain(one, depth) for name, one in opened.items()}
        else:
            made = [self.plain(one, depth) for one in opened]
        self._made[id(value)] = value, made, self._deepest - depth + 1
        self._deepest = max(before, self._deepest)
        return made

    def _reach(self, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise TypeError(f"more than {MAX_DEPTH} lists or dicts lie within each other")
        self._deepest = max(self._deepest, depth)


def parsed_json(text: str) -> Value:
    """Read JSON.

    Raises:
        ValueError: It is none; the message says where.
    """
    try:
        return json_data(json.loads(text))
    except RecursionError as error:
        raise ValueError(f"more than {MAX_DEPTH} lists or dicts lie within each other") from error


def exact(value: Value) -> Value:
    """Give what a browser shows as it is: whole numbers beyond 2**53, which its numbers would round, become text."""
    if isinstance(value, dict):
        return {name: exact(one) for name, one in value.items()}
    if isinstance(value, list):
        return [exact(one) for one in value]
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if is_whole and abs(value) > LARGEST_WHOLE else value  # type: ignore[arg-type]  # an int


def _key(name: object) -> str:
    name = plain_scalar(name)
    if isinstance(name, str):
        return well_formed(name)
    return _KEYS[name] if name is None or isinstance(name, bool) else _text(name)


def _text(value: object) -> str:
    """Write what is no container: numbers, dates, paths and identifiers in full, anything else in short."""
    if isinstance(value, int | float | date | time | timedelta | PurePath | UUID | BaseException):
        return well_formed(str(value))
    return well_formed(brief(value))


def _opened(value: object) -> Opened | None:
    """Give what a container holds, as a mapping or a list; `None` for what is none."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, list | AbstractSet | Iterator | range):
        return items_of(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    for name, arguments in DUMPS.items():
        dump = getattr(value, name, None)
        if callable(dump) and not isinstance(value, type):
            check_cells(value)
            if isinstance(value, np.ndarray):
                return _listed(value)
            return _dumped(dump, arguments)
    if isinstance(value, tuple) or type(value).__name__ in ("dict_values", "dict_keys", "dict_items"):
        return [*value]  # type: ignore[misc]  # the views of a dict can be iterated
    return None


def _listed(array: NDArray[np.generic]) -> list[object]:
    """Give an array as lists: moments as text, and short floats with the digits that they have."""
    if array.dtype.kind == "M":
        array = array.astype(str)
    elif array.dtype.kind == "f" and array.dtype.itemsize < 8:
        array = array.astype(str).astype(np.float64)
    return [*array.tolist()]


def _dumped(dump: Callable[..., object], arguments: Mapping[str, object]) -> Opened | None:
    try:
        found = dump(**arguments)
    except TypeError:  # `to_dict` of a class that knows no `orient`
        found = dump()
    return found if isinstance(found, Mapping | list) else None
