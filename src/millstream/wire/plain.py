"""Values as people's code has them, made plain: Python's own text, numbers, lists and dicts, which the wire can carry.

numpy, pandas and polars are recognised by what their objects can do (`item`, `tolist`, `to_list`), so that none of
them has to be installed.
"""

from __future__ import annotations

import dataclasses
import math
import reprlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import Enum
from itertools import islice
from numbers import Number
from typing import Final

KINDS: Final[tuple[type, ...]] = (bool, int, float, str, bytes, type(None))
"""Types that need no look inside; no subclass of them."""

WHOLE_BITS: Final = 63
"""Whole numbers of more bits are sent as floats."""

MAX_DEPTH: Final = 64
"""How deep lists and dicts may be nested."""

MOST_ITEMS: Final = 2 * 1024 * 1024
"""More values do not fit into a message, in which each takes a byte at least."""

LONGEST_REPR: Final = 200
"""Characters of an object that stand in a message."""

LONGEST_WHOLE_BITS: Final = 10_000
"""Whole numbers of more bits are described by their size: Python refuses to write out very long ones."""


def brief(value: object) -> str:
    """Give the `repr` of any object for messages, shortened to 200 characters at most.

    An object that lies in lists, tuples, dicts or dataclasses many times is described once.
    """
    text = _Brief().repr(value)
    return text if len(text) <= LONGEST_REPR else f"{text[: LONGEST_REPR - 1]}…"


def plain(value: object) -> object:
    """Give Python's own form of a value: of numpy's and pandas' scalars, of enums, of subclasses of `str` and the like.

    Arrays, Series, sets, ranges, views of dicts and iterators become lists; lists, tuples and dicts are copied with
    what is in them. Whatever else it is, such as a path, a function or a component, is given back as it is.

    Raises:
        TypeError: Lists or dicts are nested too deeply, contain themselves, or have too many values.
    """
    return value if type(value) in KINDS else _plain(value, MAX_DEPTH, [MOST_ITEMS])


def plain_scalar(value: object) -> object:
    """Do what `plain` does with a scalar, and give everything else back as it is."""
    if isinstance(value, Enum):
        return plain_scalar(value.value)
    return value if type(value) in KINDS else _scalar(value)


def well_formed(text: str) -> str:
    """Replace what no encoding has a form for: half a surrogate pair becomes `�`."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def encodable(value: object, keeps: tuple[type, ...] = (), depth: int = MAX_DEPTH) -> object:
    """Make a value plain all through, as MessagePack and JSON can carry it.

    Text is well formed, whole numbers too large for the wire are floats, and what is not a number (`nan`, `inf`) is
    `None`. What is one of `keeps` stays as it is.

    Raises:
        TypeError: There is something in it that has no form on the wire, or too much is nested; the message says what.
    """
    if type(value) not in KINDS:
        value = plain_scalar(value)
    if isinstance(value, str):
        return value if value.isascii() else well_formed(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int) and value.bit_length() > WHOLE_BITS:
        return encodable(float(value)) if value.bit_length() < 1024 else None
    if type(value) in KINDS or isinstance(value, keeps):
        return value
    if isinstance(value, Number) and not isinstance(value, complex):  # Decimal, Fraction
        return encodable(_as_float(value))
    if depth <= 0:
        raise TypeError(_TOO_DEEP)
    value = _opened(value)
    if isinstance(value, list | tuple):
        return [encodable(one, keeps, depth - 1) for one in value]
    if isinstance(value, dict):
        return {_checked_key(name): encodable(one, keeps, depth - 1) for name, one in value.items()}
    raise TypeError(f"a {type(value).__name__} has no form that a page could show")


def items_of(values: Iterable[object]) -> list[object]:
    """Give a list of what can be iterated.

    Raises:
        TypeError: It is more than a page takes, and perhaps without an end.
    """
    items = list(islice(values, MOST_ITEMS + 1))
    if len(items) > MOST_ITEMS:
        raise TypeError(_TOO_MANY)
    return items


def check_cells(table: object) -> None:
    """Refuse a table or an array that no page takes, before it becomes as many objects.

    Raises:
        TypeError: It has too many cells.
    """
    shape = getattr(table, "shape", None)
    cells = math.prod(shape) if isinstance(shape, tuple) else 0
    if cells > MOST_ITEMS:
        raise TypeError(f"its {cells} values are too many for the page; return less, or a file")


def size_of(value: object, most: int) -> int:
    """Estimate how many bytes a value takes on the wire; looks no further than `most`, so that huge ones cost nothing.

    What it finds is at most what is sent: text may take more bytes than it has characters.
    """
    size, rest = 0, [iter([value])]
    while rest and size <= most:
        one = next(rest[-1], _NOTHING)
        if one is _NOTHING:
            rest.pop()
            continue
        size += 1
        if len(rest) > MAX_DEPTH + 1:
            continue  # what is nested more deeply is refused for that; a list that contains itself has no end
        if isinstance(one, str | bytes | bytearray | memoryview):
            size += len(one)
        elif isinstance(one, Mapping):
            rest.append(_items(one))
        elif isinstance(one, list | tuple | AbstractSet):
            rest.append(iter(one))
        elif (array_size := getattr(one, "nbytes", None)) is not None and type(array_size) is int:
            size += array_size
    return size


class _Brief(reprlib.Repr):
    """Describes one value, and each object in it once at each depth: `repr` would do it once for each way there."""

    def __init__(self) -> None:
        super().__init__()
        self._described: dict[tuple[int, int], tuple[object, str]] = {}

    def repr1(self, x: object, level: int) -> str:
        place = id(x), level
        if place not in self._described:  # with the object itself: while it is there, nothing else has its `id`
            self._described[place] = x, super().repr1(x, level)[: LONGEST_REPR + 1]
        return self._described[place][1]

    def repr_int(self, x: int, level: int) -> str:
        return super().repr_int(x, level) if x.bit_length() <= LONGEST_WHOLE_BITS else f"<{x.bit_length()} bits>"

    def repr_instance(self, x: object, level: int) -> str:
        for kind in (list, tuple, dict):
            if isinstance(x, kind) and type(x).__repr__ is kind.__repr__:
                return self._shortened(getattr(self, f"repr_{kind.__name__}")(x, level))
        if (names := _described_fields(x)) is None:
            return super().repr_instance(x, level)
        fields = [f"{name}={self.repr1(getattr(x, name), level - 1)}" for name in names if level > 0]
        return self._shortened(f"{type(x).__qualname__}({', '.join(fields) or self.fillvalue * bool(names)})")

    def _shortened(self, text: str) -> str:
        if len(text) <= self.maxother:
            return text
        begin, end = (self.maxother - 3) // 2, (self.maxother - 2) // 2
        return f"{text[:begin]}{self.fillvalue}{text[-end:]}"


def _described_fields(value: object) -> list[str] | None:
    """Name the fields in the `repr` of a dataclass or a named tuple; `None` for an object that has one of its own."""
    described: object = type(value).__repr__
    generated = getattr(getattr(described, "__wrapped__", None), "__qualname__", "")
    if dataclasses.is_dataclass(value) and "__create_fn__" in generated:
        return [field.name for field in dataclasses.fields(value) if field.repr and hasattr(value, field.name)]
    if isinstance(value, tuple) and getattr(described, "__module__", "") == "collections":
        return list(getattr(value, "_fields", ()))
    return None


_NOTHING: Final = object()
_TOO_MANY: Final = f"more than {MOST_ITEMS} values are too many for the page; return less, or a file"
_TOO_DEEP: Final = f"more than {MAX_DEPTH} lists or dicts lie within each other"


def _items(mapping: Mapping[object, object]) -> Iterator[object]:
    for name, value in mapping.items():
        yield name
        yield value


def _scalar(value: object) -> object:
    """Give Python's own form of a subclass of a plain type, or of an array without dimensions."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, bytes):
        return bytes(memoryview(value))
    shape, item = getattr(value, "shape", None), getattr(value, "item", None)
    if type(value).__name__ in ("NAType", "NaTType") and type(value).__module__.startswith("pandas."):
        return None
    if isinstance(shape, tuple) and not shape and callable(item):
        if getattr(getattr(value, "dtype", None), "kind", "") in ("M", "m"):  # as items some of them are mere numbers
            return None if str(value) == "NaT" else str(value)
        found = item()  # the same again for what Python has no type for, such as numbers of 80 bits
        return plain_scalar(found) if type(found) is not type(value) else _as_float(found)
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, int):
        return int.__index__(value)
    return value


