"""What is noted of a stream under load."""

from hypothesis import given
from hypothesis import strategies as st

from millstream.load_testing.stream_record import StreamRecord


def test_only_the_seconds_that_are_measured_count() -> None:
    record = StreamRecord(opened=0.0, since=10.0, until=20.0)
    record.state("running", 1.0)
    for at in (2.0, 9.9, 10.0, 15.0, 20.0, 20.1):
        record.result(at, at / 100)
    found = record.end(21.0, unsent=3)
    assert (found.outcome, found.results, found.running_s, found.unsent) == ("served", 3, 10.0, 3)
    assert found.ages_s == [0.1, 0.15, 0.2]
    assert found.waits_s == [1.0]


def test_gaps_count_from_the_slot_to_its_end_and_not_while_it_waits() -> None:
    record = StreamRecord(opened=0.0, since=0.0, until=100.0)
    record.state("waiting", 0.0)
    record.state("running", 30.0)
    record.result(34.0, None)
    record.state("waiting", 36.0)
    record.state("running", 90.0)
    record.result(91.0, None)
    record.state("ended", 92.0)
    found = record.end(100.0)
    assert (found.longest_gap_s, found.running_s) == (4.0, 8.0)
    assert found.waits_s == [30.0, 54.0]


def test_a_stream_that_stalls_to_the_end_shows_it() -> None:
    record = StreamRecord(opened=0.0, since=0.0, until=10.0)
    record.state("running", 0.0)
    record.result(1.0, 0.1)
    assert record.end(12.0).longest_gap_s == 9.0


def test_the_outcomes() -> None:
    def outcome(*states: str, **ended: str) -> str:
        record = StreamRecord(0.0, 0.0, 1.0)
        for at, state in enumerate(states):
            record.state(state, float(at))
        return record.end(1.0, **ended).outcome  # type: ignore[arg-type]

    assert outcome("opening", "running") == "served"
    assert outcome("opening", "waiting") == "waiting"
    assert outcome("opening", refusal="busy") == "refused"
    assert outcome("running", failure="the link is lost") == "failed"


@given(
    st.lists(
        st.tuples(st.floats(0, 3), st.sampled_from(["opening", "waiting", "running", "stopping", "ended", "result"]))
    )
)
def test_time_with_a_slot_and_gaps_are_never_longer_than_what_is_measured(steps: list[tuple[float, str]]) -> None:
    record, now, shown = StreamRecord(0.0, 2.0, 7.0), 0.0, 0
    for after, what in steps:
        now += after
        if what == "result":
            record.result(now, after)
            shown += 2.0 <= now <= 7.0
        else:
            record.state(what, now)
    found = record.end(max(now, 8.0))
    assert 0 <= found.running_s <= 5.0
    assert 0 <= found.longest_gap_s <= 5.0
    assert found.results == len(found.ages_s) == shown
    assert all(wait_s >= 0 for wait_s in found.waits_s)
