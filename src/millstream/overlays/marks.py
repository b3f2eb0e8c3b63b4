"""`Marks`, the common base of what is drawn on an image, and `Overlay`, several of them together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from typing import Any, ClassVar, Final, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from millstream.errors import InvalidValue
from millstream.overlays.arrays import Colors, Ids, Labels, Scores
from millstream.overlays.colors import colors_of

Scalar = TypeVar("Scalar", bound=np.generic)

LARGEST_ID: Final = 2**32 - 2
"""The largest identity that the wire carries; one more stands for none."""


class Marks:
    """Several marks of one kind, in pixels of the frame that the handler got. Immutable.

    Marks are combined by `+`, or by returning them as a list or a tuple.

    Args:
        points: The points of all marks, one mark after the other: `(total, 2)`, x and y.
        lengths: The number of points of each mark, `(n,)`.
        labels: The label of each mark, or one for all.
        scores: The confidence of each, 0..1; a `nan` or `None` is not shown.
        colors: One colour for all, or one for each: `"#rrggbb"`, `"#rgb"` or `(red, green, blue)` of 0..255. `None` has
            the page choose by identity, or by label where there is none.
        ids: The identity of each from frame to frame, as a tracker gives it: a number of 0 or more.

    Attributes:
        labels: `str` or `None` for each mark.
        scores: `(n,)` float64, `nan` for none; `None` if no mark has one.
        colors: `(n, 3)` uint8, or `None`.
        ids: `int` or `None` for each mark.
    """

    kind: ClassVar[int]
    """The number of the kind on the wire."""

    noun: ClassVar[str] = "marks"

    points: NDArray[np.float64]
    lengths: NDArray[np.int64]
    labels: tuple[str | None, ...]
    scores: NDArray[np.float64] | None
    colors: NDArray[np.uint8] | None
    ids: tuple[int | None, ...]

    def __init__(
        self,
        points: NDArray[np.float64],
        lengths: NDArray[np.int64],
        *,
        labels: Labels = None,
        scores: Scores = None,
        colors: Colors = None,
        ids: Ids = None,
    ) -> None:
        self._set(points=_frozen(points), lengths=_frozen(lengths))
        self._set(
            labels=self._labels(labels),
            scores=self._scores(scores),
            colors=self._colors(colors),
            ids=self._ids(ids),
        )

    def __len__(self) -> int:
        return len(self.lengths)

    def __add__(self, other: Marks | Overlay) -> Overlay:
        return Overlay((self,)) + other

    def colored(self, colors: NDArray[Any]) -> Self:
        """Give the same marks with other colours, `(n, 3)` of 0..255."""
        other = copy(self)
        other._set(colors=_frozen(colors.astype(np.uint8)))
        return other

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} cannot be changed: make another one")

    def __repr__(self) -> str:
        named = sorted({label for label in self.labels if label is not None})
        return f"<{type(self).__name__} {len(self)}{': ' + ', '.join(named[:5]) if named else ''}>"

    def _set(self, **attributes: object) -> None:
        for name, value in attributes.items():
            object.__setattr__(self, name, value)

    # ---- arguments ---------------------------------------------------------------------------------------------

    def wrong(self, argument: str, reason: str) -> InvalidValue:
        """Make the error for an argument that does not fit."""
        return InvalidValue(f"{type(self).__name__}: {argument} {reason}")

    def _each(self, argument: str, values: Iterable[object]) -> list[object]:
        try:
            found = list(values)
        except TypeError as error:
            raise self.wrong(argument, f"has to be a sequence, one value for each of the {self.noun}") from error
        if len(found) != len(self):
            raise self.wrong(argument, f"has {len(found)} values for {len(self)} {self.noun}; give one for each")
        return found

    def _labels(self, labels: Labels) -> tuple[str | None, ...]:
        if labels is None or isinstance(labels, str):
            return (labels,) * len(self)
        return tuple(None if label is None else str(label) for label in self._each("labels", labels))

    def _scores(self, scores: Scores) -> NDArray[np.float64] | None:
        if scores is None:
            return None
        try:
            found = np.array(self._each("scores", scores), dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise self.wrong("scores", "has to hold numbers from 0 to 1") from error
        if found.ndim != 1:
            raise self.wrong("scores", f"has the shape {found.shape}; it has to be ({len(self)},)")
        return _frozen(np.where(np.isfinite(found), np.clip(found, 0.0, 1.0), np.nan))

    def _colors(self, colors: Colors) -> NDArray[np.uint8] | None:
        if colors is None:
            return None
        try:
            found = colors_of(colors, len(self))
        except ValueError as error:
            raise self.wrong("colors", str(error)) from error
        return _frozen(found)

    def _ids(self, ids: Ids) -> tuple[int | None, ...]:
        if ids is None:
            return (None,) * len(self)
        return tuple(self._id(each) for each in self._each("ids", ids))

    def _id(self, given: Any) -> int | None:
        if given is None:
            return None
        try:
            number = int(given)
        except (TypeError, ValueError, OverflowError) as error:
            raise self.wrong("ids", f"has to hold whole numbers, but {given!r} is none") from error
        if number < 0:
            return None  # trackers say -1 of what they have not made out yet
        if number > LARGEST_ID:
            raise self.wrong("ids", f"holds {number}, but the largest is {LARGEST_ID}")
        return number


class Overlay:
    """Marks of several kinds on one frame; those that come later are drawn on top. Immutable.

    Args:
        marks: The marks, in the order in which they are drawn.
        interpolates: Whether the page carries them on, on frames for which there is no result yet.
    """

    __slots__ = ("interpolates", "marks")

    marks: tuple[Marks, ...]
    interpolates: bool

    def __init__(self, marks: Iterable[Marks] = (), *, interpolates: bool = True) -> None:
        object.__setattr__(self, "marks", tuple(marks))
        object.__setattr__(self, "interpolates", interpolates)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("Overlay cannot be changed: make another one")

    def __len__(self) -> int:
        """Count the marks of all kinds."""
        return sum(len(each) for each in self.marks)

    def __iter__(self) -> Iterator[Marks]:
        return iter(self.marks)

    def __add__(self, other: Marks | Overlay) -> Overlay:
        if not isinstance(other, Marks | Overlay):
            return NotImplemented
        more: Sequence[Marks] = (other,) if isinstance(other, Marks) else other.marks
        return Overlay((*self.marks, *more), interpolates=self.interpolates)

    def __repr__(self) -> str:
        return f"<Overlay {', '.join(map(repr, self.marks))}>"


def _frozen(array: NDArray[Scalar]) -> NDArray[Scalar]:
    array.flags.writeable = False
    return array
