"""How long something takes, by the processor's own count: a machine that is busy with other things changes nothing."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar

T = TypeVar("T")

TIMES = 4
MOST_TIMES = 6
"""So many times as long it may take for `TIMES` as much."""

FLOOR_S = 0.004
"""What takes less is not told from noise."""

MOST_S = 1.0
"""What anything that one visitor sends may take of one thread."""


class Entry(NamedTuple):
    """Something that takes text, or bytes, from anywhere; `generator` makes as much as it is told of one hostile kind.

    `length` is what is made for the first measurement. Raising an error of its own is as good an answer as any.
    """

    name: str
    function: Callable[..., object]
    generator: Callable[[int], object]
    length: int = 10_000
    refuses: type[Exception] | tuple[type[Exception], ...] = ()

    def __str__(self) -> str:
        return self.name


def repeated(*pieces: str) -> Callable[[int], str]:
    """Make a generator that repeats each chunk as often as the others: all of the first, then all of the second."""
    return lambda length: "".join(piece * (length // sum(map(len, pieces))) for piece in pieces)


def around(opening: str, closing: str, before: str = "", after: str = "") -> Callable[[int], str]:
    """Make a generator that nests: all openings, then all closings."""
    return lambda length: before + repeated(opening, closing)(length) + after


def seconds(entry: Entry, length: int, enough_s: float = FLOOR_S) -> float:
    """Say how many seconds of a thread an entry takes, at best."""
    best = float("inf")
    given = entry.generator(length)
    gc.disable()  # what other tests have left behind is looked through in its turns, too
    try:
        for _ in range(3):
            began = time.thread_time()
            try:
                entry.function(given)
            except entry.refuses:
                pass
            best = min(best, time.thread_time() - began)
            if best < enough_s:
                break
    finally:
        gc.enable()
    return best


def check_linear(entry: Entry) -> None:
    """Fail if an entry takes far more than four times as long for four times as much."""
    short, long = seconds(entry, entry.length), seconds(entry, TIMES * entry.length)
    allowed = MOST_TIMES * max(short, FLOOR_S)
    assert long <= allowed, f"{entry.name}: {short * 1000:.1f} ms, and {long * 1000:.1f} ms for four times as much"
    assert long <= MOST_S


def check_bounded(entry: Entry, length: int) -> None:
    """Fail if an entry takes a thread for longer than it may, however much it is given."""
    took = seconds(entry, length, MOST_S)
    assert took <= MOST_S, f"{entry.name}: {took:.1f} s for {length}"
