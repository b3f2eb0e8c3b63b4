"""A cluster user by user: who comes, waits in the real `Admission`, streams, and leaves; replicas come, go and die.

What a replica holds at its rate and latency is an outcome of `gateway.py`. Here it is a number.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from benchmarks.scale.simulation import Simulation
from millstream.admission import Admission
from millstream.errors import Busy
from millstream.tickets import Ask, Ticket

KEY: Final = "stream"

SLOT_KEPT_S: Final = 5.0
"""So long the slot of a stream is kept whose gateway was lost."""

SAMPLE_S: Final = 1.0


@dataclass(frozen=True)
class ClusterCase:
    """A case to be simulated; times are in seconds.

    Attributes:
        users: How many come in all.
        arrivals_per_s: How many come a second, on average.
        stay_s: How long one wants to stream, on average.
        patience_s: How long one waits for the first slot, on average; infinite for as long as it takes.
        slots: Streams that the app lets run at once (`concurrency_limit`).
        time_limit_s: How long a slot lasts while others wait; `None` without a limit.
        max_waiting: How many may wait; `None` for any number.
        each: Streams that one replica holds.
        replicas: At the beginning.
        least, most: Replicas that the autoscaler may keep.
        target: The share of `each` that it aims at.
        start_s: From the wish for a replica to its first page.
        idle_s: How long fewer replicas must suffice before one is given up.
        zones: Over which the replicas are spread.
        zone_lost_at: When one of them is lost; infinite for never.
        replica_life_s: How long a replica lives on average before it dies; infinite for ever.
        return_s: How long it takes a page to try another gateway, from and to.
        opening_s: CPU of a gateway for a page that comes.
        seed: Of all that is random.
    """

    users: int = 1000
    arrivals_per_s: float = 1.0
    stay_s: float = 180.0
    patience_s: float = math.inf
    slots: int = 100
    time_limit_s: float | None = None
    max_waiting: int | None = None
    each: int = 10
    replicas: int = 10
    least: int = 1
    most: int = 10
    target: float = 0.8
    start_s: float = 15.0
    idle_s: float = 300.0
    zones: int = 3
    zone_lost_at: float = math.inf
    replica_life_s: float = math.inf
    return_s: tuple[float, float] = (0.2, 1.3)
    opening_s: float = 0.0034
    seed: int = 0


@dataclass(frozen=True)
class Sample:
    """The cluster at one moment: streams with a slot, those that wait, and the replicas that serve."""

    at: float
    running: int
    waiting: int
    away: int
    replicas: int
    capacity: int

    @property
    def rate(self) -> float:
        """The share of its rate that a stream gets."""
        return min(1.0, self.capacity / self.running) if self.running else 1.0


@dataclass
class ClusterResult:
    """The outcome of a case.

    Attributes:
        finished: Users who have streamed for as long as they wanted to.
        refused: Those who were turned away, as too many waited.
        gave_up: Those who lost patience.
        still_waiting, still_running: Those of the end.
        waits_s: How long each first slot was waited for, in the order in which they were given.
        later_waits_s: How long each later one was waited for.
        estimates: What was told at the beginning of each such wait, and what it was, in seconds.
        admitted: Users in the order of their first slots.
        gaps_s: How long a stream stood still whose replica had died.
        slots_lost: Streams that came back too late for their slot, and waited again.
        moved: Streams of replicas that were given up.
        samples: One a second.
    """

    finished: int = 0
    refused: int = 0
    gave_up: int = 0
    still_waiting: int = 0
    still_running: int = 0
    slots_lost: int = 0
    moved: int = 0
    waits_s: list[float] = field(default_factory=list)
    later_waits_s: list[float] = field(default_factory=list)
    estimates: list[tuple[float, float]] = field(default_factory=list)
    admitted: list[int] = field(default_factory=list)
    gaps_s: list[float] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)

    @property
    def users(self) -> int:
        """All who have come, and were counted by what became of them."""
        gone = self.finished + self.refused + self.gave_up
        return gone + self.still_waiting + self.still_running


@dataclass(eq=False)
class _Replica:
    zone: int
    users: set[_User] = field(default_factory=set)
    free_at: float = 0.0
    """When it has opened the pages that are on their way to it."""


@dataclass(eq=False)
class _User:
    number: int
    came_at: float
    left_s: float
    """How long it still wants to stream."""

    ticket: Ticket | None = None
    asked_at: float = 0.0
    began_at: float = 0.0
    replica: _Replica | None = None
    estimate_s: float | None = None
    has_streamed: bool = False
    is_away: bool = False
    spell: int = 0
    """Counts what changes: an action that was planned in an earlier one is void."""


def simulate(case: ClusterCase, until: float = math.inf) -> ClusterResult:
    """Run a case until all users have come and gone, or until a time."""
    cluster = _Cluster(case)
    cluster.run(until)
    return cluster.result


class _Cluster:
    def __init__(self, case: ClusterCase) -> None:
        self._case = case
        self._simulation = Simulation()
        self._random = random.Random(case.seed)
        self._admission = Admission(max_waiting=case.max_waiting)
        self._replicas = [_Replica(number % case.zones) for number in range(case.replicas)]
        self._zones = set(range(case.zones))
        self._coming = 0
        self._fewer_since: float | None = None
        self._users: dict[Ticket, _User] = {}
        self._left = case.users
        self._running = self._away = 0
        self._due = math.inf
        self.result = ClusterResult()

    def run(self, until: float) -> None:
        self._simulation.after(self._random.expovariate(self._case.arrivals_per_s), lambda: self._arrive(0))
        self._simulation.after(SAMPLE_S, self._sample)
        if self._case.zone_lost_at < math.inf:
            self._simulation.at(self._case.zone_lost_at, self._lose_zone)
        if self._case.replica_life_s < math.inf:
            self._simulation.after(self._next_death_s(), self._lose_replica)
        while self._left and self._simulation.now < until:
            self._simulation.run(min(self._simulation.now + SAMPLE_S, until))
        self.result.still_waiting = sum(ticket.is_waiting for ticket in self._users)
        self.result.still_running = len(self._users) - self.result.still_waiting

    # ---- users -------------------------------------------------------------------------------------------------

    def _arrive(self, number: int) -> None:
        case, now = self._case, self._simulation.now
        user = _User(number, now, self._random.expovariate(1 / case.stay_s))
        self._ask(user)
        if user.ticket is not None and user.ticket.is_waiting:
            user.estimate_s = self._admission.standing(user.ticket, now).estimate_s
            if case.patience_s < math.inf:
                spell, patience_s = user.spell, self._random.expovariate(1 / case.patience_s)
                self._simulation.after(patience_s, lambda: self._lose_patience(user, spell))
        if number + 1 < case.users:
            self._simulation.after(self._random.expovariate(case.arrivals_per_s), lambda: self._arrive(number + 1))

    def _ask(self, user: _User) -> None:
        case, now = self._case, self._simulation.now
        is_open_ended = case.time_limit_s is None
        ask = Ask(KEY, str(user.number), case.slots, case.time_limit_s, is_open_ended, is_exempt=user.has_streamed)
        try:
            ticket = user.ticket = self._admission.join(ask, now)
        except Busy:
            self.result.refused += 1
            self._left -= 1
            return
        self._users[ticket] = user
        if ticket.is_running:
            self._begin([ticket])

    def _begin(self, tickets: Iterable[Ticket]) -> None:
        """Let tickets stream that have a slot now."""
        now = self._simulation.now
        for ticket in tickets:
            user = self._users[ticket]
            user.spell += 1
            user.began_at = now
            self._running += 1
            self._place(user)
            if user.has_streamed:
                self.result.later_waits_s.append(now - user.asked_at)
            else:
                user.has_streamed = True
                self.result.admitted.append(user.number)
                self.result.waits_s.append(now - user.came_at)
                if user.estimate_s is not None:
                    self.result.estimates.append((user.estimate_s, now - user.came_at))
            self._plan_end(user)
        self._look_at_deadlines()

    def _plan_end(self, user: _User) -> None:
        spell = user.spell
        self._simulation.after(user.left_s, lambda: self._finish(user, spell))

    def _finish(self, user: _User, spell: int) -> None:
        if user.spell != spell:
            return
        self.result.finished += 1
        self._leave(user)

    def _lose_patience(self, user: _User, spell: int) -> None:
        if user.spell != spell or user.ticket is None or not user.ticket.is_waiting:
            return
        self.result.gave_up += 1
        self._leave(user)

    def _leave(self, user: _User) -> None:
        user.spell += 1
        self._left -= 1
        self._begin(self._give_up_ticket(user))

    def _give_up_ticket(self, user: _User) -> list[Ticket]:
        """End a ticket; gives those that run because of it."""
        assert user.ticket is not None
        self._running -= user.ticket.has_slot
        self._unplace(user)
        del self._users[user.ticket]
        return self._admission.leave(user.ticket, self._simulation.now)

    # ---- slots -------------------------------------------------------------------------------------------------

    def _look_at_deadlines(self) -> None:
        due = self._admission.next_deadline()
        if due is not None and due < self._due:
            self._due = due
            self._simulation.at(due, lambda: self._expire(due))

    def _expire(self, due: float) -> None:
        if due == self._due:
            self._due = math.inf
        for ticket in self._admission.expire(self._simulation.now).expiring:
            user = self._users[ticket]
            if user.is_away:
                self._note_back(user)
            else:
                user.left_s -= self._simulation.now - user.began_at
            user.spell += 1
            user.asked_at = self._simulation.now
            self._running -= 1
            self._unplace(user)
            self._begin(self._admission.rejoin(ticket, self._simulation.now))
        self._look_at_deadlines()

    # ---- replicas ----------------------------------------------------------------------------------------------

    def _place(self, user: _User) -> None:
        """Put a stream on the less loaded of two replicas."""
        if self._replicas:
            some = [self._random.choice(self._replicas) for _ in range(2)]
            user.replica = min(some, key=lambda replica: len(replica.users))
            user.replica.users.add(user)

    def _unplace(self, user: _User) -> None:
        if user.replica is not None:
            user.replica.users.discard(user)
            user.replica = None

    def _sample(self) -> None:
        capacity = len(self._replicas) * self._case.each
        running = self._running - self._away
        self.result.samples.append(
            Sample(self._simulation.now, running, self._admission.waiting, self._away, len(self._replicas), capacity)
        )
        self._scale()
        self._simulation.after(SAMPLE_S, self._sample)

    def _scale(self) -> None:
        """Start replicas as soon as they are wanted, and give one up when fewer have sufficed for a while."""
        case = self._case
        wanted = math.ceil((self._running + self._admission.waiting) / (case.each * case.target))
        wanted = min(max(wanted, case.least), case.most)
        for _ in range(wanted - len(self._replicas) - self._coming):
            self._coming += 1
            self._simulation.after(case.start_s, self._start)
        if wanted >= len(self._replicas):
            self._fewer_since = None
        elif self._fewer_since is None:
            self._fewer_since = self._simulation.now
        elif self._simulation.now - self._fewer_since >= case.idle_s:
            self._drain(self._replicas[-1])

    def _start(self) -> None:
        self._coming -= 1
        sizes = Counter(replica.zone for replica in self._replicas)
        self._replicas.append(_Replica(min(sorted(self._zones), key=lambda zone: sizes[zone])))

    def _drain(self, replica: _Replica) -> None:
        """Give a replica up; its pages go on elsewhere, with their slots."""
        self._replicas.remove(replica)
        users, replica.users = sorted(replica.users, key=lambda user: user.number), set()
        self.result.moved += len(users)
        for user in users:
            self._place(user)

    # ---- losses ------------------------------------------------------------------------------------------------

    def _next_death_s(self) -> float:
        return self._random.expovariate(max(len(self._replicas), 1) / self._case.replica_life_s)

    def _lose_replica(self) -> None:
        if self._replicas:
            self._lose([self._random.choice(self._replicas)])
        self._simulation.after(self._next_death_s(), self._lose_replica)

    def _lose_zone(self) -> None:
        self._zones.discard(0)
        self._lose([replica for replica in self._replicas if replica.zone == 0])

    def _lose(self, lost: list[_Replica]) -> None:
        gone = set(map(id, lost))
        self._replicas = [replica for replica in self._replicas if id(replica) not in gone]
        users = sorted((user for replica in lost for user in replica.users), key=lambda user: user.number)
        coming = [(self._simulation.now + self._random.uniform(*self._case.return_s), user) for user in users]
        for at, user in sorted(coming, key=lambda pair: pair[0]):
            self._unplace(user)
            user.left_s -= self._simulation.now - user.began_at
            user.spell += 1
            user.is_away = True
            self._away += 1
            self._come_back(user, user.spell, at, self._simulation.now)

    def _come_back(self, user: _User, spell: int, at: float, lost_at: float) -> None:
        """Let a page try a gateway, which opens one page after the other."""
        if user.spell != spell:
            return
        if not self._replicas:
            self._simulation.at(at + 1.0, lambda: self._come_back(user, spell, at + 1.0, lost_at))
            return
        gateway = self._random.choice(self._replicas)
        gateway.free_at = max(gateway.free_at, at) + self._case.opening_s
        back_at = gateway.free_at
        if back_at - lost_at > SLOT_KEPT_S:
            self._simulation.at(lost_at + SLOT_KEPT_S, lambda: self._lose_slot(user, spell))
        self._simulation.at(back_at, lambda: self._resume(user, spell, lost_at))

    def _lose_slot(self, user: _User, spell: int) -> None:
        if user.spell == spell and user.ticket is not None:
            self.result.slots_lost += 1
            self._note_back(user)
            admitted = self._give_up_ticket(user)
            user.ticket = None
            self._begin(admitted)

    def _resume(self, user: _User, spell: int, lost_at: float) -> None:
        now = self._simulation.now
        self.result.gaps_s.append(now - lost_at)
        if user.ticket is None:
            user.asked_at = now
            self._ask(user)
            return
        if user.spell != spell:
            return
        self._note_back(user)
        user.spell += 1
        user.began_at = now
        self._place(user)
        self._plan_end(user)

    def _note_back(self, user: _User) -> None:
        user.is_away = False
        self._away -= 1
