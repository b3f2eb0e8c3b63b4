"""The report of a load test, and its verdict."""

import json

import pytest

from millstream.load_testing.fed_event import FedEvent
from millstream.load_testing.plan import GroupFigures, LoadPlan, VisitorFigures
from millstream.load_testing.report import Goal, LoadReport, ServerReport, Spread, report, server_report
from millstream.load_testing.server_figures import Scrape, parse
from millstream.load_testing.table import table
from millstream.load_testing.verdict import verdict
from millstream.wire.packet import PacketKind

PLAN = LoadPlan(url="http://127.0.0.1/", streams=4, rate_hz=10.0, seconds=10.0)
CAMERA = FedEvent(1, "camera", (PacketKind.PICTURE,), 0.0)
WELL = ServerReport(cores=0.3, calls=400, call_s=0.01, wait_s=0.002, running=4, received_mbit=8.0, sent_mbit=8.0)


def visitor(hz: float = 10.0, age_s: float = 0.05, outcome: str = "served", **others: object) -> VisitorFigures:
    count = round(hz * 10)
    figures = {"outcome": outcome, "running_s": 10.0, "results": count, "ages_s": [age_s] * count, "waits_s": [0.01]}
    return VisitorFigures(**{**figures, **others})  # type: ignore[arg-type]


def found(
    *visitors: VisitorFigures, server: ServerReport = WELL, cores: float = 0.2, lag_s: float = 0.001
) -> LoadReport:
    return report(PLAN, CAMERA, Goal(), [GroupFigures(list(visitors), cores, lag_s)], server)


def test_streams_hold_that_reach_rate_and_latency_all_the_time() -> None:
    late = visitor(age_s=0.3)
    said = found(visitor(), visitor(hz=8.9), late, visitor(running_s=5.0, results=50), visitor(hz=9.0))
    assert said.held == 2
    assert said.slowest_hz == pytest.approx(8.9)
    assert said.results == 100 + 89 + 100 + 50 + 90


def test_what_has_no_outputs_holds_by_its_rate_alone() -> None:
    silent = CAMERA._replace(has_outputs=False)
    groups = [GroupFigures([visitor(ages_s=[]), visitor(hz=5.0, ages_s=[])], 0.1, 0.0)]
    said = report(PLAN, silent, Goal(), groups, WELL)
    assert said.held == 1
    assert "unknown: the event has no outputs" in table(said)


def test_outcomes_and_reasons_are_counted() -> None:
    refused = visitor(outcome="refused", reason="busy", running_s=0.0, results=0, ages_s=[], waits_s=[])
    said = found(visitor(), refused, refused)
    assert said.outcomes == {"served": 1, "waiting": 0, "refused": 2, "failed": 0}
    assert said.reasons == {"busy": 2}
    assert "2x busy" in table(said)


def test_percentiles() -> None:
    assert Spread.of([]) == Spread(0.0, 0.0, 0.0, 0.0)
    spread = Spread.of([float(each) for each in range(101)])
    assert (spread.p50, spread.p95, spread.p99, spread.max) == (50.0, 95.0, 99.0, 100.0)


SLOW = visitor(hz=5.0)


