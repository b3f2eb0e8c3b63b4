from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, precondition, rule

from millstream.admission import Admission, Ticket, TicketState
from millstream.errors import Busy


def join(
    admission: Admission,
    session: str = "anna",
    limit: int | None = 1,
    time_limit: float | None = None,
    now: float = 0.0,
) -> Ticket:
    return admission.join("detect", limit, session, time_limit, now)


def test_the_first_runs_at_once_and_the_others_wait_in_order() -> None:
    admission = Admission()
    tickets = [join(admission, str(number), limit=2) for number in range(5)]
    assert [ticket.state for ticket in tickets] == [TicketState.RUNNING] * 2 + [TicketState.WAITING] * 3
    assert [admission.position(ticket) for ticket in tickets] == [0, 0, 1, 2, 3]
    assert admission.waiting == 3
    assert admission.leave(tickets[1], 1.0) == [tickets[2]]
    assert tickets[2].is_running
    assert admission.position(tickets[4]) == 2


def test_no_limit_means_any_number() -> None:
    admission = Admission()
    assert all(join(admission, limit=None).is_running for _ in range(100))
    assert admission.next_deadline() is None


def test_each_key_has_its_own_places() -> None:
    admission = Admission()
    streams = [admission.join("camera", 2, "anna", None, 0.0) for _ in range(3)]
    click = admission.join("button", 2, "anna", None, 0.0)
    assert not streams[2].is_running
    assert click.is_running


def test_the_lowest_limit_of_a_shared_key_holds() -> None:
    admission = Admission()
    first, second, third = (join(admission, limit=limit) for limit in (3, None, 3))
    lowered = join(admission, limit=1, time_limit=5)
    assert [ticket.is_running for ticket in (first, second, third, lowered)] == [True, True, True, False]
    assert admission.leave(first, 1.0) == []
    assert admission.leave(second, 1.0) == []
    assert admission.leave(third, 1.0) == [lowered]


def test_a_lowered_limit_counts_in_the_estimate() -> None:
    admission = Admission()
    for seconds in (10, 20, 30):
        join(admission, limit=3, time_limit=seconds)
    assert admission.estimate(join(admission, limit=1, time_limit=5), 0.0) == 30


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'detect' is 0.*at least 1"):
        join(Admission(), limit=0)


def test_max_waiting_counts_those_who_wait() -> None:
    admission = Admission(max_waiting=1)
    join(admission)
    waiting = join(admission)
    with pytest.raises(Busy, match="too many people are waiting"):
        join(admission)
    with pytest.raises(Busy):
        admission.join("new", 1, "anna", None, 0.0), admission.join("new", 1, "anna", None, 0.0)
    admission.leave(waiting, 0.0)
    assert join(admission).is_waiting


def test_nobody_may_wait_where_max_waiting_is_zero() -> None:
    admission = Admission(max_waiting=0)
    assert join(admission).is_running
    with pytest.raises(Busy):
        join(admission)


def test_leaving_twice_is_harmless() -> None:
    admission = Admission()
    running, waiting = join(admission), join(admission)
    assert admission.leave(waiting, 0.0) == []
    assert admission.leave(waiting, 0.0) == []
    assert admission.leave(running, 0.0) == []
    assert running.state is waiting.state is TicketState.ENDED
    assert not running.has_place


def test_a_session_s_tickets_leave_together() -> None:
    admission = Admission()
    first = join(admission, "anna")
    second = join(admission, "anna")
    other = join(admission, "berta")
    assert admission.leave_session("anna", 1.0) == [other]
    assert [ticket.state for ticket in (first, second, other)] == [
        TicketState.ENDED,
        TicketState.ENDED,
        TicketState.RUNNING,
    ]


def test_a_turn_is_extended_while_nobody_waits() -> None:
    admission = Admission()
    ticket = join(admission, time_limit=30)
    assert admission.next_deadline() == 30
    assert admission.expire(29.9) == ([], [])
    assert admission.expire(30.5) == ([ticket], [])
    assert ticket.is_running
    assert ticket.deadline == admission.next_deadline() == 60.5
    assert ticket.turns == 1


def test_a_turn_that_is_up_goes_to_the_back_if_somebody_waits() -> None:
    admission = Admission()
    first, second, third = (join(admission, name, time_limit=30) for name in ("anna", "berta", "clara"))
    assert admission.expire(30.0) == ([], [first])
    assert first.state is TicketState.EXPIRING
    assert first.has_place, "its last call still runs"
    assert second.is_waiting
    assert admission.next_deadline() is None
    assert admission.expire(31.0) == ([], [])
    assert admission.rejoin(first, 32.0) == [second]
    assert [admission.position(ticket) for ticket in (third, first)] == [1, 2]
    assert second.deadline == 62
    admission.leave(second, 40.0)
    assert admission.leave(third, 41.0) == [first]
    assert first.turns == 2