def _as_float(number: object) -> object:
    return float(number) if hasattr(number, "__float__") else number


def _plain(value: object, depth: int, left: list[int]) -> object:
    """Do what `plain` does, for what is nested at most `depth` deep; `left` is how many values there may still be."""
    if type(value) in KINDS:
        return value
    if isinstance(value, Enum):
        return _plain(value.value, depth, left)
    scalar = _scalar(value)
    return scalar if scalar is not value else _container(value, depth, left)


def _container(value: object, depth: int, left: list[int]) -> object:
    """Give a list, tuple or dict of plain values; what is none, and cannot be made one, as it is."""
    made = _opened(value)
    if not isinstance(made, dict | list | tuple):
        return made
    if depth <= 0:
        raise TypeError(_TOO_DEEP)
    left[0] -= len(made)
    if left[0] < 0:  # what lies in it many times is copied as often
        raise TypeError(_TOO_MANY)
    if isinstance(made, dict):
        return {name: _plain(one, depth - 1, left) for name, one in made.items()}
    items = [_plain(one, depth - 1, left) for one in made]
    return tuple(items) if isinstance(made, tuple) else items


def _opened(value: object) -> object:
    """Give a list, tuple or dict of what a container holds, as that is; what is none, as it is."""
    if isinstance(value, Mapping):
        return {_key(name): one for name, one in value.items()}
    if isinstance(value, tuple):
        return tuple(value)
    if isinstance(value, bytearray | memoryview) or hasattr(value, "read"):
        return value  # a file can be iterated, too
    if isinstance(value, Sequence | AbstractSet | Iterator) or type(value).__name__ in ("dict_values", "dict_items"):
        return items_of(value)  # type: ignore[arg-type]  # the views of a dict can be iterated
    for name in ("tolist", "to_list"):  # numpy, pandas; polars
        listed = getattr(value, name, None)
        if callable(listed) and hasattr(value, "shape"):
            check_cells(value)
            return listed()
    return value


def _key(name: object) -> object:
    name = plain_scalar(name)
    return well_formed(name) if isinstance(name, str) else name


def _checked_key(name: object) -> object:
    if isinstance(name, str | int | float | None):
        return name
    raise TypeError(f"a {type(name).__name__} cannot be a key of a dict here")
