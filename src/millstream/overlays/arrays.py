"""Arrays as people and libraries give them, lists and tensors among them, as numpy's own; and the common keywords."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias, TypedDict

import numpy as np
from numpy.typing import NDArray

from millstream.errors import InvalidValue
from millstream.overlays.colors import Color

Labels: TypeAlias = "str | Iterable[object] | None"
Scores: TypeAlias = "Iterable[float | None] | NDArray[np.generic] | None"
Ids: TypeAlias = "Iterable[int | None] | NDArray[np.generic] | None"
Colors: TypeAlias = "Color | Iterable[Color] | None"

Shape: TypeAlias = tuple[int | None, ...]


class Details(TypedDict, total=False):
    """The keywords that every kind of marks takes; see `Marks`."""

    labels: Labels
    scores: Scores
    colors: Colors
    ids: Ids


def array_of(given: Any) -> NDArray[Any]:
    """Make an array of an array, a list, or a tensor on whatever device.

    Raises:
        ValueError, TypeError: It is nothing of the kind, such as rows of different lengths.
    """
    for step in ("detach", "cpu", "numpy"):
        if not isinstance(given, np.ndarray) and callable(getattr(given, step, None)):
            given = getattr(given, step)()
    return np.asarray(given)


def numbers(owner: object, argument: str, given: object, *shapes: Shape) -> NDArray[np.float64]:
    """Read an argument of `owner`, a class or an instance: float64 of one of the shapes, in which `None` is any length.

    An empty list has the first shape.

    Raises:
        InvalidValue: It holds no numbers, or has another shape.
    """
    name = owner.__name__ if isinstance(owner, type) else type(owner).__name__
    try:
        found = array_of(given)
        if found.dtype.kind not in "biufO":
            raise TypeError(f"an array of type {found.dtype}")
        read = np.array(found, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidValue(f"{name}: {argument} has to hold real numbers, in rows of one length") from error
    if read.size == 0 and read.ndim <= 1:
        return read.reshape([0 if side is None else side for side in shapes[0]])
    if not any(_fits(read.shape, shape) for shape in shapes):
        wanted = " or ".join(_written(shape) for shape in shapes)
        raise InvalidValue(f"{name}: {argument} has the shape {read.shape}; it has to be {wanted}")
    return read


def _fits(shape: tuple[int, ...], wanted: Shape) -> bool:
    pairs = zip(shape, wanted, strict=False)
    return len(shape) == len(wanted) and all(side is None or at == side for at, side in pairs)


def _written(shape: Shape) -> str:
    names = iter("nk")
    sides = [next(names) if side is None else str(side) for side in shape]
    return f"({', '.join(sides)}{',' if len(sides) == 1 else ''})"
