"""The runs of one session: begun, or held back by `trigger_mode`, and let go of when they are over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Final, Literal, Protocol

from millstream.declare.binding import Binding
from millstream.runtime.context import SessionContext
from millstream.runtime.run import Run, TriggeredEvent
from millstream.runtime.state.snapshot import RunNote
from millstream.runtime.state.value_notes import inputs_note
from millstream.tickets import Ticket
from millstream.wire.messages import RunState

logger = logging.getLogger("millstream.session")

TOO_MUCH: Final = "Too many calls are running at once; try again in a moment."
RESTARTING: Final = "The app is being restarted. Try again in a moment."


class CancelsStreams(Protocol):
    """The streams of a session, as far as its runs have to do with them."""

    def cancel(self, binding: int) -> None:
        """End the streams of a binding at once."""


class Runs:
    """Begins the runs of one session, and keeps to `trigger_mode`.

    Args:
        context: What they share with the rest of their session.
        streams: The streams of the session, which `cancels=` ends as well.
        on_end: Called with a binding whose run is over, whether it succeeded (`None` if it was cancelled), and the rank
            of its cause.

    Attributes:
        running: Those that wait or work, by the numbers of their calls.
    """

    def __init__(
        self,
        context: SessionContext,
        streams: CancelsStreams,
        on_end: Callable[[Binding, bool | None, int], None],
    ) -> None:
        self.running: dict[int, Run] = {}
        self._context = context
        self._streams = streams
        self._on_end = on_end
        self._next: dict[int, TriggeredEvent] = {}
        self._left_out: set[int] = set()

    @property
    def tickets(self) -> list[Ticket]:
        """Their tickets in the queue."""
        return [run.ticket for run in self.running.values() if run.ticket is not None]

    def notes(self) -> list[RunNote]:
        """Write down those that wait or work, and then those that wait for their turn."""
        server_side = self._context.manifest.server_side
        following = [
            RunNote(run, 0, binding.number, event, inputs=inputs_note(binding, inputs, server_side), rank=rank)
            for binding, run, inputs, event, _, _, rank in self._next.values()
        ]
        return [run.note() for run in self.running.values() if not run.is_over] + following

    def trigger(self, trigger: TriggeredEvent) -> None:
        """Do what an event of a binding is to do: cancel, and begin a run, at once, later or not at all."""
        binding = trigger.binding
        if binding.cancels:
            self.cancel_all(binding.cancels)
        if binding.handler is None:
            self.say(binding.number, trigger.run, "done")
            self._on_end(binding, True, trigger.rank)
        elif binding.trigger_mode == "multiple" or not (self.running and self._goes_on(binding)):
            if len(self.running) >= self._context.settings.max_runs:
                self.say(binding.number, trigger.run, "failed", TOO_MUCH)
                self._note_left_out(trigger)
                return
            run = Run(self._context, trigger, self._on_end)
            self.running[run.call] = run
            life = run.live() if binding.validator is None else run.live_if_valid()
            self._context.background.start(life).add_done_callback(partial(self._forget, run))
        elif binding.trigger_mode == "always_last":
            replaced = self._next.get(binding.number)
            if replaced is not None:
                self.say(binding.number, replaced.run, "cancelled")
            self._next[binding.number] = trigger
            if self._context.journal is not None:
                self._context.journal.note()
        else:
            self.say(binding.number, trigger.run, "cancelled")

    def _note_left_out(self, trigger: TriggeredEvent) -> None:
        """Log, once for each binding, that an event of which the page knows nothing is left out."""
        if not trigger.run and trigger.binding.number not in self._left_out:
            self._left_out.add(trigger.binding.number)
            name, most = trigger.binding.name, self._context.settings.max_runs
            remedy = 'trigger_mode="always_last" calls it for the last one of several'
            logger.warning("%s() was not called: %d calls of its page run or wait already; %s", name, most, remedy)

    def cancel(self, number: int) -> None:
        """Cancel a run that the page began; one that is over is left alone."""
        for run in list(self.running.values()):
            if run.number == number:
                run.cancel()

    def cancel_all(self, bindings: Iterable[int]) -> None:
        """End all runs and streams of some bindings, and silence what is still heard of those that are over."""
        for number in bindings:
            self._next.pop(number, None)
            self._streams.cancel(number)
            for run in list(self.running.values()):
                if run.binding.number == number:
                    run.cancel()
            self._context.players.silence(number)

    def end_unseen(self, bindings: AbstractSet[int], gone: AbstractSet[int]) -> None:
        """End the runs of some bindings that write nothing but elements which are `gone`."""
        for run in list(self.running.values()):
            outputs = run.binding.outputs
            if run.binding.number in bindings and outputs and gone >= set(outputs):
                run.cancel()

    def are_at_work(self, bindings: AbstractSet[int]) -> bool:
        """True if a run of one of the bindings waits, works or is to follow."""
        running = {run.binding.number for run in self.running.values()}
        return not (bindings.isdisjoint(self._next) and bindings.isdisjoint(running))

    def say(
        self, binding: int, run: int, state: Literal["done", "failed", "cancelled", "later"], message: str = ""
    ) -> None:
        """Tell the page of a run of a binding that never began; one of the server's own is not worth a message."""
        if run:
            call = next(self._context.calls.numbers)
            self._context.sender.control.send(
                RunState(run=run, call=call, binding=binding, state=state, message=message)
            )

    def _goes_on(self, binding: Binding) -> bool:
        """True if a run of the binding waits or works; one that was cancelled does not, whatever its handler does."""
        return any(run.binding is binding and not run.is_over for run in self.running.values())

    def _forget(self, run: Run, task: asyncio.Task[None]) -> None:
        del self.running[run.call]
        journal = self._context.journal
        if journal is not None:
            journal.note()
            journal.look()
        following = self._next.pop(run.binding.number, None)
        if self._context.fragments is not None:
            self._context.fragments.sweep()
        if following is not None and not task.cancelled():  # else the session ends
            self.trigger(following)
