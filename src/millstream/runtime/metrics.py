"""Counters of streams and calls, and ages and durations: plain numbers, and histograms with fixed bounds."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from millstream.runtime.trace import StreamTrace

AGE_BOUNDS_S: Final = (
    *(0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5),
    *(1.0, 2.0, 5.0, 10.0, 30.0),
)
"""Upper bounds of the histogram's bins in seconds; one more bin takes the rest."""

NOTED: Final = 64
"""So many durations of a stream are noted before they are sorted into bins, all at once."""

COUNTERS: Final = ("received", "handled", "dropped", "broken", "sent", "replaced", "stale", "errors")


@dataclass(slots=True)
class Histogram:
    """Counts of durations between fixed bounds.

    Attributes:
        counts, total_s, max_s: Of all that has been sorted in.
        noted: Durations that `fold` has still to sort in.
    """

    counts: list[int] = field(default_factory=lambda: [0] * (len(AGE_BOUNDS_S) + 1))
    total_s: float = 0.0
    max_s: float = 0.0
    noted: list[float] = field(default_factory=list)

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(AGE_BOUNDS_S, seconds)] += 1
        self.total_s += seconds
        self.max_s = max(self.max_s, seconds)

    def fold(self) -> None:
        """Sort in what was noted."""
        for seconds in self.noted:
            self.add(seconds)
        self.noted.clear()

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

    def statistics(self) -> dict[str, float]:
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
    """Counters of one stream, or of all streams and runs of an event.

    Attributes:
        received: Packets from the page.
        handled: Packets that were given to the handler.
        dropped: Frames that a newer one replaced before the handler took them.
        broken: Frames that could not be decoded.
        sent: Media packets to the page.
        replaced: Frames that a newer one replaced before they were sent, or that were not sent for another reason.
        stale: Frames that were older than `max_age` when their handler was to be called.
        errors: Calls that failed.
        backlog_s: Most audio that ever waited on the server, in seconds.
        age: How old a packet was when its handler was called, without the shortest time the network takes.
        glass: How long after its capture a frame was on the screen.
        call: How long a call of the handler took, or one step of its generator.
        has_slot: Of a stream that is open, whether it has a slot.
        rtt_s: The shortest time to its page and back; `None` if unknown.
        encodings, encodings_s: Of a stream that is open, how often frames were encoded right before they were sent, and
            how long that took.
        trace: Times each call of the stream while its page watches the latency; else `None`.
    """

    received: int = 0
    handled: int = 0
    dropped: int = 0
    broken: int = 0
    sent: int = 0
    replaced: int = 0
    stale: int = 0
    errors: int = 0
    backlog_s: float = 0.0
    age: Histogram = field(default_factory=Histogram)
    glass: Histogram = field(default_factory=Histogram)
    call: Histogram = field(default_factory=Histogram)
    has_slot: bool = False
    rtt_s: float | None = None
    encodings: int = 0
    encodings_s: float = 0.0
    trace: StreamTrace | None = None

    def fold(self) -> None:
        """Sort in the ages and durations that were noted, which are `NOTED` together at most."""
        self.age.fold()
        self.call.fold()

    def merge(self, other: StreamMetrics) -> None:
        """Add what another stream has counted."""
        for name in COUNTERS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.backlog_s = max(self.backlog_s, other.backlog_s)
        self.age.merge(other.age)
        self.glass.merge(other.glass)
        self.call.merge(other.call)

    @property
    def drops(self) -> dict[str, int]:
        """The frames that were dropped, by cause."""
        return {"superseded": self.dropped, "broken": self.broken, "unsent": self.replaced, "stale": self.stale}

    def statistics(self) -> Mapping[str, object]:
        return {
            **{name: getattr(self, name) for name in (*COUNTERS, "backlog_s")},
            "age": self.age.statistics(),
            "glass": self.glass.statistics(),
            "call": self.call.statistics(),
        }


@dataclass(slots=True)
class Totals:
    """Counters of one app since its start, without those of open streams.

    Attributes:
        sessions: Pages that were ever opened.
        events: Streams that have ended, and calls of runs, by the name of the event's handler, as many as there are.
        received_bytes, sent_bytes: All messages that pages sent, and that were sent to them.
        uploads, uploaded_bytes: Files that pages have uploaded.
    """

    sessions: int = 0
    events: defaultdict[str, StreamMetrics] = field(default_factory=lambda: defaultdict(StreamMetrics))
    received_bytes: int = 0
    sent_bytes: int = 0
    uploads: int = 0
    uploaded_bytes: int = 0

    def uploaded(self, size: int) -> None:
        """Count an upload of `size` bytes."""
        self.uploads += 1
        self.uploaded_bytes += size

    def all_events(self) -> StreamMetrics:
        """Give the sum of all events."""
        total = StreamMetrics()
        for each in self.events.values():
            total.merge(each)
        return total
