"""One run of an ordinary event: it waits for a slot, calls its handler, and says how that went."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from typing import Final, Literal, NamedTuple

from millstream.declare.binding import Binding
from millstream.errors import Busy
from millstream.jobs import Advance, Failure, Notice, Occurrence, Result, Worker
from millstream.runtime.audio.output import AudioOutput
from millstream.runtime.calls import Cause, StartedCall
from millstream.runtime.context import SessionContext
from millstream.runtime.send.progress import ProgressSender
from millstream.runtime.state.claim import USER
from millstream.runtime.state.snapshot import RunNote
from millstream.runtime.state.value_notes import inputs_note
from millstream.runtime.user_code import is_for_the_caller
from millstream.tickets import Ticket, TicketState
from millstream.types import Stored
from millstream.wire.messages import RunState, Value

NO_PROBLEMS: Final[dict[int, str]] = {}


class TriggeredEvent(NamedTuple):
    """One event of a binding: the page's number for the run (0: begun by the server), and the inputs at that moment.

    One that has waited in another gateway has a call already, and a ticket there that it `inherits`. Its `rank` is that
    of its cause.
    """

    binding: Binding
    run: int
    inputs: tuple[Stored, ...]
    event: Occurrence | None
    call: int = 0
    inherits: str = ""
    rank: int = USER


class Run:
    """A `Queued` of the queue for one call.

    Args:
        context: What it shares with the rest of its session.
        trigger: The event, whose binding has a handler.
        on_end: Called when it is over with its binding, whether it succeeded (`None` if cancelled), and its rank.

    Attributes:
        is_over: Whether the page has been told how it ended; a handler that was cancelled may still be at work.
        has_begun: Whether its handler may have been called.
        rank: Its rank.
        position: Where it waits for a slot, as it was told last; 0 if it does not wait.
    """

    def __init__(
        self, context: SessionContext, trigger: TriggeredEvent, on_end: Callable[[Binding, bool | None, int], None]
    ) -> None:
        self.binding, self.number, self._inputs, self._event, call, self._inherits, self.rank = trigger
        self.call = call or next(context.calls.numbers)
        self._context = context
        self._on_end = on_end
        self._voice = AudioOutput(context.players, 0, self.binding.number)
        self._inputs_note: bytes | None = None
        self._progress: ProgressSender | None = None
        self._ticket: Ticket | None = None
        self._worker: Worker | None = None
        self._admission = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._refusal: Busy | None = None
        self._answer: Value = None
        self._is_delivering = self._is_expired = False
        self.is_over = self.has_begun = False
        self.position = 0

    def note(self) -> RunNote:
        """Write it down: as long as it waits with all that it takes to begin it elsewhere."""
        if self.has_begun:
            return RunNote(self.number, self.call, self.binding.number, rank=self.rank)
        ticket = "" if self._ticket is None else self._context.queue.reference(self._ticket)
        if self._inputs_note is None:
            self._inputs_note = inputs_note(self.binding, self._inputs, self._context.manifest.server_side)
        return RunNote(self.number, self.call, self.binding.number, self._event, ticket, self._inputs_note, self.rank)

    @property
    def ticket(self) -> Ticket | None:
        """Its ticket in the queue; `None` before it asked for one, and if it needs none."""
        return self._ticket

    async def live(self) -> None:
        """Wait for a slot, run to the end, tell the page, and let what follows begin."""
        self._task = asyncio.current_task()
        failure: Failure | None = None
        try:
            if self.binding.queue and not self.is_over:
                visitor = self._context.page.caller.visitor
                self._ticket = self._context.queue.join(self, self.binding, visitor, inherits=self._inherits)
                while self._ticket.state is TicketState.WAITING:
                    await self._admission.wait()
                    if self._refusal is not None:
                        raise self._refusal
            if not self.is_over:  # else it was cancelled before it could begin
                self.has_begun = True
                self._say("running")
                calls = self._context.calls
                worker = self._worker = calls.open(self.binding, self._hear, self._ticket)
                cause = Cause(self.call, self.number, self._event, rank=self.rank)
                began = calls.begin(self.binding, cause, self._inputs)
                async with aclosing(worker.submit(began.job)) as results:
                    async for result in results:
                        failure = await self._deliver(began, result)
                        if failure is not None:
                            break
        except BaseException as error:  # of the session's loop; the report logs it
            if is_for_the_caller(error) and not (self.is_over and isinstance(error, asyncio.CancelledError)):
                raise
            failure = self._failure_of(error)
        finally:
            try:
                if self._worker is not None:
                    # A call that was cancelled and does not end keeps its slot, but what follows it waits no longer:
                    # the user has pressed Stop.
                    await self._worker.close()
            finally:
                self._let_go()
        self._finish(failure)

    async def live_if_valid(self) -> None:
        """Ask the validator of the binding, which waits for no handler, and live only if it lets the inputs through."""
        self._task = asyncio.current_task()
        try:
            async with self._context.calls.validating(self.binding):
                failure = await self._refusal_of_inputs()
        except BaseException as error:  # of the session's loop; the report logs it
            if is_for_the_caller(error) and not (self.is_over and isinstance(error, asyncio.CancelledError)):
                raise
            failure = self._failure_of(error)
        if failure is None and not self.is_over:
            await self.live()
        else:
            self._finish(failure)

    async def _refusal_of_inputs(self) -> Failure | None:
        calls, failure = self._context.calls, None
        worker = calls.open(self.binding, self._hear, None)
        try:
            began = calls.begin(self.binding, Cause(self.call, self.number, self._event, role="validate"), self._inputs)
            async with aclosing(worker.submit(began.job)) as results:
                async for result in results:
                    failure = result.failure
        finally:
            await worker.close()
        return failure

    async def _deliver(self, began: StartedCall, result: Result) -> Failure | None:
        """Hand over a result; says if it is a failure, or became one on the way."""
        context, channel = self._context, self._context.sender.channels.shared
        context.totals.events[self.binding.name].call.add(result.call_s)
        if self._is_expired and not result.is_last:
            self.surrender()
        self._is_delivering = True
        failure, self._answer = result.failure, result.answer
        if failure is None and self.binding.renders:
            failure = await context.results.render(began.job, result)
        elif failure is None and self.binding.answers:
            failure = await context.results.calm(self.binding.number)
        elif failure is None:
            failure = await context.results.deliver(began, result, channel, self._voice, is_whole=True)
        self._is_delivering = False
        if failure is None and result.is_last:
            return None if channel.is_empty else await context.results.flushed(channel, self.binding.number)
        if failure is None and self._voice.is_cut:
            self.cancel()  # somebody else plays or writes where it played: nobody hears it any more
        return failure

    def _failure_of(self, error: BaseException) -> Failure | None:
        """Make a failure of an error, and none of the end of a run that was cancelled."""
        if isinstance(error, Busy):
            return Failure(str(error), title="Busy")
        if self.is_over and isinstance(error, asyncio.CancelledError):
            return None
        return self._context.reports.fault(f"a run of {self.binding.name}", error)

    def _let_go(self) -> None:
        """End its progress bar and what it plays, and give up its slot."""
        if self._progress is not None:
            self._progress.close()
        if self._voice.playbacks:
            self._voice.end()
        if self._ticket is not None:
            self._context.queue.leave(self._ticket)

    def cancel(self) -> None:
        """End it at once: a generator is closed, what a plain handler returns is dropped."""
        if not self.is_over:
            self.is_over = True
            self._voice.cut()
            if self._progress is not None:
                self._progress.close(is_cut=True)
            self._say("cancelled")
            if self._task is not None:
                self._task.cancel()

    def admitted(self) -> None:
        self._admission.set()

    def refused(self, error: Busy) -> None:
        self._refusal = error
        self._admission.set()

    def extended(self) -> None:
        """Its time is not limited."""

    def expired(self) -> None:
        """Give up the slot: others want it, and the page is away. A plain handler returns what it works on before."""
        self._is_expired = True
        if self._is_delivering:
            self.surrender()

    def surrender(self) -> None:
        """End at once, and say that this is because the page was away."""
        if not self.is_over:
            name = self.binding.name
            self._context.reports.tell(Notice("warning", f"{name}() was ended: the connection was lost for too long."))
            self.cancel()

    def stands(self, position: int, eta_s: float) -> None:
        self._say("waiting", position, eta_s)
        if self._context.journal is not None:
            self._context.journal.note()

    def _hear(self, said: Notice | Advance) -> None:
        """Pass on what its handler says; most say nothing."""
        if self._progress is None:
            context = self._context
            self._progress = ProgressSender(
                context.sender.control, context.clock, context.reports.tell, self.binding, run=self.number
            )
            if self.is_over:
                self._progress.close(is_cut=True)
        self._progress.hear(said)

    def _finish(self, failure: Failure | None) -> None:
        if self.is_over:  # the page knows already
            self._on_end(self.binding, None, self.rank)
            return
        self.is_over = True
        if failure is None:
            self._say("done", answer=self._answer)
        elif failure.problems:
            if failure.is_visible:
                self._context.reports.report(failure)
            self._say("failed", message=failure.message, problems=failure.problems)
        else:
            self._context.totals.events[self.binding.name].errors += 1
            if failure.kind != "handler":
                self._context.reports.reject(failure)
            if self.binding.renders and self._context.fragments is not None:
                self._context.fragments.fail(self.binding, failure)
            else:
                self._context.reports.report(failure)
            self._say("failed", message=failure.message)
        self._on_end(self.binding, failure is None, self.rank)

    def _say(
        self,
        state: Literal["waiting", "running", "done", "failed", "cancelled"],
        position: int = 0,
        eta_s: float = -1.0,
        message: str = "",
        problems: dict[int, str] = NO_PROBLEMS,
        answer: Value = None,
    ) -> None:
        self.position = position
        self._context.sender.control.send(
            RunState(
                run=self.number,
                call=self.call,
                binding=self.binding.number,
                state=state,
                position=position,
                eta_s=eta_s,
                message=message,
                problems=problems,
                answer=answer,
            )
        )

    def __repr__(self) -> str:
        return f"<Run {self.number} of {self.binding.name}, call {self.call}>"
