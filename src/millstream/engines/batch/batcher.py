"""The batches of one binding: does what its `Former` says, on the loop, and has the function called in a thread."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, NamedTuple, cast

from millstream.batches import BatchCall, BatchRules, BatchStatistics, Outcome, Raised
from millstream.engines.batch.call_thread import CalledMember, CallThread, CallTime
from millstream.engines.batch.costs import Costs
from millstream.engines.batch.former import Former
from millstream.engines.thread import NO_THREAD
from millstream.errors import Busy
from millstream.jobs import Arguments

logger = logging.getLogger("millstream.engine")

TICK_S: Final = 0.001
"""It is not looked more often than this whether somebody's time has come: some loops ring that much too early."""

HOPELESS: Final = 2
"""After so many batches in which each call failed by itself too, the next ones are not taken apart any more."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One call in a batch: its arguments, and where its outcome goes."""

    call: BatchCall
    arguments: Arguments
    outcome: asyncio.Future[Outcome]


@dataclass(slots=True, eq=False)
class RunningBatch:
    """A call of the function that is at work, or waits for one that another event has made of it.

    Attributes:
        parts: The calls that it is for, by member.
        time: Runs while the function is at work.
        returned: Set when the function has returned.
        timer: Gives it up when it takes too long.
    """

    parts: dict[Hashable, Part]
    time: CallTime = field(default_factory=CallTime)
    returned: threading.Event = field(default_factory=threading.Event)
    timer: asyncio.TimerHandle | None = None

    def cancel_timer(self) -> None:
        if self.timer is not None:
            self.timer.cancel()


class Seat(NamedTuple):
    """The place of a member in the next batch.

    Attributes:
        invited: Called when it is to choose.
        begun: Called when the function is called for it.
        ready_at: Since when it has been ready.
    """

    invited: Callable[[], None]
    begun: Callable[[], None]
    ready_at: float


class Called(NamedTuple):
    """The result of a batch: an outcome for each call, and the seconds that it took if it was one call."""

    outcomes: list[Outcome]
    seconds: float | None


