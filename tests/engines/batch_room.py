"""Streams that share a function on virtual time: they become ready, choose, decode, and are called as one."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from millstream.batches import BatchRules
from millstream.engines.batch.costs import Costs
from millstream.engines.batch.former import Former


@dataclass
class VirtualStream:
    """One stream: it is ready `pause_s` after its last result, and needs `decode_s` after it was invited.

    If it overlaps, it is ready so long after its call began.
    """

    name: Hashable
    pause_s: float = 0.003
    decode_s: float = 0.002
    jitter: float = 0.0
    owner: Hashable = None
    overlaps: bool = False
    ready: list[float] = field(default_factory=list)
    chosen: list[float] = field(default_factory=list)
    arrived: list[float] = field(default_factory=list)
    called: list[float] = field(default_factory=list)
    ended: list[float] = field(default_factory=list)


class BatchRoom:
    """Runs streams until a time.

    Attributes:
        sizes: The size of each call.
        problems: What may never happen.
    """

    def __init__(self, rules: BatchRules, call_s: Callable[[int], float], seed: int = 0) -> None:
        self.costs = Costs()
        self.former: Former[Hashable] = Former(rules, self.costs)
        self.rules, self._call_s, self._random = rules, call_s, random.Random(seed)
        self.streams: dict[Hashable, VirtualStream] = {}
        self.sizes: list[int] = []
        self.now = 0.0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._is_running, self._free_at = False, 0.0
        self.problems: list[str] = []

    def add(self, stream: VirtualStream, at: float = 0.0) -> None:
        self.streams[stream.name] = stream
        self._at(at, lambda: self._ready(stream))

    def run(self, until: float) -> BatchRoom:
        while self._events and self._events[0][0] <= until:
            self.now, _, happen = heapq.heappop(self._events)
            happen()
        waiting = [each for each in self.streams.values() if len(each.arrived) > len(each.called)]
        if not self._is_running:
            self._check_wait([each.arrived[-1] for each in waiting])
        assert self.problems == []
        return self

    def _check_wait(self, arrived: list[float]) -> None:
        longest_s = max((self.now - max(at, self._free_at) for at in arrived), default=0.0)
        if longest_s > self.rules.max_wait_s + 1e-9:
            self.problems.append(f"one waited for {longest_s} s although the function was free")

    def fps(self, of: Hashable = None, since: float = 0.0) -> float:
        streams = self.streams.values() if of is None else [self.streams[of]]
        return sum(at >= since for stream in streams for at in stream.ended) / (self.now - since)

    def _at(self, at: float, happen: Callable[[], None]) -> None:
        heapq.heappush(self._events, (at, next(self._order), happen))

    def _after(self, seconds: float, jitter: float, happen: Callable[[], None]) -> None:
        self._at(self.now + seconds * (1 + jitter * self._random.random()), happen)

    def _ready(self, stream: VirtualStream) -> None:
        stream.ready.append(self.now)
        self.former.join(stream.name, stream.owner or stream.name, self.now)
        self._step()

    def _arrive(self, stream: VirtualStream) -> None:
        stream.arrived.append(self.now)
        self.former.arrive(stream.name, self.now)
        self._step()

    def _step(self) -> None:
        step = self.former.step(self.now)
        for name in step.invited:
            stream = self.streams[name]
            stream.chosen.append(self.now)
            self._after(stream.decode_s, stream.jitter, lambda stream=stream: self._arrive(stream))  # type: ignore[misc]
        if step.look_at is not None:
            if step.look_at <= self.now:
                self.problems.append(f"it asks to be looked at in the past: {step.look_at} at {self.now}")
            else:
                self._at(step.look_at, self._step)
        if step.called:
            self._call([self.streams[name] for name in step.called])

    def _call(self, members: list[VirtualStream]) -> None:
        if self._is_running:
            self.problems.append("two calls at once")
        if len(members) > self.rules.max_size:
            self.problems.append(f"{len(members)} in one call")
        self._is_running = True
        self.sizes.append(len(members))
        seconds = self._call_s(len(members))
        for member in members:
            if len(member.called) >= len(member.arrived):
                self.problems.append(f"{member.name} was called and had not arrived")
            member.called.append(self.now)
            if member.overlaps:
                self._after(member.pause_s, member.jitter, lambda member=member: self._ready(member))  # type: ignore[misc]
        self._check_wait([member.arrived[-1] for member in members])
        self._after(seconds, 0.0, lambda: self._end(members, seconds))

    def _end(self, members: list[VirtualStream], seconds: float) -> None:
        self._is_running, self._free_at = False, self.now
        self.costs.add(len(members), seconds, self.now)
        self.former.end(self.now)
        for member in members:
            member.ended.append(self.now)
            if not member.overlaps:
                self._after(member.pause_s, member.jitter, lambda member=member: self._ready(member))  # type: ignore[misc]
        self._step()
