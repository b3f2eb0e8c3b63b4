"""The text that Prometheus reads."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.server.http.prometheus import parse

from millstream.batches import BatchStatistics
from millstream.runtime.app_metrics import AppMetrics
from millstream.runtime.metrics import AGE_BOUNDS_S, StreamMetrics
from millstream.server.http.exposition import Family, exposition, families

COUNTS = st.integers(0, 2**53)


def app(events: dict[str, StreamMetrics] | None = None, **changes: object) -> AppMetrics:
    nothing: dict[str, object] = {name: 0 for name in AppMetrics.__dataclass_fields__ if name != "loop_lag_s"}
    return AppMetrics(**{**nothing, "events": events or {}, "batches": {}, **changes})  # type: ignore[arg-type]


@given(st.text(max_size=20), COUNTS, st.lists(st.floats(0, 60), max_size=20))
def test_whatever_a_handler_is_called_it_is_read_back(name: str, received: int, ages: list[float]) -> None:
    metrics = StreamMetrics(received=received)
    for age in ages:
        metrics.age.add(age)
    found = parse(exposition(families(app({name: metrics}))))
    assert found["millstream_frames_received_total"].value("millstream_frames_received_total", event=name) == received
    histogram = found["millstream_frame_age_seconds"]
    assert histogram.value("millstream_frame_age_seconds_count", event=name) == len(ages)
    assert histogram.value("millstream_frame_age_seconds_sum", event=name) == pytest.approx(sum(ages))
    for bound in AGE_BOUNDS_S:
        within = histogram.value("millstream_frame_age_seconds_bucket", event=name, le=f"{bound:g}")
        assert within == sum(age <= bound for age in ages)


def test_each_figure_has_its_sample() -> None:
    metrics = StreamMetrics(handled=1, sent=2, dropped=3, broken=4, replaced=5, errors=6, stale=19)
    found = parse(
        exposition(
            families(
                app(
                    {"look": metrics},
                    sessions=7,
                    opened=8,
                    running=9,
                    waiting=10,
                    queued=11,
                    received_bytes=12,
                    sent_bytes=13,
                    uploads=14,
                    uploaded_bytes=15,
                    stored_bytes=16,
                    threads=17,
                    workers=19,
                    worker_deaths=20,
                    workers_recycled=21,
                    abandoned=18,
                    loop_lag_s=0.5,
                    cpu_s=22,
                )
            )
        )
    )
    plain = {
        (name, *sorted(value for _, value in labels)): value
        for read in found.values()
        for (name, labels), value in read.samples.items()
        if read.kind != "histogram"
    }
    assert plain == {
        ("millstream_sessions",): 7,
        ("process_cpu_time_seconds_total",): 22,
        ("millstream_sessions_opened_total",): 8,
        ("millstream_streams", "running"): 9,
        ("millstream_streams", "waiting"): 10,
        ("millstream_queue_length",): 11,
        ("millstream_network_io_bytes_total", "receive"): 12,
        ("millstream_network_io_bytes_total", "transmit"): 13,
        ("millstream_uploads_total",): 14,
        ("millstream_upload_bytes_total",): 15,
        ("millstream_stored_bytes",): 16,
        ("millstream_threads", "running"): 17,
        ("millstream_threads", "abandoned"): 18,
        ("millstream_workers",): 19,
        ("millstream_workers_ended_total", "death"): 20,
        ("millstream_workers_ended_total", "recycled"): 21,
        ("millstream_event_loop_lag_seconds",): 0.5,
        ("millstream_frames_received_total", "look"): 0,
        ("millstream_frames_handled_total", "look"): 1,
        ("millstream_frames_sent_total", "look"): 2,
        ("millstream_frames_shown_total", "look"): 0,
        ("millstream_frames_dropped_total", "look", "superseded"): 3,
        ("millstream_frames_dropped_total", "broken", "look"): 4,
        ("millstream_frames_dropped_total", "look", "unsent"): 5,
        ("millstream_frames_dropped_total", "look", "stale"): 19,
        ("millstream_handler_errors_total", "look"): 6,
    }


def test_an_app_without_events_still_says_what_there_is_to_measure() -> None:
    found = parse(exposition(families(app())))
    assert found["millstream_handler_duration_seconds"].samples == {}
    assert "millstream_event_loop_lag_seconds" not in found


def test_a_help_text_stays_one_line() -> None:
    text = exposition([Family("a.b", "gauge", "By", "one\ntwo \\ three", [({}, 1.5)])])
    assert text == "# HELP a_b_bytes one\\ntwo \\\\ three\n# TYPE a_b_bytes gauge\na_b_bytes 1.5\n"


def test_the_names_are_those_of_opentelemetry() -> None:
    for family in families(app(loop_lag_s=0.0, cpu_s=0.0)):
        assert re.fullmatch(r"(millstream|process)(\.[a-z_]+)+", family.name)
        assert re.fullmatch(r"s|By|\{[a-z]+\}", family.unit)
        assert family.help


def test_batches_are_there_if_a_handler_has_them() -> None:
    text = exposition(families(app(batches={"look": BatchStatistics(2, 7, 0.5, 0.25, pays=True)})))
    assert 'millstream_batches_total{event="look"} 2' in text
    assert 'millstream_batch_calls_total{event="look"} 7' in text
    assert 'millstream_batch_wait_seconds_total{event="look"} 0.5' in text
    assert 'millstream_batch_duration_seconds_total{event="look"} 0.25' in text
    assert 'millstream_batch_pays{event="look"} 1' in text
    assert "batch" not in exposition(families(app()))
