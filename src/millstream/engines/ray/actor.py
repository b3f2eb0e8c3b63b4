"""The actor of a pool: it imports the app, and runs the jobs of all gateways by the engine of batches."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Final, cast

from millstream.engines import batch
from millstream.engines.process import words
from millstream.engines.process.messages import ShownProgress
from millstream.engines.process.wire import packed, unpacked
from millstream.engines.ray.messages import Answer, Parts, PoolOrder
from millstream.errors import DeclarationError, InvalidValue
from millstream.jobs import Advance, Failure, Job, Notice, Program, Result, Signature, Worker

logger = logging.getLogger("millstream.engine")

NEWS_S: Final = 5.0
"""How long a call of a gateway, which waits for a result, takes at most; it asks again then."""

SILENT_S: Final = 30.0
"""A gateway that has said nothing for so long is lost, and so are its workers."""

IDLE_S: Final = 600.0
"""Without gateways for so long, the app is gone, and the actor with it."""

KEPT: Final = 64
"""Messages of a handler that wait for the gateway; the newest are."""


class News:
    """Messages of a handler that its gateway has not heard yet. All methods belong to the loop."""

    def __init__(self) -> None:
        self._said: list[Notice | ShownProgress] = []
        self._are_there = asyncio.Event()

    def hear(self, said: Notice | Advance) -> None:
        """Keep something."""
        self._said.append(said if isinstance(said, Notice) else ShownProgress(said.call, said.levels()))
        del self._said[:-KEPT]
        self._are_there.set()

    def take(self) -> tuple[Notice | ShownProgress, ...]:
        """Take all of it."""
        said, self._said = tuple(self._said), []
        return said

    async def wait(self, step: asyncio.Future[Result]) -> None:
        """Wait, for `NEWS_S` at most, until there is something, or a step is done."""
        if self._said:
            return
        self._are_there.clear()
        step.add_done_callback(self._end)
        try:
            async with asyncio.timeout(NEWS_S):
                await self._are_there.wait()
        except TimeoutError:
            return
        finally:
            step.remove_done_callback(self._end)

    def _end(self, _: asyncio.Future[Result]) -> None:
        self._are_there.set()


@dataclass(eq=False)
class FarWorker:
    """The far end of a gateway's worker.

    Attributes:
        worker: The worker of the engine here.
        signature: The names of its binding.
        news: What its handler says.
        results: The results of the running job; `None` without one.
        step: The result that is being made; `None` without one.
    """

    worker: Worker
    signature: Signature
    news: News
    results: AsyncGenerator[Result, None] | None = None
    step: asyncio.Task[Result] | None = None

    def begin(self, job: Job) -> None:
        """Begin a job, and its first step."""
        self.results = self.worker.submit(job)
        self.take_step()

    def take_step(self) -> None:
        """Begin the next step of the job."""
        if self.results is not None:
            self.step = asyncio.ensure_future(anext(self.results))

    async def stop(self) -> None:
        """Close the job that runs."""
        results, self.results = self.results, None
        step, self.step = self.step, None
        if step is not None:
            step.cancel()
            await asyncio.wait([step])
        if results is not None:
            await results.aclose()

    async def answer(self) -> Answer:
        """Wait, not for long, for a result, or for something that the handler says."""
        step = self.step
        if step is None:
            return Answer(self.news.take(), self._packed(Result(0, {}, Failure("It was stopped."))))
        if not step.done():
            await self.news.wait(step)
        if not step.done():
            return Answer(self.news.take(), None)
        self.step = None
        return Answer(self.news.take(), self._packed(step.result()))

    def _packed(self, result: Result) -> Parts:
        try:
            return [bytes(part) for part in packed(result)]
        except InvalidValue as error:
            failure = words.unpicklable_output(result, self.signature, str(error))
            return [bytes(part) for part in packed(Result(result.call, {}, failure))]


class PoolActor:
    """Runs jobs for the gateways of one app. All methods belong to the loop of the actor.

    Args:
        order: What it begins with; Ray keeps it, and starts the actor anew with it.
    """

    def __init__(self, order: PoolOrder) -> None:
        self._order = order
        self._engine = batch.Engine()
        self._workers: dict[tuple[str, int], FarWorker] = {}
        self._heard: dict[str, float] = {}
        self._starting: asyncio.Task[None] | None = None
        self._idle_since = 0.0

    async def ready(self, gateway: str) -> None:
        """Return when the app is imported and set up.

        Raises:
            DeclarationError: It cannot be; the message says why.
        """
        self._listen_to(gateway)
        await self._started()

    async def begin(self, gateway: str, number: int, binding: int, job: Parts) -> Answer:
        """Begin a job of a gateway's worker; gives its first news."""
        await self.ready(gateway)
        far = self._workers.get((gateway, number))
        if far is None:
            far = self._workers[gateway, number] = self._opened(binding)
        await far.stop()
        far.begin(cast("Job", unpacked(job)))
        return await far.answer()

    async def go_on(self, gateway: str, number: int) -> Answer:
        """Begin the next step of a job."""
        self._listen_to(gateway)
        far = self._workers[gateway, number]
        far.take_step()
        return await far.answer()

    async def news(self, gateway: str, number: int) -> Answer:
        """Wait for news of a job."""
        self._listen_to(gateway)
        return await self._workers[gateway, number].answer()

    async def stop(self, gateway: str, number: int) -> None:
        """Close the job of a worker; harmless if none runs."""
        self._listen_to(gateway)
        if (far := self._workers.get((gateway, number))) is not None:
            await far.stop()

    async def close(self, gateway: str, number: int, abandon_s: float) -> None:
        """Close a worker; returns when nothing of it holds a slot any more."""
        self._listen_to(gateway)
        far = self._workers.pop((gateway, number), None)
        if far is not None:
            far.worker.abandon_s = abandon_s
            await far.worker.close()
            await asyncio.wait([far.worker.released])
            await far.stop()

    async def end_session(self, gateway: str, session: str) -> None:
        """Let go of what handlers keep for a page that has ended."""
        self._listen_to(gateway)
        self._engine.end_session(session)

    async def beat(self, gateway: str) -> None:
        """Note that a gateway lives."""
        self._listen_to(gateway)

    async def leave(self, gateway: str) -> None:
        """Note that a gateway needs the actor no more."""
        self._heard.pop(gateway, None)
        for owner, number in [key for key in self._workers if key[0] == gateway]:
            await self._workers.pop((owner, number)).worker.close()

    # ---- its own life --------------------------------------------------------------------------------------------

    def _opened(self, binding: int) -> FarWorker:
        news = News()
        return FarWorker(self._engine.open(binding, news.hear), self._order.signatures[binding], news)

    def _listen_to(self, gateway: str) -> None:
        self._heard[gateway] = asyncio.get_running_loop().time()

    async def _started(self) -> None:
        if self._starting is None:
            self._starting = asyncio.ensure_future(self._start())
        await asyncio.shield(self._starting)

    async def _start(self) -> None:
        order, loop = self._order, asyncio.get_running_loop()
        sys.path[:] = [*sys.path, *(path for path in order.paths if path not in sys.path)]
        program = cast("Callable[[], Program]", unpacked([order.factory]))()
        if program.signatures() != order.signatures:
            raise DeclarationError("an actor of the pool has another version of the app than its gateway")
        self._engine.start(program, order.limits)
        await self._engine.prepare(order.bindings)
        self._idle_since = loop.time()
        loop.call_later(SILENT_S, self._check)

    def _check(self) -> None:
        """Close the workers of gateways that are silent; leave when there have been none for long."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        for gateway in [each for each, heard in self._heard.items() if heard + SILENT_S < now]:
            logger.warning("gateway %s of the pool is lost", gateway)
            self._leaving = asyncio.ensure_future(self.leave(gateway))
        if self._heard:
            self._idle_since = now
        elif self._idle_since + IDLE_S < now:
            import ray

            ray.kill(ray.get_runtime_context().current_actor)
        loop.call_later(SILENT_S, self._check)
