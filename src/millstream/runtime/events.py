"""What happens in one session: edits, events and what follows them. Begins the runs, and keeps to `trigger_mode`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Sequence
from functools import partial
from typing import Any, Final, NamedTuple, Protocol

from millstream.declare.binding import Binding
from millstream.errors import InvalidValue, MediaError, ProtocolError
from millstream.jobs import Failure, Occurrence
from millstream.runtime.call.user_code import guarded
from millstream.runtime.context import SessionContext
from millstream.runtime.page_scripts import PageScripts
from millstream.runtime.run import Run
from millstream.runtime.state.reach import EDIT, Reach
from millstream.types import Stored
from millstream.wire.messages import Fire, Open, RunState, Set, Value

logger = logging.getLogger("millstream.session")

SERVER_EVENTS: Final = frozenset({"change", "tick", "every"})
"""Events of components that no page fires."""

TOO_MUCH: Final = "Too much is going on at once; try again in a moment."


class SessionStreams(Protocol):
    """The streams that events open and end."""

    @property
    def is_full(self) -> bool:
        """True if no more may be open."""

    def number(self, message: Open, binding: Binding) -> None:
        """Take note of the numbers of a stream, or raise `ProtocolError`."""

    def open(self, message: Open, binding: Binding) -> None:
        """Begin a stream that has been numbered."""

    def refuse(self, message: Open, reason: str, text: str = "") -> None:
        """Tell the page that a stream does not begin."""

    def cancel(self, binding: int) -> None:
        """End the streams of a binding at once."""


class TriggeredEvent(NamedTuple):
    """One event of a binding: the page's number for the run (0: begun by the server), and the inputs at that moment."""

    binding: Binding
    run: int
    inputs: Sequence[Stored]
    event: Occurrence | None


