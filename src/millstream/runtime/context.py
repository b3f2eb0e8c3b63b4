"""What the streams and runs of one session share: values, files, the way out, the queue and the engine."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from millstream.declare.binding import Binding
from millstream.declare.injected import Request, Turn
from millstream.declare.manifest import Manifest
from millstream.errors import Busy, DeclarationError, InvalidValue, QuotaExceeded
from millstream.jobs import Failure, Job, Notice, Notify, Occurrence, Result, Role, Worker
from millstream.runtime.audio.output import AudioOutput
from millstream.runtime.audio.players import Players
from millstream.runtime.call.call_limits import CallLimits, CallOwner
from millstream.runtime.call.error_text import explained, in_one_line, new_number
from millstream.runtime.clock import PageClock, SessionClock
from millstream.runtime.metrics import StreamMetrics
from millstream.runtime.queue import RunQueue
from millstream.runtime.send.apply import Applied, apply
from millstream.runtime.send.channel import Channel, Delivery
from millstream.runtime.send.sender import Sender
from millstream.runtime.send.toasts import Toasts
from millstream.runtime.settings import Settings
from millstream.runtime.state.files import SessionFiles
from millstream.runtime.state.values import Claim, Values
from millstream.tickets import Ticket
from millstream.types import Stored
from millstream.wire.messages import Outputs
from millstream.wire.packet import Packet

logger = logging.getLogger("millstream.session")

BACKLOG_SHARE: Final = 0.8
"""A stream's generator may be paused for this part of the stream's backlog: it ends before what waits is too much."""

MIN_PAUSE_S: Final = 1.0


def _nobody(*_: object) -> None:
    """Stand in until the session's events listen."""


@dataclass(frozen=True, slots=True)
class StartedCall:
    """A call that has begun: its job, what it may write, and the run that it belongs to (0: a stream, or none)."""

    job: Job
    claim: Claim
    run: int = 0


