"""Forms batches: whose turn it is to choose a frame, who belongs to the next call, and when it begins.

Pure: no loop and no thread, and the clock is passed in. A member is *ready* when it has something to be handled. When
the function is about to be free, it is *invited*: it chooses, and decodes, which is why that is not done before. It has
*arrived* when its arguments are there. A batch is called when the function is free and nobody is worth waiting for.
Who is called may be ready again before that call is over.

Ready members are invited in turn among their owners. Whoever is late misses the batch, and belongs to the next one.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Generic, NamedTuple, TypeVar

from millstream.batches import BatchRules
from millstream.engines.batch.costs import Costs

Key = TypeVar("Key", bound=Hashable)

KEPT: Final = 5
"""Durations of a member that tell when it will be ready again."""

PREPARED_KEPT: Final = 16
PREPARED_SHARE: Final = 0.9
"""From its invitation to its arrival a member is expected to need what this share of the last ones, of all members, did
not exceed: a batch is full only if the last one comes in time."""

SLACK: Final = 1.25
"""Durations are expected to be longer by this factor than most were of late."""

CHOOSING_SHARE: Final = 0.7
"""The part of the longest wait in which all of a batch are to choose; the rest is for those who take longer."""

PREPARE_S: Final = 0.005
"""The time that a member needs from its invitation to its arrival, before that was ever measured."""


class MemberState(Enum):
    """The state of a member."""

    AWAY = "away"
    READY = "ready"
    INVITED = "invited"
    ARRIVED = "arrived"
    CALLED = "called"


@dataclass(slots=True)
class Member:
    """One who takes part: a stream, or a single call.

    Attributes:
        state: Where it is.
        since: When it came there.
        rank: Its place among those who are ready.
        ended_at: When its last call ended; `None` if it has gone away for another reason since.
        gaps: How long it was away between its last calls, in seconds.
    """

    state: MemberState = MemberState.AWAY
    since: float = 0.0
    rank: tuple[int, int] = (0, 0)
    ended_at: float | None = None
    gaps: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT))


class BatchStep(NamedTuple, Generic[Key]):
    """The next things to do: who is to choose, who is to be called as one, and when to look again."""

    invited: tuple[Key, ...] = ()
    called: tuple[Key, ...] = ()
    look_at: float | None = None


class Former(Generic[Key]):
    """Forms the batches of one function; after each change ask `step`.

    Args:
        rules: How many calls are made as one, and how long one may wait for others.
        costs: What that takes.

    Attributes:
        prepare_s: The time that a member usually needs from its invitation to its arrival.
    """

    def __init__(self, rules: BatchRules, costs: Costs) -> None:
        self._rules, self._costs = rules, costs
        self._members: dict[Key, Member] = {}
        self._owners: dict[Hashable, int] = {}
        self._round = self._arrivals = 0
        self._prepared: deque[float] = deque([PREPARE_S], maxlen=PREPARED_KEPT)
        self.prepare_s = _usual(self._prepared, PREPARED_SHARE)
        self._began_at: float | None = None
        self._size = 0
        self._free_at = -math.inf

    def join(self, key: Key, owner: Hashable, now: float) -> None:
        """Note that a member is ready; those of one owner take turns with those of others, as one."""
        member = self._members.setdefault(key, Member())
        if member.state is MemberState.CALLED:  # it overlaps with its own last call
            member.gaps.append(0.0)
        elif member.ended_at is not None:
            member.gaps.append(now - member.ended_at)
            member.ended_at = None
        self._arrivals += 1
        turn = max(self._round, self._owners.get(owner, -1) + 1)
        self._owners[owner] = turn
        member.rank = (turn, self._arrivals)
        self._move(member, MemberState.READY, now)

    def arrive(self, key: Key, now: float) -> None:
        """Note that the arguments of a member that was invited are there."""
        member = self._members[key]
        self._prepared.append(now - member.since)
        self.prepare_s = _usual(self._prepared, PREPARED_SHARE)
        self._move(member, MemberState.ARRIVED, now)

    def leave(self, key: Key, now: float) -> None:
        """Note that a member takes no part for now; harmless if it does not."""
        member = self._members.get(key)
        if member is not None and member.state not in (MemberState.AWAY, MemberState.CALLED):
            self._move(member, MemberState.AWAY, now)

    def forget(self, key: Key) -> None:
        """Note that a member never comes back. A call that it belongs to goes on."""
        self._members.pop(key, None)

    def end(self, now: float) -> None:
        """Note that the running call is over."""
        self._began_at, self._free_at = None, now
        for member in self._in(MemberState.CALLED).values():
            self._move(member, MemberState.AWAY, now)
            member.ended_at = now

    def step(self, now: float) -> BatchStep[Key]:
        """Say what is to be done now, and note that it is done."""
        called, until = self._closed(now) if self._began_at is None else ((), None)
        if called:
            self._began_at, self._size = now, len(called)
        invited, look_at = self._invite(now)
        moments = [moment for moment in (until, look_at) if moment is not None]
        return BatchStep(invited, called, min(moments, default=None))

    def _closed(self, now: float) -> tuple[tuple[Key, ...], float | None]:
        """Give those who are to be called as one now; or nobody, and when to look again."""
        arrived = sorted(self._in(MemberState.ARRIVED).items(), key=lambda item: item[1].rank)
        until = self._worth_waiting_until(now, len(arrived)) if arrived else None
        if until is not None:
            return (), until
        called = arrived[: self._capacity(now)]
        for _, member in called:
            self._move(member, MemberState.CALLED, now)
        return tuple(key for key, _ in called), None

    # ---- who may choose ----------------------------------------------------------------------------------------

    def _invite(self, now: float) -> tuple[tuple[Key, ...], float | None]:
        """Invite whom there is room for, if the function is about to be free; else say when to look again."""
        ready = sorted(self._in(MemberState.READY).items(), key=lambda item: item[1].rank)
        if not ready:
            return (), None
        if now < (opens_at := self._opens_at()):
            return (), opens_at if opens_at < math.inf else None
        if now + self.prepare_s > self._closes_by():
            return (), None  # it would miss this batch, and be old in the next one
        if (held_until := self._held_until(now, len(ready))) > now:
            return (), held_until
        lateness_s = self.prepare_s  # who is that late is given up for this batch
        pending = [due for due in (each + lateness_s for each in self._dues(MemberState.INVITED, now)) if due > now]
        room = max(self._capacity(now) - len(self._in(MemberState.ARRIVED)) - len(pending), 0)
        for _, member in ready[:room]:
            self._move(member, MemberState.INVITED, now)
            self._round = max(self._round, member.rank[0])
        self._drop_owners()
        return tuple(key for key, _ in ready[:room]), min(pending, default=None) if room < len(ready) else None

    def _opens_at(self) -> float:
        """Say from when on members choose: so long before the running call ends as they need until they arrive."""
        if self._began_at is None:
            return -math.inf
        ends_at = self._expected_end()
        return math.inf if ends_at == -math.inf else ends_at - self.prepare_s

    def _held_until(self, now: float, ready: int) -> float:
        """Say until when nobody chooses yet, as others are worth a longer wait than who has chosen may have."""
        fixed_s, each_s = self._costs.linear
        forming = self._in(MemberState.INVITED) or self._in(MemberState.ARRIVED)
        if forming or fixed_s == math.inf:
            return now
        free_at, until = max(now, self._expected_end()), now
        for more, due in enumerate(self._returns(now)[: max(self._capacity(now) - ready, 0)], 1):
            if (due - free_at) * (ready + more) < more * (fixed_s - each_s * ready):
                until = max(until, due - CHOOSING_SHARE * self._rules.max_wait_s)
        return until

    def _returns(self, now: float) -> list[float]:
        """Say when those who are away, or being called, will be ready, as far as one can tell."""
        ends_at = self._expected_end()
        away = [
            (ends_at if member.state is MemberState.CALLED else member.ended_at, member.gaps)
            for member in self._members.values()
            if member.state in (MemberState.CALLED, MemberState.AWAY) and member.gaps
        ]
        return sorted(due for at, gaps in away if at is not None and (due := at + _usual(gaps)) > now)

    def _expected_end(self) -> float:
        """Say when the running call will end; without one, or if nobody knows, that is no bound."""
        expected_s = None if self._began_at is None else self._costs.expected_s(self._size)
        return -math.inf if self._began_at is None or expected_s is None else self._began_at + expected_s

    def _capacity(self, now: float) -> int:
        return 1 if self._costs.needs_one(now) else self._rules.max_size

    def _drop_owners(self) -> None:
        """Forget those whose turn is no later than that of somebody new."""
        if len(self._owners) > 2 * len(self._members) + 16:
            self._owners = {owner: turn for owner, turn in self._owners.items() if turn >= self._round}

    # ---- when it begins ----------------------------------------------------------------------------------------

    def _worth_waiting_until(self, now: float, arrived: int) -> float | None:
        """Say until when it pays to wait for those who are expected; `None` to begin now.

        Waiting for k more costs each of those who are here the wait and the longer call. It spares each of the k the
        call that would be made before theirs, and the fixed part of their own.
        """
        deadline, room = self._closes_by(), self._capacity(now) - arrived
        dues = sorted(
            due
            for state in (MemberState.READY, MemberState.INVITED, MemberState.AWAY)
            for due in self._dues(state, now)
            if now < due <= deadline
        )
        fixed_s, each_s = self._costs.linear
        for more, due in enumerate(dues[: max(room, 0)], 1):
            if (due - now) * (arrived + more) < more * (fixed_s - each_s * arrived):
                return due
        return None

    def _closes_by(self) -> float:
        """Say when the batch that is being formed begins at the latest, if anybody waits for it alone."""
        arrived = self._in(MemberState.ARRIVED).values()
        if self._began_at is not None or not arrived:
            return math.inf
        return max(min(member.since for member in arrived), self._free_at) + self._rules.max_wait_s

    def _dues(self, state: MemberState, now: float) -> list[float]:
        """Say by when those who are in a state will have arrived, as far as one can tell."""
        prepare_s, members = self.prepare_s, self._in(state).values()
        if state is MemberState.READY:
            return [now + prepare_s for _ in members]
        if state is MemberState.INVITED:
            return [_next(member.since, prepare_s, now) for member in members]
        return [
            member.ended_at + _usual(member.gaps) + prepare_s
            for member in members
            if member.ended_at is not None and member.gaps
        ]

    def _in(self, state: MemberState) -> dict[Key, Member]:
        return {key: member for key, member in self._members.items() if member.state is state}

    def _move(self, member: Member, state: MemberState, now: float) -> None:
        member.state, member.since = state, now


def _next(since: float, prepare_s: float, now: float) -> float:
    """Say by when somebody will have arrived; who is late is often so because all are, as the machine is busy."""
    due = since + prepare_s
    return due if now < due else due + prepare_s


def _usual(seconds: deque[float], share: float = 0.8) -> float:
    """Give a duration that is seldom exceeded: some more than this share of them was, whatever the longest was."""
    return SLACK * sorted(seconds)[round(share * (len(seconds) - 1))]
