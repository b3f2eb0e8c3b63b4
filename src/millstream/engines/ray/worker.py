"""The near end of a worker whose jobs an actor runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Final, cast

from millstream.engines import thread
from millstream.engines.process import words
from millstream.engines.process.wire import packed, unpacked
from millstream.engines.ray.messages import Answer
from millstream.engines.ray.pool import ActorPool, MemberLost, PoolMember
from millstream.errors import InvalidValue
from millstream.jobs import Failure, Job, Notify, Result, Signature

logger = logging.getLogger("millstream.engine")

CLOSE_S: Final = 2.0
"""Beyond `abandon_s`, the time that an actor has to say that a worker has ended."""


class Worker:
    """Has the jobs of one stream, or of one call, run by one actor, which keeps the decoders of the stream.

    When that actor is lost, the job that ran there is lost, and the next one goes to another.

    Args:
        pool: The actors.
        number: Its number among the workers of this gateway.
        binding: The binding whose handler is called.
        signature: The names of the binding.
        notify: Called with what the handler says.
        listening: Opens a worker for the jobs that listen, which call no handler: they stay in this process.
    """

    def __init__(
        self,
        pool: ActorPool,
        number: int,
        binding: int,
        signature: Signature,
        notify: Notify,
        listening: Callable[[], thread.Worker],
    ) -> None:
        self._pool, self._number, self._binding = pool, number, binding
        self._signature, self._notify, self._listening = signature, notify, listening
        self._listener: thread.Worker | None = None
        self._member: PoolMember | None = None
        self._ending: asyncio.Task[None] | None = None
        self.is_running = False
        self.abandon_s = 0.0
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.released = self.ended

    @property
    def name(self) -> str:
        """The name of its handler in messages."""
        return self._signature.handler

    async def submit(self, job: Job) -> AsyncGenerator[Result, None]:
        if job.role == "listen":
            self._listener = self._listener or self._listening()
            async with aclosing(self._listener.submit(job)) as heard:
                async for result in heard:
                    yield result
            return
        try:
            parts = [bytes(part) for part in packed(job)]
        except InvalidValue as error:
            yield Result(job.call, {}, words.unpicklable_input(job.inputs, self._signature, str(error)))
            return
        member = self._chosen()
        is_over, self.is_running = False, True
        try:
            answer = await member.ask("begin", self._number, self._binding, parts)
            while not is_over:
                result = await self._result(member, answer)
                is_over = result.is_last
                self.is_running = False
                yield result
                if not is_over:
                    self.is_running = True
                    answer = await member.ask("go_on", self._number)
        except MemberLost as error:
            is_over = True
            self._let_go()
            logger.error("%s() was lost with %s: %s", self.name, member.name, error)
            yield Result(job.call, {}, Failure(f"{self.name}() was lost with the machine that ran it.", is_lost=True))
        finally:
            self.is_running = False
            if not is_over and self._ending is None:
                await self._quietly(member, "stop", CLOSE_S)

    async def _result(self, member: PoolMember, answer: Answer) -> Result:
        """Wait for the next result; what the handler says on the way is passed on at once."""
        while True:
            for said in answer.said:
                self._notify(said)
            if answer.result is not None:
                return cast("Result", unpacked(answer.result))
            answer = await member.ask("news", self._number)

    def _chosen(self) -> PoolMember:
        if self._member is None:
            self._member = self._pool.choose()
            self._member.opened += 1
        return self._member

    def _let_go(self) -> None:
        if self._member is not None:
            self._member.opened -= 1
            self._member = None

    async def close(self, wait_s: float | None = None) -> None:
        if self._ending is None:
            self._ending = asyncio.ensure_future(self._end())
        if not self.ended.done():
            await asyncio.wait([self.ended], timeout=CLOSE_S if wait_s is None else wait_s)

    async def _end(self) -> None:
        if self._member is not None:
            await self._quietly(self._member, "close", self.abandon_s + CLOSE_S, self.abandon_s)
        self._let_go()
        if self._listener is not None:
            await self._listener.close()
            await asyncio.wait([self._listener.released])
        self.ended.set_result(None)

    async def _quietly(self, member: PoolMember, method: str, limit_s: float, *arguments: object) -> None:
        """Ask for something that an actor which is lost has done by that."""
        try:
            await member.ask(method, self._number, *arguments, limit_s=limit_s)
        except MemberLost as error:
            logger.warning("%s does not answer: %s", member.name, error)
