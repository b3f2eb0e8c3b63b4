"""One run of an ordinary event: it waits for a slot, calls its handler, and says how that went."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from typing import Literal

from millstream.declare.binding import Binding
from millstream.errors import Busy
from millstream.jobs import Failure, Occurrence
from millstream.runtime.audio.output import AudioOutput
from millstream.runtime.call.user_code import guarded
from millstream.runtime.context import SessionContext
from millstream.runtime.send.progress import ProgressSender
from millstream.tickets import Ticket
from millstream.types import Stored
from millstream.wire.messages import RunState


class Run:
    """A `Queued` of the queue for one call.

    Args:
        context: What it shares with the rest of its session.
        binding: The event's binding, which has a handler.
        number: The page's number for it, 0 if the server began it.
        inputs: The stored values of the inputs, as they were when the event happened.
        event: What happened.

    Attributes:
        is_over: Whether the page has been told how it ended; a handler that was cancelled may still be at work.
    """

    def __init__(
        self, context: SessionContext, binding: Binding, number: int, inputs: Sequence[Stored], event: Occurrence | None
    ) -> None:
        self.binding = binding
        self.number = number
        self.call = next(context.calls)
        self._context = context
        self._inputs = inputs
        self._event = event
        self._voice = AudioOutput(context.players, 0)
        self._meter = ProgressSender(context, binding, run=number)
        self._ticket: Ticket | None = None
        self._admission = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.is_over = False

    async def live(self) -> None:
        """Wait for a slot, run to the end, tell the page, and let what follows begin."""
        self._task = asyncio.current_task()
        failure: Failure | None = None

        def fail(error: BaseException) -> None:
            nonlocal failure
            failure = self._context.fault(f"a run of {self.binding.name}", error)

        if self.is_over:  # cancelled before it could begin
            self._context.on_end(self.binding, None)
            return
        try:
            if self.binding.queue:
                self._ticket = self._context.queue.join(self, self.binding, self._context.caller.visitor)
                while not self._ticket.has_slot:
                    await self._admission.wait()
            with guarded(fail, passing=(Busy,)):
                failure = await self._call()
        except Busy as error:
            failure = Failure(str(error), title="Busy")
        except asyncio.CancelledError:
            if not self.is_over:
                raise
            self._context.on_end(self.binding, None)
            return
        finally:
            self._voice.end()
            if self._ticket is not None:
                self._context.queue.leave(self._ticket)
        self._finish(failure)

    async def _call(self) -> Failure | None:
        context = self._context
        self._say("running")
        worker = context.open(self.binding, self._meter.hear, self._ticket)
        try:
            began = context.begin(
                self.binding, self._fresh_inputs(), run=self.number, event=self._event, call=self.call
            )
            async with aclosing(worker.submit(began.job)) as results:
                async for result in results:
                    channel = context.sender.channels.shared
                    failure = result.failure or await context.deliver(
                        began, result, channel, self._voice, is_whole=True
                    )
                    if failure is not None:
                        return failure
                    if self._voice.is_cut and not result.is_last:
                        self.cancel()  # somebody else plays or writes where it played: nobody hears it any more
            return await context.settled(context.sender.channels.shared, self.binding)
        finally:
            self._meter.close()
            # A call that was cancelled and does not end keeps its slot, but what follows it waits no longer: the user
            # has pressed Stop.
            await worker.close()

    def cancel(self) -> None:
        """End it at once: a generator is closed, what a plain handler returns is dropped."""
        if not self.is_over:
            self.is_over = True
            self._voice.cut()
            self._meter.close(is_cut=True)
            self._say("cancelled")
            if self._task is not None:
                self._task.cancel()

    def admitted(self) -> None:
        self._admission.set()

    def extended(self) -> None:
        """Its time is not limited."""

    def expired(self) -> None:
        """Its time is not limited."""

    def stands(self, position: int, eta_s: float) -> None:
        self._say("waiting", position, eta_s)

    def _fresh_inputs(self) -> list[Stored]:
        """Give the inputs as they were when it was triggered; what never leaves the server is read now."""
        components, values = self._context.manifest.components, self._context.values
        return [
            stored if components[number].on_page else values[number]
            for number, stored in zip(self.binding.inputs, self._inputs, strict=True)
        ]

    def _finish(self, failure: Failure | None) -> None:
        self.is_over = True
        if failure is None:
            self._say("done")
        else:
            if failure.kind != "handler":
                self._context.reject(failure)
            self._context.report(failure)
            self._say("failed", message=failure.message)
        self._context.on_end(self.binding, failure is None)

    def _say(
        self,
        state: Literal["waiting", "running", "done", "failed", "cancelled"],
        position: int = 0,
        eta_s: float = -1.0,
        message: str = "",
    ) -> None:
        self._context.sender.send(
            RunState(
                run=self.number,
                call=self.call,
                binding=self.binding.number,
                state=state,
                position=position,
                eta_s=eta_s,
                message=message,
            )
        )

    def __repr__(self) -> str:
        return f"<Run {self.number} of {self.binding.name}, call {self.call}>"
