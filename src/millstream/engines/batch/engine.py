"""Calls functions once for several sessions, and all others as the thread engine does."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import cast

from millstream.batches import BatchProgram, BatchStatistics
from millstream.engine_limits import DEFAULT_LIMITS, EngineLimits
from millstream.engines import thread
from millstream.engines.batch.batcher import Batcher
from millstream.engines.batch.call_thread import CallThread
from millstream.engines.batch.worker import Worker
from millstream.jobs import Program


class Engine(thread.Engine):
    """Threads of the server's own process, and one more for each function that is batched.

    What is said of a job whose worker is closed holds as in threads: it has `EngineLimits.abandon_s` to end. A batch is
    given up with the first of its members, or after `EngineLimits.hang_s`: it fails for all of them, and the next one
    is called in another thread.
    """

    def start(self, program: Program, limits: EngineLimits = DEFAULT_LIMITS) -> None:
        super().start(program, limits)
        rules, names = cast("BatchProgram", program).batches(), program.signatures()
        self._callers = {each.key: self.caller(names[binding].handler, limits) for binding, each in rules.items()}
        self._batchers = {
            binding: Batcher(each, self._callers[each.key], limits.hang_s) for binding, each in rules.items()
        }
        self.makers.update({binding: partial(Worker, batcher) for binding, batcher in self._batchers.items()})

    def caller(self, name: str, limits: EngineLimits) -> CallThread:
        """Make what calls a function."""
        return CallThread(name, limits.hang_s)

    def statistics(self) -> Mapping[str, object]:
        threads = super().statistics()
        given_up = [caller.name for caller in self._callers.values() for _ in range(caller.abandoned)]
        batches: dict[str, BatchStatistics] = {}
        for batcher in self._batchers.values():
            name, more = batcher.caller.name, batcher.statistics()
            batches[name] = batches.get(name, BatchStatistics()) + more
        return {**threads, "abandoned": [*cast("list[str]", threads["abandoned"]), *given_up], "batches": batches}

    async def close(self) -> None:
        await super().close()
        await asyncio.gather(*(caller.close(self.grace_s) for caller in self._callers.values()))
