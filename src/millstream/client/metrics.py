"""The figures of a client's own streams, under the names that `Blocks.metrics` has for those of an app."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from millstream.client.result import Summary
from millstream.client.stream import ClientStream


def stream_metrics(names: Mapping[int, str], streams: Collection[ClientStream]) -> dict[str, object]:
    """Add up streams, by the component that they record.

    Args:
        names: How to call a component, by its number.
        streams: All that were ever opened.
    """
    by_name: dict[str, list[ClientStream]] = defaultdict(list)
    for stream in streams:
        by_name[names[stream.component]].append(stream)
    states = [stream.state for stream in streams]
    return {
        "streams": {"running": states.count("running") + states.count("stopping"), "waiting": states.count("waiting")},
        "events": {name: _figures([stream.summary() for stream in found]) for name, found in sorted(by_name.items())},
    }


def _figures(summaries: list[Summary]) -> dict[str, object]:
    latest = summaries[-1]
    return {
        "captured": sum(summary.captured for summary in summaries),
        "sent": sum(summary.sent for summary in summaries),
        "received": sum(summary.results for summary in summaries),
        "dropped": {"unsent": sum(summary.dropped for summary in summaries)},
        "age": {"p50_s": latest.age_p50_s, "p95_s": latest.age_p95_s, "max_s": latest.age_max_s},
    }
