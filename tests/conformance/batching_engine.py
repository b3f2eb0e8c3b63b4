"""An engine that takes calls apart: the middle step of several is one call of their handler."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable

from millstream.engines import inline
from millstream.jobs import Arguments, Call, Job, Notify, Result


class BatchingEngine(inline.Engine):
    """Calls a handler once for all jobs that are begun before the loop comes round; in lists if it is `batched`."""

    def __init__(self, batched: Callable[..., object] | None = None) -> None:
        super().__init__()
        self.batched = batched
        self.batches: list[int] = []
        self._waiting: list[tuple[Call, Arguments, asyncio.Future[Result]]] = []

    def open(self, binding: int, notify: Notify) -> BatchingWorker:
        self._open += 1
        return BatchingWorker(self, self._program.open(binding, notify))

    def join(self, call: Call, arguments: Arguments) -> asyncio.Future[Result]:
        """Let a call wait for its batch."""
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._run)
        self._waiting.append((call, arguments, loop.create_future()))
        return self._waiting[-1][2]

    def _run(self) -> None:
        batch, self._waiting = self._waiting, []
        self.batches.append(len(batch))
        columns = zip(*(positional for _, (positional, _), _ in batch), strict=True)
        try:
            values = list(batch[0][0].handler(*map(list, columns)))  # type: ignore[call-overload]  # a list, as it is batched
            results = [call.accept(value) for (call, _, _), value in zip(batch, values, strict=True)]
        except Exception as error:  # noqa: BLE001 - whatever the handler raises
            results = [call.fail(error) for call, _, _ in batch]
        for (_, _, future), result in zip(batch, results, strict=True):
            future.set_result(result)


class BatchingWorker(inline.Worker):
    """Runs one job at a time: by itself, or as one of a batch."""

    async def submit(self, job: Job) -> AsyncGenerator[Result, None]:
        engine, call = self._engine, self._calls.begin(job)
        assert isinstance(engine, BatchingEngine)
        if call.handler is not engine.batched:
            async for result in super().submit(job):
                yield result
            return
        arguments = call.arguments()
        yield call.accept(None) if arguments is None else await engine.join(call, arguments)
