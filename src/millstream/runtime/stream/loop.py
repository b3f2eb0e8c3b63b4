"""The loop of a stream: what is taken, called and delivered. Begin to read here.

`run` is the whole stream, `_work` one slot of it in the queue, and `_call` handles one frame, or one stretch of audio.
When it goes on and when it ends is decided in `lifecycle.py`; what else happens to it, in `stream.py` and `slots.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol, cast

from millstream.batches import BatchWorker
from millstream.declare.binding import Binding
from millstream.errors import Busy
from millstream.jobs import Failure, Notify, Result, Role, Worker
from millstream.runtime.calls import Cause, StartedCall
from millstream.runtime.context import SessionContext
from millstream.runtime.conversation.conversation import Conversation
from millstream.runtime.metrics import NOTED, StreamMetrics
from millstream.runtime.queue import Queued
from millstream.runtime.state.claim import Claim
from millstream.runtime.stream.av_receiver import AVReceiver
from millstream.runtime.stream.input import StreamInput
from millstream.runtime.stream.lifecycle import Ending, Lifecycle, LifecycleEvent
from millstream.runtime.stream.output import StreamOutput
from millstream.runtime.stream.overlapping import OverlappingCalls
from millstream.runtime.stream.receiver import Receiver
from millstream.tickets import Ticket
from millstream.wire.packet import Packet


class Slots(Queued, Protocol):
    """Begins and ends the slots of a stream."""

    def begin(self) -> None:
        """Get ready for work."""

    async def end(self, worker: Worker) -> None:
        """Give up what the slot had, the worker among it."""


@dataclass(kw_only=True, eq=False)
class StreamLoop:
    """Handles the packets of one stream.

    Attributes:
        open: Gets a worker for a call that is made in the slot.
        fail: Called with why a call has failed.
        ticket: Its ticket in the queue, from `run` on.
        inherits: What refers to the ticket that it had in another gateway; empty if it had none.
        calling: The calls that run: one at most, or two if they overlap.
    """

    context: SessionContext
    number: int
    binding: Binding
    lifecycle: Lifecycle
    receiver: Receiver | AVReceiver
    input: StreamInput
    output: StreamOutput
    conversation: Conversation | None
    metrics: StreamMetrics
    open: Callable[[Notify], Worker]
    fail: Callable[[Failure], None]
    ticket: Ticket | None = None
    inherits: str = ""
    calling: int = 0
    _claim: Claim | None = None
    _early_s: float = 0.0

    @property
    def is_stopping(self) -> bool:
        """True if nothing more is captured."""
        return self.lifecycle.ending is not None

    @property
    def is_at_work(self) -> bool:
        """True if a handler may be running."""
        return self.calling > 0 or (self.conversation is not None and self.conversation.is_calling)

    async def run(self, slots: Slots) -> None:
        """Wait for a slot, handle what comes until its time is up, and so on until the stream ends."""
        try:
            visitor = self.context.page.caller.visitor
            ticket = self.ticket = self.context.queue.join(slots, self.binding, visitor, inherits=self.inherits)
            while not self.lifecycle.is_ended:
                if ticket.has_slot:
                    await self._work(slots, ticket)
                else:
                    self.input.wake.clear()
                    await self.input.wake.wait()
        except Busy as error:
            self.refuse(error)

    def refuse(self, error: Busy) -> None:
        """End it, as it gets no slot."""
        self.lifecycle.on(LifecycleEvent.FAILED, Ending("busy", str(error), is_success=False))
        self.input.wake.set()

    async def _work(self, slots: Slots, ticket: Ticket) -> None:
        """Handle what comes in one slot, and go to the back of the queue if the stream is not over then."""
        worker = self.open(self.output.hear)
        slots.begin()
        try:
            if isinstance(worker, BatchWorker):
                async with asyncio.TaskGroup() as tasks:
                    await self._handle(worker, OverlappingCalls(worker, tasks, overlap=self._overlaps))
            else:
                await self._handle(worker)
            if self.output.plays and self.conversation is None:  # each reply of one has ended what it played
                await self._finish(worker)
        finally:
            await slots.end(worker)
        if not self.lifecycle.is_ended:
            await self.context.queue.idle(ticket)
        if not self.lifecycle.is_ended:
            self.context.queue.rejoin(ticket)

    async def _handle(self, worker: Worker, overlapping: OverlappingCalls | None = None) -> None:
        """Handle what comes as long as the slot lasts."""
        while self.lifecycle.is_handling:
            if overlapping is not None and self.receiver.is_due:
                await self._join_batch(overlapping)
            elif packets := self.receiver.take():
                await self._call(worker, packets)
            elif self.receiver.is_flushed:
                if overlapping is not None:
                    await overlapping.settled()
                self.lifecycle.on(LifecycleEvent.DRAINED)
                break
            else:
                self.input.give(self.context.clock.time())
                self.input.wake.clear()
                await self.input.wake.wait()

    async def _join_batch(self, calls: OverlappingCalls) -> None:
        """Handle what is newest when the batch is formed; while others are waited for, a frame may be replaced.

        Who has nothing to be handled any more, as the stream or its slot ends, does not wait for the batch of others.
        """
        wake = self.input.wake
        await calls.room()
        with calls.turn(wake.set):
            while self.lifecycle.is_handling and self.receiver.is_due and not calls.is_invited:
                wake.clear()
                await wake.wait()
            if self.lifecycle.is_handling and self.receiver.is_due:
                self._early_s = calls.prepare_s
                calls.begin(self._call(calls.worker, self.receiver.take(), calls.last))
            while not calls.goes_on:
                if not self.lifecycle.is_handling:
                    calls.withdraw()
                wake.clear()
                await wake.wait()

    async def _call(
        self, worker: Worker, packets: tuple[Packet, ...], before: asyncio.Task[None] | None = None
    ) -> None:
        """Handle one frame, or one stretch of audio; a frame beyond `max_age` is passed over.

        Args:
            worker: Makes the call.
            packets: What it handles.
            before: The call whose results come first; `None` if it is over.
        """
        began = self._begin(packets)
        if began is None:
            return
        now = self.context.clock.time()
        if not self.calling:
            self.receiver.call_began(now, self._early_s)
        self.calling += 1
        try:
            self.input.give(now)
            async with aclosing(worker.submit(began.job)) as results:
                async for result in results:
                    self._note(packets[-1], now, result)
                    if before is not None and not before.done():
                        await asyncio.wait([before])
                    await self._deliver(began, result)
                    if not result.is_last and (self.lifecycle.closes_calls or self.output.is_unheard(result)):
                        break
        finally:
            self.calling -= 1
        self._end()

    def _begin(self, packets: tuple[Packet, ...]) -> StartedCall | None:
        """Begin the call for packets, unless they are older than `max_age`."""
        captured_us = packets[-1].captured_us + self.context.page.clock.offset_us
        age_s, max_age_s = max(self.context.clock.server_time() - captured_us / 1e6, 0.0), self.binding.max_age
        if max_age_s is not None and age_s > max_age_s:
            self.metrics.stale += 1
            self.receiver.lose()
            return None
        role: Role = "handler" if self.conversation is None else "listen"
        after = self._claim if self.calling else None
        cause = Cause(stream=self.number, packets=packets, role=role, after=after)
        began = self.context.calls.begin(self.binding, cause)
        self.metrics.age.noted.append(age_s)
        self._claim = began.claim
        return began

    def _note(self, packet: Packet, began_at: float, result: Result) -> None:
        """Count a result of the call for a packet."""
        if self.conversation is None:  # else this call only listens; those of handlers count by themselves
            self.metrics.call.noted.append(result.call_s)
        if len(self.metrics.age.noted) + len(self.metrics.call.noted) >= NOTED:
            self.metrics.fold()
        if self.metrics.trace is not None:
            self.metrics.trace.called(packet, began_at, result)

    def _end(self) -> None:
        """Take note that a call is over; of two that overlap the later one takes the time from here on."""
        if self.output.progress is not None:
            self.output.progress.rest()
        now, journal = self.context.clock.time(), self.context.journal
        self.receiver.call_ended(now)
        if self.calling:
            self.receiver.call_began(now, self._early_s)
        if journal is not None and self.context.clock.server_time() >= journal.due_at:
            journal.look()

    @property
    def _overlaps(self) -> bool:
        """True if a call may begin before the one before it is over: it neither reads what that writes nor plays."""
        read = {number for number in self.binding.inputs if number != self.binding.stream}
        return self.conversation is None and not self.output.plays and read.isdisjoint(self.binding.outputs)

    async def _finish(self, worker: Worker) -> None:
        """End what players were given, as a run does."""
        began = self.context.calls.begin(self.binding, Cause(stream=self.number, role="finish"))
        async with aclosing(worker.submit(began.job)) as results:
            async for result in results:
                await self._deliver(began, result)

    async def _deliver(self, began: StartedCall, result: Result) -> None:
        """Apply a result and hand it over: a plain handler's frames replace older ones, a generator's wait."""
        if self.lifecycle.discards:
            return
        failure = result.failure
        if result.heard is not None and self.conversation is not None:
            self.conversation.heard(cast("tuple[Packet, ...]", began.job.packets), result.heard)
        elif failure is None:
            output, is_whole, self.output.is_delivering = self.output, not result.is_last, True
            failure = await self.context.results.deliver(began, result, output.channel, output.audio, is_whole=is_whole)
            output.is_delivering = False
        if failure is not None:
            self.fail(failure)
