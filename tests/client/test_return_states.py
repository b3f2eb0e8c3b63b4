from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.client.return_states import SPREAD, TRANSITIONS, WAITS_S, ReturnEvent, ReturnPath, ReturnState

HOW_TO_GET_TO = {
    ReturnState.ATTACHED: [],
    ReturnState.WAITING: [ReturnEvent.LOSE],
    ReturnState.TRYING: [ReturnEvent.LOSE, ReturnEvent.TRY],
    ReturnState.OVER: [ReturnEvent.END],
}


def documented() -> Iterator[tuple[ReturnState, ReturnEvent, str]]:
    """Read the table in the docstring of `ReturnPath`."""
    lines = [line.strip() for line in (ReturnPath.__doc__ or "").splitlines() if line.strip().startswith("|")]
    head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    for state, *cells in rows:
        for event, after in zip(head[1:], cells, strict=True):
            yield ReturnState(state), ReturnEvent(event), after


def test_the_table_of_the_docstring_names_every_state_and_event() -> None:
    assert [(state, event) for state, event, _ in documented()] == list(product(ReturnState, ReturnEvent))


@pytest.mark.parametrize(("state", "event", "after"), list(documented()), ids=lambda each: getattr(each, "value", each))
def test_a_client_goes_where_the_table_says(state: ReturnState, event: ReturnEvent, after: str) -> None:
    path = ReturnPath()
    for step in HOW_TO_GET_TO[state]:
        assert path.on(step)
    assert path.state is state
    assert path.on(event) is bool(after)
    assert path.state is ReturnState(after or state)
    assert TRANSITIONS.get((state, event)) is (ReturnState(after) if after else None)


@given(st.integers(0, 12), st.floats(0, 1))
def test_attempts_are_further_and_further_apart_and_begin_anew_after_a_success(fails: int, chance: float) -> None:
    path = ReturnPath()
    path.on(ReturnEvent.LOSE)
    for _ in range(fails):
        path.on(ReturnEvent.TRY)
        path.on(ReturnEvent.FAIL)
    middle = WAITS_S[min(fails, len(WAITS_S) - 1)]
    assert middle * (1 - SPREAD) <= path.wait_s(chance) <= middle * (1 + SPREAD)
    assert path.wait_s(0.5) == middle
    path.on(ReturnEvent.TRY)
    path.on(ReturnEvent.RESUME)
    path.on(ReturnEvent.LOSE)
    assert path.wait_s(chance) == 0
