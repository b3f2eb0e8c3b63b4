from __future__ import annotations

import math
import sys
from collections.abc import Callable
from itertools import islice
from types import FrameType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, precondition, rule

from millstream.admission import Admission
from millstream.errors import Busy
from millstream.tickets import Ask, Ticket, TicketState


def join(
    admission: Admission,
    session: str = "anna",
    limit: int | None = 1,
    time_limit: float | None = None,
    now: float = 0.0,
) -> Ticket:
    return admission.join(Ask("detect", session, limit, time_limit), now)


def estimate(admission: Admission, ticket: Ticket, now: float) -> float | None:
    """Give the exact estimate; the quick one is never shorter."""
    if not ticket.is_waiting:
        return admission.standing(ticket, now).estimate_s
    [exact] = [standing for standing in admission.standings(ticket.ask.key, now) if standing.ticket is ticket]
    quick = admission.standing(ticket, now)
    assert quick.position == exact.position == admission.position(ticket)
    if quick.estimate_s is not None:
        assert exact.estimate_s is not None
        assert quick.estimate_s >= exact.estimate_s - 1e-9
    return exact.estimate_s


def test_the_first_runs_at_once_and_the_others_wait_in_order() -> None:
    admission = Admission()
    tickets = [join(admission, str(number), limit=2) for number in range(5)]
    assert [ticket.state for ticket in tickets] == [TicketState.RUNNING] * 2 + [TicketState.WAITING] * 3
    assert [admission.position(ticket) for ticket in tickets] == [0, 0, 1, 2, 3]
    assert admission.waiting == 3
    assert admission.leave(tickets[1], 1.0) == [tickets[2]]
    assert tickets[2].is_running
    assert admission.position(tickets[4]) == 2


def test_who_is_away_is_passed_over_and_keeps_the_position() -> None:
    admission = Admission()
    holds, away, behind = (join(admission, name) for name in ("anna", "bert", "cleo"))
    admission.step_aside(away, 1.0)
    admission.step_aside(away, 1.0)
    assert admission.leave(holds, 2.0) == [behind]
    assert admission.position(away) == 1
    assert admission.leave(behind, 3.0) == []
    assert join(admission, "dora").is_running, "a slot that only those could have who are away is free"
    last = join(admission, "emil")
    assert [admission.position(each) for each in (away, last)] == [1, 2]
    assert admission.step_up(away, 4.0) == []
    assert admission.position(away) == 1


def test_who_comes_back_to_a_free_slot_has_it_at_once() -> None:
    admission = Admission()
    holds, away = join(admission, "anna"), join(admission, "bert")
    admission.step_aside(away, 1.0)
    assert admission.leave(holds, 2.0) == []
    assert admission.step_up(away, 3.0) == [away]
    assert admission.step_up(away, 3.0) == []


def test_a_slot_of_somebody_who_is_away_is_given_up_as_soon_as_somebody_waits() -> None:
    admission = Admission()
    away = join(admission, "anna", time_limit=60.0)
    admission.step_aside(away, 10.0)
    assert admission.next_deadline() == 10.0
    assert admission.expire(10.0) == ([], []), "nobody waits, and nobody is to be told"
    assert admission.next_deadline() == 11.0
    waits = join(admission, "bert", now=10.5)
    assert admission.expire(11.0) == ([], [away])
    assert admission.rejoin(away, 11.5) == [waits]
    assert admission.position(away) == 1
    assert admission.leave(waits, 12.0) == [], "who has given up the slot is still away"
    assert admission.step_up(away, 13.0) == [away]


def test_who_is_away_wants_no_slot_of_others() -> None:
    admission = Admission()
    holds = join(admission, "anna", time_limit=5.0)
    admission.step_aside(join(admission, "bert"), 1.0)
    assert admission.expire(5.0) == ([holds], [])


@pytest.mark.parametrize(("limit", "deadline"), [(60.0, 80.0), (None, None)])
def test_a_slot_that_nobody_wanted_meanwhile_is_extended(limit: float | None, deadline: float | None) -> None:
    admission = Admission()
    away = join(admission, "anna", time_limit=limit)
    admission.step_aside(away, 10.0)
    admission.expire(10.0)
    assert admission.step_up(away, 20.0) == []
    assert away.is_running
    assert away.deadline == admission.next_deadline() == deadline


