"""How long something takes, by the processor's own count: a machine that is busy with other things changes nothing."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar

T = TypeVar("T")

TIMES = 4
MOST_RATIO = 1.5
"""So many times as long the whole may take as its `TIMES` parts: it is `TIMES` if it is quadratic."""

FLOOR_S = 0.004
"""What takes less is not told from noise."""

MOST_S = 1.0
"""What anything that one visitor sends may take of one thread."""

ROUNDS = 8
"""So often they are measured in turns, until they are in proportion."""


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


def slowness() -> float:
    """Say how many times as long as on the machine the bounds were written for a thread takes now, and 1.0 at least.

    Neighbours slow a core down by a factor of three, and the count of a thread's time does not tell. It takes a second,
    as the pace changes from one moment to the next.
    """
    taken = [seconds(REFERENCE, 200_000, times=1) for _ in range(6)]
    return max(1.0, sum(taken) / len(taken) / REFERENCE_S)


def seconds(entry: Entry, length: int, enough_s: float = FLOOR_S, times: int = 3) -> float:
    """Say how many seconds of a thread an entry takes, at best."""
    best = float("inf")
    given = entry.generator(length)
    gc.disable()  # what other tests have left behind is looked through in its turns, too
    try:
        for _ in range(times):
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
    """Fail if an entry takes far more than four times as long for four times as much.

    The short one is measured four times, which is about as long a while as the long one's: a machine that changes its
    pace every few hundredths of a second is then as fast for both. Any round in which they are in proportion will do.
    """
    long = short = float("inf")
    for _ in range(ROUNDS):
        long = min(long, last := seconds(entry, TIMES * entry.length, times=1))
        if last <= MOST_RATIO * TIMES * FLOOR_S:
            break
        short = sum(seconds(entry, entry.length, times=1) for _ in range(TIMES))
        if last <= MOST_RATIO * max(short, TIMES * FLOOR_S):
            break
    else:
        raise AssertionError(f"{entry.name}: {last:.4f} s for what takes {short:.4f} s in {TIMES} parts")
    check_time(entry.name, long, MOST_S)


def check_bounded(entry: Entry, length: int) -> None:
    """Fail if an entry takes a thread for longer than it may, however much it is given."""
    check_time(f"{entry.name}, {length}", seconds(entry, length, MOST_S, times=5), MOST_S)


def check_time(what: str, took_s: float, most_s: float) -> None:
    """Fail if something took more seconds of a thread than it may on the machine the bounds were written for."""
    assert took_s <= most_s or took_s <= most_s * slowness(), f"{what}: {took_s:.4f} s, and {most_s} s are allowed"


def _tokens(text: str) -> int:
    made: list[dict[str, object]] = [{"at": at, "text": word, "parts": [word]} for at, word in enumerate(text.split())]
    return sum(len(str(each["text"])) for each in reversed(made))


REFERENCE = Entry("a list of words", _tokens, lambda length: " ".join(map(str, range(length))))
REFERENCE_S = 0.08
"""What it takes on the machine that the bounds were written for: like what is bounded it makes many small objects.

Reckoned back: parsers that held their second there, and have not changed since, take 2.1 s where it takes 0.2 s.
"""