def test_a_turn_without_a_limit_never_ends_by_itself() -> None:
    admission = Admission()
    join(admission)
    join(admission, time_limit=1)
    assert admission.expire(1e9) == ([], [])


def test_no_more_turns_end_than_are_needed() -> None:
    admission = Admission()
    running = [join(admission, limit=3, time_limit=limit) for limit in (30, 10, 20)]
    join(admission, limit=3)
    assert admission.expire(40.0) == ([running[2], running[0]], [running[1]]), "the one that is up longest"
    assert admission.expire(100.0) == ([running[2], running[0]], []), "the place that is about to be free counts"


def test_one_who_waits_no_longer_leaves_the_place_to_the_one_that_expired() -> None:
    admission = Admission()
    first, second = join(admission, time_limit=30), join(admission)
    admission.expire(30.0)
    admission.leave(second, 30.1)
    assert admission.rejoin(first, 30.2) == [first]
    assert first.deadline == 60.2


def test_one_who_waits_cannot_rejoin() -> None:
    admission = Admission(max_waiting=1)
    running, waiting = join(admission), join(admission)
    with pytest.raises(ValueError, match="this one is waiting"):
        admission.rejoin(waiting, 0.0)
    assert admission.rejoin(running, 0.0) == [waiting], "max_waiting turns nobody away who is already in"


def test_the_estimate_plays_the_queue_forward() -> None:
    admission = Admission()
    for limit in (10, 30):
        join(admission, limit=2, time_limit=limit)
    waiting = [join(admission, limit=2, time_limit=limit) for limit in (5, 40, 1)]
    assert [admission.estimate(ticket, 0.0) for ticket in waiting] == [10, 15, 30]
    assert [admission.estimate(ticket, 4.0) for ticket in waiting] == [6, 11, 26]
    assert [standing.position for standing in admission.standings("detect", 0.0)] == [1, 2, 3]
    admission.expire(10.0)
    assert admission.estimate(waiting[0], 10.0) == 0


def test_the_estimate_is_unknown_until_something_without_a_limit_has_ended() -> None:
    admission = Admission()
    first, second, third, fourth = (join(admission) for _ in range(4))
    assert admission.estimate(first, 0.0) == 0
    assert admission.estimate(second, 0.0) is None
    admission.leave(first, 8.0)
    assert admission.estimate(third, 8.0) == 8
    assert admission.estimate(fourth, 10.0) == 6 + 8
    admission.leave(second, 21.0)
    assert admission.estimate(fourth, 21.0) == pytest.approx(8 + 0.2 * (13 - 8))
    assert admission.estimate(fourth, 100.0) == 0


def test_one_place_without_a_limit_does_not_hide_the_other() -> None:
    admission = Admission()
    join(admission, limit=2)
    join(admission, limit=2, time_limit=10)
    assert admission.estimate(join(admission, limit=2, time_limit=10), 0.0) == 10
    assert admission.estimate(join(admission, limit=2, time_limit=10), 0.0) == 20


def test_an_unknown_key_has_no_standings() -> None:
    assert list(Admission().standings("nothing", 0.0)) == []


@settings(max_examples=50)
@given(st.lists(st.integers(0, 20), min_size=1, max_size=40), st.integers(1, 4))
def test_start_order_is_arrival_order(durations: list[int], limit: int) -> None:
    admission = Admission()
    tickets = [join(admission, str(number), limit=limit) for number in range(len(durations))]
    started = [ticket for ticket in tickets if ticket.is_running]
    running = {ticket: duration for ticket, duration in zip(tickets, durations, strict=True) if ticket.is_running}
    duration_of: dict[Ticket, int] = dict(zip(tickets, durations, strict=True))
    now = 0
    while running:
        ticket = min(running, key=lambda ticket: running[ticket])
        now = running.pop(ticket)
        for admitted in admission.leave(ticket, now):
            started.append(admitted)
            running[admitted] = now + duration_of[admitted]
    assert started == tickets


@settings(max_examples=50)
@given(
    turns=st.lists(st.tuples(st.integers(1, 30), st.floats(0.05, 1)), min_size=2, max_size=15), limit=st.integers(1, 3)
)
def test_the_estimate_is_an_upper_bound_where_limits_are_known(turns: list[tuple[int, float]], limit: int) -> None:
    """Everybody leaves at some moment of the turn, at the latest when its time is up."""
    admission = Admission()
    tickets = [join(admission, str(number), limit, float(turn[0])) for number, turn in enumerate(turns)]
    promised = {ticket: admission.estimate(ticket, 0.0) for ticket in tickets}
    stay: Callable[[Ticket], float] = lambda ticket: (ticket.time_limit or 0) * turns[tickets.index(ticket)][1]  # noqa: E731
    leaving = {ticket: stay(ticket) for ticket in tickets if ticket.is_running}
    while leaving:
        ticket = min(leaving, key=lambda ticket: leaving[ticket])
        now = leaving.pop(ticket)
        for admitted in admission.leave(ticket, now):
            bound = promised[admitted]
            assert bound is not None
            assert now <= bound + 1e-9
            leaving[admitted] = now + stay(admitted)