@pytest.mark.parametrize(
    ("part", "said", "words"),
    [
        ("nothing", found(*[visitor()] * 4), "all 4 streams held"),
        ("tester", found(*[visitor()] * 4, cores=0.95), "itself: its busiest process takes 95% of a core"),
        ("tester", found(*[SLOW] * 4, lag_s=0.05), "late by 50 ms (p95) though"),
        ("queue", found(visitor(), visitor(outcome="waiting", running_s=0.0)), "1 streams never had a slot"),
        ("queue", found(visitor(), visitor(outcome="refused", running_s=0.0)), "1 of 4 visitors were turned away"),
        ("unknown", found(visitor(outcome="failed", running_s=0.0)), "no stream was served"),
        ("server", found(SLOW, server=ServerReport(cores=0.9, loop_lag=Spread(0.01, 0.04, 0.1, 0.2))), "event loop"),
        ("server", found(SLOW, server=ServerReport(cores=0.97, call_s=0.01)), "97% of a core"),
        ("server", found(SLOW, server=ServerReport(answer=Spread(0.002, 0.09, 0.1, 0.1))), "does nothing takes 90 ms"),
        ("unknown", found(SLOW, server=ServerReport(refusal="/metrics answered 401")), "pass --metrics-token"),
        ("handler", found(SLOW, server=ServerReport(cores=0.2, call_s=0.2)), "a call takes 200 ms"),
        ("link", found(visitor(age_s=0.5), server=WELL), "488 ms of 500 ms pass on the way"),
        ("unknown", found(SLOW, server=WELL), "no part is at its limit"),
    ],
)
def test_the_verdict_names_what_is_saturated_first(part: str, said: LoadReport, words: str) -> None:
    judged = verdict(said)
    assert judged.part == part
    assert words in judged.sentence
    assert judged.sentence in table(said)


def test_the_report_is_plain_data() -> None:
    plain = json.loads(json.dumps(found(visitor()).plain()))
    assert plain["server"]["call_s"] == 0.01
    assert plain["age"]["p95"] == 0.05


EXPOSITION = """# HELP millstream_streams Open streams.
# TYPE millstream_streams gauge
millstream_streams{state="running"} 3
millstream_streams{state="waiting"} 1
process_cpu_time_seconds_total %(cpu)s
millstream_network_io_bytes_total{network_io_direction="receive"} %(received)s
millstream_frames_dropped_total{event="a",cause="stale"} %(stale)s
millstream_frames_dropped_total{event="b",cause="stale"} 1
millstream_handler_duration_seconds_bucket{event="a",le="0.001"} 7
millstream_handler_duration_seconds_sum{event="a"} %(cpu)s
millstream_handler_duration_seconds_count{event="a"} %(stale)s
"""


def test_metrics_are_summed_by_name_and_by_label() -> None:
    figures = parse(EXPOSITION % {"cpu": 1.5, "received": 1e6, "stale": 2})
    assert figures["millstream_streams"] == 4
    assert figures["millstream_streams:running"] == 3
    assert figures["millstream_frames_dropped_total:stale"] == 3
    assert not any("bucket" in name for name in figures)
    assert parse("<html>no metrics</html>") == {}


def test_the_server_is_summed_up_between_the_first_and_the_last_look() -> None:
    texts = [
        EXPOSITION % values
        for values in ({"cpu": 1, "received": 0, "stale": 10}, {"cpu": 3, "received": 1e6, "stale": 20})
    ]
    said = server_report([Scrape(at, 0.01, parse(text)) for at, text in zip((5.0, 9.0), texts, strict=True)], "")
    assert (said.cores, said.calls, said.call_s, said.running) == (0.5, 10, 0.2, 3)
    assert said.received_mbit == pytest.approx(2.0)
    assert said.drops["stale"] == 10
    assert said.is_known


def test_of_several_gateways_the_busiest_and_the_latest_count() -> None:
    texts = [
        f"""process_cpu_time_seconds_total{{gateway="0"}} {cpu}
process_cpu_time_seconds_total{{gateway="1"}} {2 * cpu}
millstream_event_loop_lag_seconds{{gateway="0"}} 0.015
millstream_event_loop_lag_seconds{{gateway="1"}} 0.016
"""
        for cpu in (1, 2)
    ]
    said = server_report([Scrape(at, 0.01, parse(text)) for at, text in zip((5.0, 9.0), texts, strict=True)], "")
    assert (said.cores, said.loop_lag.max) == (0.5, 0.016)


def test_a_server_that_does_not_tell_is_known_by_its_answers_alone() -> None:
    said = server_report([Scrape(1.0, 0.01, {}), Scrape(2.0, None, {})], "/metrics answered 403")
    assert (said.is_known, said.answer.max, said.refusal) == (False, 0.01, "/metrics answered 403")
    assert "no figures of its own: /metrics answered 403" in table(found(SLOW, server=said))
