"""Which process takes which step, one at a time in each: pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

P = TypeVar("P", bound=Hashable)


@dataclass(eq=False)
class TurnRequest(Generic[P]):
    """A step that waits for a process.

    Attributes:
        grant: Called, once, with the process that is to take it.
        home: The process that has to take it; `None` for any.
        last: The process that took the step before, which is preferred.
    """

    grant: Callable[[P], None]
    home: P | None = None
    last: P | None = None


class Turns(Generic[P]):
    """The processes, and what waits for them.

    A process takes one step at a time, so that what becomes of it concerns one call. Steps that wait are taken in their
    order. A process in which a generator is suspended takes those of others only if no other process is free.
    """

    def __init__(self) -> None:
        self._is_busy: dict[P, bool] = {}
        self._guests: dict[P, int] = {}
        self._retiring: set[P] = set()
        self._waiting: list[TurnRequest[P]] = []

    def add(self, process: P) -> None:
        """Add a process that is ready."""
        self._is_busy[process], self._guests[process] = False, 0
        self._serve()

    def remove(self, process: P) -> None:
        """Take out a process that is dead; what waits for nobody else is given it all the same, to find that out."""
        self._is_busy.pop(process, None)
        self._guests.pop(process, None)
        self._retiring.discard(process)
        for request in [each for each in self._waiting if each.home == process]:
            self._waiting.remove(request)
            request.grant(process)

    def retire(self, process: P) -> None:
        """Give a process nothing any more but the steps of its guests, as soon as there is another one."""
        self._retiring.add(process)

    def retired(self) -> list[P]:
        """Give the retiring processes that nobody needs any more."""
        if not self.processes:
            return []
        return [process for process in self._retiring if self.is_spare(process)]

    def ask(self, request: TurnRequest[P]) -> None:
        """Have a step taken, now or later."""
        self._waiting.append(request)
        self._serve()

    def withdraw(self, request: TurnRequest[P]) -> None:
        """Take back a step that was not granted."""
        if request in self._waiting:
            self._waiting.remove(request)

    def withdraw_all(self) -> list[TurnRequest[P]]:
        """Take back all steps that wait for any process."""
        free = [request for request in self._waiting if request.home is None]
        self._waiting = [request for request in self._waiting if request.home is not None]
        return free

    def done(self, process: P) -> None:
        """Note that a process has taken its step."""
        if process in self._is_busy:
            self._is_busy[process] = False
            self._serve()

    def settle(self, process: P, change: int) -> None:
        """Count a guest that has come (1) to stay in a process between its steps, or gone (-1)."""
        if process in self._guests:
            self._guests[process] += change

    def is_spare(self, process: P) -> bool:
        """True if a process does nothing, and keeps nothing for anybody."""
        return not self._is_busy.get(process, True) and not self._guests[process]

    @property
    def processes(self) -> list[P]:
        """All that are not retiring."""
        return [process for process in self._is_busy if process not in self._retiring]

    def _serve(self) -> None:
        for request in list(self._waiting):
            process = self._process_for(request)
            if process is not None:
                self._is_busy[process] = True
                self._waiting.remove(request)
                request.grant(process)

    def _process_for(self, request: TurnRequest[P]) -> P | None:
        if request.home is not None:
            return request.home if not self._is_busy.get(request.home, True) else None
        return min(self._free(), key=lambda process: self._cost(process, request.last), default=None)

    def _cost(self, process: P, last: P | None) -> tuple[bool, bool, int]:
        guests = self._guests[process]
        return guests > 0, process != last, guests

    def _free(self) -> Iterator[P]:
        for process in self.processes or self._retiring:
            if not self._is_busy[process]:
                yield process
