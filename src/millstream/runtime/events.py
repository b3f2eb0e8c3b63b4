"""The events of one session, of the page and of its own, and those that follow them."""

from __future__ import annotations

import logging
from functools import partial
from typing import Final, Protocol

import msgspec

from millstream.declare.binding import Binding
from millstream.errors import InvalidValue, MediaError, ProtocolError
from millstream.jobs import Occurrence
from millstream.runtime.context import SessionContext
from millstream.runtime.edits import Edits
from millstream.runtime.farewell import run_unseen
from millstream.runtime.page_scripts import PageScripts
from millstream.runtime.rendering.fragments import Fragments
from millstream.runtime.run import TriggeredEvent
from millstream.runtime.runs import RESTARTING, TOO_MUCH, CancelsStreams, Runs
from millstream.runtime.state.claim import TIMER, USER
from millstream.runtime.state.reach import Reach
from millstream.runtime.state.snapshot import HeldNote, SnapshotHead, occurrence_of
from millstream.runtime.user_code import guarded
from millstream.types import Stored
from millstream.wire.messages import Fire, Open

logger = logging.getLogger("millstream.session")

SERVER_EVENTS: Final = frozenset({"change", "tick", "every"})
"""Events of components that no page fires."""


class SessionStreams(CancelsStreams, Protocol):
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

    def skip(self, message: Open) -> None:
        """Tell the page that a stream does not begin whose component it did not know to be gone."""


