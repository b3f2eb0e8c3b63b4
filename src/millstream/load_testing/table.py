"""A load test's report as text for people."""

from __future__ import annotations

from millstream.load_testing.report import LoadReport, Spread
from millstream.load_testing.verdict import verdict


def table(found: LoadReport) -> str:
    """Write the report, a line for each of its parts, and the verdict at its end."""
    rows = [
        (
            "streams",
            ", ".join([f"{found.streams} asked", *(f"{many} {what}" for what, many in found.outcomes.items())]),
        ),
        *(("reason", f"{many}x {reason}") for reason, many in found.reasons.items()),
        (
            "held",
            f"{found.held} streams at {found.goal.share * found.wanted_hz:.1f} {_unit(found)} or more and p95 below "
            f"{_ms(found.goal.p95_s)}",
        ),
        (
            "rate",
            f"{found.rate.p50:.1f} {_unit(found)} of {found.wanted_hz:.1f} (median), slowest {found.slowest_hz:.1f}, "
            f"in all {found.results / found.seconds:.0f}",
        ),
        ("latency", _spread(found.age) if found.has_outputs else "unknown: the event has no outputs"),
        ("gaps", f"{_spread(found.gap)}; {found.long_gaps} streams with one over 1 s"),
        ("queue", f"waited for a slot: {_spread(found.wait)}"),
        ("drops", _drops(found)),
        ("server", _server(found)),
        (
            "tester",
            f"processes: {found.tester.processes}, the busiest at {found.tester.cores:.0%} of a core and "
            f"{_ms(found.tester.lag_p95_s)} late (p95)",
        ),
    ]
    lines = [f"{name:8} {what}" for name, what in rows]
    judged = verdict(found)
    title = "Nothing is saturated" if judged.part == "nothing" else "Saturated first"
    return "\n".join([*lines, "", f"{title}: {judged.sentence}."])


def _unit(found: LoadReport) -> str:
    return "chunks/s" if found.is_audio else "frames/s"


def _drops(found: LoadReport) -> str:
    there = ", ".join(f"{count} {cause}" for cause, count in found.server.drops.items() if count)
    return f"{found.unsent} frames that pages did not send; on the server {there or 'none that is known'}"


def _server(found: LoadReport) -> str:
    server = found.server
    answer = f"answers in {_ms(server.answer.p50)} (p95 {_ms(server.answer.p95)})"
    if not server.is_known:
        return f"{answer}; no figures of its own: {server.refusal}"
    parts = [answer, f"loop lag p95 {_ms(server.loop_lag.p95)}"]
    if server.cores is not None:
        parts.append(f"CPU {server.cores:.0%} of a core")
    if server.call_s is not None:
        parts.append(f"a call takes {_ms(server.call_s)}")
    if server.wait_s is not None:
        parts.append(f"frames wait {_ms(server.wait_s)} for it")
    if server.received_mbit is not None and server.sent_mbit is not None:
        parts.append(f"{server.received_mbit:.1f} Mbit/s in, {server.sent_mbit:.1f} Mbit/s out")
    return ", ".join(parts)


def _spread(found: Spread) -> str:
    return f"p50 {_ms(found.p50)}, p95 {_ms(found.p95)}, p99 {_ms(found.p99)}, longest {_ms(found.max)}"


def _ms(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.1f} s"
    return f"{seconds * 1000:.1f} ms" if seconds < 0.01 else f"{seconds * 1000:.0f} ms"