def test_no_limit_means_any_number() -> None:
    admission = Admission()
    assert all(join(admission, limit=None).is_running for _ in range(100))
    assert admission.next_deadline() is None


def test_each_key_has_its_own_slots() -> None:
    admission = Admission()
    streams = [admission.join(Ask("camera", limit=2), 0.0) for _ in range(3)]
    click = admission.join(Ask("button", limit=2), 0.0)
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
    assert estimate(admission, join(admission, limit=1, time_limit=5), 0.0) == 30


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
        admission.join(Ask("new"), 0.0), admission.join(Ask("new"), 0.0)
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
    assert not running.has_slot


def test_one_visitor_may_have_so_many_waiting_and_others_go_on() -> None:
    admission = Admission(max_waiting=5, max_waiting_each=2)
    running = join(admission, "anna")
    waiting = [join(admission, "anna") for _ in range(2)]
    with pytest.raises(Busy, match="Too many of your requests are waiting"):
        join(admission, "anna")
    assert join(admission, "berta").is_waiting
    assert admission.join(Ask("elsewhere", "anna"), 0.0).is_running, "who need not wait is not refused"
    admission.leave(waiting[1], 1.0)
    assert join(admission, "anna").is_waiting
    admission.leave(running, 1.0)
    assert join(admission, "anna").is_waiting, "the one that runs now waits no more"
    assert admission.join(Ask("detect", "anna", is_exempt=True), 0.0).is_waiting


def test_what_lingers_keeps_its_slot_until_it_leaves() -> None:
    admission = Admission()
    first, second = join(admission, time_limit=10), join(admission, time_limit=10)
    admission.linger(first, until=32.0)
    assert first.has_slot
    assert admission.next_deadline() is None
    assert admission.expire(50.0) == ([], [])
    assert estimate(admission, second, 2.0) == 30
    assert admission.leave(first, 32.0) == [second]
    assert admission.leave(first, 33.0) == [], "a slot is given away once"
    with pytest.raises(ValueError, match="this one is ended"):
        admission.linger(first, 34.0)


def test_what_lingers_is_not_counted_upon_when_slots_end() -> None:
    admission = Admission()
    hung, other = (join(admission, limit=2, time_limit=10) for _ in range(2))
    join(admission, limit=2, time_limit=10)
    admission.linger(hung, until=40.0)
    assert admission.expire(10.0) == ([], [other])


def test_a_slot_that_is_free_because_all_who_wait_are_away_is_counted_upon() -> None:
    admission = Admission()
    first, second, third = (join(admission, name, time_limit=10) for name in ("anna", "berta", "clara"))
    admission.step_aside(second, 1.0)
    admission.step_aside(third, 1.0)
    admission.leave(first, 2.0)
    assert second.is_waiting
    assert [standing.estimate_s for standing in admission.standings("detect", 2.0)] == [0, 10]
    assert estimate(admission, second, 2.0) == 0


@settings(max_examples=200)
@given(
    st.lists(st.tuples(st.sampled_from(["join", "leave", "away", "back", "expire"]), st.integers(0, 9)), max_size=60)
)
def test_E9_whoever_comes_and_goes_nobody_waits_beside_a_free_slot_but_those_who_are_away(
    script: list[tuple[str, int]],
) -> None:
    admission, tickets, limit = Admission(), list[Ticket](), 1
    for now, (action, number) in enumerate(script):
        if action == "join":
            tickets.append(join(admission, "abc"[number % 3], limit, (None, 3.0)[number % 2], now))
        elif action == "expire":
            for ticket in admission.expire(now)[1]:
                admission.rejoin(ticket, now)
        elif tickets:
            ticket = tickets[number % len(tickets)]
            if action == "leave":
                admission.leave(tickets.pop(number % len(tickets)), now)
            elif action == "away":
                admission.step_aside(ticket, now)
            else:
                admission.step_up(ticket, now)
        holding = [ticket for ticket in tickets if ticket.has_slot]
        waiting = [ticket for ticket in tickets if ticket.is_waiting]
        assert len(holding) <= limit
        assert len(holding) == limit or all(ticket.is_away for ticket in waiting)
        assert {standing.ticket for standing in admission.standings("detect", now)} == set(waiting)
        assert sorted(admission.position(ticket) for ticket in waiting) == list(range(1, len(waiting) + 1))
        assert len(holding) + len(waiting) == len(tickets), "nobody is lost"


