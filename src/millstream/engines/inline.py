"""Runs handlers on the event loop itself: for tests on virtual time, which can pretend that calls take time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping

from millstream.engine_limits import DEFAULT_LIMITS, EngineLimits
from millstream.jobs import Calls, Job, Notify, Program, Result


class Engine:
    """Calls each handler to its end while the clock stands still, then lets `handler_time` pass.

    Args:
        handler_time: Seconds that each call, or each step of a generator, pretends to take.
    """

    def __init__(self, handler_time: float = 0.0) -> None:
        self.handler_time = handler_time
        self._open = 0

    def start(self, program: Program, limits: EngineLimits = DEFAULT_LIMITS) -> None:
        self._program = program

    async def prepare(self, bindings: Collection[int]) -> None:
        for set_up in self._program.set_ups(bindings):
            set_up()

    def open(self, binding: int, notify: Notify) -> Worker:
        self._open += 1
        return Worker(self, self._program.open(binding, notify))

    def end_session(self, session: str) -> None:
        self._program.end_session(session)

    def statistics(self) -> Mapping[str, object]:
        return {"threads": 0, "open": self._open, "abandoned": []}

    async def close(self) -> None:
        """Nothing outlives its worker here."""

    def forget(self) -> None:
        self._open -= 1


class Worker:
    """Takes the three steps one after the other, on the loop."""

    def __init__(self, engine: Engine, calls: Calls) -> None:
        self._engine = engine
        self._calls = calls
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.released = self.ended
        self.abandon_s = 0.0  # nothing outlives its closing here

    async def submit(self, job: Job) -> AsyncGenerator[Result, None]:
        call = self._calls.begin(job)
        try:
            call.arguments()
            while True:
                value = await call.call_async() if call.is_async else call.call()
                await asyncio.sleep(0.0 if job.role == "listen" else self._engine.handler_time)
                result = call.accept(value)
                yield result
                if result.is_last:
                    return
        finally:
            call.close()
            await call.close_async()

    async def close(self, wait_s: float | None = None) -> None:
        if not self.ended.done():
            self._calls.close()
            self._engine.forget()
            self.ended.set_result(None)
