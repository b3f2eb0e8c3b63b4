"""The life cycle of a stream: the table of its docstring, row by row, and what holds after any sequence of events."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.runtime.stream import lifecycle
from millstream.runtime.stream.lifecycle import (
    TRANSITIONS,
    Ending,
    Lifecycle,
    LifecycleEvent,
    LifecycleState,
)

WAITING, RUNNING, DRAINING, EXPIRING, CLOSING, ENDED = LifecycleState
ADMITTED, EXPIRED, STOPPED, DRAINED, END, FAILED = LifecycleEvent

USER = Ending("user")
LENGTH = Ending("length")
ERROR = Ending("error", "It broke.", is_success=False)
CANCELLED = Ending("cancelled", is_success=None)

WAYS = {
    WAITING: [],
    RUNNING: [ADMITTED],
    DRAINING: [ADMITTED, STOPPED],
    EXPIRING: [ADMITTED, EXPIRED],
    CLOSING: [ADMITTED, STOPPED, EXPIRED],
    ENDED: [END],
}
"""How each state is reached."""

TABLE = {
    (WAITING, ADMITTED): RUNNING,
    (WAITING, STOPPED): ENDED,
    (WAITING, END): ENDED,
    (WAITING, FAILED): ENDED,
    (RUNNING, EXPIRED): EXPIRING,
    (RUNNING, STOPPED): DRAINING,
    (RUNNING, END): ENDED,
    (RUNNING, FAILED): ENDED,
    (DRAINING, EXPIRED): CLOSING,
    (DRAINING, DRAINED): ENDED,
    (DRAINING, END): ENDED,
    (DRAINING, FAILED): ENDED,
    (EXPIRING, STOPPED): CLOSING,
    (EXPIRING, DRAINED): WAITING,
    (EXPIRING, END): ENDED,
    (EXPIRING, FAILED): ENDED,
    (CLOSING, DRAINED): ENDED,
    (CLOSING, END): ENDED,
    (CLOSING, FAILED): ENDED,
}

ENDINGS = {STOPPED: USER, END: CANCELLED, FAILED: ERROR}


def reached(state: LifecycleState) -> Lifecycle:
    life = Lifecycle()
    for event in WAYS[state]:
        assert life.on(event, ENDINGS.get(event))
    assert life.state is state
    return life


@pytest.mark.parametrize("event", LifecycleEvent)
@pytest.mark.parametrize("state", LifecycleState)
def test_each_event_in_each_state_does_what_the_table_says(state: LifecycleState, event: LifecycleEvent) -> None:
    life = reached(state)
    has_changed = life.on(event, ENDINGS.get(event))
    assert life.state is TABLE.get((state, event), state)
    assert has_changed is ((state, event) in TABLE)


def test_the_table_of_the_docstring_is_the_one_in_the_code() -> None:
    rows = [line.strip("|").split("|") for line in (lifecycle.__doc__ or "").splitlines() if line.startswith("|")]
    (_, *names), _, *body = [[cell.strip() for cell in row] for row in rows]
    documented = {
        (LifecycleState(state), LifecycleEvent(event)): LifecycleState(cell)
        for state, *cells in body
        for heading, cell in zip(names, cells, strict=True)
        for event in heading.split(", ")
        if cell
    }
    assert documented == TABLE
    assert documented == {(state, event): after for state, row in TRANSITIONS.items() for event, after in row.items()}


@pytest.mark.parametrize(
    ("state", "is_handling", "closes_calls"),
    [
        (WAITING, False, False),
        (RUNNING, True, False),
        (DRAINING, True, False),
        (EXPIRING, True, True),
        (CLOSING, True, True),
        (ENDED, False, True),
    ],
)
def test_each_state_says_what_goes_on_in_it(state: LifecycleState, is_handling: bool, closes_calls: bool) -> None:
    life = reached(state)
    assert (life.is_handling, life.closes_calls, life.is_ended) == (is_handling, closes_calls, state is ENDED)


@pytest.mark.parametrize(
    ("events", "ending"),
    [
        ([(STOPPED, USER), (END, CANCELLED)], USER),
        ([(ADMITTED, None), (STOPPED, LENGTH), (STOPPED, USER), (DRAINED, None)], LENGTH),
        ([(ADMITTED, None), (STOPPED, USER), (END, CANCELLED)], CANCELLED),
        ([(ADMITTED, None), (EXPIRED, None), (STOPPED, USER), (DRAINED, None)], USER),
        ([(END, USER), (FAILED, ERROR)], ERROR),
        ([(END, CANCELLED), (FAILED, ERROR)], CANCELLED),
        ([(FAILED, ERROR), (END, USER)], ERROR),
    ],
)
def test_the_first_ending_counts_but_for_an_end_at_once_and_a_late_failure(
    events: list[tuple[LifecycleEvent, Ending | None]], ending: Ending
) -> None:
    life = Lifecycle()
    for event, why in events:
        life.on(event, why)
    assert life.is_ended
    assert life.ending == ending


@pytest.mark.parametrize(
    ("ending", "discards"), [(USER, False), (Ending("idle"), False), (ERROR, True), (CANCELLED, True)]
)
def test_after_an_error_and_a_cancellation_results_are_discarded(ending: Ending, discards: bool) -> None:
    life = Lifecycle()
    life.on(ADMITTED)
    assert not life.discards
    life.on(END, ending)
    assert life.discards is discards


def test_while_it_drains_results_are_shown_whatever_it_ends_with() -> None:
    life = reached(RUNNING)
    life.on(STOPPED, ERROR)
    assert not life.discards


@given(st.lists(st.sampled_from(LifecycleEvent), max_size=30))
def test_whatever_happens_an_ended_stream_stays_so_and_knows_why(events: list[LifecycleEvent]) -> None:
    life, states = Lifecycle(), [WAITING]
    for event in events:
        before = life.state
        life.on(event, ENDINGS.get(event))
        assert life.state is TABLE.get((before, event), before)
        assert (life.ending is not None) is (life.state in {DRAINING, CLOSING, ENDED})
        states.append(life.state)
    if ENDED in states:
        assert set(states[states.index(ENDED) :]) == {ENDED}
    assert life.has_run is (RUNNING in states)


@given(st.lists(st.sampled_from(LifecycleEvent), max_size=30))
def test_from_wherever_it_is_it_can_be_ended(events: list[LifecycleEvent]) -> None:
    life = Lifecycle()
    for event in events:
        life.on(event, ENDINGS.get(event))
    life.on(END, CANCELLED)
    assert life.is_ended
    assert life.ending is not None
    assert repr(life) == f"<Lifecycle: {life.ending.reason}>"


@given(st.lists(st.sampled_from([ADMITTED, EXPIRED, DRAINED]), max_size=30))
def test_without_stop_it_never_ends_by_itself(events: list[LifecycleEvent]) -> None:
    life = Lifecycle()
    for event in events:
        life.on(event)
    assert life.state in {WAITING, RUNNING, EXPIRING}
    assert life.ending is None
