"""An engine that ships jobs as they are: pickled to a process of its own, whose results come back pickled.

Over there the thread engine runs them; `serve` is that process.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import struct
import sys
import threading
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from millstream.engines import thread
from millstream.jobs import Advance, Job, Level, Notice, Notify, Program, Result, Worker
from millstream.testing.conformance.engines import program

SIZE = struct.Struct("<I")
FAR = f"import asyncio, {__name__} as far; asyncio.run(far.serve())"


def pack(message: object) -> bytes:
    data = pickle.dumps(message)
    return SIZE.pack(len(data)) + data


@dataclass(frozen=True)
class Shown:
    """How far a call in another process was when it said so."""

    call: int
    shown: tuple[Level, ...]

    def levels(self) -> tuple[Level, ...]:
        return self.shown


# ---- here ----------------------------------------------------------------------------------------------------------


class ProcessEngine:
    """One process, begun with the engine and ended with it."""

    def __init__(self) -> None:
        self._workers: dict[int, ProcessWorker] = {}
        self._orders: asyncio.Queue[object] = asyncio.Queue()

    def start(self, app: Program, abandon_s: float = 30.0) -> None:
        self._child = asyncio.ensure_future(self._live())

    def open(self, binding: int, notify: Notify) -> Worker:
        number = len(self._workers)
        self._workers[number] = worker = ProcessWorker(lambda order: self._orders.put_nowait((number, order)), notify)
        self._orders.put_nowait((number, binding))
        return worker

    def statistics(self) -> Mapping[str, object]:
        return {"threads": sum(not worker.ended.done() for worker in self._workers.values()), "abandoned": []}

    async def close(self) -> None:
        await asyncio.gather(*(worker.close(5.0) for worker in self._workers.values()))
        self._orders.put_nowait(None)
        await self._child

    async def _live(self) -> None:
        pipe, far = asyncio.subprocess.PIPE, {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        child = await asyncio.create_subprocess_exec(sys.executable, "-c", FAR, stdin=pipe, stdout=pipe, env=far)
        assert child.stdin is not None
        assert child.stdout is not None
        listening = asyncio.ensure_future(self._listen(child.stdout))
        while (order := await self._orders.get()) is not None:
            child.stdin.write(pack(order))
        child.stdin.close()
        await listening
        await child.wait()

    async def _listen(self, results: asyncio.StreamReader) -> None:
        while head := await results.read(SIZE.size):
            number, said = pickle.loads(await results.readexactly(*SIZE.unpack(head)))
            self._workers[number].hear(said)


class ProcessWorker:
    """The near end of a worker over there."""

    def __init__(self, order: Any, notify: Notify) -> None:
        self._order, self._notify = order, notify
        self._results: asyncio.Queue[Result] = asyncio.Queue()
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.released = self.ended
        self.abandon_s = 30.0

    def hear(self, said: Result | Notice | Shown | None) -> None:
        if said is None:
            self.ended.set_result(None)
        elif isinstance(said, Result):
            self._results.put_nowait(said)
        else:
            self._notify(said)

    async def submit(self, job: Job) -> AsyncGenerator[Result, None]:
        self._results = asyncio.Queue()  # what a job that was stopped still gave is not wanted
        self._order(job)
        is_over = False
        try:
            while not is_over:
                result = await self._results.get()
                is_over = result.is_last
                yield result
                if not is_over:
                    self._order("next")
        finally:
            if not is_over:
                self._order("stop")

    async def close(self, wait_s: float | None = None) -> None:
        if not self.ended.done():
            self._order("close")
            await asyncio.wait([self.ended], timeout=wait_s or 5.0)


# ---- over there ----------------------------------------------------------------------------------------------------


class FarWorker:
    """Does what the near end orders, with a worker of the thread engine."""

    def __init__(self, number: int, worker: Worker) -> None:
        self._number, self._worker = number, worker
        self._job: asyncio.Task[None] | None = None
        self._next = asyncio.Event()

    def obey(self, order: object) -> None:
        if isinstance(order, Job):
            self._job = asyncio.ensure_future(self._run(order, self._job))
        elif order == "next":
            self._next.set()
        elif order == "stop":
            assert self._job is not None
            self._job.cancel()
        else:
            self._closing = asyncio.ensure_future(self._close())

    async def _run(self, job: Job, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait([before])
        async with aclosing(self._worker.submit(job)) as results:
            async for result in results:
                self._next.clear()
                tell(self._number, result)
                if not result.is_last:
                    await self._next.wait()

    async def _close(self) -> None:
        await self._worker.close(5.0)
        await self._worker.ended
        tell(self._number, None)


def tell(number: int, said: object) -> None:
    sys.stdout.buffer.write(pack((number, said)))
    sys.stdout.buffer.flush()


def heard(number: int) -> Notify:
    def hear(said: Notice | Advance) -> None:
        tell(number, said if isinstance(said, Notice) else Shown(said.call, said.levels()))

    return hear


async def serve() -> None:
    """Obey what comes by the standard input until that ends."""
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    engine, workers = thread.Engine(), {}
    engine.start(program())

    def obey(number: int, order: object) -> None:
        if isinstance(order, int):
            workers[number] = FarWorker(number, engine.open(order, heard(number)))
        else:
            workers[number].obey(order)

    def read() -> None:
        orders = sys.stdin.buffer
        while head := orders.read(SIZE.size):
            loop.call_soon_threadsafe(obey, *pickle.loads(orders.read(*SIZE.unpack(head))))
        loop.call_soon_threadsafe(over.set)

    threading.Thread(target=read, daemon=True).start()
    await over.wait()
    await engine.close()