KEYS = {"one": 1, "three": 3, "any": None}


class QueueMachine(RuleBasedStateMachine):
    """People join, leave, stall, time out and come back, in any order."""

    tickets = Bundle("tickets")

    @initialize(max_waiting=st.one_of(st.none(), st.integers(0, 8)))
    def start(self, max_waiting: int | None) -> None:
        self.admission = Admission(max_waiting)
        self.max_waiting = max_waiting
        self.now = 0.0
        self.joined: list[Ticket] = []
        self.rejoined = 0
        self.queue: dict[str, list[Ticket]] = {key: [] for key in KEYS}
        self.positions: dict[Ticket, int] = {}

    @rule(
        target=tickets,
        key=st.sampled_from(sorted(KEYS)),
        session=st.sampled_from("abc"),
        time_limit=st.one_of(st.none(), st.floats(0.5, 30)),
    )
    def join(self, key: str, session: str, time_limit: float | None) -> Ticket | None:
        before = self.admission.waiting
        try:
            ticket = self.admission.join(key, KEYS[key], session, time_limit, self.now)
        except Busy:
            assert self.max_waiting is not None
            assert before >= self.max_waiting
            return None
        self.joined.append(ticket)
        self.queue[key].append(ticket)
        self.admitted([ticket] if ticket.is_running else [])
        return ticket

    @rule(ticket=consumes(tickets))
    def leave(self, ticket: Ticket | None) -> None:
        if ticket is not None:
            self.forget(ticket)
            self.admitted(self.admission.leave(ticket, self.now))

    @rule(session=st.sampled_from("abc"))
    def leave_session(self, session: str) -> None:
        for ticket in self.joined:
            if ticket.session == session:
                self.forget(ticket)
        self.admitted(self.admission.leave_session(session, self.now))
        assert not any(ticket.has_place for ticket in self.joined if ticket.session == session)

    @rule(seconds=st.floats(0, 40))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        expiry = self.admission.expire(self.now)
        assert all(ticket.is_running and (ticket.deadline or 0) > self.now for ticket in expiry.extended)
        for ticket in expiry.expiring:
            assert self.queue[ticket.key], "a turn only ends if somebody waits"
        next_deadline = self.admission.next_deadline()
        assert next_deadline is None or next_deadline > self.now

    @precondition(lambda self: any(ticket.state is TicketState.EXPIRING for ticket in self.joined))
    @rule(data=st.data())
    def rejoin(self, data: st.DataObject) -> None:
        expiring = [ticket for ticket in self.joined if ticket.state is TicketState.EXPIRING]
        ticket = data.draw(st.sampled_from(expiring))
        self.queue[ticket.key].append(ticket)
        self.admitted(self.admission.rejoin(ticket, self.now))

    def forget(self, ticket: Ticket) -> None:
        if ticket in self.queue[ticket.key]:
            self.queue[ticket.key].remove(ticket)
        self.positions.pop(ticket, None)

    def admitted(self, tickets: list[Ticket]) -> None:
        for ticket in tickets:
            assert ticket.is_running
            assert self.queue[ticket.key].pop(0) is ticket, "first come, first served"
            self.positions.pop(ticket, None)

    @invariant()
    def nobody_waits_while_a_place_is_free(self) -> None:
        for key, limit in KEYS.items():
            placed = sum(ticket.has_place for ticket in self.joined if ticket.key == key)
            assert placed <= (math.inf if limit is None else limit)
            assert not self.queue[key] or placed == limit

    @invariant()
    def positions_never_rise(self) -> None:
        for key, queue in self.queue.items():
            standings = list(self.admission.standings(key, self.now))
            assert [standing.ticket for standing in standings] == queue
            estimates = [math.inf if standing.estimate_s is None else standing.estimate_s for standing in standings]
            assert estimates == sorted(estimates)
            for position, ticket in enumerate(queue, 1):
                assert self.admission.position(ticket) == position <= self.positions.get(ticket, position)
                self.positions[ticket] = position

    @invariant()
    def each_ticket_is_in_one_place(self) -> None:
        assert self.admission.waiting == sum(len(queue) for queue in self.queue.values())
        for ticket in self.joined:
            assert ticket.is_waiting == (ticket in self.queue[ticket.key])


QueueMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=50, deadline=None)
TestQueue = QueueMachine.TestCase