@dataclass(kw_only=True)
class SessionContext:
    """Makes jobs out of the session's values, and applies what comes of them.

    Attributes:
        delete: Called with files that nothing refers to any more.
        on_change: Called with the number of a component whose `change` event is to be raised.
        start: Runs something that ends with the session at the latest.
        on_end: Called with a binding whose stream or run is over, and how: whether it succeeded, `None` if cancelled.
        driving: Components that record, with the number of their running streams.
        decodes: Numbers of the special codecs that the page decodes and we encode: see `Hello.decodes`.
        seen: The last sequence of the page's control messages that was acted upon.
        is_developers: Whether the page is the app's developer's, who reads why a handler fails.
    """

    manifest: Manifest
    settings: Settings
    call_limits: CallLimits
    caller: CallOwner
    queue: RunQueue
    request: Request
    values: Values
    store: SessionFiles
    sender: Sender
    players: Players
    metrics: StreamMetrics
    session_clock: SessionClock
    delete: Callable[[Sequence[Path]], None]
    start: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]] = asyncio.create_task
    on_change: Callable[[int], None] = _nobody
    on_end: Callable[[Binding, bool | None], None] = _nobody
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    clock: PageClock = field(default_factory=PageClock)
    driving: Counter[int] = field(default_factory=Counter)
    decodes: frozenset[int] = frozenset()
    seen: int = 0
    calls: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    has_logged_input: bool = False
    is_developers: bool = False
    toasts: Toasts = field(init=False)

    def __post_init__(self) -> None:
        self.toasts = Toasts(self.sender)

    def open(self, binding: Binding, notify: Notify, ticket: Ticket | None) -> Worker:
        """Get a worker for a call, which holds the slot of `ticket` as long as anything of it runs.

        Raises:
            Busy: None can be had.
        """
        worker = self.call_limits.open(binding, self.caller, notify)
        if ticket is not None:
            self.queue.hold(ticket, worker)
        return worker

    def inputs(self, binding: Binding, event: Occurrence | None = None) -> tuple[Stored, ...]:
        """Read a binding's inputs as they are now; the end of a recording comes with that recording."""
        ended = event.target if event is not None and event.name == "stop_recording" else None
        return tuple(
            self.values.recorded(number) if number == ended else self.values[number] for number in binding.inputs
        )

    def begin(
        self, binding: Binding, inputs: Sequence[Stored], *, call: int, run: int, event: Occurrence | None
    ) -> StartedCall:
        """Begin a call of an ordinary event."""
        job = self._job(binding, call, tuple(inputs), event=event)
        return StartedCall(job, self.values.claim(binding.outputs, is_stream=False), run)

    def begin_stream(
        self, binding: Binding, stream: int, packets: tuple[Packet, ...], role: Role = "handler"
    ) -> StartedCall:
        """Begin a call of a stream, on inputs as they are now."""
        job = self._job(binding, next(self.calls), self.inputs(binding), packets=packets, stream=stream)
        job = job if role == "handler" else replace(job, role=role)
        return StartedCall(job, self.values.claim(binding.outputs, is_stream=True))

    def begin_turn(self, began: StartedCall, span: tuple[int, int], turn: Turn | None = None) -> StartedCall:
        """Make a call of a stream that of a turn; without packets the stream's component holds nothing."""
        binding, packets = self.manifest.bindings[began.job.binding], began.job.packets
        pairs = zip(binding.inputs, began.job.inputs, strict=True)
        inputs = tuple(None if number == binding.stream else stored for number, stored in pairs)
        return replace(began, job=replace(began.job, inputs=inputs, span=span if packets else None, turn=turn))

    def _job(
        self,
        binding: Binding,
        call: int,
        inputs: tuple[Stored, ...],
        *,
        packets: tuple[Packet, ...] = (),
        stream: int = 0,
        event: Occurrence | None = None,
    ) -> Job:
        return Job(
            binding=binding.number,
            call=call,
            inputs=inputs,
            packets=packets,
            changes=self.values.changes((*binding.inputs, *binding.outputs)),
            stream=stream,
            source=packets[-1].sequence if packets else 0,
            event=event,
            request=self.request,
            folder=self.store.folder,
            room=self.store.room,
            is_developers=self.is_developers,
            decodes=self.decodes,
        )

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
            applied = apply(result, self.values, self.store, began.claim, self.driving)
            updates = applied.updates
            self.sender.told.owe(applied.reach)
            outputs = Outputs(
                call=job.call, stream=job.stream, source=job.source, run=began.run, seen=self.seen, updates=updates
            )
            self._follow(applied)
            for component in [number for number, update in updates.items() if "value" in update]:
                voice.drop(component)
            delivery = Delivery(outputs, applied.pictures, applied.growing, applied.is_raw, applied.reach)
            if is_whole and (updates or applied.pictures):
                await self.sender.put_whole(channel, delivery, self.settings.credit_s)
            elif updates or applied.pictures:
                self.sender.put(channel, delivery)
            return await self._play(job, applied, voice, is_live=not is_whole)
        except TimeoutError:
            return self._untaken(job.binding)
        except (QuotaExceeded, InvalidValue, DeclarationError) as error:
            return self.failed(job.binding, error)

    async def _play(self, job: Job, applied: Applied, voice: AudioOutput, *, is_live: bool) -> Failure | None:
        """Hand over the audio of a result; says if the listener left it paused for too long."""
        binding, pause_s = self.manifest.bindings[job.binding], self.settings.pause_s
        if job.stream and binding.turns is None:  # while it waits, what the microphone hears waits too
            pause_s = min(pause_s, max(binding.max_backlog * BACKLOG_SHARE, MIN_PAUSE_S))
        try:
            for component, sound in applied.sounds.items():
                await voice.put(self.values.component(component), sound, pause_s, is_live=is_live)
        except TimeoutError:
            return Failure(f"{binding.name}() was ended: its audio was paused for {pause_s:g} seconds.")
        return None

    async def settled(self, channel: Channel, binding: Binding) -> Failure | None:
        """Wait until all frames of a channel have been sent; says if the page does not take them."""
        try:
            await self.sender.flushed(channel, self.settings.credit_s)
        except TimeoutError:
            return self._untaken(binding.number)
        return None

    def _untaken(self, binding: int) -> Failure:
        name = self.manifest.bindings[binding].name
        return Failure(f"{name}() was ended: the browser accepted no frame for {self.settings.credit_s:g} seconds.")

    async def run_unseen(self, binding: Binding, event: Occurrence) -> None:
        """Call a handler for a page that is gone, when it has a slot: values are written, and nobody is told.

        Raises:
            TimeoutError: It takes longer than `farewell_s`.
        """
        place, worker = _Farewell(), None
        ticket = self.queue.join(place, binding, self.caller.visitor, is_farewell=True) if binding.queue else None
        try:
            if ticket is not None:
                await place.admission.wait()
            worker = self.open(binding, _nobody, ticket)
            began = self.begin(binding, self.inputs(binding), call=next(self.calls), run=0, event=event)
            async with asyncio.timeout(self.settings.farewell_s), aclosing(worker.submit(began.job)) as results:
                async for result in results:
                    apply(result, self.values, self.store, began.claim, self.driving)
        except Busy as error:
            logger.warning("handler %s is not called for a page that has gone: %s", binding.name, error)
        except (QuotaExceeded, InvalidValue, DeclarationError) as error:
            self.failed(binding.number, error)
        finally:
            if worker is not None:
                await worker.close()
            if ticket is not None:
                self.queue.leave(ticket)

    def failed(self, binding: int, error: Exception) -> Failure:
        """Log that a result cannot be delivered, and say what the user may read of it."""
        name, number = self.manifest.bindings[binding].name, new_number()
        logger.error("results of %s cannot be shown [%s]: %s", name, number, in_one_line(error))
        return Failure(explained(error, self.settings.show_error, self.is_developers, number))

    def fault(self, what: str, error: BaseException) -> Failure:
        """Log what should not have happened, and say what the user may read of it."""
        number = new_number()
        logger.error("%s broke off [%s]", what, number, exc_info=error)
        return Failure(explained(error, self.settings.show_error, self.is_developers, number))

    def reject(self, failure: Failure) -> None:
        """Log, once for each connection, that what the page sent could not be used."""
        if not self.has_logged_input:
            self.has_logged_input = True
            logger.warning("a page sent what cannot be used: %s", in_one_line(failure.message))

    def report(self, failure: Failure) -> None:
        """Show in the page why a call failed, if it is to be shown."""
        if failure.is_visible:
            self.tell(Notice("error", failure.message, failure.title, failure.duration_s))

    def tell(self, notice: Notice) -> None:
        """Show a message in the page."""
        self.toasts.tell(notice)

    def _follow(self, applied: Applied) -> None:
        for number in applied.changed:
            self.on_change(number)
        if applied.gone:
            self.delete(applied.gone)

    @property
    def now(self) -> float:
        """The time in seconds, which stands still while the page cannot be reached."""
        return self.session_clock.time()


class _Farewell:
    """A `Queued` of the queue that nobody sees any more."""

    def __init__(self) -> None:
        self.admission = asyncio.Event()

    def admitted(self) -> None:
        self.admission.set()

    def extended(self) -> None:
        """Nobody is to know."""

    def expired(self) -> None:
        """It is called once."""

    def stands(self, position: int, eta_s: float) -> None:
        """Nobody is to know."""