class Batcher:
    """Makes calls of one binding as one. All methods belong to the loop.

    Args:
        rules: How many calls are made as one, and how long one may wait for others.
        caller: Calls the function.
        hang_s: How long it may take.

    Attributes:
        caller: As given.
        costs: What its calls take.
    """

    def __init__(self, rules: BatchRules, caller: CallThread, hang_s: float) -> None:
        self.caller, self.costs = caller, Costs()
        self._hang_s = hang_s
        self._former: Former[Hashable] = Former(rules, self.costs)
        self._loop = asyncio.get_running_loop()
        self._seats: dict[Hashable, Seat] = {}
        self._parts: dict[Hashable, Part] = {}
        self._running: RunningBatch | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._batches = self._calls = self._failures = 0
        self._wait_s = self._call_s = 0.0
        self._has_told = False

    @property
    def is_batching(self) -> bool:
        """True if calls are to be made as one; else each is made by itself."""
        return self.costs.is_batching(self._loop.time())

    @property
    def prepare_s(self) -> float:
        """The time that a call usually needs until it can be made."""
        return self._former.prepare_s

    def statistics(self) -> BatchStatistics:
        return BatchStatistics(self._batches, self._calls, self._wait_s, self._call_s, self.costs.pays)

    # ---- what members do ---------------------------------------------------------------------------------------

    def join(self, member: Hashable, owner: Hashable, invited: Callable[[], None], begun: Callable[[], None]) -> None:
        """Note that a member is ready; `invited` is called when it is to choose. Then come `together`, or `leave`.

        From `begun` on it may join again, though its call is not over.
        """
        now = self._loop.time()
        self._seats[member] = Seat(invited, begun, now)
        self._former.join(member, owner, now)
        self._go_on()

    async def together(self, member: Hashable, call: BatchCall, arguments: Arguments) -> Outcome:
        """Take part in the next call; gives what came of it for this member."""
        part = self._parts[member] = Part(call, arguments, self._loop.create_future())
        self._former.arrive(member, self._loop.time())
        self._go_on()
        return await part.outcome

    def leave(self, member: Hashable) -> None:
        """Wait no longer for a member; harmless if nobody does."""
        if self._seats.pop(member, None) is not None:
            self._parts.pop(member, None)
            self._former.leave(member, self._loop.time())
            self._go_on()

    def forget(self, member: Hashable) -> None:
        """Note that a member never comes back."""
        self.leave(member)
        self._former.forget(member)

    def alone(self, seconds: float) -> None:
        """Count a call that was made by itself."""
        self._batches += 1
        self._calls += 1
        self._call_s += seconds

    def running(self, member: Hashable) -> RunningBatch | None:
        """Give the call at work that a member is part of, whether it waits for that or not."""
        running = self._running
        return running if running is not None and member in running.parts else None

    def is_at_work(self, member: Hashable) -> bool:
        """True unless a call that a member is part of waits for its turn."""
        running = self.running(member)
        return running is None or running.time.is_running

    # ---- what becomes of them ----------------------------------------------------------------------------------

    def _go_on(self) -> None:
        """Do what is to be done now, and look again when the former says."""
        now = self._loop.time()
        step = self._former.step(now)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if step.look_at is not None:
            self._timer = self._loop.call_at(max(step.look_at, now + TICK_S), self._go_on)
        for member in step.invited:
            self._seats[member].invited()
        if step.called:
            self._call({member: self._parts.pop(member) for member in step.called}, now)

    def _call(self, parts: dict[Hashable, Part], now: float) -> None:
        running = RunningBatch(parts)
        try:
            done = self.caller.run(partial(called, self.caller, running, takes_apart=self._failures < HOPELESS))
        except RuntimeError as error:
            logger.error("no thread can be had for %s (%s)", self.caller.name, error)
            self._former.end(now)
            self._settle(parts, [Raised(Busy(NO_THREAD))] * len(parts))
            self._loop.call_soon(self._go_on)
            return
        self._batches += 1
        self._calls += len(parts)
        self._running = running
        self._watch(running, self._hang_s, f"it was called {self._hang_s:g} seconds ago")
        done.add_done_callback(partial(self._end, running))
        for seat in [self._seats.pop(member) for member in parts]:
            self._wait_s += now - seat.ready_at
            seat.begun()

    def _end(self, running: RunningBatch, done: asyncio.Future[object]) -> None:
        error = done.exception()
        if running is not self._running:  # it was given up
            return
        outcomes, seconds = cast("Called", done.result()) if error is None else self._failed(running, error)
        now, self._running = self._loop.time(), None
        running.cancel_timer()
        self._former.end(now)
        if seconds is not None:
            self._call_s += seconds
            self.costs.add(len(outcomes), seconds, now)
            self._tell()
        if any(map(_size, outcomes)):
            self._failures = 0
        elif len(outcomes) > 1:
            self._failures += 1
        self._settle(running.parts, outcomes)
        self._go_on()

    def _failed(self, running: RunningBatch, error: BaseException) -> Called:
        """Fail all of a batch because of what should not have happened."""
        logger.error("a batch of %s() failed, by a mistake in Millstream", self.caller.name, exc_info=error)
        return Called([Raised(error)] * len(running.parts), None)

    def _settle(self, parts: Mapping[Hashable, Part], outcomes: Sequence[Outcome]) -> None:
        for part, outcome in zip(parts.values(), outcomes, strict=True):
            if not part.outcome.done():
                part.outcome.set_result(outcome)

    def _tell(self) -> None:
        """Say once that batches do not pay."""
        if self.costs.pays is False and not self._has_told:
            self._has_told = True
            one_s, fixed_s = self.costs.expected_s(1) or 0.0, self.costs.linear.fixed_s
            saved_s = fixed_s if fixed_s < one_s else one_s
            logger.warning(
                "%s() has batch=True, which does not pay: a call of one takes %.2f ms, and at most %.2f ms of it are "
                "saved by a batch; it is called for each by itself now, and measured again from time to time",
                self.caller.name,
                one_s * 1000,
                saved_s * 1000,
            )

    def give_up(self, member: Hashable, patience_s: float, why: str) -> bool:
        """Give up the call at work that a member is part of, if it is, once it has taken `patience_s`.

        A member that is given up sooner has its part wasted: the others of its batch may well get their results.

        Returns:
            Whether the call was ended just now, so that it returns in a moment.
        """
        running = self.running(member)
        return running is not None and self._watch(running, min(patience_s, self._hang_s), why)

    def _watch(self, running: RunningBatch, bound_s: float, why: str) -> bool:
        """Give up a call once it has taken `bound_s`; its wait for another one does not count. True if it was ended."""
        running.cancel_timer()
        left_s = bound_s - running.time.seconds
        if left_s > 0:
            running.timer = self._loop.call_later(left_s, self._watch, running, bound_s, why)
            return False
        if self.caller.end(bound_s):
            return True
        self.abandon(why)
        return False

    def abandon(self, why: str) -> None:
        """Give up the call that runs: it fails for all that it is for, and others go on in another thread."""
        running, self._running = self._running, None
        self.caller.abandon()
        if running is None:
            return
        running.cancel_timer()
        logger.warning("%s() does not end although %s: the thread of its batch is abandoned", self.caller.name, why)
        error = TimeoutError(f"{self.caller.name}() does not end although {why}")
        self._former.end(self._loop.time())
        self._settle(running.parts, [Raised(error)] * len(running.parts))
        self._go_on()


def called(caller: CallThread, running: RunningBatch, *, takes_apart: bool) -> Called:
    """Call the function once for all; in its thread. See `_outcomes`."""
    members = [(part.call, part.arguments) for part in running.parts.values()]
    running.time.begin()
    try:
        outcomes = _outcomes(caller, members, running.time, takes_apart=takes_apart)
    finally:
        running.time.end()
        running.returned.set()
    return Called(outcomes, running.time.seconds if _is_one_call(outcomes) else None)


def _outcomes(
    caller: CallThread, members: Sequence[CalledMember], time: CallTime, *, takes_apart: bool
) -> list[Outcome]:
    """Call the function; if it raises, again for each half, so that whoever is to blame fails alone.

    Unless the batch `takes_apart`, it fails for all then: 2n - 1 calls are too many for a function that always raises.
    """
    size = len(members)
    outcomes = caller.call(members, time, is_final=size == 1 or not takes_apart)
    if outcomes is not None:
        return outcomes
    halves = members[: size // 2], members[size // 2 :]
    return [outcome for half in halves for outcome in _outcomes(caller, half, time, takes_apart=True)]


def _is_one_call(outcomes: Sequence[Outcome]) -> bool:
    return _size(outcomes[0]) == len(outcomes)


def _size(outcome: Outcome) -> int:
    """Give for how many calls the function has returned what an outcome is part of; 0 if it has not returned."""
    return 0 if isinstance(outcome, Raised) else outcome.size
