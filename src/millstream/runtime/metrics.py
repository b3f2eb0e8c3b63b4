"""Counters of streams, and how old frames were: plain numbers, and histograms with fixed bounds."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

AGE_BOUNDS_S: Final = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0)
"""Upper bounds of the histogram's bins in seconds; one more bin takes the rest."""


@dataclass(slots=True)
class Histogram:
    """How often a duration fell between which bounds."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(AGE_BOUNDS_S) + 1))
    total_s: float = 0.0
    max_s: float = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(AGE_BOUNDS_S, seconds)] += 1
        self.total_s += seconds
        self.max_s = max(self.max_s, seconds)

    @property
    def count(self) -> int:
        return sum(self.counts)

    def quantile_s(self, fraction: float) -> float:
        """Give the upper bound of the bin that holds a quantile; the largest value seen for the last bin."""
        wanted, seen = fraction * self.count, 0
        for bound, count in zip(AGE_BOUNDS_S, self.counts, strict=False):
            seen += count
            if seen >= wanted and seen:
                return min(bound, self.max_s)
        return self.max_s

    def statistics(self) -> Mapping[str, float]:
        return {
            "count": self.count,
            "mean_s": self.total_s / self.count if self.count else 0.0,
            "p50_s": self.quantile_s(0.5),
            "p95_s": self.quantile_s(0.95),
            "max_s": self.max_s,
        }

    def merge(self, other: Histogram) -> None:
        """Add what another histogram has counted."""
        self.counts = [a + b for a, b in zip(self.counts, other.counts, strict=True)]
        self.total_s += other.total_s
        self.max_s = max(self.max_s, other.max_s)


@dataclass(slots=True)
class StreamMetrics:
    """What happened in one stream, or in all streams that have ended.

    Attributes:
        received: Packets from the page.
        handled: Packets that were given to the handler.
        dropped: Frames that a newer one replaced before the handler took them.
        broken: Frames that could not be decoded.
        sent: Media packets to the page.
        replaced: Frames that a newer one replaced before they were sent.
        backlog_s: Most audio that ever waited on the server, in seconds.
        age: How old a packet was when its handler was called, without the shortest time the network takes.
        glass: How long after its capture a frame was on the screen.
    """

    received: int = 0
    handled: int = 0
    dropped: int = 0
    broken: int = 0
    sent: int = 0
    replaced: int = 0
    backlog_s: float = 0.0
    age: Histogram = field(default_factory=Histogram)
    glass: Histogram = field(default_factory=Histogram)

    def merge(self, other: StreamMetrics) -> None:
        """Add what another stream has counted."""
        for name in ("received", "handled", "dropped", "broken", "sent", "replaced"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.backlog_s = max(self.backlog_s, other.backlog_s)
        self.age.merge(other.age)
        self.glass.merge(other.glass)

    def statistics(self) -> Mapping[str, object]:
        names = ("received", "handled", "dropped", "broken", "sent", "replaced", "backlog_s")
        return {
            **{name: getattr(self, name) for name in names},
            "age": self.age.statistics(),
            "glass": self.glass.statistics(),
        }