def test_of_what_is_open_ended_nothing_is_known() -> None:
    admission = Admission()
    stream = lambda: admission.join(Ask("detect", is_open_ended=True), 0.0)  # noqa: E731
    first, second, third = stream(), stream(), stream()
    admission.leave(first, 8.0)
    assert estimate(admission, third, 9.0) is None, "what others did says nothing about this one"
    run = join(admission)
    assert estimate(admission, run, 9.0) is None
    admission.leave(second, 9.0)
    admission.leave(third, 9.0)
    assert run.is_running


def test_tickets_are_numbered() -> None:
    admission = Admission()
    assert [join(admission).number for _ in range(3)] == [1, 2, 3]


def test_a_slot_is_extended_while_nobody_waits() -> None:
    admission = Admission()
    ticket = join(admission, time_limit=30)
    assert admission.next_deadline() == 30
    assert admission.expire(29.9) == ([], [])
    assert admission.expire(30.5) == ([ticket], [])
    assert ticket.is_running
    assert ticket.deadline == admission.next_deadline() == 60.5
    assert ticket.slots == 1


def test_a_slot_that_is_up_goes_to_the_back_if_somebody_waits() -> None:
    admission = Admission()
    first, second, third = (join(admission, name, time_limit=30) for name in ("anna", "berta", "clara"))
    assert admission.expire(30.0) == ([], [first])
    assert first.state is TicketState.EXPIRING
    assert first.has_slot, "its last call still runs"
    assert second.is_waiting
    assert admission.next_deadline() is None
    assert admission.expire(31.0) == ([], [])
    assert admission.rejoin(first, 32.0) == [second]
    assert [admission.position(ticket) for ticket in (third, first)] == [1, 2]
    assert second.deadline == 62
    admission.leave(second, 40.0)
    assert admission.leave(third, 41.0) == [first]
    assert first.slots == 2


def test_a_slot_without_a_limit_never_ends_by_itself() -> None:
    admission = Admission()
    join(admission)
    join(admission, time_limit=1)
    assert admission.expire(1e9) == ([], [])


def test_no_more_slots_end_than_are_needed() -> None:
    admission = Admission()
    running = [join(admission, limit=3, time_limit=limit) for limit in (30, 10, 20)]
    join(admission, limit=3)
    assert admission.expire(40.0) == ([running[2], running[0]], [running[1]]), "the one that is up longest"
    assert admission.expire(100.0) == ([running[2], running[0]], []), "the slot that is about to be free counts"


def test_one_who_waits_no_longer_leaves_the_slot_to_the_one_that_expired() -> None:
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
    assert [estimate(admission, ticket, 0.0) for ticket in waiting] == [10, 15, 30]
    assert [estimate(admission, ticket, 4.0) for ticket in waiting] == [6, 11, 26]
    assert [standing.position for standing in admission.standings("detect", 0.0)] == [1, 2, 3]
    admission.expire(10.0)
    assert estimate(admission, waiting[0], 10.0) == 0


def test_the_estimate_is_unknown_until_something_without_a_limit_has_ended() -> None:
    admission = Admission()
    first, second, third, fourth = (join(admission) for _ in range(4))
    assert estimate(admission, first, 0.0) == 0
    assert estimate(admission, second, 0.0) is None
    admission.leave(first, 8.0)
    assert estimate(admission, third, 8.0) == 8
    assert estimate(admission, fourth, 10.0) == 6 + 8
    admission.leave(second, 21.0)
    assert estimate(admission, fourth, 21.0) == pytest.approx(8 + 0.2 * (13 - 8))
    assert estimate(admission, fourth, 100.0) == 0


def test_one_slot_without_a_limit_does_not_hide_the_other() -> None:
    admission = Admission()
    join(admission, limit=2)
    join(admission, limit=2, time_limit=10)
    assert estimate(admission, join(admission, limit=2, time_limit=10), 0.0) == 10
    assert estimate(admission, join(admission, limit=2, time_limit=10), 0.0) == 20


