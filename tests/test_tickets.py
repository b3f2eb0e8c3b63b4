"""A ticket is plain data: what is written down can be read again, in another process as well."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from millstream.admission import Admission
from millstream.tickets import Ask, Ticket, TicketState

TIMES = st.floats(0, 1e9)
ASKS = st.builds(
    Ask,
    key=st.text(),
    visitor=st.text(),
    limit=st.none() | st.integers(1, 100),
    time_limit=st.none() | TIMES,
    is_open_ended=st.booleans(),
    is_exempt=st.booleans(),
)
TICKETS = st.builds(
    Ticket,
    number=st.integers(1, 2**40),
    ask=ASKS,
    state=st.sampled_from(TicketState),
    slots=st.integers(0, 1000),
    began=TIMES,
    deadline=st.none() | TIMES,
    arrival=st.integers(0, 2**40),
)


@given(TICKETS)
def test_a_ticket_that_was_written_down_is_read_as_it_was(ticket: Ticket) -> None:
    again = Ticket.of(json.loads(json.dumps(ticket.plain())))
    assert again.plain() == ticket.plain()
    assert again.state is ticket.state
    assert again.ask == ticket.ask


def test_tickets_of_an_app_are_numbered() -> None:
    admission = Admission()
    tickets = [admission.join(Ask("go", "me", limit=1), 0.0) for _ in range(3)]
    assert [Ticket.of(ticket.plain()).number for ticket in tickets] == [1, 2, 3]
    assert [Ticket.of(ticket.plain()).is_waiting for ticket in tickets] == [False, True, True]