class Events:
    """The events of one session.

    Args:
        context: What it shares with the streams and runs.
        start: Runs a coroutine in the background of the session.
        streams: The streams of the session.
    """

    def __init__(
        self,
        context: SessionContext,
        start: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
        streams: SessionStreams,
    ) -> None:
        self._context = context
        self._start = start
        self._streams = streams
        self._runs: dict[int, Run] = {}
        self._next: dict[int, TriggeredEvent] = {}
        self._held: dict[int, tuple[Binding, Occurrence | None]] = {}
        self._last_run = 0
        self._scripts = PageScripts(context)
        self._is_closed = False
        self._reach = Reach(context.manifest, context.values, context.sender.told)
        context.on_change, context.on_end = self.raise_change, self.follow

    @property
    def running(self) -> int:
        """How many runs wait or work."""
        return len(self._runs)

    def close(self) -> None:
        """Begin nothing any more."""
        self._is_closed = True
        self._next.clear()
        self._held.clear()

    # ---- what the page says ------------------------------------------------------------------------------------

    def edit(self, message: Set) -> None:
        """Store what the user entered, or a script of the page; what does not fit changes nothing.

        Raises:
            ProtocolError: There is no such component, or none that a page may set.
        """
        number = message.component
        if number not in self._context.manifest.components:
            raise ProtocolError(f"component {number} does not exist", 4404)
        component = self._context.values.component(number)
        is_scripted = self._reach.is_scripted(number)
        if not is_scripted and not self.admits(number, EDIT, message.seen):
            return
        self._context.sender.told.forget(number)
        if not component.on_page or not (component.is_interactive or is_scripted):
            self._context.reject(Failure(f"{component.name} cannot be set by a page"))
            return
        try:
            stored = component.validate(message.value, self._context.store)
        except (InvalidValue, MediaError) as error:
            if is_scripted and not component.is_interactive:  # only the page needs to show it
                self._context.reject(Failure(str(error)))
            else:
                self._refuse(error)
            return
        if self._context.values.write(number, stored):
            self.raise_change(number)

    def fire(self, message: Fire) -> None:
        """Begin the run that the page asks for, or follow its rules for one that is not to be.

        Raises:
            ProtocolError: There is no such event, or the page may not fire it.
        """
        binding = self.binding(message.binding)
        held = self._held.pop(message.run, None)
        if held is not None and held[0] is binding:
            event = held[1]
        else:
            event = self._occurrence(binding, message)
            is_admitted = event is None or event.target is None or self.admits(event.target, event.name, message.seen)
            if message.run <= self._last_run:
                return  # begun before
            self._last_run = message.run
            if not is_admitted:
                self._say(binding, message.run, "cancelled")
                return
        if message.held:
            self._hold(message.run, binding, event)
            return
        try:
            inputs = self._inputs(binding, message.inputs, event)
        except (InvalidValue, MediaError) as error:
            self._refuse(error)
            self._say(binding, message.run, "failed", str(error))
            return
        self._trigger(TriggeredEvent(binding, message.run, inputs, event))

    def _hold(self, run: int, binding: Binding, event: Occurrence | None) -> None:
        """Remember an event that waits in the page for what it reads."""
        if len(self._held) >= self._context.settings.max_runs:
            self._say(binding, run, "failed", TOO_MUCH)
            return
        self._held[run] = binding, event

    def admits(self, number: int, event: str, seen: int) -> bool:
        """Say whether an event can come of what a user did to an element; see `Reach.admits`.

        Raises:
            ProtocolError: It cannot, and the page knows.
        """
        if self._reach.admits(number, event, seen):
            return True
        name = self._context.values.element(number).name
        self._context.reject(Failure(f"{event} of {name}, which was hidden or disabled in that moment"))
        return False

    def cancel_run(self, number: int) -> None:
        """Cancel a run that the page began, or holds; one that is over is left alone."""
        self._held.pop(number, None)
        for run in list(self._runs.values()):
            if run.number == number:
                run.cancel()

    def open(self, message: Open) -> None:
        """Begin a stream, or tell the page that it does not begin.

        Raises:
            ProtocolError: There is no such stream event, or the page may not record, or its numbers are wrong.
        """
        binding = self.binding(message.binding)
        if binding.stream is None or binding.handler is None:
            raise ProtocolError(f"binding {message.binding} is no stream", 4404)
        self._streams.number(message, binding)
        if not self.admits(binding.stream, "start_recording", message.seen):
            self._streams.refuse(message, "cancelled")
        elif self._is_closed or self._streams.is_full:
            self._streams.refuse(message, "busy", "Too many recordings are running. Stop one first.")
        else:
            self.cancel_all(binding.cancels)
            self._streams.open(message, binding)

    def cancel_all(self, bindings: Iterable[int]) -> None:
        """End all runs and streams of some bindings."""
        for number in bindings:
            self._next.pop(number, None)
            self._streams.cancel(number)
            for run in list(self._runs.values()):
                if run.binding.number == number:
                    run.cancel()

    def binding(self, number: int) -> Binding:
        """Look up a binding by the number that a page named.

        Raises:
            ProtocolError: There is none.
        """
        bindings = self._context.manifest.bindings
        if not 0 <= number < len(bindings):
            raise ProtocolError(f"binding {number} does not exist", 4404)
        return bindings[number]

    # ---- what the server begins --------------------------------------------------------------------------------

    def load(self) -> None:
        """Begin what belongs to the opening of a page."""
        for binding in self._context.manifest.bindings_for(None, "load"):
            self._begin(binding, Occurrence(None, "load"))

    async def unload(self) -> None:
        """Run what belongs to the end of a page; nobody sees what comes of it."""
        for binding in self._context.manifest.bindings_for(None, "unload"):
            if binding.handler is not None:
                with guarded(partial(self._context.fault, f"unload handler {binding.name}"), passing=(TimeoutError,)):
                    await self._context.run_unseen(binding, Occurrence(None, "unload"))

    def raise_change(self, number: int) -> None:
        """Begin what listens to the `change` of a component."""
        self.raise_event(number, "change")

    def raise_event(self, number: int, name: str) -> None:
        """Begin what listens to an event of a component that the server knows of by itself."""
        for binding in self._context.manifest.bindings_for(number, name):
            self._begin(binding, Occurrence(number, name))

    def follow(self, binding: Binding, is_success: bool | None) -> None:
        """Begin what follows a run or stream that is over; only `then` follows a cancelled one."""
        manifest = self._context.manifest
        followers = list(manifest.followers(binding.number, "then"))
        if is_success is not None:
            followers += manifest.followers(binding.number, "success" if is_success else "failure")
        for follower in sorted(followers, key=lambda binding: binding.number):
            self._begin(follower, None)

    def _begin(self, binding: Binding, event: Occurrence | None) -> None:
        if self._is_closed:
            return
        if binding.js is not None:
            _ = self._start(self._scripts.run(binding, [self._context.values[number] for number in binding.inputs]))
            return
        self._trigger(TriggeredEvent(binding, 0, self._context.inputs(binding), event))

    def _trigger(self, trigger: TriggeredEvent) -> None:
        binding = trigger.binding
        self.cancel_all(binding.cancels)
        if binding.handler is None:
            self._say(binding, trigger.run, "done")
            self.follow(binding, is_success=True)
        elif binding.trigger_mode == "multiple" or not self._goes_on(binding):
            self._run(trigger)
        elif binding.trigger_mode == "always_last":
            replaced = self._next.get(binding.number)
            if replaced is not None:
                self._say(binding, replaced.run, "cancelled")
            self._next[binding.number] = trigger
        else:
            self._say(binding, trigger.run, "cancelled")

    def _goes_on(self, binding: Binding) -> bool:
        """True if a run of the binding waits or works; one that was cancelled does not, whatever its handler does."""
        return any(run.binding is binding and not run.is_over for run in self._runs.values())

    def _run(self, trigger: TriggeredEvent) -> None:
        if self._is_closed or len(self._runs) >= self._context.settings.max_runs:
            self._say(trigger.binding, trigger.run, "failed", TOO_MUCH)
            return
        run = Run(self._context, trigger.binding, trigger.run, trigger.inputs, trigger.event)
        self._runs[run.call] = run
        self._start(run.live()).add_done_callback(lambda _: self._forget(run))

    def _forget(self, run: Run) -> None:
        del self._runs[run.call]
        following = self._next.pop(run.binding.number, None)
        if following is not None:
            self._trigger(following)

    # ---- checks ------------------------------------------------------------------------------------------------

    def _occurrence(self, binding: Binding, message: Fire) -> Occurrence | None:
        """Find out what happened, and whether the page may say so."""
        number = binding.number
        if message.inputs is not None and self._scripts.is_answer(number):
            return None
        if binding.is_stream or not 0 <= message.target < len(binding.targets):
            raise ProtocolError(f"target {message.target} of binding {number} does not exist", 4404)
        element, name = binding.targets[message.target]
        if element is None or (name in SERVER_EVENTS and element in self._context.manifest.components):
            raise ProtocolError(f"{name} of binding {number} is not for the page to fire", 4404)
        return Occurrence(element, name, message.data)

    def _inputs(self, binding: Binding, given: Sequence[Value] | None, event: Occurrence | None) -> tuple[Stored, ...]:
        """Read the inputs; `given` are what the script of the binding made of them, to be validated."""
        if given is None or binding.js is None or binding.handler is None:
            return self._context.inputs(binding, event)
        if len(given) != len(binding.inputs):
            raise ProtocolError(f"{len(given)} inputs for binding {binding.number}, which has {len(binding.inputs)}")
        return tuple(
            component.validate(wire, self._context.store) if component.on_page else self._context.values[component.id]
            for component, wire in zip(map(self._context.values.component, binding.inputs), given, strict=True)
        )

    def _refuse(self, error: InvalidValue | MediaError) -> None:
        failure = Failure(str(error), "input")
        self._context.reject(failure)
        self._context.report(failure)

    def _say(self, binding: Binding, run: int, state: str, message: str = "") -> None:
        """Tell the page of a run that never began; one of the server's own is not worth a message."""
        if run:
            call = next(self._context.calls)
            self._context.sender.send(
                RunState(run=run, call=call, binding=binding.number, state=state, message=message)  # type: ignore[arg-type]
            )
