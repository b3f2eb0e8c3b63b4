"""The calls of one session: jobs made of its values, run by workers, and their results written to it and sent."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, NamedTuple, cast

from millstream.declare.binding import Binding
from millstream.declare.injected import Turn
from millstream.declare.manifest import Manifest
from millstream.declare.uploaded import with_files
from millstream.errors import DeclarationError, InvalidValue, QuotaExceeded
from millstream.jobs import Failure, Job, Notify, Occurrence, Result, Role, Worker
from millstream.runtime.audio.output import AudioOutput
from millstream.runtime.call.call_limits import CallLimits
from millstream.runtime.call.rendering import RenderResult
from millstream.runtime.journal import Journal
from millstream.runtime.page_info import PageInfo
from millstream.runtime.queue import SlotQueue
from millstream.runtime.rendering.fragments import Fragments
from millstream.runtime.reports import Reports
from millstream.runtime.send.channel import Channel, Delivery
from millstream.runtime.send.sender import Sender
from millstream.runtime.settings import Settings
from millstream.runtime.state.claim import STREAM, USER, Claim
from millstream.runtime.state.files import LEFT, SessionFiles
from millstream.runtime.state.values import Values, apply
from millstream.tickets import Ticket
from millstream.types import Segment, Stored
from millstream.wire.messages import Outputs
from millstream.wire.packet import Packet

BACKLOG_SHARE: Final = 0.8
"""A stream's generator may be paused for this part of the stream's backlog: it ends before what waits is too much."""

MIN_PAUSE_S: Final = 1.0


class Cause(NamedTuple):
    """The cause of a call: a run with its event, or the packets of a stream.

    Attributes:
        call: The number of the call; 0 for the next one.
        run: The page's number of the run that it belongs to; 0 for a stream, or for none.
        event: What has happened, of an ordinary event.
        stream: The number of the stream that it belongs to; 0 for none.
        packets: What drives it, of a stream.
        role: What is called.
        rank: Its rank, unless it belongs to a stream.
        after: The claim of the call before it, if that is not over.
    """

    call: int = 0
    run: int = 0
    event: Occurrence | None = None
    stream: int = 0
    packets: tuple[Packet, ...] = ()
    role: Role = "handler"
    rank: int = USER
    after: Claim | None = None


@dataclass(frozen=True, slots=True)
class StartedCall:
    """A call that has begun: its job, what it may write, and the run that it belongs to (0: a stream, or none)."""

    job: Job
    claim: Claim
    run: int = 0


class SessionCalls:
    """Begins the calls of one session.

    Args:
        manifest: The declaration.
        limits: Opens workers.
        queue: Hands out slots.
        page: The page.
        values: The values of the components.
        store: The files.

    Attributes:
        numbers: Gives each call its number.
        deferring: The streams whose frames are encoded when the link is free for them.
        journal: Notes what goes on before a handler is called; `None` if nobody else could go on with the session.
        fragments: Give renders what they begin with; `None` if the app has none.
    """

    def __init__(
        self,
        manifest: Manifest,
        limits: CallLimits,
        queue: SlotQueue,
        page: PageInfo,
        values: Values,
        store: SessionFiles,
    ) -> None:
        self._manifest = manifest
        self._limits, self._queue, self.validating = limits, queue, limits.validating
        self._page, self._values, self._store = page, values, store
        self.numbers = itertools.count(1)
        self.deferring: set[int] = set()
        self.journal: Journal | None = None
        self.fragments: Fragments | None = None

    def open(self, binding: Binding, notify: Notify, ticket: Ticket | None) -> Worker:
        """Get a worker for a call, which holds the slot of `ticket` as long as anything of it runs.

        Raises:
            Busy: None can be had.
        """
        worker = self._limits.open(binding, self._page.caller, notify)
        if ticket is not None:
            self._queue.hold(ticket, worker)
        if self.journal is not None:
            self.journal.note()
        return worker

    def begin(self, binding: Binding, cause: Cause, inputs: tuple[Stored, ...] | None = None) -> StartedCall:
        """Begin a call.

        Args:
            binding: Whose handler is called.
            cause: What it is called for.
            inputs: The values of the inputs when that happened; of those that never leave the server the values of now
                count, as for all inputs by default.
        """
        page, values, server_side = self._page, self._values, self._manifest.server_side
        if inputs is None:
            inputs = values.read(binding.inputs)
        elif not server_side.isdisjoint(binding.inputs):
            pairs = zip(binding.inputs, inputs, strict=True)
            inputs = tuple(values[number] if number in server_side else stored for number, stored in pairs)
        job = Job(
            binding=binding.number,
            call=cause.call or next(self.numbers),
            inputs=inputs,
            packets=cause.packets,
            changes=values.changes(binding.inputs + binding.outputs) if values.changed else {},
            stream=cause.stream,
            source=cause.packets[-1].sequence if cause.packets else 0,
            event=self._recalled(cause.event)
            if cause.event is not None and cause.event.data is not None
            else cause.event,
            request=page.request,
            folder=self._store.folder,
            room=min(map(LEFT, self._store.quotas)),
            role=cause.role,
            is_developers=page.is_developers,
            decodes=page.decodes,
            defers=cause.stream in self.deferring,
            session=page.request.session_hash,
            seed=self.fragments.seed(binding) if binding.renders and self.fragments is not None else None,
        )
        claim = values.claim(binding.outputs, STREAM if cause.stream else cause.rank, cause.after)
        return StartedCall(job, claim, cause.run)

    def _recalled(self, event: Occurrence) -> Occurrence:
        """Let the component of an event say more of it than the page did."""
        target = self._manifest.components.get(event.target) if event.target is not None else None
        if target is None:
            return event
        if target.names_files:
            return event._replace(data=with_files(event.data, self._store))
        return event._replace(data=target.recalled(event.data, self._values[target.id]))

    def begin_turn(self, began: StartedCall, span: tuple[int, int], turn: Turn | None = None) -> StartedCall:
        """Make a call of a stream that of a turn; without packets the stream's component holds nothing."""
        binding, packets = self._manifest.numbered[began.job.binding], began.job.packets
        pairs = zip(binding.inputs, began.job.inputs, strict=True)
        inputs = tuple(None if number == binding.stream else stored for number, stored in pairs)
        return replace(began, job=replace(began.job, inputs=inputs, span=span if packets else None, turn=turn))