def test_an_unknown_key_has_no_standings() -> None:
    assert list(Admission().standings("nothing", 0.0)) == []


@settings(max_examples=50)
@given(st.lists(st.integers(0, 20), min_size=1, max_size=40), st.integers(1, 4))
def test_E2_start_order_is_arrival_order(durations: list[int], limit: int) -> None:
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
    stays=st.lists(st.tuples(st.integers(1, 30), st.floats(0.05, 1)), min_size=2, max_size=15), limit=st.integers(1, 3)
)
def test_the_estimate_is_an_upper_bound_where_limits_are_known(stays: list[tuple[int, float]], limit: int) -> None:
    """Everybody leaves at some moment of the slot, at the latest when its time is up."""
    admission = Admission()
    tickets = [join(admission, str(number), limit, float(stay[0])) for number, stay in enumerate(stays)]
    promised = {ticket: estimate(admission, ticket, 0.0) for ticket in tickets}
    stay: Callable[[Ticket], float] = lambda ticket: (ticket.ask.time_limit or 0) * stays[tickets.index(ticket)][1]  # noqa: E731
    leaving = {ticket: stay(ticket) for ticket in tickets if ticket.is_running}
    while leaving:
        ticket = min(leaving, key=lambda ticket: leaving[ticket])
        now = leaving.pop(ticket)
        for admitted in admission.leave(ticket, now):
            bound = promised[admitted]
            assert bound is not None
            assert now <= bound + 1e-9
            leaving[admitted] = now + stay(admitted)


def served(admission: Admission, running: list[Ticket]) -> list[Ticket]:
    """End what runs, one after the other, until nobody is left; gives the order in which slots were given."""
    order = list(running)
    for now, ticket in enumerate(order, 1):
        order += admission.leave(ticket, float(now))
    return order


def test_E1_one_visitor_with_a_hundred_jobs_delays_ten_others_by_one_each() -> None:
    admission = Admission()
    many = [join(admission, "many") for _ in range(100)]
    others = [join(admission, str(number)) for number in range(10)]
    order = served(admission, many[:1])
    assert order[:12] == [*many[:2], *others]
    assert order[12:] == many[2:]
    assert max(order.index(ticket) for ticket in others) <= 11, "each of the ten starts within 11 job times"


def test_E5_ten_tabs_of_one_visitor_have_the_share_of_one() -> None:
    admission = Admission()
    tickets = [join(admission, name, limit=2) for _ in range(10) for name in ("ten", "ten", "one", "two")]
    order = [ticket.ask.visitor for ticket in served(admission, tickets[:2])]
    assert order[2:26] == ["one", "two", "ten"] * 8


def test_E4_who_comes_again_comes_last() -> None:
    admission = Admission()
    first, second, third = (join(admission, name, time_limit=10) for name in "abc")
    admission.expire(10.0)
    assert admission.rejoin(first, 10.0) == [second]
    again = join(admission, "d")
    assert [admission.position(ticket) for ticket in (third, first, again)] == [1, 2, 3]


def test_a_ticket_that_leaves_lets_the_next_of_its_visitor_move_up() -> None:
    admission = Admission()
    running = join(admission, "z")
    one, two, three = join(admission, "a"), join(admission, "b"), join(admission, "a")
    assert [admission.position(ticket) for ticket in (one, two, three)] == [1, 2, 3]
    admission.leave(one, 1.0)
    assert [admission.position(ticket) for ticket in (three, two)] == [1, 2]
    assert served(admission, [running]) == [running, three, two]


