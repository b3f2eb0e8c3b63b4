"""The costs of calls made as one, measured: what a batch saves, and whether it pays. Pure: the clock is passed in."""

from __future__ import annotations

import math
import statistics
from collections import deque
from typing import Final, NamedTuple

KEPT: Final = 9
"""Durations that are kept of each size; their median counts, so a slow first call does no harm."""

ENOUGH: Final = 4
"""So many calls of one, and of several, have to be measured before it is judged whether batches pay."""

HOP_S: Final = 0.0003
"""The costs of a batch beside its call: the way to its thread and back, and the wait for each other."""

PAYING_SHARE: Final = 0.5
"""A batch pays if at least this part of a call has to be done only once, however many are called."""

AGAIN_S: Final = 60.0
"""After this long it is measured again, as the load, the input or the machine may have changed."""

DOUBTED_S: Final = 5.0
"""That batches do not pay is measured again after this long, then after twice as long each time, up to `AGAIN_S`: the
first calls of a model are seldom as quick as the later ones, and an error would cost the most of what a batch gains."""


class Linear(NamedTuple):
    """The duration of a call of n: `fixed_s + n * each_s`."""

    fixed_s: float
    each_s: float


class Costs:
    """The durations of calls of different sizes.

    Attributes:
        pays: Whether batches pay, as it was judged last; `None` before the first time.
        linear: The durations as far as they are known; before, all of a call is thought to be done only once.
    """

    def __init__(self) -> None:
        self.pays: bool | None = None
        self.linear = Linear(math.inf, 0.0)
        self._seconds: dict[int, deque[float]] = {}
        self._medians: dict[int, float] = {}
        self._judged_at = -math.inf
        self._again_s = AGAIN_S

    def add(self, size: int, seconds: float, now: float) -> None:
        """Note how long a call of `size` took, and judge anew if enough is known."""
        if self._is_settled(now):
            self._note(size, seconds)
            return
        if self._judged_at > -math.inf:  # it is to be measured again
            self._seconds.clear()
            self._medians.clear()
            self._judged_at = -math.inf
        self._note(size, seconds)
        self._judge(now)

    def is_batching(self, now: float) -> bool:
        """True if calls are to be made as one: it pays, or that has to be found out."""
        return self.pays is not False or not self._is_settled(now)

    def needs_one(self, now: float) -> bool:
        """True if a call of one has to be measured, and all that comes is several at once."""
        return not self._is_settled(now) and self._batches >= ENOUGH and self._count(1) < ENOUGH

    def expected_s(self, size: int) -> float | None:
        """Say how long a call will take; `None` if nobody knows."""
        if size in self._medians or not self._medians:
            return self._medians.get(size)
        if self.linear.fixed_s < math.inf:
            return self.linear.fixed_s + size * self.linear.each_s
        return self._medians[min(self._medians, key=lambda known: abs(known - size))]

    def _is_settled(self, now: float) -> bool:
        return now < self._judged_at + self._again_s

    def _count(self, size: int) -> int:
        return len(self._seconds.get(size, ()))

    @property
    def _batches(self) -> int:
        """The number of calls of more than one that are known."""
        return sum(len(kept) for size, kept in self._seconds.items() if size > 1)

    def _note(self, size: int, seconds: float) -> None:
        kept = self._seconds.setdefault(size, deque(maxlen=KEPT))
        kept.append(seconds)
        self._medians[size] = statistics.median(kept)
        one_s = self._medians.get(1)
        if one_s is None or not self._batches:
            return
        fixed = sum(
            len(kept) * (each * one_s - self._medians[each]) / (each - 1)
            for each, kept in self._seconds.items()
            if each > 1
        )
        fixed_s = min(max(fixed / self._batches, 0.0), one_s)
        self.linear = Linear(fixed_s, one_s - fixed_s)

    def _judge(self, now: float) -> None:
        if self._count(1) < ENOUGH:
            return
        one_s = self._medians[1]
        if one_s <= HOP_S:
            self._settle(pays=False, now=now)
        elif self._batches >= ENOUGH:
            self._settle(pays=self.linear.fixed_s > max(HOP_S, PAYING_SHARE * one_s), now=now)

    def _settle(self, *, pays: bool, now: float) -> None:
        is_doubted_again = not pays and self.pays is False
        self._again_s = AGAIN_S if pays else min(2 * self._again_s, AGAIN_S) if is_doubted_again else DOUBTED_S
        self.pays, self._judged_at = pays, now
