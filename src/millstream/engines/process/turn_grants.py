"""Turns that callers await; the calls of a page for which handlers keep something all get the same process."""

from __future__ import annotations

import asyncio
from functools import partial

from millstream.engines.process.process import Process
from millstream.engines.process.turns import TurnRequest, Turns


class TurnGrants:
    """Waits for turns, and knows where pages are at home.

    Args:
        turns: Decides which process takes which step.
    """

    def __init__(self, turns: Turns[Process]) -> None:
        self._turns = turns
        self._homes: dict[str, Process] = {}
        self._waiting: dict[TurnRequest[Process], asyncio.Future[Process]] = {}

    async def turn(self, home: Process | None, last: Process | None, session: str) -> Process:
        """Wait for a turn; see `Pool.turn`."""
        while True:
            process = await self._granted(home or self._homes.get(session), last)
            if home is not None or not session or process.is_dead or self._is_home(session, process):
                return process
            self._turns.done(process)  # another call of the page was faster, and is at home elsewhere

    def _is_home(self, session: str, process: Process) -> bool:
        if session not in self._homes:
            self._homes[session] = process
            self._turns.settle(process, 1)
        return self._homes[session] is process

    async def _granted(self, home: Process | None, last: Process | None) -> Process:
        granted: asyncio.Future[Process] = asyncio.get_running_loop().create_future()
        request = TurnRequest(partial(self._grant, granted), home, last)
        self._waiting[request] = granted
        self._turns.ask(request)
        try:
            return await granted
        except asyncio.CancelledError:
            self._turns.withdraw(request)
            if not granted.cancelled() and granted.exception() is None:
                self._turns.done(granted.result())
            raise
        finally:
            del self._waiting[request]

    def _grant(self, granted: asyncio.Future[Process], process: Process) -> None:
        if granted.done():
            self._turns.done(process)
        else:
            granted.set_result(process)

    def end_session(self, session: str) -> None:
        """Have what is kept for a page let go of."""
        process = self._homes.pop(session, None)
        if process is not None:
            process.forget(session)
            self._turns.settle(process, -1)

    def forget(self, process: Process) -> None:
        """Note that a process is dead: whoever was at home there gets another one."""
        self._homes = {session: home for session, home in self._homes.items() if home is not process}

    def refuse(self, error: Exception) -> None:
        """Raise an error for all who wait for any process."""
        for request in self._turns.withdraw_all():
            if not self._waiting[request].done():
                self._waiting[request].set_exception(error)