@settings(max_examples=100)
@given(
    arrivals=st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 3)), min_size=1, max_size=60),
    limit=st.integers(1, 3),
)
def test_E9_nobody_is_passed_over_twice_by_one_visitor(arrivals: list[tuple[str, int]], limit: int) -> None:
    """Visitors come again and again while slots end: who waits first of their own sees each other one served once."""
    admission = Admission()
    running: list[Ticket] = []
    passed: dict[Ticket, list[str]] = {}
    now = 0.0

    def begin(tickets: list[Ticket]) -> None:
        running.extend(tickets)
        for ticket in tickets:
            before = passed.pop(ticket, [])
            assert len(before) == len(set(before)), f"{ticket.ask.visitor} was passed over twice"
            firsts = {each.ask.visitor: each for each in sorted(passed, key=lambda each: -each.arrival)}
            for first in firsts.values():
                passed[first].append(ticket.ask.visitor)

    for visitor, ending in arrivals:
        ticket = join(admission, visitor, limit)
        if ticket.is_running:
            begin([ticket])
        else:
            passed[ticket] = []
        for _ in range(min(ending, len(running))):
            now += 1
            begin(admission.leave(running.pop(0), now))
    while running:
        now += 1
        begin(admission.leave(running.pop(0), now))
    assert not passed, "nobody starves"


class Model:
    """The same rules in the plainest words: lists that are searched, and a queue that is played forward."""

    def __init__(self, max_waiting: int | None, max_waiting_each: int | None) -> None:
        self.max_waiting, self.max_waiting_each = max_waiting, max_waiting_each
        self.waiting: list[Ticket] = []
        self.turns: dict[str, list[str]] = {key: [] for key in KEYS}
        self.holding: list[Ticket] = []
        self.state: dict[Ticket, TicketState] = {}
        self.deadlines: dict[Ticket, float] = {}
        self.began: dict[Ticket, float] = {}
        self.mean_s: dict[str, float] = {}

    def of(self, tickets: list[Ticket], key: str) -> list[Ticket]:
        return [ticket for ticket in tickets if ticket.ask.key == key]

    def line(self, key: str) -> list[Ticket]:
        """Go round the visitors who wait, and take one ticket of each, as long as there are any."""
        waiting, line = self.of(self.waiting, key), list[Ticket]()
        while len(line) < len(waiting):
            for visitor in self.turns[key]:
                line += [ticket for ticket in waiting if ticket.ask.visitor == visitor and ticket not in line][:1]
        return line

    def is_full(self, key: str) -> bool:
        limit = KEYS[key]
        return limit is not None and len(self.of(self.holding, key)) >= limit

    def is_refused(self, key: str, visitor: str) -> bool:
        mine = [ticket for ticket in self.waiting if ticket.ask.visitor == visitor]
        too_many = self.max_waiting is not None and len(self.waiting) >= self.max_waiting
        too_many_of_mine = self.max_waiting_each is not None and len(mine) >= self.max_waiting_each
        return self.is_full(key) and (too_many or too_many_of_mine)

    def join(self, ticket: Ticket, now: float) -> list[Ticket]:
        self.waiting.append(ticket)
        if ticket.ask.visitor not in self.turns[ticket.ask.key]:
            self.turns[ticket.ask.key].append(ticket.ask.visitor)
        self.state[ticket] = TicketState.WAITING
        return self.admit(ticket.ask.key, now)

    def admit(self, key: str, now: float) -> list[Ticket]:
        admitted = []
        while self.of(self.waiting, key) and not self.is_full(key):
            ticket = self.line(key)[0]
            self.turns[key].append(self.turns[key].pop(0))
            self.stop_waiting(ticket)
            self.holding.append(ticket)
            self.state[ticket], self.began[ticket] = TicketState.RUNNING, now
            if ticket.ask.time_limit is not None:
                self.deadlines[ticket] = now + ticket.ask.time_limit
            admitted.append(ticket)
        return admitted

    def stop_waiting(self, ticket: Ticket) -> None:
        self.waiting.remove(ticket)
        key, visitor, *_ = ticket.ask
        if all(each.ask.visitor != visitor for each in self.of(self.waiting, key)):
            self.turns[key].remove(visitor)

    def remove(self, ticket: Ticket, now: float) -> None:
        self.deadlines.pop(ticket, None)
        if ticket in self.waiting:
            self.stop_waiting(ticket)
        if ticket in self.holding:
            self.holding.remove(ticket)
            if ticket.ask.time_limit is None and not ticket.ask.is_open_ended:
                mean_s = self.mean_s.setdefault(ticket.ask.key, now - self.began[ticket])
                self.mean_s[ticket.ask.key] = mean_s + 0.2 * (now - self.began[ticket] - mean_s)

    def leave(self, ticket: Ticket, now: float) -> list[Ticket]:
        self.remove(ticket, now)
        self.state[ticket] = TicketState.ENDED
        return self.admit(ticket.ask.key, now)

    def expire(self, now: float) -> tuple[list[Ticket], list[Ticket]]:
        extended, expiring = [], []
        due = [ticket for ticket in self.holding if self.state[ticket] is TicketState.RUNNING]
        due = [ticket for ticket in due if self.deadlines.get(ticket, math.inf) <= now]
        for ticket in sorted(due, key=lambda ticket: self.deadlines[ticket]):
            going = [each for each in self.of(self.holding, ticket.ask.key) if self.state[each] is TicketState.EXPIRING]
            if len(self.of(self.waiting, ticket.ask.key)) > len(going):
                self.state[ticket] = TicketState.EXPIRING
                del self.deadlines[ticket]
                expiring.append(ticket)
            else:
                assert ticket.ask.time_limit is not None
                self.deadlines[ticket] = now + ticket.ask.time_limit
                extended.append(ticket)
        return extended, expiring

    def slot_s(self, ticket: Ticket) -> float:
        if ticket.ask.time_limit is not None:
            return ticket.ask.time_limit
        return math.inf if ticket.ask.is_open_ended else self.mean_s.get(ticket.ask.key, math.inf)

    def estimates(self, key: str, now: float) -> list[float]:
        free_at = []
        for ticket in self.of(self.holding, key):
            left = self.slot_s(ticket) - (now - self.began[ticket])
            if ticket in self.deadlines:
                left = self.deadlines[ticket] - now
            free_at.append(0.0 if self.state[ticket] is TicketState.EXPIRING else max(left, 0.0))
        waits = []
        for ticket in self.line(key):
            soonest = min(range(len(free_at)), key=free_at.__getitem__)
            waits.append(free_at[soonest])
            free_at[soonest] += self.slot_s(ticket)
        return waits


