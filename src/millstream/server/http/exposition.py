"""The figures of an app as text for Prometheus: exposition format 0.0.4, under names that OpenTelemetry would give."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Final, Literal, TypeAlias

from millstream.batches import BatchStatistics
from millstream.runtime.app_metrics import AppMetrics
from millstream.runtime.metrics import AGE_BOUNDS_S, Histogram, StreamMetrics

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

Labels: TypeAlias = Mapping[str, str]
Samples: TypeAlias = list[tuple[Labels, float | Histogram]]

_UNITS: Final = {"s": "_seconds", "By": "_bytes"}
"""Units of UCUM that Prometheus writes out; all others, such as `{frame}`, say what is counted and are left out."""


@dataclass(frozen=True, slots=True)
class Family:
    """A metric: all its samples.

    Attributes:
        name: As OpenTelemetry writes it, with dots.
        kind: What the figures are.
        unit: In UCUM.
        help: One line for people.
        samples: A figure for each set of labels.
    """

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    unit: str
    help: str
    samples: Samples

    @property
    def prometheus_name(self) -> str:
        """The name with underscores, the unit, and `_total` for a counter."""
        ending = "_total" if self.kind == "counter" else ""
        return f"{self.name.replace('.', '_')}{_UNITS.get(self.unit, '')}{ending}"


def families_of(parts: Mapping[str, AppMetrics]) -> list[Family]:
    """Give the figures of several gateways, by name, each sample with its `gateway`; those of one without a name alone.

    No sample is a sum: whoever adds up the samples of a metric gets that.
    """
    if "" in parts:
        return families(parts[""])
    found: dict[str, Family] = {}
    for gateway, metrics in parts.items():
        for family in families(metrics):
            known = found.setdefault(family.name, replace(family, samples=[]))
            known.samples.extend(({"gateway": gateway, **labels}, value) for labels, value in family.samples)
    return list(found.values())


def families(metrics: AppMetrics) -> list[Family]:
    """Give all figures of an app. Labels take as many values as the app declares handlers, however many its pages."""
    directions: Samples = [
        ({"network.io.direction": "receive"}, metrics.received_bytes),
        ({"network.io.direction": "transmit"}, metrics.sent_bytes),
    ]
    streams: Samples = [({"state": "running"}, metrics.running), ({"state": "waiting"}, metrics.waiting)]
    threads: Samples = [({"state": "running"}, metrics.threads), ({"state": "abandoned"}, metrics.abandoned)]
    replaced: Samples = [
        ({"cause": "death"}, metrics.worker_deaths),
        ({"cause": "recycled"}, metrics.workers_recycled),
    ]
    of_app = [
        Family("millstream.sessions", "gauge", "{session}", "Pages that are open.", [({}, metrics.sessions)]),
        Family("millstream.sessions.opened", "counter", "{session}", "Pages opened.", [({}, metrics.opened)]),
        Family("millstream.streams", "gauge", "{stream}", "Open streams.", streams),
        Family("millstream.queue.length", "gauge", "{call}", "Streams and runs that wait.", [({}, metrics.queued)]),
        Family("millstream.network.io", "counter", "By", "Messages of pages, and to them.", directions),
        Family("millstream.uploads", "counter", "{file}", "Files uploaded.", [({}, metrics.uploads)]),
        Family("millstream.upload", "counter", "By", "Size of the files uploaded.", [({}, metrics.uploaded_bytes)]),
        Family("millstream.stored", "gauge", "By", "Files of open pages.", [({}, metrics.stored_bytes)]),
        Family("millstream.threads", "gauge", "{thread}", "Threads of handlers.", threads),
        Family("millstream.workers", "gauge", "{process}", "Worker processes that are ready.", [({}, metrics.workers)]),
        Family("millstream.workers.ended", "counter", "{process}", "Worker processes that have ended.", replaced),
    ]
    if metrics.loop_lag_s is not None:
        lag: Samples = [({}, metrics.loop_lag_s)]
        of_app.append(Family("millstream.event_loop.lag", "gauge", "s", "One round of the event loop just now.", lag))
    if metrics.cpu_s is not None:
        cpu: Samples = [({}, metrics.cpu_s)]
        of_app.append(Family("process.cpu.time", "counter", "s", "CPU time of this process.", cpu))
    return of_app + _of_events(metrics.events) + _of_batches(metrics.batches)


def _of_events(events: Mapping[str, StreamMetrics]) -> list[Family]:
    def each(attribute: str) -> Samples:
        return [({"event": name}, getattr(metrics, attribute)) for name, metrics in events.items()]

    shown: Samples = [({"event": name}, metrics.glass.count) for name, metrics in events.items()]
    drops: Samples = [
        ({"event": name, "cause": cause}, count)
        for name, metrics in events.items()
        for cause, count in metrics.drops.items()
    ]
    frames, unit = "millstream.frames", "{frame}"
    return [
        Family(f"{frames}.received", "counter", unit, "Frames and chunks of audio from pages.", each("received")),
        Family(f"{frames}.handled", "counter", unit, "Those that a handler was given.", each("handled")),
        Family(f"{frames}.sent", "counter", unit, "Frames sent to pages.", each("sent")),
        Family(f"{frames}.shown", "counter", unit, "Frames that pages have shown.", shown),
        Family(f"{frames}.dropped", "counter", unit, "Frames dropped, by cause.", drops),
        Family("millstream.frame.age", "histogram", "s", "Age at the call of the handler.", each("age")),
        Family("millstream.frame.shown_age", "histogram", "s", "Age on the screen.", each("glass")),
        Family("millstream.handler.duration", "histogram", "s", "Duration of a call, or of a step.", each("call")),
        Family("millstream.handler.errors", "counter", "{call}", "Calls that failed.", each("errors")),
    ]


def _of_batches(batches: Mapping[str, BatchStatistics]) -> list[Family]:
    """Give the figures of handlers that are called for several sessions at once; none if there is no such handler."""
    if not batches:
        return []

    def each(attribute: str) -> Samples:
        return [({"event": name}, getattr(found, attribute)) for name, found in batches.items()]

    pays: Samples = [({"event": name}, int(found.pays)) for name, found in batches.items() if found.pays is not None]
    name = "millstream.batch"
    return [
        Family(f"{name}es", "counter", "{call}", "Calls for one or several sessions.", each("batches")),
        Family(f"{name}.calls", "counter", "{call}", "Frames, chunks and events that those were for.", each("calls")),
        Family(f"{name}.wait", "counter", "s", "The wait of all of these for their batch.", each("wait_s")),
        Family(f"{name}.duration", "counter", "s", "The duration of all batches.", each("call_s")),
        Family(f"{name}.pays", "gauge", "{handler}", "1 if batches save time, 0 if they do not.", pays),
    ]


def exposition(found: Iterable[Family]) -> str:
    """Write metrics as text."""
    return "".join(f"{line}\n" for family in found for line in _lines(family))


def _lines(family: Family) -> Iterator[str]:
    name = family.prometheus_name
    yield f"# HELP {name} {_escaped(family.help)}"
    yield f"# TYPE {name} {family.kind}"
    for labels, value in family.samples:
        if isinstance(value, Histogram):
            yield from _histogram(name, labels, value)
        else:
            yield f"{name}{_braced(labels)} {value}"


def _histogram(name: str, labels: Labels, histogram: Histogram) -> Iterator[str]:
    bounds = [*(f"{bound:g}" for bound in AGE_BOUNDS_S), "+Inf"]
    counts = list(accumulate(histogram.counts))
    for bound, count in zip(bounds, counts, strict=True):
        yield f"{name}_bucket{_braced({**labels, 'le': bound})} {count}"
    yield f"{name}_sum{_braced(labels)} {histogram.total_s}"
    yield f"{name}_count{_braced(labels)} {counts[-1]}"


def _braced(labels: Labels) -> str:
    if not labels:
        return ""
    pairs = (f'{name.replace(".", "_")}="{_quoted(value)}"' for name, value in labels.items())
    return "{" + ",".join(pairs) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _quoted(text: str) -> str:
    return _escaped(text).replace('"', '\\"')
