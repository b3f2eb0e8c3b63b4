"""The figures of a running app: collected on request, so that they cost nothing while nobody asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass, field, fields
from typing import Final, Protocol, cast

from millstream.batches import BatchStatistics
from millstream.jobs import Engine
from millstream.runtime.metrics import StreamMetrics, Totals
from millstream.runtime.queue import SlotQueue
from millstream.runtime.state.file_quota import FileQuotas
from millstream.runtime.stream.stream import Stream


class MeasuredSession(Protocol):
    """The part of a session that is measured."""

    @property
    def streams(self) -> Mapping[int, Stream]:
        """Its open streams, by number."""


class MeasuredParts(Protocol):
    """The parts that all sessions share, and that are measured."""

    @property
    def queue(self) -> SlotQueue:
        """All that waits for a slot."""

    @property
    def allowances(self) -> FileQuotas:
        """The sizes of all files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppMetrics:
    """The figures of one app at one moment; counters and histograms are since its start.

    Attributes:
        sessions: Pages that are open.
        opened: Pages that were ever opened.
        running: Streams that have a slot.
        waiting: Streams that wait for one.
        queued: All that waits in the queue, runs included.
        events: Streams and calls, by the name of the event's handler.
        received_bytes, sent_bytes: All messages of all pages; uploads and files that are fetched are not among them.
        uploads, uploaded_bytes: Files that pages have uploaded.
        stored_bytes: The files that sessions hold now.
        threads: Threads that run handlers.
        abandoned: Calls that did not end, and were given up.
        workers: Worker processes that are ready.
        worker_deaths: Worker processes that have crashed, or had to be ended.
        workers_recycled: Worker processes that were replaced after their calls, or for their memory.
        cpu_s: CPU time that this process has used, in seconds; `None` if nobody asked.
        batches: What was called for several sessions at once, by the name of the handler.
        loop_lag_s: How long the event loop took for one round; `None` if nobody could wait for it.
    """

    sessions: int
    opened: int
    running: int
    waiting: int
    queued: int
    events: Mapping[str, StreamMetrics]
    received_bytes: int
    sent_bytes: int
    uploads: int
    uploaded_bytes: int
    stored_bytes: int
    threads: int
    abandoned: int
    workers: int = 0
    worker_deaths: int = 0
    workers_recycled: int = 0
    batches: Mapping[str, BatchStatistics] = field(default_factory=dict)
    cpu_s: float | None = None
    loop_lag_s: float | None = None

    def plain(self) -> dict[str, object]:
        """Give the figures as plain data: what `Blocks.metrics` documents."""
        return {
            "sessions": {"open": self.sessions, "opened": self.opened},
            "streams": {"running": self.running, "waiting": self.waiting},
            "queue": self.queued,
            "events": {name: plain_event(metrics) for name, metrics in self.events.items()},
            "bytes": {"received": self.received_bytes, "sent": self.sent_bytes},
            "uploads": {"count": self.uploads, "bytes": self.uploaded_bytes, "stored_bytes": self.stored_bytes},
            "threads": {"running": self.threads, "abandoned": self.abandoned},
            "workers": {
                "running": self.workers,
                "deaths": self.worker_deaths,
                "recycled": self.workers_recycled,
            },
            "batches": {name: plain_batches(batches) for name, batches in self.batches.items()},
            "loop_lag_s": self.loop_lag_s,
        }

    @classmethod
    def whole(cls, parts: Sequence[AppMetrics]) -> AppMetrics:
        """Add up the figures of several processes; the lag is the longest."""
        total: dict[str, object] = {name: sum(getattr(part, name) for part in parts) for name in _SUMMED}
        events: dict[str, StreamMetrics] = {}
        for name, metrics in (event for part in parts for event in part.events.items()):
            events.setdefault(name, StreamMetrics()).merge(metrics)
        batches: dict[str, BatchStatistics] = {}
        for name, more in (batch for part in parts for batch in part.batches.items()):
            batches[name] = batches.get(name, BatchStatistics()) + more
        cpu_s = [part.cpu_s for part in parts if part.cpu_s is not None]
        lags_s = [part.loop_lag_s for part in parts if part.loop_lag_s is not None]
        total |= {"events": dict(sorted(events.items())), "batches": batches, "cpu_s": sum(cpu_s) if cpu_s else None}
        return cls(**total, loop_lag_s=max(lags_s, default=None))  # type: ignore[arg-type]  # each of its field's type


_SUMMED: Final = tuple(each.name for each in fields(AppMetrics) if each.type == "int")


def plain_event(metrics: StreamMetrics) -> dict[str, object]:
    """Give the figures of one event as plain data."""
    return {
        "received": metrics.received,
        "handled": metrics.handled,
        "sent": metrics.sent,
        "shown": metrics.glass.count,
        "dropped": metrics.drops,
        "errors": metrics.errors,
        "age": metrics.age.statistics(),
        "shown_age": metrics.glass.statistics(),
        "call": metrics.call.statistics(),
    }


def plain_batches(batches: BatchStatistics) -> dict[str, object]:
    """Give the figures of the batches of one handler as plain data: means of one batch, and of the wait of a call."""
    return {
        "count": batches.batches,
        "mean_size": batches.calls / batches.batches if batches.batches else 0.0,
        "mean_wait_s": batches.wait_s / batches.calls if batches.calls else 0.0,
        "mean_call_s": batches.call_s / batches.batches if batches.batches else 0.0,
        "pays": batches.pays,
    }


def measured(
    totals: Totals, sessions: Iterable[MeasuredSession], engine: Engine, shared: MeasuredParts | None
) -> AppMetrics:
    """Add what goes on to what is over; `shared` is `None` before the start."""
    live = list(sessions)
    streams = [stream for session in live for stream in session.streams.values()]
    running = sum(stream.statistics().has_slot for stream in streams)
    threads = engine.statistics()
    return AppMetrics(
        sessions=len(live),
        opened=totals.sessions,
        running=running,
        waiting=len(streams) - running,
        queued=shared.queue.waiting if shared is not None else 0,
        events=_by_event(totals, streams),
        received_bytes=totals.received_bytes,
        sent_bytes=totals.sent_bytes,
        uploads=totals.uploads,
        uploaded_bytes=totals.uploaded_bytes,
        stored_bytes=shared.allowances.used if shared is not None else 0,
        threads=cast("int", threads.get("threads", 0)),
        abandoned=len(cast("Sized", threads.get("abandoned", ()))),
        workers=cast("int", threads.get("workers", 0)),
        worker_deaths=cast("int", threads.get("deaths", 0)),
        workers_recycled=cast("int", threads.get("recycled", 0)),
        batches=cast("Mapping[str, BatchStatistics]", threads.get("batches", {})),
    )


def _by_event(totals: Totals, streams: Iterable[Stream]) -> dict[str, StreamMetrics]:
    events: dict[str, StreamMetrics] = {}
    parts = [*totals.events.items(), *((stream.binding.name, stream.statistics()) for stream in streams)]
    for name, metrics in parts:
        events.setdefault(name, StreamMetrics()).merge(metrics)
    return dict(sorted(events.items()))