KEYS = {"one": 1, "three": 3, "any": None}


class QueueMachine(RuleBasedStateMachine):
    """E9: people join, leave, stall, hang, time out and come back, and `Admission` does as the model does."""

    tickets = Bundle("tickets")

    @initialize(
        max_waiting=st.one_of(st.none(), st.integers(0, 8)), max_waiting_each=st.one_of(st.none(), st.integers(0, 4))
    )
    def start(self, max_waiting: int | None, max_waiting_each: int | None) -> None:
        self.admission = Admission(max_waiting, max_waiting_each)
        self.model = Model(max_waiting, max_waiting_each)
        self.now = 0.0
        self.positions: dict[Ticket, int] = {}

    @rule(
        target=tickets,
        key=st.sampled_from(sorted(KEYS)),
        visitor=st.sampled_from("abc"),
        time_limit=st.one_of(st.none(), st.floats(0, 30)),
        is_open_ended=st.booleans(),
        is_exempt=st.booleans(),
    )
    def join(
        self, key: str, visitor: str, time_limit: float | None, is_open_ended: bool, is_exempt: bool
    ) -> Ticket | None:
        ask = Ask(key, visitor, KEYS[key], time_limit, is_open_ended, is_exempt)
        is_refused = not is_exempt and self.model.is_refused(key, visitor)
        try:
            ticket = self.admission.join(ask, self.now)
        except Busy:
            assert is_refused
            return None
        assert not is_refused
        self.model.join(ticket, self.now)
        return ticket

    @rule(ticket=consumes(tickets))
    def leave(self, ticket: Ticket | None) -> None:
        if ticket is not None:
            assert self.admission.leave(ticket, self.now) == self.model.leave(ticket, self.now)
            assert self.admission.leave(ticket, self.now) == []

    @rule(ticket=tickets, seconds=st.floats(0, 60))
    def linger(self, ticket: Ticket | None, seconds: float) -> None:
        if ticket is not None and ticket.has_slot:
            self.admission.linger(ticket, self.now + seconds)
            self.model.state[ticket] = TicketState.LINGERING
            self.model.deadlines[ticket] = self.now + seconds

    @rule(seconds=st.floats(0, 40))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        assert self.admission.expire(self.now) == self.model.expire(self.now)

    @precondition(lambda self: TicketState.EXPIRING in self.model.state.values())
    @rule(data=st.data())
    def rejoin(self, data: st.DataObject) -> None:
        expiring = [ticket for ticket, state in self.model.state.items() if state is TicketState.EXPIRING]
        ticket = data.draw(st.sampled_from(expiring))
        self.positions.pop(ticket, None)
        self.model.remove(ticket, self.now)
        assert self.admission.rejoin(ticket, self.now) == self.model.join(ticket, self.now)

    @invariant()
    def everybody_is_where_the_model_says(self) -> None:
        assert {ticket: ticket.state for ticket in self.model.state} == self.model.state
        assert self.admission.waiting == len(self.model.waiting)
        deadlines = [
            deadline
            for ticket, deadline in self.model.deadlines.items()
            if self.model.state[ticket] is TicketState.RUNNING
        ]
        assert self.admission.next_deadline() == min(deadlines, default=None)

    @invariant()
    def nobody_waits_while_a_slot_is_free(self) -> None:
        for key in KEYS:
            assert not self.model.of(self.model.waiting, key) or self.model.is_full(key)

    @invariant()
    def positions_of_first_tickets_never_rise_and_estimates_are_those_of_the_model(self) -> None:
        for key in KEYS:
            queue, seen = self.model.line(key), set[str]()
            standings = list(self.admission.standings(key, self.now))
            assert [standing.ticket for standing in standings] == queue
            waits = [math.inf if standing.estimate_s is None else standing.estimate_s for standing in standings]
            assert waits == pytest.approx(self.model.estimates(key, self.now))
            for position, ticket in enumerate(queue, 1):
                assert self.admission.position(ticket) == position
                if ticket.ask.visitor not in seen:
                    assert position <= self.positions.get(ticket, position)
                    self.positions[ticket] = position
                seen.add(ticket.ask.visitor)
                estimate(self.admission, ticket, self.now)


QueueMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=50, deadline=None)
TestQueue = QueueMachine.TestCase


@settings(max_examples=30, deadline=None)
@given(leaving=st.sets(st.integers(0, 39)), slices=st.lists(st.integers(1, 9), max_size=10), waiting=st.integers(1, 40))
def test_a_pass_that_is_drawn_from_bit_by_bit_tells_everybody_who_still_waits(
    leaving: set[int], slices: list[int], waiting: int
) -> None:
    admission = Admission()
    join(admission, time_limit=10)
    tickets = [join(admission, time_limit=10) for _ in range(waiting)]
    standings, told = admission.standings("detect", 0.0), list[Ticket]()
    for number, size in zip(sorted(leaving), slices, strict=False):
        for standing in islice(standings, size):
            assert standing.position == admission.position(standing.ticket) > 0
            told.append(standing.ticket)
        admission.leave(tickets[number % waiting], 1.0)
    told += [standing.ticket for standing in standings]
    assert told == sorted(set(told), key=tickets.index)
    assert {ticket for ticket in tickets if ticket.is_waiting} <= set(told)


@pytest.mark.parametrize("waiting", [1000, 16_000])
def test_no_operation_looks_at_all_who_wait(waiting: int) -> None:
    """Count the lines that run: in a queue of sixteen thousand hardly more than in one of a thousand."""
    admission = Admission()
    tickets = [join(admission, str(number), limit=4, time_limit=10) for number in range(waiting)]
    hung, leaver, last, first = tickets[0], tickets[waiting // 2], tickets[-1], tickets[1]
    lines = 0

    def count(frame: FrameType, event: str, argument: object) -> object:
        nonlocal lines
        lines += event == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        admission.linger(hung, 40.0)
        admission.expire(20.0)
        admission.rejoin(first, 21.0)
        admission.leave(leaver, 22.0)
        admission.leave(hung, 22.0)
        admission.standing(join(admission, "late", 4, 10, 22.0), 22.0)
        admission.position(last)
        admission.next_deadline()
        first_ones = list(islice(admission.standings("detect", 22.0), 10))
    finally:
        sys.settrace(before)
    assert len(first_ones) == 10
    assert lines < 1000
