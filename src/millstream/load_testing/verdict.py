"""The verdict on a load test: the part that is saturated first. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from millstream.load_testing.report import LoadReport

Part: TypeAlias = Literal["nothing", "tester", "queue", "server", "handler", "link", "unknown"]

BUSY_CORES: Final = 0.85
"""One event loop that takes more of a core than this has no room left."""

LATE_S: Final = 0.02
"""A loop that is later than this (p95) delays every frame by it."""

BUSY_CALLS: Final = 0.85
"""A handler that is at work for more than this share of the time cannot be called more often."""

LINK_SHARE: Final = 0.5
"""The way is the bottleneck if it takes more than this share of the latency."""


@dataclass(frozen=True)
class Verdict:
    """The part that is saturated first, and a sentence with the evidence and the remedy."""

    part: Part
    sentence: str


def verdict(found: LoadReport) -> Verdict:
    """Judge a report: the tester first, since with it saturated all other figures say nothing."""
    if limit := _of_tester(found):
        return Verdict("tester", limit)
    if found.held == found.streams:
        return Verdict("nothing", f"all {found.streams} streams held the rate and the latency")
    if limit := _of_queue(found):
        return Verdict("queue", limit)
    if not found.outcomes["served"]:
        return Verdict("unknown", "no stream was served: see the reasons")
    if limit := _of_server(found):
        return Verdict("server", limit)
    if not found.server.is_known:
        return Verdict("unknown", f"the server's figures are missing ({found.server.refusal}): pass --metrics-token")
    if limit := _of_handler(found):
        return Verdict("handler", limit)
    if limit := _of_link(found):
        return Verdict("link", limit)
    return Verdict("unknown", "no part is at its limit: other processes on either machine may take the time")


def _of_tester(found: LoadReport) -> str:
    tester = found.tester
    if tester.cores < BUSY_CORES and tester.lag_p95_s < LATE_S:
        return ""
    if tester.cores < BUSY_CORES:
        return (
            f"the machine of the load tester: its processes are late by {_ms(tester.lag_p95_s)} (p95) though the "
            f"busiest takes only {tester.cores:.0%} of a core, as others, perhaps the app itself, have its cores. Use "
            "another one"
        )
    return (
        f"the load tester itself: its busiest process takes {tester.cores:.0%} of a core, and is late by "
        f"{_ms(tester.lag_p95_s)}. The figures are those of the tester: give it --processes or another machine"
    )


def _of_queue(found: LoadReport) -> str:
    waiting, refused = found.outcomes["waiting"], found.outcomes["refused"]
    if waiting:
        at_once = f"; at most {found.server.running} ran at once" if found.server.is_known else ""
        return f"the queue: {waiting} streams never had a slot{at_once}. Raise concurrency_limit of the event"
    if refused:
        return f"the limits of the app: {refused} of {found.streams} visitors were turned away (see the reasons)"
    if found.wait.p95 > found.seconds:
        return f"the queue: a slot is waited for {found.wait.p95:.0f} s (p95). Raise concurrency_limit of the event"
    return ""


def _of_server(found: LoadReport) -> str:
    server = found.server
    cores = f" and takes {server.cores:.0%} of a core" if server.cores is not None else ""
    if server.loop_lag.p95 >= LATE_S:
        return f"the server's event loop: it is {_ms(server.loop_lag.p95)} late (p95){cores}. Add workers, or machines"
    if server.answer.p95 >= LATE_S + server.answer.p50:
        return f"the server: a request that does nothing takes {_ms(server.answer.p95)} (p95){cores}"
    if server.cores is not None and server.cores >= BUSY_CORES:
        return f"the server's CPU: its process takes {server.cores:.0%} of a core. Add workers, or machines"
    return ""


def _of_handler(found: LoadReport) -> str:
    call_s = found.server.call_s
    if call_s is None or call_s * found.wanted_hz < BUSY_CALLS:
        return ""
    return (
        f"the handler: a call takes {_ms(call_s)}, and each stream has its calls one after the other, so that "
        f"{1 / call_s:.1f} a second are possible and {found.wanted_hz:.1f} were asked for. Make it faster, or batch"
    )


def _of_link(found: LoadReport) -> str:
    inside_s = (found.server.call_s or 0.0) + (found.server.wait_s or 0.0)
    way_s = found.age.p50 - inside_s
    if found.age.p50 <= found.goal.p95_s / 2 or way_s < LINK_SHARE * found.age.p50:
        return ""
    rates = f"{found.server.received_mbit or 0.0:.0f} Mbit/s up, {found.server.sent_mbit or 0.0:.0f} Mbit/s down"
    return f"the link: {_ms(way_s)} of {_ms(found.age.p50)} pass on the way (p50), at {rates}"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 0.01 else f"{seconds * 1000:.0f} ms"
