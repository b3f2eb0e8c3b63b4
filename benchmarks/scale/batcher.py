"""Batches in a simulation: does what the real `Former` says, by the simulation's clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from benchmarks.scale.simulation import Action, Simulation
from millstream.batches import BatchRules
from millstream.engines.batch.costs import Costs
from millstream.engines.batch.former import Former


class _Member(NamedTuple):
    choose: Callable[[Action], None]
    begun: Action
    done: Action


class Batcher:
    """Makes the calls of several streams as one.

    Args:
        simulation: Its clock.
        rules: How many calls are made as one, and how long one may wait for others.
        call: Calls the handler for so many; the action comes at the end.
    """

    def __init__(self, simulation: Simulation, rules: BatchRules, call: Callable[[int, Action], None]) -> None:
        self._simulation, self._call = simulation, call
        self._costs = Costs()
        self._former: Former[int] = Former(rules, self._costs)
        self._members: dict[int, _Member] = {}
        self._look_at: float | None = None

    @property
    def prepare_s(self) -> float:
        """The time that a stream usually needs to choose a frame and prepare it."""
        return self._former.prepare_s

    def join(self, stream: int, choose: Callable[[Action], None], begun: Action, done: Action) -> None:
        """Note that a stream has a frame to be handled.

        Args:
            stream: Its number.
            choose: Chooses the frame, as late as that can be, and prepares it; the action comes when it is ready.
            begun: Comes when it is called: the stream may join again.
            done: Comes when it was called.
        """
        self._members[stream] = _Member(choose, begun, done)
        self._former.join(stream, stream, self._simulation.now)
        self._go_on()

    def _go_on(self) -> None:
        now = self._simulation.now
        step = self._former.step(now)
        self._look_at = step.look_at
        if step.look_at is not None:
            self._simulation.at(step.look_at, lambda: self._look(step.look_at))
        for stream in step.invited:
            self._members[stream].choose(lambda stream=stream: self._arrive(stream))  # type: ignore[misc]
        if step.called:
            members = [self._members.pop(stream) for stream in step.called]
            self._call(len(members), lambda: self._end(members, now))
            for member in members:
                member.begun()

    def _look(self, planned: float | None) -> None:
        if planned == self._look_at:  # else something has happened since, and it was looked at then
            self._go_on()

    def _arrive(self, stream: int) -> None:
        self._former.arrive(stream, self._simulation.now)
        self._go_on()

    def _end(self, members: list[_Member], began: float) -> None:
        now = self._simulation.now
        self._former.end(now)
        self._costs.add(len(members), now - began, now)
        for member in members:
            member.done()
        self._go_on()
