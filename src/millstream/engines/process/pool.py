"""The worker processes of an app: how many there are, whose turn it is, and what replaces those that end."""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import sys
import time
from collections.abc import Callable, Collection
from typing import Final

from millstream.engine_limits import EngineLimits
from millstream.engines.process import words
from millstream.engines.process.circuit import Circuit
from millstream.engines.process.death import Death
from millstream.engines.process.messages import Control, Report, SetUpOrder
from millstream.engines.process.process import Process
from millstream.engines.process.turn_grants import TurnGrants
from millstream.engines.process.turns import Turns
from millstream.engines.process.wire import packed
from millstream.jobs import Advance, Failure, Notice, Program
from millstream.set_up_calls import REMEDY, WARN_S, say_slow

logger = logging.getLogger("millstream.engine")

LEAST_WORKERS: Final = 2
"""Even on one CPU: when one has crashed, the other goes on."""


class Unavailable(Exception):
    """No worker process can be had.

    Attributes:
        failure: What the user reads of it.
    """

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class Pool:
    """Starts worker processes, hands out their turns, and replaces those that have ended.

    Args:
        program: What they run.
        limits: The bounds on calls, and the number of processes.

    Attributes:
        listeners: Called with what the handlers of workers say, by the worker's number.
        deaths: The number of processes that have died.
        recycled: The number of processes that were replaced as they had made their calls.
        standby: Waits to replace the only process, if that is to be.
    """

    def __init__(self, program: Program, limits: EngineLimits) -> None:
        self._program, self._limits = program, limits
        self._size = limits.workers or max(os.cpu_count() or 1, LEAST_WORKERS)
        self._keeps_standby = limits.standby and self._size == 1
        self.listeners: dict[int, Callable[[Notice | Advance], None]] = {}
        self.deaths = self.recycled = 0
        self.standby: Process | None = None
        self._turns: Turns[Process] = Turns()
        self._grants = TurnGrants(self._turns)
        self._set_up = Circuit()
        self._circuits: dict[int, Circuit] = {}
        self._processes: set[Process] = set()
        self._set_up_order: SetUpOrder | None = None
        self._respawn: asyncio.TimerHandle | None = None
        self._trouble = ""
        self._is_closed = False

    @property
    def pids(self) -> list[int]:
        """The numbers of all processes that live, in the system."""
        return sorted(process.pid for process in self._processes if process.is_ready)

    def open(self, bindings: Collection[int]) -> None:
        """Start all processes, unless that was done before.

        Raises:
            DeclarationError: The app cannot be found by other processes; the message names the remedy.
        """
        if self._set_up_order is not None:
            return
        self._set_up_order = SetUpOrder(
            arguments=sys.argv,
            factory=bytes(packed(self._program.factory())[0]),
            signatures=self._program.signatures(),
            bindings=tuple(bindings),
            worker_bytes=self._limits.worker_bytes,
            log_level=logging.getLogger("millstream").getEffectiveLevel(),
        )
        self._refill()

    async def started(self) -> None:
        """Wait until all processes are ready, or have failed to be; the log says what takes long."""
        starting = {process.started: process for process in self._processes}
        if not starting:
            return
        _, slow = await asyncio.wait(starting, timeout=WARN_S)
        for process in map(starting.__getitem__, slow):
            say_slow(
                process.setting_up or "the import of the app",
                f" in worker process {process.pid}",
                self._limits.set_up_s,
            )
        if slow:
            await asyncio.wait(slow)

    def refusal(self, binding: int, is_developers: bool) -> Failure | None:
        """Say why a call of a binding is not even tried, if so; the app's developer reads more of it."""
        circuit = self._circuits.get(binding)
        if circuit is not None and circuit.is_open(time.monotonic()):
            return Failure(words.OUT_OF_ORDER)
        return words.not_started(self._trouble, is_developers) if self._is_in_trouble else None

    async def turn(self, home: Process | None, last: Process | None, session: str = "") -> Process:
        """Wait for a turn, which has to be given back by `done`.

        Args:
            home: The only process that may take the step; `None` for any.
            last: The process that is preferred.
            session: The page whose calls all go to one process, as a handler keeps something for it; empty for none.

        Raises:
            Unavailable: There is no process, and none can be expected.
        """
        return await self._grants.turn(home, last, session)

    def end_session(self, session: str) -> None:
        """Let go of what is kept for a page that has ended."""
        self._grants.end_session(session)
        self._retire()

    def done(self, process: Process, binding: int) -> None:
        """Give a turn back."""
        if binding in self._circuits and not process.is_dead:
            self._circuits[binding].served()
        self._turns.done(process)
        self._retire()

    def settle(self, process: Process, change: int) -> None:
        """Count a worker that has come (1) to keep something in a process between its steps, or gone (-1)."""
        self._turns.settle(process, change)
        self._retire()

    async def close(self) -> None:
        """End all processes; nothing of them is left then."""
        self._is_closed = True
        if self._respawn is not None:
            self._respawn.cancel()
        processes = list(self._processes)
        for process in processes:
            if self._turns.is_spare(process):
                process.close()
            else:
                process.kill("closed")
        if processes:
            await asyncio.wait([process.gone for process in processes])

    # ---- what becomes of processes -----------------------------------------------------------------------------

    def ready(self, process: Process) -> None:
        self._trouble = ""
        self._set_up.served()
        self._turns.add(process)
        self._refill()
        self._retire()

    def broken(self, process: Process, why: str) -> None:
        if process is not self.standby:
            self._trouble = why
        logger.error("a worker process could not be set up: %s", why)

    def heard(self, process: Process, report: Report) -> None:
        listener = self.listeners.get(report.worker)
        if listener is not None:
            for notice in report.notices:
                listener(notice)
            if report.progress is not None:
                listener(report.progress)
        process.tell(Control.SEEN, report.worker)

    def due(self, process: Process) -> None:
        self.recycled += 1
        self._turns.retire(process)
        self._refill()

    def died(self, process: Process, death: Death) -> None:
        self._grants.forget(process)
        self._turns.remove(process)
        self._processes.discard(process)
        was_standby = process is self.standby
        self.standby = None if was_standby else self.standby
        if self._is_closed or (death.cause == "closed" and process.is_ready):
            return
        self.deaths += 1
        now, culprit = time.monotonic(), process.culprit
        if death.cause != "closed":  # else it was broken, and has said so
            logger.error("worker process %d %s%s", process.pid, death.said, _where(process))
        if not process.is_ready and not was_standby:
            self._trouble = self._trouble or f"the worker process {death.said}{_where(process)}"
        circuit = self._set_up if culprit is None else self._circuits.setdefault(culprit, Circuit())
        circuit.died(now)
        self._refill(circuit.delay_s(now) if circuit is self._set_up or not circuit.is_open(now) else 0.0)
        if self._is_in_trouble:
            self._grants.refuse(Unavailable(words.not_started(self._trouble, is_developers=False)))

    @property
    def _is_in_trouble(self) -> bool:
        return bool(self._trouble) and not self._turns.processes

    def _retire(self) -> None:
        """End the processes that were replaced, once nobody keeps anything in them."""
        for process in self._turns.retired():
            process.close()

    def _refill(self, delay_s: float = 0.0) -> None:
        """Start the processes that are missing, now or when it is time for it."""
        size = 1 if self._set_up.is_on_trial(time.monotonic()) else self._size
        missing = size - sum(process.is_wanted for process in self._processes if process is not self.standby)
        lacks_standby = self._keeps_standby and self.standby is None and bool(self._turns.processes)
        if self._is_closed or self._respawn is not None or not (missing > 0 or lacks_standby):
            return
        if delay_s > 0:
            self._respawn = asyncio.get_running_loop().call_later(delay_s, self._refill_later)
            return
        for _ in range(missing):
            if self.standby is not None:
                self.standby.take_over()
                self.standby = None
            else:
                self._start()
        if lacks_standby:
            self.standby = self._start(is_standby=True)

    def _refill_later(self) -> None:
        self._respawn = None
        self._refill()

    def _start(self, *, is_standby: bool = False) -> Process | None:
        if self._set_up_order is None:
            return None
        taken = {process.number for process in self._processes if process.is_wanted and not is_standby}
        number = next(number for number in itertools.count() if number not in taken)
        process = Process(self._set_up_order._replace(number=number, is_standby=is_standby), self._limits, self)
        try:
            process.start()
        except RuntimeError as error:
            self.broken(process, f"no thread can be had: {error}")
            return None
        self._processes.add(process)
        return process


def _where(process: Process) -> str:
    """Say in what set-up a process was that has never been ready; empty for others."""
    return f", in {process.setting_up}. {REMEDY}" if process.setting_up and not process.is_ready else ""
