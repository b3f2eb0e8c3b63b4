"""The report of a load test: figures of all visitors, of the server and of the tester itself. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Final

import numpy as np

from millstream.load_testing.fed_event import FedEvent
from millstream.load_testing.plan import GroupFigures, LoadPlan, VisitorFigures
from millstream.load_testing.server_figures import Scrape

WHOLE: Final = 0.9
"""A stream counts as held only if it had a slot for this share of the time."""

LONG_GAP_S: Final = 1.0

CAUSES: Final = ("superseded", "broken", "unsent", "stale")
"""Why a server drops frames."""


@dataclass(frozen=True)
class Goal:
    """The goal of each stream.

    Attributes:
        share: Of the rate that it is fed with.
        p95_s: The latency that 95 % of its results stay below, in seconds.
    """

    share: float = 0.9
    p95_s: float = 0.2


@dataclass(frozen=True)
class Spread:
    """Percentiles of some figures; all 0 if there were none."""

    p50: float = 0.0
    p95: float = 0.0
    p99: float = 0.0
    max: float = 0.0

    @classmethod
    def of(cls, figures: Sequence[float]) -> Spread:
        if not figures:
            return cls()
        p50, p95, p99 = (float(each) for each in np.percentile(figures, (50, 95, 99)))
        return cls(p50, p95, p99, max(figures))


@dataclass(frozen=True)
class ServerReport:
    """The server's own view, in the seconds that were measured.

    Attributes:
        cores: CPU seconds a second of the busiest gateway; `None` if unknown.
        loop_lag: How long one round of an event loop took, of whichever gateway was the latest, in seconds.
        answer: How long the answer to a request took that does nothing, in seconds.
        calls: Calls of handlers.
        call_s: Mean duration of a call, in seconds; `None` if unknown.
        wait_s: Mean age of a frame at its call, in seconds, without the way over the network; `None` if unknown.
        running: Streams that had a slot, at most.
        drops: Frames dropped on the server, by cause.
        received_mbit, sent_mbit: Megabits a second; `None` if unknown.
        refusal: Why its metrics could not be read; empty if they could.
    """

    cores: float | None = None
    loop_lag: Spread = field(default_factory=Spread)
    answer: Spread = field(default_factory=Spread)
    calls: int = 0
    call_s: float | None = None
    wait_s: float | None = None
    running: int = 0
    drops: dict[str, int] = field(default_factory=dict)
    received_mbit: float | None = None
    sent_mbit: float | None = None
    refusal: str = ""

    @property
    def is_known(self) -> bool:
        """True if its metrics could be read."""
        return self.call_s is not None or self.cores is not None


@dataclass(frozen=True)
class TesterReport:
    """The load tester itself: its processes, the cores that the busiest takes, and its worst delay (p95) in seconds."""

    processes: int
    cores: float
    lag_p95_s: float


@dataclass(frozen=True)
class LoadReport:
    """All that a load test has found; times are in seconds.

    Attributes:
        event: The component that was fed.
        is_audio: Whether results are of chunks of audio rather than of frames.
        has_outputs: Whether results come back. Else what the server took counts as such, and no latency is known.
        streams: Visitors.
        seconds: How long was measured.
        wanted_hz: Results a second that each stream was to give.
        goal: What a stream had to hold.
        outcomes: Visitors by what became of them: `served`, `waiting`, `refused`, `failed`.
        reasons: Why some were refused or failed, the most frequent first.
        held: Streams that reached the goal.
        results: Results of all streams.
        rate: Results a second of each stream while it had a slot.
        slowest_hz: The lowest of these.
        age: From capture to result.
        gap: The longest time without a result, of each stream.
        long_gaps: Streams with a gap of more than a second.
        wait: For a slot.
        unsent: Frames that pages did not send, because the server did not want them yet.
        server, tester: See there.
    """

    event: str
    is_audio: bool
    has_outputs: bool
    streams: int
    seconds: float
    wanted_hz: float
    goal: Goal
    outcomes: dict[str, int]
    reasons: dict[str, int]
    held: int
    results: int
    rate: Spread
    slowest_hz: float
    age: Spread
    gap: Spread
    long_gaps: int
    wait: Spread
    unsent: int
    server: ServerReport
    tester: TesterReport

    def plain(self) -> dict[str, object]:
        """Give it as plain data."""
        return asdict(self)


def report(
    plan: LoadPlan, event: FedEvent, goal: Goal, groups: Sequence[GroupFigures], server: ServerReport
) -> LoadReport:
    """Put a report together."""
    visitors = [visitor for group in groups for visitor in group.visitors]
    wanted_hz = event.results_hz(plan.rate_hz)
    active = [visitor for visitor in visitors if visitor.running_s > 0]
    rates = [visitor.results / visitor.running_s for visitor in active]
    outcomes = Counter(visitor.outcome for visitor in visitors)
    return LoadReport(
        event=event.name,
        is_audio=event.is_audio,
        has_outputs=event.has_outputs,
        streams=plan.streams,
        seconds=plan.seconds,
        wanted_hz=wanted_hz,
        goal=goal,
        outcomes={name: outcomes[name] for name in ("served", "waiting", "refused", "failed")},
        reasons=dict(Counter(visitor.reason for visitor in visitors if visitor.reason).most_common(5)),
        held=sum(_holds(visitor, plan, event, goal) for visitor in visitors),
        results=sum(visitor.results for visitor in visitors),
        rate=Spread.of(rates),
        slowest_hz=min(rates, default=0.0),
        age=Spread.of([age_s for visitor in visitors for age_s in visitor.ages_s]),
        gap=Spread.of([visitor.longest_gap_s for visitor in active]),
        long_gaps=sum(visitor.longest_gap_s > LONG_GAP_S for visitor in active),
        wait=Spread.of([wait_s for visitor in visitors for wait_s in visitor.waits_s]),
        unsent=sum(visitor.unsent for visitor in visitors),
        server=server,
        tester=TesterReport(
            len(groups), max(group.cores for group in groups), max(group.lag_p95_s for group in groups)
        ),
    )


def _holds(visitor: VisitorFigures, plan: LoadPlan, event: FedEvent, goal: Goal) -> bool:
    if visitor.outcome != "served" or visitor.running_s < WHOLE * plan.seconds:
        return False
    if visitor.results / visitor.running_s < goal.share * event.results_hz(plan.rate_hz):
        return False
    return not event.has_outputs or Spread.of(visitor.ages_s).p95 <= goal.p95_s


def server_report(scrapes: Sequence[Scrape], refusal: str) -> ServerReport:
    """Sum up what a server said of itself between the first and the last scrape."""
    answer = Spread.of([scrape.answer_s for scrape in scrapes if scrape.answer_s is not None])
    told = [scrape for scrape in scrapes if scrape.figures]
    if len(told) < 2:
        return ServerReport(answer=answer, refusal=refusal or "the server gave no figures")
    first, last = told[0], told[-1]
    seconds = last.at - first.at

    def grown(name: str) -> float:
        return last.figures.get(name, 0.0) - first.figures.get(name, 0.0)

    calls, ages = grown("millstream_handler_duration_seconds_count"), grown("millstream_frame_age_seconds_count")
    cpu = "process_cpu_time_seconds_total"
    drops = {cause: int(grown(f"millstream_frames_dropped_total:{cause}")) for cause in CAUSES}
    return ServerReport(
        cores=max(map(grown, _by_gateway(last, cpu))) / seconds if cpu in last.figures else None,
        loop_lag=Spread.of([_latest(scrape) for scrape in told]),
        answer=answer,
        calls=int(calls),
        call_s=grown("millstream_handler_duration_seconds_sum") / calls if calls else None,
        wait_s=grown("millstream_frame_age_seconds_sum") / ages if ages else None,
        running=int(max(scrape.figures.get("millstream_streams:running", 0.0) for scrape in told)),
        drops=drops,
        received_mbit=grown("millstream_network_io_bytes_total:receive") * 8e-6 / seconds,
        sent_mbit=grown("millstream_network_io_bytes_total:transmit") * 8e-6 / seconds,
    )


def _latest(scrape: Scrape) -> float:
    names = _by_gateway(scrape, "millstream_event_loop_lag_seconds")
    return max(scrape.figures.get(name, 0.0) for name in names)


def _by_gateway(scrape: Scrape, name: str) -> list[str]:
    """Name a figure that has no other label for each gateway; itself where there is but one."""
    return [key for key in scrape.figures if key.startswith(f"{name}:")] or [name]
