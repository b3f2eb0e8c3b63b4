"""Async handlers in a worker process: on a loop in a thread of its own, which lives on between calls."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading

from millstream.engines.thread import Steps
from millstream.jobs import END, Call, Calls, Failure, Job, Result


class Coroutines:
    """Runs the async handlers of all workers, for the main thread, which waits for each step."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._steps: dict[int, Steps] = {}

    def begin(self, calls: Calls, job: Job) -> Call:
        """Begin a call that belongs to the loop."""
        return asyncio.run_coroutine_threadsafe(_begun(calls, job), self._running()).result()

    def step(self, worker: int, call: Call) -> Result:
        """Take the next step of a call."""
        loop = self._running()
        if worker not in self._steps:
            if call.arguments() is None:
                return call.accept(END)
            self._steps[worker] = asyncio.run_coroutine_threadsafe(_opened(call), loop).result()
        steps = self._steps[worker]
        try:
            value = asyncio.run_coroutine_threadsafe(steps.take(), loop).result()
        except concurrent.futures.CancelledError:
            del self._steps[worker]
            call.close()
            return Result(0, {}, Failure("It was stopped."))
        result = call.accept(value)
        if result.is_last:
            self.close(worker)
        return result

    def cancel(self, worker: int) -> None:
        """Cancel the step that is being taken; in any thread."""
        steps = self._steps.get(worker)
        if steps is not None and self._loop is not None:
            self._loop.call_soon_threadsafe(steps.cancel)

    def close(self, worker: int) -> None:
        """End the call of a worker, and wait for that."""
        steps = self._steps.pop(worker, None)
        if steps is not None and self._loop is not None:
            asyncio.run_coroutine_threadsafe(_closed(steps), self._loop).result()

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            threading.Thread(target=self._loop.run_forever, name="millstream loop", daemon=True).start()
        return self._loop


async def _begun(calls: Calls, job: Job) -> Call:
    return calls.begin(job)


async def _opened(call: Call) -> Steps:
    return Steps(call)


async def _closed(steps: Steps) -> None:
    steps.cancel()
    await asyncio.wait([steps.task])