class Events:
    """The events of one session.

    Args:
        context: What it shares with the streams and runs.
        reach: What the user gets at.
        streams: The streams of the session.

    Attributes:
        runs: What ordinary events have begun.
        edits: Takes what the user enters.
        scripts: Runs scripts of the page.
        last_run: The last run that the page has begun, or announced.
    """

    def __init__(self, context: SessionContext, reach: Reach, streams: SessionStreams) -> None:
        self._context = context
        self._reach = reach
        self._streams = streams
        self._held: dict[int, tuple[Binding, Occurrence | None]] = {}
        self.last_run = 0
        self.scripts = PageScripts(context)
        self._is_closed = False
        self.runs = Runs(context, streams, self.follow)
        self.edits = Edits(context, reach, self.raise_change)

    def close(self) -> None:
        """Begin nothing any more that the page asks for; what follows from what has begun goes on."""
        self._is_closed = True

    # ---- what the page says ------------------------------------------------------------------------------------

    def fire(self, message: Fire) -> None:
        """Begin the run that the page asks for, or follow its rules for one that is not to be.

        Raises:
            ProtocolError: There is no such event, or the page may not fire it.
        """
        binding, fragments = self._context.manifest.numbered.get(message.binding), self._context.fragments
        if fragments is not None and fragments.is_late(message.binding):
            self._fire_late(message, fragments)
            return
        if binding is None:
            raise ProtocolError(f"binding {message.binding} does not exist", 4404)
        if self._is_closed and (message.run > self.last_run or message.run in self._held):
            self.runs.say(binding.number, message.run, "later", RESTARTING)
            return
        held, rank = self._held.pop(message.run, None), USER
        if held is not None and held[0] is binding:
            event = held[1]
        else:
            answered = None if message.inputs is None else self.scripts.answered(binding.number)
            event, rank = (self._occurrence(binding, message), USER) if answered is None else (None, answered)
            target, name = (None, "") if event is None else event[:2]
            is_admitted = target is None or self._reach.admits(target, name, message.seen)
            if message.run <= self.last_run:
                return  # begun before
            self.last_run = message.run
            if not is_admitted:
                self.runs.say(binding.number, message.run, "cancelled")
                return
        if message.held:
            self._hold(message.run, binding, event)
            return
        try:
            inputs = self._inputs(binding, message, event)
        except (InvalidValue, MediaError) as error:
            self.edits.refuse(error)
            self.runs.say(binding.number, message.run, "failed", str(error))
            return
        self.runs.trigger(TriggeredEvent(binding, message.run, inputs, event, rank=rank))

    def _fire_late(self, message: Fire, fragments: Fragments) -> None:
        """Begin what has taken the place of a binding that a render no longer has, if anything has."""
        held, found = self._held.pop(message.run, None), fragments.successor(message.binding, message.target)
        if held is None and message.run <= self.last_run:
            return
        if found is not None:
            binding, target = found
            if held is not None:
                self._held[message.run] = binding, held[1]
            self.fire(msgspec.structs.replace(message, binding=binding.number, target=target))
            return
        self.last_run = max(self.last_run, message.run)
        self.runs.say(message.binding, message.run, "cancelled")

    def _hold(self, run: int, binding: Binding, event: Occurrence | None) -> None:
        """Remember an event that waits in the page for what it reads."""
        if len(self._held) >= self._context.settings.max_runs:
            self.runs.say(binding.number, run, "failed", TOO_MUCH)
            return
        self._held[run] = binding, event
        if self._context.journal is not None:
            self._context.journal.note()

    def held_notes(self) -> list[HeldNote]:
        """Give the events that wait in the page."""
        return [HeldNote(run, binding.number, event) for run, (binding, event) in self._held.items()]

    def go_on(self, head: SnapshotHead) -> None:
        """Go on where another gateway was: nothing that the page says again begins twice."""
        bindings = self._context.manifest.numbered
        self.last_run = head.last_run
        known = [held for held in head.held if held.binding in bindings]  # all but those of renders
        self._held = {held.run: (bindings[held.binding], occurrence_of(held.event)) for held in known}
        self.scripts.awaited.update(head.scripts)

    def cancel_run(self, number: int) -> None:
        """Cancel a run that the page began, or holds; one that is over is left alone."""
        self._held.pop(number, None)
        self.runs.cancel(number)

    def open(self, message: Open) -> None:
        """Begin a stream, or tell the page that it does not begin.

        Raises:
            ProtocolError: There is no such stream event, or the page may not record, or its numbers are wrong.
        """
        binding, fragments = self._context.manifest.numbered.get(message.binding), self._context.fragments
        if fragments is not None and fragments.is_late(message.binding):
            found = fragments.successor(message.binding, 0)
            if found is None:
                self._streams.skip(message)
                return
            binding = found[0]
        if binding is None or binding.stream is None or binding.handler is None:
            raise ProtocolError(f"binding {message.binding} is no stream", 4404)
        self._streams.number(message, binding)
        if not self._reach.admits(binding.stream, "start_recording", message.seen):
            self._streams.refuse(message, "cancelled")
        elif self._is_closed:
            self._streams.refuse(message, "shutdown", RESTARTING)  # the page begins it where it goes on
        elif self._streams.is_full:
            self._streams.refuse(message, "busy", "Too many recordings are running. Stop one first.")
        else:
            self.runs.cancel_all(binding.cancels)
            self._streams.open(message, binding)

    # ---- what the server begins --------------------------------------------------------------------------------

    def load(self) -> None:
        """Begin what belongs to the opening of a page."""
        for binding in self._context.manifest.bindings_for(None, "load"):
            self.begin(binding, Occurrence(None, "load"))

    async def unload(self) -> None:
        """Run what belongs to the end of a page; nobody sees what comes of it."""
        reports = self._context.reports
        for binding in self._context.manifest.bindings_for(None, "unload"):
            if binding.handler is not None:
                with guarded(partial(reports.fault, f"unload handler {binding.name}"), passing=(TimeoutError,)):
                    await run_unseen(self._context, binding, Occurrence(None, "unload"))

    def raise_change(self, number: int, rank: int = USER) -> None:
        """Begin what listens to the `change` of a component, with the rank of what has changed it."""
        self.raise_event(number, "change", rank)

    def raise_event(self, number: int, name: str, rank: int = TIMER) -> None:
        """Begin what listens to an event of a component that the server knows of by itself."""
        for binding in self._context.manifest.bindings_for(number, name):
            self.begin(binding, Occurrence(number, name), rank)

    def follow(self, binding: Binding, is_success: bool | None, rank: int = USER) -> None:
        """Begin what follows a run, with its rank, or a stream that is over; only `then` follows a cancelled one.

        A stream ends once, mostly as its user stops it: what follows it need not give way to others.
        """
        for follower in self._context.manifest.followers.get((binding.number, is_success), ()):
            self.begin(follower, None, rank)

    def begin(self, binding: Binding, event: Occurrence | None, rank: int = USER) -> None:
        """Begin an event that the server knows of by itself."""
        inputs = self._context.values.read(binding.inputs)
        if binding.js is not None:
            _ = self._context.background.start(self.scripts.run(binding, inputs, rank))
        else:
            self.runs.trigger(TriggeredEvent(binding, 0, inputs, event, rank=rank))

    # ---- checks ------------------------------------------------------------------------------------------------

    def _occurrence(self, binding: Binding, message: Fire) -> Occurrence:
        """Find out what happened, and whether the page may say so."""
        number = binding.number
        if binding.is_stream or not 0 <= message.target < len(binding.targets):
            raise ProtocolError(f"target {message.target} of binding {number} does not exist", 4404)
        element, name = binding.targets[message.target]
        if element is None or (name in SERVER_EVENTS and element in self._context.manifest.components):
            raise ProtocolError(f"{name} of binding {number} is not for the page to fire", 4404)
        return Occurrence(element, name, message.data)

    def _inputs(self, binding: Binding, message: Fire, event: Occurrence | None) -> tuple[Stored, ...]:
        """Read the inputs as they are now, or validate what the script of the binding made of them."""
        given, values = message.inputs, self._context.values
        if given is None or binding.js is None or binding.handler is None:
            ended = event.target if event is not None and event.name == "stop_recording" else None
            return values.read(binding.inputs, ended)
        if len(given) != len(binding.inputs):
            raise ProtocolError(f"{len(given)} inputs for binding {binding.number}, which has {len(binding.inputs)}")
        return tuple(
            component.validate(wire, self._context.store) if component.on_page else values[component.id]
            for component, wire in zip(map(values.component, binding.inputs), given, strict=True)
        )