@dataclass(kw_only=True, eq=False)
class Results:
    """Delivers results.

    Attributes:
        manifest: The declaration.
        settings: How long a page, and a listener, may keep a handler waiting.
        page: The page.
        values: Where they are written.
        store: Takes in their files.
        sender: Takes them to the page.
        reports: Says what the user reads of a result that cannot be delivered.
        on_change: Called with the number of a component whose `change` event is to be raised, and the rank of its
            cause.
        delete: Called with files that nothing refers to any more.
        fragments: Take what renders have declared; `None` if the app has none.
        translate: Puts a result into the language of the visitor; `None` if there is nothing to do.
    """

    manifest: Manifest
    settings: Settings
    page: PageInfo
    values: Values
    store: SessionFiles
    sender: Sender
    reports: Reports
    on_change: Callable[[int, int], None]
    delete: Callable[[Sequence[Path]], None]
    fragments: Fragments | None = None
    translate: Callable[[Result], Result] | None = None

    async def deliver(
        self, began: StartedCall, result: Result, channel: Channel, voice: AudioOutput, *, is_whole: bool
    ) -> Failure | None:
        """Write what came of a call, and hand over what the page is to be told; says if that failed.

        Args:
            began: The call.
            result: A result without a failure.
            channel: The way of its frames.
            voice: The way of its audio, which is held back until so much has been heard that it may go.
            is_whole: Whether all of its frames are to be sent, and waited for, or a newer one may replace them; and
                whether its audio waits for a listener who has paused, or is skipped then.
        """
        job = began.job
        try:
            applied = apply(
                result if self.translate is None else self.translate(result), self.values, self.store, began.claim
            )
            updates = applied.updates
            if applied.reach:
                self.sender.told.owe(applied.reach)
            for number in applied.changed:
                self.on_change(number, began.claim.rank)
            if applied.gone:
                self.delete(applied.gone)
            if updates or applied.pictures:
                for component, update in updates.items():
                    if "value" in update and self.manifest.components[component].plays_ahead_s:
                        voice.drop(component)
                outputs = Outputs(
                    call=job.call,
                    stream=job.stream,
                    source=job.source,
                    run=began.run,
                    seen=self.page.seen,
                    updates=updates,
                )
                delivery = Delivery(outputs, applied.pictures, applied.growing, applied.is_raw, applied.reach)
                if is_whole:
                    await self.sender.put_whole(channel, delivery, self.settings.credit_s)
                else:
                    self.sender.put(channel, delivery)
            return await self._play(job, applied.sounds, voice, is_live=not is_whole) if applied.sounds else None
        except TimeoutError:
            return self._untaken(job.binding)
        except (QuotaExceeded, InvalidValue, DeclarationError) as error:
            return self.reports.failed(self.manifest.numbered[job.binding].name, error)

    async def render(self, job: Job, result: Result) -> Failure | None:
        """Hand over what a render has declared; says if that failed."""
        assert self.fragments is not None
        try:
            for output in result.outputs.values():
                await self.fragments.put(job.call, cast("RenderResult", output.value), self.settings.credit_s)
        except TimeoutError:
            return self._untaken(job.binding)
        except (QuotaExceeded, InvalidValue) as error:
            return self.reports.failed(self.manifest.numbered[job.binding].name, error)
        return None

    async def calm(self, binding: int) -> Failure | None:
        """Wait until little waits to be sent; says if the page does not take it."""
        try:
            await self.sender.control.calm(self.settings.credit_s)
        except TimeoutError:
            return self._untaken(binding)
        return None

    async def flushed(self, channel: Channel, binding: int) -> Failure | None:
        """Wait until all frames of a channel have been sent; says if the page does not take them."""
        try:
            await self.sender.flushed(channel, self.settings.credit_s)
        except TimeoutError:
            return self._untaken(binding)
        return None

    async def _play(self, job: Job, sounds: dict[int, Segment], voice: AudioOutput, *, is_live: bool) -> Failure | None:
        """Hand over the audio of a result; says if the listener left it paused for too long."""
        binding, pause_s = self.manifest.numbered[job.binding], self.settings.pause_s
        if job.stream and binding.turns is None:  # while it waits, what the microphone hears waits too
            pause_s = min(pause_s, max(binding.max_backlog * BACKLOG_SHARE, MIN_PAUSE_S))
        try:
            for component, sound in sounds.items():
                await voice.put(self.values.component(component), sound, pause_s, is_live=is_live)
        except TimeoutError:
            return Failure(f"{binding.name}() was ended: its audio was paused for {pause_s:g} seconds.")
        return None

    def _untaken(self, binding: int) -> Failure:
        name = self.manifest.numbered[binding].name
        return Failure(f"{name}() was ended: the browser accepted no frame for {self.settings.credit_s:g} seconds.")
